-- What sources that do not own a location's stock say is there, as the log has it: what a rebuild holds `claimed_quantity` and
-- `claimed_location` against. Of a snapshot only what has been taken counts, so one of which more has come since is left out here, and
-- `claimed_unsettled` names it.

create view ledger.claimed_unsettled as
select source, location_id, taken_at as said_at, snapshot_id || ' ' || source as in_order
from ledger.snapshot where owner <> source and state in ('gathering', 'ready') and revision_taken > 0;

create function ledger.claimed_from_log(of_location text, of_source text)
  returns table (item_id text, lot text, said_at timestamptz, in_order text, on_hand bigint, event_number bigint)
  language sql stable as $$
  with said as (
    select e.data ->> 'item' as item_id, coalesce(e.data ->> 'lot', '') as lot, date_trunc('milliseconds', e.effective_at) as said_at,
           e.id || ' ' || e.source as in_order, (e.data ->> 'counted')::bigint as on_hand, e.number as event_number
    from ledger.claim c join backbone.event e on e.number = c.event_number
    where c.location_id = of_location and c.source = of_source and e.type = 'StockCounted'
    union all
    select line.item_id, coalesce(line.lot, ''), s.taken_at, s.snapshot_id || ' ' || s.source, sum(line.counted::bigint)::bigint,
           min(p.event_number)
    from ledger.snapshot s
    join ledger.snapshot_page p using (snapshot_number)
    join backbone.event e on e.number = p.event_number
    cross join lateral rows from (
      jsonb_array_elements_text(e.data -> 'items'), jsonb_array_elements_text(e.data -> 'counted'),
      jsonb_array_elements_text(e.data -> 'lots')
    ) as line (item_id, counted, lot)
    where s.location_id = of_location and s.source = of_source and s.owner <> s.source and s.state = 'claim'
    group by line.item_id, coalesce(line.lot, ''), s.taken_at, s.snapshot_id, s.source
  )
  select distinct on (item_id, lot) item_id, lot, said_at, in_order, on_hand, event_number
  from said order by item_id, lot, said_at desc, in_order collate "C" desc, event_number desc
$$;

create function ledger.claimed_location_from_log(of_location text, of_source text)
  returns table (said_at timestamptz, in_order text, event_number bigint)
  language sql stable as $$
  select taken_at, snapshot_id || ' ' || source, event_number from ledger.snapshot
  where location_id = of_location and source = of_source and owner <> source and state = 'claim' and scope = 'full'
    and rows_unresolved = 0
  order by taken_at desc, snapshot_id || ' ' || source collate "C" desc limit 1
$$;
