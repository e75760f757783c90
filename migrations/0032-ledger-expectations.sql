-- What a receipt line was expected to bring, and what came. Sums, so that any order of its receipts ends the same; lots of one line
-- are one row. The expectation is the latest one told.
create table ledger.receipt_line (
  location_id text not null,
  purchase_order text not null,
  receipt_number text not null,
  receipt_line text not null,
  item_id text not null,
  expected bigint not null check (expected >= 0),
  expected_as_of timestamptz not null,
  received bigint not null check (received >= 0),
  last_event_number bigint not null,
  primary key (location_id, purchase_order, receipt_number, receipt_line, item_id)
);
create index receipt_line_differs on ledger.receipt_line (location_id, last_event_number) where received <> expected;

-- What is on its way between two locations, transfer by transfer. What has no transfer number is one row per lane, item and lot.
create table ledger.lane_transfer (
  from_location_id text not null,
  to_location_id text not null,
  transfer_number text not null,
  item_id text not null,
  lot text not null,
  dispatched bigint not null check (dispatched >= 0),
  received bigint not null check (received >= 0),
  lost bigint not null check (lost >= 0),
  expected_at timestamptz,
  last_event_number bigint not null,
  primary key (from_location_id, to_location_id, transfer_number, item_id, lot)
);
create index lane_transfer_open on ledger.lane_transfer (to_location_id, last_event_number)
  where dispatched <> received + lost;

insert into ledger.lane_transfer
select data ->> 'from', data ->> 'to', coalesce(data ->> 'transferNumber', ''), data ->> 'item', coalesce(data ->> 'lot', ''),
       coalesce(sum((data ->> 'quantity')::bigint) filter (where type = 'TransferDispatched'), 0),
       coalesce(sum((data ->> 'quantity')::bigint) filter (where type = 'TransferReceived'), 0),
       coalesce(sum((data ->> 'quantity')::bigint) filter (where type = 'TransferLost'), 0),
       max((data ->> 'expectedAt')::timestamptz), max(e.number)
from backbone.event e join ledger.fact_outcome o on o.event_number = e.number and o.outcome = 'applied'
where type in ('TransferDispatched', 'TransferReceived', 'TransferLost')
group by 1, 2, 3, 4, 5;
