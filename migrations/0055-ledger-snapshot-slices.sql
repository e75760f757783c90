-- What a comparison of a snapshot with the books found to be taken, a thousand positions a row. Empty after a crash, as the pages are.
create unlogged table ledger.snapshot_slice (
  slice_number bigint generated always as identity,
  snapshot_number bigint not null,
  -- The transaction that compared.
  comparison bigint not null,
  -- Plain ones differ and nothing speaks against posting just that. Moved ones changed after the snapshot. Missing ones are not there yet.
  kind text not null check (kind in ('plain', 'moved', 'missing')),
  item_ids text[] not null,
  lots text[] not null,
  position_ids bigint[],
  -- The versions of these positions when they were compared.
  versions bigint[],
  -- Their accounts of count variance, from the announcement on.
  account_ids bigint[],
  on_hand bigint[] not null,
  quarantined bigint[] not null,
  damaged bigint[] not null,
  event_numbers bigint[] not null,
  primary key (slice_number)
);
create index snapshot_slice_of on ledger.snapshot_slice (snapshot_number);

-- The positions of a slice, a row each.
create view ledger.slice_position as
select s.slice_number, s.snapshot_number, s.comparison, s.kind, r.*
from ledger.snapshot_slice s
cross join lateral unnest(s.position_ids, s.versions, s.account_ids, s.item_ids, s.lots, s.on_hand, s.quarantined, s.damaged, s.event_numbers)
  as r (position_id, version, account_id, item_id, lot, on_hand, quarantined, damaged, event_number);

-- What all rows of a position come to. Summed as floating point, which is exact for every quantity that this program can read, and never gives
-- one that it can for a sum that is not: sums of bigint become numeric, and took a third of the summing.
create view ledger.snapshot_count as
select snapshot_number, item_id, lot, sum(counted::float8)::bigint as on_hand,
       coalesce(sum(counted::float8) filter (where status = 'quarantined'), 0)::bigint as quarantined,
       coalesce(sum(counted::float8) filter (where status = 'damaged'), 0)::bigint as damaged, min(event_number) as event_number
from ledger.snapshot_row group by snapshot_number, item_id, lot;

-- Positions that changed after an instant, by how many units on hand, and those that one of these facts moved whenever that was. Of what
-- lies in an archive only that it moved is known.
create function ledger.moved_after(instant timestamptz, events bigint[]) returns table (position_id bigint, units bigint)
language sql stable as $$
  select position_id, sum(units)::bigint
  from (
    select side.position_id, case side.status when 'in-transit' then 0 else side.units end as units
    from ledger.transfer t
    cross join lateral (values (t.from_position_id, t.from_status, -t.quantity), (t.to_position_id, t.to_status, t.quantity))
      as side (position_id, status, units)
    where t.effective_at > instant
    union all
    select side.position_id, 0
    from ledger.transfer t cross join lateral (values (t.from_position_id), (t.to_position_id)) as side (position_id)
    where t.event_number = any (events)
    union all
    select a.position_id, 0 from ledger.archived a where a.effective_to > instant
  ) as change group by position_id
$$;
