-- What will bring stock, line by line, as its source said it last: by revision, then by time, whatever came first.
create table ledger.supply_line (
  source text not null,
  kind text not null check (kind in ('purchase-order', 'transfer', 'return', 'production')),
  document text not null,
  -- Empty: the document has one line.
  line text not null,
  item_id text not null,
  location_id text not null,
  -- Where a transfer leaves from; null: it is not said.
  from_location_id text,
  vendor text,
  quantity bigint not null check (quantity >= 0),
  basis text not null check (basis in ('ordered', 'open')),
  expected_at timestamptz not null,
  leaves_at timestamptz,
  cancelled boolean not null,
  revision bigint not null,
  as_of timestamptz not null,
  statement_id text not null,
  -- When the line was first spoken of: what comes without papers is taken from no line that was not there yet.
  first_as_of timestamptz not null,
  event_number bigint not null,
  primary key (source, kind, document, line)
);
create index supply_line_open on ledger.supply_line (item_id) where quantity > 0 and not cancelled;

-- What has come of what was to come: receipts, transfers that left, returns, and what was made. One row a fact that was posted.
create table ledger.supply_arrival (
  event_number bigint primary key,
  kind text not null check (kind in ('receipt', 'dispatch', 'return', 'production')),
  item_id text not null,
  location_id text not null,
  -- The papers that it came with; empty: none.
  document text not null,
  line text not null,
  arrived_at timestamptz not null,
  quantity bigint not null check (quantity > 0)
);
create index supply_arrival_item on ledger.supply_arrival (item_id, document, arrived_at);

-- The lines as the log has them, of what the reader has passed and taken: what a rebuild holds `supply_line` against.
create function ledger.supply_from_log() returns setof ledger.supply_line language sql stable as $$
  with said as (
    select e.source, e.data ->> 'kind' as kind, e.data ->> 'number' as document, coalesce(e.data ->> 'line', '') as line,
           e.data ->> 'item' as item_id, e.data ->> 'location' as location_id, e.data ->> 'from' as from_location_id,
           e.data ->> 'vendor' as vendor, (e.data ->> 'quantity')::bigint as quantity, e.data ->> 'counts' as basis,
           date_trunc('milliseconds', (e.data ->> 'expectedAt')::timestamptz) as expected_at,
           date_trunc('milliseconds', (e.data ->> 'leavesAt')::timestamptz) as leaves_at,
           coalesce((e.data ->> 'cancelled')::boolean, false) as cancelled, coalesce((e.data ->> 'revision')::bigint, 0) as revision,
           date_trunc('milliseconds', e.effective_at) as as_of, e.id as statement_id, e.number as event_number
    from backbone.event e
    where e.type = 'SupplyExpected'
      and (e.transaction, e.number) <= (select s.transaction, s.number from backbone.subscriber s where s.name = 'ledger-supply')
      and not exists (select from backbone.dead_letter d
                      where d.subscriber = 'ledger-supply' and d.number = e.number and d.resolved_at is null)
  )
  select distinct on (source, kind, document, line) source, kind, document, line, item_id, location_id, from_location_id, vendor, quantity,
         basis, expected_at, leaves_at, cancelled, revision, as_of, statement_id,
         min(as_of) over (partition by source, kind, document, line), event_number
  from said
  order by source, kind, document, line, revision desc, as_of desc, statement_id collate "C" desc
$$;

-- The arrivals as the log has them, of what was posted.
create function ledger.supply_arrival_from_log() returns setof ledger.supply_arrival language sql stable as $$
  select e.number,
         case e.type when 'StockReceived' then 'receipt' when 'TransferDispatched' then 'dispatch' when 'StockReturned' then 'return'
                     else 'production' end,
         coalesce(e.data -> 'to' ->> 'item', e.data ->> 'item'),
         case e.type when 'TransferDispatched' then e.data ->> 'to' else e.data ->> 'location' end,
         coalesce(e.data ->> 'purchaseOrder', e.data ->> 'transferNumber', e.data -> 'orderLine' ->> 'orderId', ''),
         coalesce(e.data ->> 'receiptLine', e.data ->> 'transferLine', e.data -> 'orderLine' ->> 'lineId', ''),
         date_trunc('milliseconds', e.effective_at),
         coalesce((e.data -> 'to' ->> 'quantity')::bigint, (e.data ->> 'quantity')::bigint)
  from backbone.event e join ledger.fact_outcome o on o.event_number = e.number and o.outcome = 'applied'
  where e.type in ('StockReceived', 'TransferDispatched', 'StockReturned', 'StockConverted') and e.source not like '/crossdock/%'
$$;

insert into ledger.supply_arrival select * from ledger.supply_arrival_from_log();
