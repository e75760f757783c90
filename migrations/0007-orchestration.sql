-- What happens next: orders and how far each line has come.
create schema orchestration;

create table orchestration.customer_order (
  order_id text primary key,
  account_id text not null,
  channel_id text not null,
  order_number text not null,
  state text not null check (
    state in ('received', 'promised', 'on-hold', 'rejected', 'partly-shipped', 'shipped', 'cancelled')
  ),
  correlation_id text not null,
  content jsonb not null,
  received_at timestamptz not null,
  changed_at timestamptz not null,
  constraint order_number_is_unique_per_account unique (account_id, order_number)
);
create index order_recent on orchestration.customer_order (received_at desc, order_id);

create table orchestration.order_line (
  order_id text not null references orchestration.customer_order,
  line_id text not null,
  item_id text not null,
  ordered bigint not null check (ordered > 0),
  promised bigint not null default 0 check (promised >= 0),
  shipped bigint not null default 0 check (shipped >= 0),
  primary key (order_id, line_id),
  constraint never_promised_beyond_the_order check (promised <= ordered)
);

-- Shipments of orders that we have not heard of yet.
create table orchestration.early_shipment (
  order_id text not null,
  event_number bigint not null,
  primary key (order_id, event_number)
);

-- What one unit of a line takes off the shelf: a kit its components, anything else itself. A line has shipped as many whole units as
-- its slowest part allows.
create table orchestration.order_line_part (
  order_id text not null,
  line_id text not null,
  item_id text not null,
  per_unit bigint not null check (per_unit > 0),
  shipped bigint not null default 0 check (shipped >= 0),
  primary key (order_id, line_id, item_id),
  foreign key (order_id, line_id) references orchestration.order_line
);
