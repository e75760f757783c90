-- Two writers that opened one stretch in the same instant could meet at the other of its two keys, and one of them failed.
-- Whichever key they meet at, the second waits for the first and finds the stretch open.
create or replace function backbone.open_stretch(first bigint, size bigint) returns void language plpgsql as $$
declare
  kept record;
  part text;
  target record;
begin
  insert into backbone.stretch (first_number, end_number) values (first, first + size) on conflict do nothing;
  if not found then
    return;
  end if;
  for kept in select schema_name, table_name from backbone.stretched_table order by schema_name, table_name loop
    part := kept.table_name || '_from_' || first;
    execute format('create table %I.%I (like %I.%I including defaults including constraints including storage)',
                   kept.schema_name, part, kept.schema_name, kept.table_name);
    for target in
      select attname, attstattarget from pg_attribute
      where attrelid = format('%I.%I', kept.schema_name, kept.table_name)::regclass and attnum > 0 and attstattarget >= 0
    loop
      execute format('alter table %I.%I alter column %I set statistics %s',
                     kept.schema_name, part, target.attname, target.attstattarget);
    end loop;
    execute format('alter table %I.%I attach partition %I.%I for values from (%s) to (%s)',
                   kept.schema_name, kept.table_name, kept.schema_name, part, first, first + size);
  end loop;
end
$$;
