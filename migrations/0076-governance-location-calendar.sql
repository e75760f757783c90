-- What is said of a location's calendar, each thing over time: its working hours, its cut-offs, how long goods need from the dock to the
-- shelf, and days that are not as their weekdays are.
create table governance.location_calendar (
  location_id text not null references governance.location,
  -- working-hours, cut-offs, dock-to-stock, or a day: day 2026-12-25.
  about text not null,
  -- -infinity: it has been so always.
  valid_from timestamptz not null,
  -- Null: nothing is said from then on.
  said text,
  primary key (location_id, about, valid_from),
  constraint about_something_known
    check (about in ('working-hours', 'cut-offs', 'dock-to-stock') or about ~ '^day \d{4}-\d{2}-\d{2}$')
);

create or replace function governance.keep_change() returns trigger language plpgsql as $$
declare
  was jsonb := case when tg_op <> 'INSERT' then to_jsonb(old) end;
  now_is jsonb := case when tg_op <> 'DELETE' then to_jsonb(new) end;
  told jsonb := coalesce(now_is, was);
begin
  if was is distinct from now_is then
    insert into governance.change (changed_at, changed_by, correlation_id, what, item_id, location_id, before, after)
    values (
      coalesce(nullif(current_setting('crossdock.changed_at', true), '')::timestamptz, now()),
      coalesce(nullif(current_setting('crossdock.changed_by', true), ''), session_user),
      nullif(current_setting('crossdock.correlation_id', true), ''),
      tg_table_name,
      case tg_table_name
        when 'alias' then case when told ->> 'kind' = 'item' then coalesce(told ->> 'target', was ->> 'target') end
        when 'kit_component' then told ->> 'kit_item_id'
        when 'location' then null
        when 'location_calendar' then null
        else told ->> 'item_id'
      end,
      case tg_table_name
        when 'alias' then case when told ->> 'kind' = 'location' then coalesce(told ->> 'target', was ->> 'target') end
        when 'location' then told ->> 'location_id'
        when 'location_calendar' then told ->> 'location_id'
      end,
      was, now_is);
  end if;
  return null;
end
$$;

create trigger keep_change after insert or update or delete on governance.location_calendar
  for each row execute function governance.keep_change();
