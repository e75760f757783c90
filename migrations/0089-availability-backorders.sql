-- Units of lines that could not be promised and wait for stock. `quantity` is what waited and was served; what waits is the difference.
create table availability.backorder (
  backorder_id text primary key,
  -- First come: the order in which they were queued.
  queue_number bigint generated always as identity unique,
  channel_id text not null,
  order_id text,
  line_id text not null,
  item_id text not null,
  quantity bigint not null check (quantity > 0),
  served bigint not null default 0,
  ordered_unit bigint not null check (ordered_unit > 0),
  location_id text,
  lot text,
  -- What one unit of the item takes off the shelf: a kit its components, anything else itself.
  part_item_ids text[] not null,
  part_units bigint[] not null,
  state text not null check (state in ('waiting', 'served', 'cancelled', 'expired')),
  need_by timestamptz,
  until timestamptz,
  promised_at timestamptz,
  queued_at timestamptz not null,
  changed_at timestamptz not null,
  correlation_id text not null,
  constraint only_what_waited_is_served check (served between 0 and quantity),
  constraint what_is_served_waits_no_longer check ((state = 'served') = (served = quantity)),
  constraint each_part_has_its_units check (cardinality(part_item_ids) > 0 and cardinality(part_item_ids) = cardinality(part_units))
);
create index backorder_order on availability.backorder (order_id, line_id) where order_id is not null;
create index backorder_channel on availability.backorder (channel_id, queue_number) where state = 'waiting';
create index backorder_until on availability.backorder (until) where state = 'waiting' and until is not null;

-- Who waits for an item that lies on shelves: a line of a kit for each of its components. Rows leave with the end of the wait.
create table availability.waiting_line (
  item_id text not null,
  backorder_id text not null,
  primary key (item_id, backorder_id)
);

-- The channels that wait for an item. Every admission asks for it behind the lock of its positions, and nearly always there is nothing.
-- `changes`: how often something changed that may let the item be offered to those who wait; `offered`: up to which of them it was.
create table availability.backorder_queue (
  item_id text not null,
  channel_id text not null,
  changes bigint not null default 1,
  offered bigint not null default 0,
  primary key (item_id, channel_id)
);
create index backorder_queue_due on availability.backorder_queue (item_id) where changes > offered;
