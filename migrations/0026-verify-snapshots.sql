-- What snapshots say, read off the log by the judge alone: `crossdock verify` holds the ledger's own tables against these views.
create schema verify;

create view verify.snapshot_page as
select e.number, e.source, e.data, e.data ->> 'location' as location_id, date_trunc('milliseconds', e.effective_at) as at,
       (e.data ->> 'snapshotId') || ' ' || e.source as said, e.source || ' ' || (e.data #>> '{watermark,stream}') as watermark_stream,
       (e.data #>> '{watermark,number}')::bigint as watermark, (e.data -> 'conditions')::boolean as conditions,
       jsonb_build_array(e.source, e.data -> 'location', date_trunc('milliseconds', e.effective_at), e.data -> 'snapshotId',
                         e.data -> 'scope', e.data -> 'conditions', e.data -> 'watermark') as key
from backbone.event e join ledger.fact_outcome o on o.event_number = e.number and o.outcome = 'applied'
where e.type = 'StockSnapshotPage';

-- Snapshots with all their pages. A full one speaks of every position once none of its rows is unresolved.
create view verify.snapshot as
select key, said, location_id, at, conditions, watermark_stream, watermark,
       key ->> 4 = 'full' and coalesce(sum((data ->> 'unresolved')::bigint), 0) = count(*) filter (where data ? 'row') as is_full
from verify.snapshot_page
group by key, said, location_id, at, conditions, watermark_stream, watermark
having count(*) filter (where not data ? 'row') >= max((data ->> 'pages')::bigint);

-- What all rows of a snapshot come to for a position.
create view verify.snapshot_count as
select s.key, s.said, s.location_id, s.at, s.conditions, s.watermark_stream, s.watermark, s.is_full, item_id,
       coalesce(p.data -> 'lots' ->> (n - 1)::int, '') as lot, min(p.number) as number,
       sum((p.data -> 'counted' ->> (n - 1)::int)::bigint)::bigint as on_hand,
       coalesce(sum((p.data -> 'counted' ->> (n - 1)::int)::bigint)
                  filter (where p.data -> 'statuses' ->> (n - 1)::int = 'quarantined'), 0)::bigint as quarantined,
       coalesce(sum((p.data -> 'counted' ->> (n - 1)::int)::bigint)
                  filter (where p.data -> 'statuses' ->> (n - 1)::int = 'damaged'), 0)::bigint as damaged
from verify.snapshot s join verify.snapshot_page p using (key),
     jsonb_array_elements_text(p.data -> 'items') with ordinality as row (item_id, n)
group by s.key, s.said, s.location_id, s.at, s.conditions, s.watermark_stream, s.watermark, s.is_full, item_id, lot;

-- The last snapshot of each location that speaks of every position.
create view verify.last_full_snapshot as
select distinct on (location_id) *
from verify.snapshot where is_full order by location_id, at desc, said collate "C" desc;

-- Everything that was counted, each shelf of a position apart. `is_of_full`: the snapshot is kept as one statement about its location.
create view verify.stated_count as
select e.number, e.id || ' ' || e.source as said, date_trunc('milliseconds', e.effective_at) as at, e.data ->> 'item' as item_id,
       e.data ->> 'location' as location_id, coalesce(e.data ->> 'lot', '') as lot, 'on-hand' as shelf,
       (e.data ->> 'counted')::bigint as counted, null as watermark_stream, null::bigint as watermark, false as is_of_full
from backbone.event e join ledger.fact_outcome o on o.event_number = e.number and o.outcome = 'applied'
where e.type = 'StockCounted'
union all
select number, said, at, item_id, location_id, lot, shelf, counted, watermark_stream, watermark, is_full
from verify.snapshot_count
cross join lateral (values ('on-hand', on_hand, true), ('quarantined', quarantined, conditions), ('damaged', damaged, conditions))
  as shelves (shelf, counted, is_told)
where is_told;

-- What there is, as the facts are held against it.
create view verify.live_stock as
select item_id, location_id, lot, 'on-hand' as kind,
       available + held + allocated + picked + channel_reserved + quarantined + damaged as units
from ledger.position
union all
select item_id, location_id, lot, 'in-transit', in_transit from ledger.position;

-- The places that a fact names, by the words with which rules of movements name them.
create function verify.place_names(data jsonb) returns jsonb language sql immutable as $$
  select jsonb_build_object(
           '@here', data ->> 'location', '@from', data ->> 'from', '@to', data ->> 'to',
           '@lane', case when length(name) <= 64 then name
                         else 'transit.' || left(encode(sha256(convert_to(name, 'UTF8')), 'hex'), 40) end)
  from concat('transit.', data ->> 'from', '.', data ->> 'to') as name
$$;
