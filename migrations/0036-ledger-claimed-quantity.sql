-- What sources that do not own a location's stock say is there: the last that each said of a position, by its own time.
create table ledger.claimed_quantity (
  location_id text not null,
  item_id text not null,
  lot text not null,
  source text not null,
  said_at timestamptz not null,
  -- Of two statements of one instant the greater is believed, as with counts.
  in_order text not null,
  on_hand bigint not null check (on_hand >= 0),
  event_number bigint not null,
  primary key (location_id, item_id, lot, source)
);

-- The last full snapshot of such a source. What it did not list, and nothing later did, it says is not there.
create table ledger.claimed_location (
  location_id text not null,
  source text not null,
  said_at timestamptz not null,
  in_order text not null,
  event_number bigint not null,
  primary key (location_id, source)
);
