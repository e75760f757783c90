-- A record that lacks the lot of its units waits until somebody says of which lot they are, and goes on by itself.
alter table integration.parked
  drop constraint parked_waits_for_kind_check,
  add constraint parked_waits_for_kind_check check (waits_for_kind in ('item', 'location', 'unit', 'lot'));

alter table integration.ignored_name
  drop constraint ignored_name_kind_check,
  add constraint ignored_name_kind_check check (kind in ('item', 'location', 'unit', 'lot'));

-- What people have said of units of which an account names no lot: between two moments, or from one on. The last word about a moment holds.
create table integration.lot_said (
  said_number bigint generated always as identity primary key,
  account_id text not null references integration.account,
  -- The name by which the account calls the item, as records wait for it.
  waits_for text not null,
  lot text not null check (length(lot) between 1 and 80),
  valid_from timestamptz not null,
  -- Null: until somebody ends it.
  valid_to timestamptz,
  said_by text not null,
  said_at timestamptz not null,
  ended_by text,
  ended_at timestamptz,
  constraint lot_said_in_a_period check (valid_to >= valid_from),
  constraint ended_by_somebody check ((ended_by is null) = (ended_at is null) and (ended_at is null or valid_to is not null))
);
create index lot_said_of on integration.lot_said (account_id, waits_for, said_number);

-- What was parked before for want of a lot waits as well. Where another item beside it is tracked, the first try finds that out.
update integration.parked p
set state = 'waiting', waits_for_kind = 'lot', waits_for = named.waits_for, waits_for_reference = named.reference
from (
  select p.message_id, p.record, found.reference,
         (found.reference ->> 'scheme') || ':' || (found.reference ->> 'value') || coalesce('@' || nullif(found.reference ->> 'scope', ''), '') as waits_for
  from integration.parked p
  cross join lateral (
    select part -> 'item' as reference
    from jsonb_path_query(p.statement, 'strict $.data.** ? (exists (@.item))') as part
    where coalesce(part ->> 'lot', '') = ''
    limit 1
  ) as found
  where p.state = 'parked' and p.reason = 'lot-missing' and p.statement is not null
) as named
where p.message_id = named.message_id and p.record = named.record;
