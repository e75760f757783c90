-- Snapshots: many counts at once, in pages that come in any order. Pages are gathered until all have come, then taken as counts.

-- Which positions changed after an instant, without an index entry for each transfer.
create index transfer_effective_at on ledger.transfer using brin (effective_at);

create table ledger.snapshot (
  snapshot_number bigint generated always as identity primary key,
  source text not null,
  snapshot_id text not null,
  location_id text not null,
  taken_at timestamptz not null,
  scope text not null check (scope in ('full', 'partial')),
  conditions boolean not null,
  watermark_stream text,
  watermark_number bigint,
  -- The owner of the location's stock when the snapshot was taken. Another's snapshot is a claim.
  owner text not null,
  state text not null default 'gathering' check (state in ('gathering', 'ready', 'applied', 'claim')),
  pages bigint,
  pages_come bigint not null default 0,
  rows_come bigint not null default 0,
  rows_unresolved bigint not null default 0,
  -- The fact that stands for the snapshot as a whole: the first page on the log.
  event_number bigint not null,
  first_come_at timestamptz not null,
  last_come_at timestamptz not null,
  correlation_id text not null,
  -- How often something came, and up to which of these it has been taken.
  revision bigint not null default 0,
  revision_taken bigint not null default 0,
  -- The pass at work, which makes every earlier one powerless: positions that have to be looked at again, and how many have been.
  pass bigint not null default 0,
  positions_total bigint not null default 0,
  positions_done bigint not null default 0,
  positions_changed bigint not null default 0,
  units_found bigint not null default 0,
  units_missing bigint not null default 0,
  applied_at timestamptz,
  constraint snapshot_watermark_is_whole check (num_nulls(watermark_stream, watermark_number) in (0, 2)),
  constraint snapshot_is_one unique nulls not distinct
    (source, snapshot_id, location_id, taken_at, scope, conditions, watermark_stream, watermark_number)
);
create index snapshot_to_take on ledger.snapshot (snapshot_number) where state = 'ready';
create index snapshot_gathering on ledger.snapshot (first_come_at) where state = 'gathering';

create table ledger.snapshot_page (
  snapshot_number bigint not null references ledger.snapshot,
  page bigint not null,
  -- -1: the page itself. Otherwise a row of it that came later.
  row_number bigint not null,
  event_number bigint not null,
  rows bigint not null,
  unresolved bigint not null,
  primary key (snapshot_number, page, row_number)
);

-- The rows until they are taken. The log has them too: what a crash of the server empties is filled from there.
create unlogged table ledger.snapshot_row (
  snapshot_number bigint not null,
  event_number bigint not null,
  item_id text not null,
  lot text not null,
  status text not null,
  counted bigint not null
);
create index snapshot_row_of on ledger.snapshot_row (snapshot_number);
