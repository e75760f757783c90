-- What stock exists: every movement as a double-entry transfer, and the balance of each position kept with it.
create schema ledger;

create type ledger.status as enum (
  'available', 'held', 'allocated', 'picked', 'channel-reserved', 'quarantined', 'damaged', 'in-transit'
);

-- `uncovered` is how far facts from outside have taken `available` below zero. Only they may raise it, so the check refuses
-- every promise beyond what is there, whatever the code above it believed.
create table ledger.position (
  position_id bigint generated always as identity primary key,
  item_id text not null,
  location_id text not null,
  lot text not null default '',
  available bigint not null default 0,
  held bigint not null default 0,
  allocated bigint not null default 0,
  picked bigint not null default 0,
  channel_reserved bigint not null default 0,
  quarantined bigint not null default 0,
  damaged bigint not null default 0,
  in_transit bigint not null default 0,
  uncovered bigint not null default 0,
  version bigint not null default 0,
  constraint position_is_unique unique (item_id, location_id, lot),
  constraint no_oversell check (uncovered >= 0 and available + uncovered >= 0),
  constraint promises_are_not_negative check (held >= 0 and allocated >= 0)
) with (fillfactor = 70);
create index position_by_location on ledger.position (location_id, item_id);

create table ledger.transfer (
  transfer_id bigint generated always as identity primary key,
  from_position_id bigint not null references ledger.position,
  from_status ledger.status not null,
  to_position_id bigint not null references ledger.position,
  to_status ledger.status not null,
  quantity bigint not null check (quantity > 0),
  reason text not null,
  effective_at timestamptz not null,
  recorded_at timestamptz not null,
  event_number bigint not null,
  reservation_id text,
  constraint transfer_moves_something check (from_position_id <> to_position_id or from_status <> to_status)
);
create index transfer_from on ledger.transfer (from_position_id, effective_at);
create index transfer_to on ledger.transfer (to_position_id, effective_at);
create index transfer_event on ledger.transfer (event_number);

-- Absolute statements. Of two at one instant the greater `in_order` is believed, whichever came first.
create table ledger.count (
  position_id bigint not null references ledger.position,
  counted_at timestamptz not null,
  in_order text not null,
  counted bigint not null check (counted >= 0),
  event_number bigint not null,
  primary key (position_id, counted_at)
);

-- What became of every stock fact: law 6 counts these.
create table ledger.fact_outcome (
  event_number bigint primary key,
  outcome text not null check (outcome in ('applied', 'claim')),
  recorded_at timestamptz not null
);

-- A statement about stock by a source that is not its authority: kept and compared, never applied.
create table ledger.claim (
  event_number bigint primary key references ledger.fact_outcome,
  source text not null,
  location_id text not null,
  owner text not null,
  recorded_at timestamptz not null
);
