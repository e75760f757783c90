-- A snapshot that differs too much from the books is held as a whole until a person has decided about it.

-- How much a snapshot may differ before it is held. Every change stays, so the table is its own history: of one scope the newest holds.
create table governance.drift_policy_change (
  change_number bigint generated always as identity primary key,
  -- Whose snapshots, and where. Null: everybody's, and everywhere.
  source text,
  location_id text references governance.location,
  -- All null: the scope has no policy of its own any more.
  units_missing_percent_max integer check (units_missing_percent_max between 0 and 100),
  positions_differing_percent_max integer check (positions_differing_percent_max between 0 and 100),
  rows_fewer_percent_max integer check (rows_fewer_percent_max between 0 and 100),
  positions_min bigint check (positions_min >= 1),
  changed_at timestamptz not null,
  changed_by text not null,
  constraint drift_policy_is_whole check (
    num_nulls(units_missing_percent_max, positions_differing_percent_max, rows_fewer_percent_max, positions_min) in (0, 4))
);
create index drift_policy_of on governance.drift_policy_change (source, location_id, change_number);

alter table ledger.snapshot drop constraint snapshot_state_check;
alter table ledger.snapshot add constraint snapshot_state_check
  check (state in ('gathering', 'ready', 'held', 'dismissed', 'applied', 'claim'));
create index snapshot_held on ledger.snapshot (snapshot_number) where state = 'held';

-- Why a snapshot was held, what it came to beside the books at that moment, and what was decided.
create table ledger.snapshot_hold (
  snapshot_number bigint primary key references ledger.snapshot,
  reasons text[] not null check (reasons <@ array['units-missing', 'positions-differ', 'fewer-rows'] and cardinality(reasons) > 0),
  positions_compared bigint not null,
  positions_differing bigint not null,
  units_expected bigint not null,
  units_found bigint not null,
  units_missing bigint not null,
  rows_come bigint not null,
  -- The rows of the last full snapshot of the same source and location; null when there was none.
  rows_before bigint,
  held_at timestamptz not null,
  decision text check (decision in ('accepted', 'dismissed')),
  decided_at timestamptz,
  decided_by text,
  decided_because text,
  constraint decision_is_whole check (num_nulls(decision, decided_at, decided_by, decided_because) in (0, 4))
);

-- What is held or dismissed has not been said as far as stock is concerned.
create or replace view verify.snapshot_page as
select e.number, e.source, e.data, e.data ->> 'location' as location_id, date_trunc('milliseconds', e.effective_at) as at,
       (e.data ->> 'snapshotId') || ' ' || e.source as said, e.source || ' ' || (e.data #>> '{watermark,stream}') as watermark_stream,
       (e.data #>> '{watermark,number}')::bigint as watermark, (e.data -> 'conditions')::boolean as conditions,
       jsonb_build_array(e.source, e.data -> 'location', date_trunc('milliseconds', e.effective_at), e.data -> 'snapshotId',
                         e.data -> 'scope', e.data -> 'conditions', e.data -> 'watermark') as key
from backbone.event e join ledger.fact_outcome o on o.event_number = e.number and o.outcome = 'applied'
where e.type = 'StockSnapshotPage'
  and not exists (
    select from ledger.snapshot_page p join ledger.snapshot_hold h using (snapshot_number)
    where p.event_number = e.number and h.decision is distinct from 'accepted');
