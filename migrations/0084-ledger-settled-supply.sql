-- What came of a line so long ago that nothing will be said of it any more: its units are kept with the line, and its arrivals go.
alter table ledger.supply_line add column settled bigint not null default 0 check (settled >= 0);

-- Until when arrivals of an item were settled: those before that are missing were taken by its lines, or by none.
create table ledger.supply_settled (
  item_id text primary key,
  before timestamptz not null
);
-- Ended lines too are looked at by item when arrivals are settled.
create index supply_line_item on ledger.supply_line (item_id);

create or replace function ledger.supply_from_log() returns setof ledger.supply_line language sql stable as $$
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
         min(as_of) over (partition by source, kind, document, line), event_number, 0::bigint
  from said
  order by source, kind, document, line, revision desc, as_of desc, statement_id collate "C" desc
$$;
