-- The two foreign keys of a transfer were half of what writing it cost: for each row two look-ups and two locks of positions that
-- the same transaction has locked already. The same is held with one look-up a statement: a transfer's positions exist when it is
-- written, its places never change, and a position is never taken away.
alter table ledger.transfer drop constraint transfer_from_position_id_fkey;
alter table ledger.transfer drop constraint transfer_to_position_id_fkey;

create function ledger.check_transfer_positions() returns trigger language plpgsql as $$
declare
  missing bigint;
begin
  select named.position_id into missing
  from (select from_position_id as position_id from new_transfer union select to_position_id from new_transfer) as named
  where not exists (select from ledger.position p where p.position_id = named.position_id)
  limit 1;
  if found then
    raise foreign_key_violation using
      message = format('a transfer names position %s, which does not exist', missing),
      schema = 'ledger', table = 'transfer', constraint = 'transfer_positions_exist';
  end if;
  return null;
end
$$;

create trigger transfer_positions_exist after insert on ledger.transfer
  referencing new table as new_transfer for each statement execute function ledger.check_transfer_positions();

create function ledger.refuse_change() returns trigger language plpgsql as $$
begin
  raise restrict_violation using
    message = format('%s of %I.%I is refused: %s', tg_op, tg_table_schema, tg_table_name, tg_argv[0]),
    schema = tg_table_schema, table = tg_table_name, constraint = tg_name;
end
$$;

create trigger transfer_places_are_final before update of from_position_id, to_position_id on ledger.transfer
  for each row when (old.from_position_id <> new.from_position_id or old.to_position_id <> new.to_position_id)
  execute function ledger.refuse_change('a correction is a transfer of its own');

create trigger position_is_kept before delete on ledger.position
  for each row execute function ledger.refuse_change('transfers name positions for good');

create trigger positions_are_kept before truncate on ledger.position
  for each statement execute function ledger.refuse_change('transfers name positions for good');
