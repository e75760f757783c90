-- What is counted at a single position and differs by more than a tolerance waits for a decision, and the rest goes on.

-- How far a count may be from the books before somebody has to decide. Every change stays: of one scope the newest holds.
create table governance.count_tolerance_change (
  change_number bigint generated always as identity primary key,
  -- Whose counts, where, and of what. Null: everybody's, everywhere, of everything.
  source text,
  location_id text references governance.location,
  item_id text references governance.item,
  -- Units or a share of what the books have, whichever is more; and never more than so much money. At least one is said, or the scope
  -- has no tolerance of its own any more.
  units_max bigint check (units_max >= 0),
  percent_max integer check (percent_max between 0 and 100),
  value_max numeric(20, 8) check (value_max >= 0),
  currency text check (currency ~ '^[A-Z]{3}$'),
  -- After so long a case that nobody has decided is accepted; null: it waits.
  accept_after_hours integer check (accept_after_hours between 1 and 8760),
  changed_at timestamptz not null,
  changed_by text not null,
  constraint value_has_a_currency check (num_nulls(value_max, currency) in (0, 2)),
  constraint nothing_waits_without_a_limit
    check (accept_after_hours is null or num_nonnulls(units_max, percent_max, value_max) > 0)
);
create index count_tolerance_of on governance.count_tolerance_change (source, location_id, item_id, change_number);

-- The tolerance that a change gave its scope; null where it took it away.
create function governance.tolerance_of(c governance.count_tolerance_change) returns jsonb language sql immutable as $$
  select jsonb_build_object(
           'unitsMax', c.units_max, 'percentMax', c.percent_max, 'acceptAfterHours', c.accept_after_hours,
           'valueMax', case when c.value_max is not null
                            then jsonb_build_object('currency', c.currency, 'amount', trim_scale(c.value_max)::text) end)
  where num_nonnulls(c.units_max, c.percent_max, c.value_max) > 0
$$;

-- A count of one position that differs too much, alone or as a part of a snapshot. Unless it is accepted, nobody has counted.
create table ledger.count_case (
  case_number bigint generated always as identity primary key,
  position_id bigint not null references ledger.position,
  location_id text not null,
  source text not null,
  counted_at timestamptz not null,
  in_order text not null,
  counted bigint not null check (counted >= 0),
  -- Where the source tells conditions apart.
  quarantined bigint check (quarantined >= 0),
  damaged bigint check (damaged >= 0),
  watermark_stream text,
  watermark_number bigint,
  -- What the books had as of the count when they were last looked at, and the version of the position at that moment.
  expected bigint not null,
  position_version bigint not null,
  event_number bigint not null,
  snapshot_number bigint references ledger.snapshot,
  opened_at timestamptz not null,
  accept_at timestamptz,
  state text not null default 'open' check (state in ('open', 'accepted', 'rejected', 'superseded')),
  closed_at timestamptz,
  closed_by text,
  closed_because text,
  constraint case_is_one_count unique (position_id, counted_at, in_order),
  constraint conditions_are_both check (num_nulls(quarantined, damaged) in (0, 2)),
  constraint case_watermark_is_whole check (num_nulls(watermark_stream, watermark_number) in (0, 2)),
  constraint closing_is_whole check (num_nulls(closed_at, closed_by, closed_because) = case state when 'open' then 3 else 0 end)
);
create index count_case_open on ledger.count_case (position_id) where state = 'open';
create index count_case_due on ledger.count_case (accept_at) where state = 'open' and accept_at is not null;
-- The positions that a full snapshot did not count.
create index count_case_withheld on ledger.count_case (location_id, counted_at, in_order) where state <> 'accepted';
create index count_case_of_snapshot on ledger.count_case (snapshot_number) where snapshot_number is not null;

-- The greater of two snapshots of one instant may have left out a position that the other counted, so both are kept.
alter table ledger.coverage drop constraint coverage_pkey, add primary key (location_id, counted_at, shelf, in_order);

alter table ledger.snapshot_hold drop constraint snapshot_hold_reasons_check;
alter table ledger.snapshot_hold add constraint snapshot_hold_reasons_check
  check (reasons <@ array['units-missing', 'positions-differ', 'fewer-rows', 'many-cases'] and cardinality(reasons) > 0);

-- Counts of positions that nobody is to believe, in the words of the views that read counts off the log.
create view verify.withheld_count as
select p.item_id, p.location_id, p.lot, date_trunc('milliseconds', c.counted_at) as at, c.in_order as said
from ledger.count_case c join ledger.position p using (position_id)
where c.state <> 'accepted';

alter view verify.stated_count rename to said_count;
create view verify.stated_count as
select * from verify.said_count s
where not exists (select from verify.withheld_count w
                  where (w.item_id, w.location_id, w.lot, w.at, w.said) = (s.item_id, s.location_id, s.lot, s.at, s.said));

-- Every snapshot that speaks of all positions of its location.
create view verify.full_snapshot as select * from verify.snapshot where is_full;

-- What full snapshots say by not naming it, of the places where one of them is withheld: there the last one may not have the last word.
create view verify.silent_count as
select w.item_id as item, w.lot, w.location_id as place, f.at, f.said, f.watermark_stream, f.watermark, 0::bigint as counted
from (select distinct item_id, lot, location_id from verify.withheld_count) as w join verify.full_snapshot f using (location_id)
where not exists (select from verify.snapshot_count c where (c.key, c.item_id, c.lot) = (f.key, w.item_id, w.lot))
  and not exists (select from verify.withheld_count x
                  where (x.item_id, x.lot, x.location_id, x.at, x.said) = (w.item_id, w.lot, w.location_id, f.at, f.said));
