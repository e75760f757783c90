-- A count may say the condition of what it counted, as a snapshot may: each shelf of it is a count of its own.
create or replace view verify.said_count as
select e.number, e.id || ' ' || e.source as said, date_trunc('milliseconds', e.effective_at) as at, e.data ->> 'item' as item_id,
       e.data ->> 'location' as location_id, coalesce(e.data ->> 'lot', '') as lot, shelf,
       (e.data #>> path)::bigint as counted, null as watermark_stream, null::bigint as watermark, false as is_of_full
from backbone.event e join ledger.fact_outcome o on o.event_number = e.number and o.outcome = 'applied'
cross join lateral (values ('on-hand', '{counted}'::text[]), ('quarantined', '{conditions,quarantined}'), ('damaged', '{conditions,damaged}'))
  as shelves (shelf, path)
where e.type = 'StockCounted' and e.data #> path is not null
union all
select number, said, at, item_id, location_id, lot, shelf, counted, watermark_stream, watermark, is_full
from verify.snapshot_count
cross join lateral (values ('on-hand', on_hand, true), ('quarantined', quarantined, conditions), ('damaged', damaged, conditions))
  as shelves (shelf, counted, is_told)
where is_told;
