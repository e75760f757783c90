-- What may be promised: channels and their rules, reservations, and what each channel was told.
create schema availability;

create table availability.channel (
  channel_id text primary key,
  name text not null,
  created_at timestamptz not null
);

-- The locations that a channel may sell from; the lowest rank is asked first.
create table availability.channel_location (
  channel_id text not null references availability.channel,
  location_id text not null,
  rank integer not null check (rank >= 0),
  primary key (channel_id, location_id)
);

-- An empty item is the channel's default. `protected` is kept back from all other channels.
create table availability.channel_rule (
  channel_id text not null references availability.channel,
  item_id text not null default '',
  buffer bigint not null default 0 check (buffer >= 0),
  cap bigint check (cap >= 0),
  protected bigint not null default 0 check (protected >= 0),
  primary key (channel_id, item_id)
);
create index channel_rule_protection on availability.channel_rule (item_id) where protected > 0;

create type availability.reservation_state as enum (
  'held', 'allocated', 'picked', 'shipped', 'released', 'expired', 'short'
);

create table availability.reservation (
  reservation_id text primary key,
  channel_id text not null,
  order_id text,
  line_id text not null,
  position_id bigint not null,
  item_id text not null,
  location_id text not null,
  lot text not null,
  quantity bigint not null check (quantity > 0),
  state availability.reservation_state not null,
  expires_at timestamptz,
  picked bigint not null default 0 check (picked >= 0),
  shipped bigint not null default 0 check (shipped >= 0),
  created_at timestamptz not null,
  changed_at timestamptz not null,
  constraint only_a_hold_expires check (state not in ('held', 'expired') or expires_at is not null),
  constraint open_states_match_fulfilment check (
    case state
      when 'held' then picked = 0 and shipped = 0
      when 'picked' then greatest(picked, shipped) >= quantity and shipped < quantity
      when 'shipped' then shipped >= quantity
      else true
    end
  )
) with (fillfactor = 85);
-- Which holds of an item have run out: every decision asks. The sweeper asks for all items.
create index reservation_expiry on availability.reservation (item_id, expires_at) where state = 'held';
create index reservation_sweep on availability.reservation (expires_at) where state = 'held';
create index reservation_order on availability.reservation (order_id, line_id) where order_id is not null;

-- Picks and shipments of order lines that nobody has promised yet: the warehouse was heard before the channel. The promise, when it is
-- made, begins with them.
create table availability.early_fulfilment (
  order_id text not null,
  line_id text not null,
  position_id bigint not null,
  picked bigint not null check (picked >= 0),
  shipped bigint not null check (shipped >= 0),
  primary key (order_id, line_id, position_id)
);

-- The first answer to every keyed request, accepted or refused, committed with its effect.
create table availability.admission (
  client_id text not null,
  key text not null,
  payload_hash text not null,
  -- json, not jsonb: given back letter by letter, as it was given first.
  answer json not null,
  decided_at timestamptz not null,
  primary key (client_id, key)
);

-- One row per (account, item) that the account lists. `dirty_since` set: what the channel believes may be wrong.
create table availability.publication (
  account_id text not null,
  item_id text not null,
  channel_id text not null references availability.channel,
  dirty_since timestamptz,
  -- Raised by every change of what could be promised, so that a change during a call is not lost.
  dirty_version bigint not null default 0,
  not_before timestamptz,
  published bigint,
  published_at timestamptz,
  -- Units that the channel sold before we heard of the order: not promised again until it arrives.
  in_flight bigint not null default 0 check (in_flight >= 0),
  in_flight_until timestamptz,
  last_problem text,
  primary key (account_id, item_id)
) with (fillfactor = 80);
-- Who may call an account at present: a channel must never see two of our calls cross.
create table availability.publisher_lease (
  account_id text primary key,
  holder text not null,
  held_until timestamptz not null
);

create index publication_dirty on availability.publication (account_id, dirty_since) where dirty_since is not null;
create index publication_item on availability.publication (item_id);
