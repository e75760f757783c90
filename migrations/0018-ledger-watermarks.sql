-- Counts that say what they had seen: by a place in their source's own numbering, and of the quarantined and damaged units apart.

alter table ledger.count
  add column shelf text not null default 'on-hand' check (shelf in ('on-hand', 'quarantined', 'damaged')),
  add column watermark_source text,
  add column watermark_stream text,
  add column watermark_number bigint,
  add constraint count_watermark_is_whole check (num_nulls(watermark_source, watermark_stream, watermark_number) in (0, 3)),
  drop constraint count_pkey,
  add primary key (position_id, counted_at, shelf);
create index count_watermark on ledger.count (position_id) where watermark_number is not null;

-- Two sources may use one id; which of their counts of one instant is believed must not depend on who was heard first.
update ledger.count c set in_order = e.id || ' ' || e.source from backbone.event e where e.number = c.event_number;

-- A full snapshot counted every position of its location, those that did not exist yet as nothing. Of two at one instant the greater
-- `in_order` stays.
create table ledger.coverage (
  location_id text not null,
  counted_at timestamptz not null,
  shelf text not null check (shelf in ('on-hand', 'quarantined', 'damaged')),
  in_order text not null,
  watermark_source text,
  watermark_stream text,
  watermark_number bigint,
  primary key (location_id, counted_at, shelf),
  constraint coverage_watermark_is_whole check (num_nulls(watermark_source, watermark_stream, watermark_number) in (0, 3))
);

-- Which facts carried which numbers of their source's stream: a row for each stream of a posted batch, so that a count with a watermark
-- finds the movements whose time and number disagree. An index on each fact would cost a hundred times as much.
create table ledger.numbering (
  source text not null,
  stream text not null,
  number_highest bigint not null,
  effective_at_latest timestamptz not null,
  numbers bigint[] not null,
  event_numbers bigint[] not null,
  constraint numbering_is_in_pairs check (cardinality(numbers) = cardinality(event_numbers))
);
create index numbering_by_number on ledger.numbering (source, stream, number_highest);
create index numbering_by_time on ledger.numbering (source, stream, effective_at_latest);
