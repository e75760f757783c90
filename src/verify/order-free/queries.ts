import { type Queryable, sql } from "../../platform/index.ts";
import { type Found, OFFENCES_MAX, type PositionCells } from "../check.ts";
import { saidMovements as says } from "../said-movements.ts";

export type RebuiltRow = {
  readonly item_id: string;
  readonly location_id: string;
  readonly lot: string;
  readonly kind: string;
  readonly live: number;
  readonly rebuilt: number;
};

/**
 * Places where live stock is not what the applied facts alone amount to. The sum knows no order of arrival: on-hand is the last
 * count, of two at one instant the one with the greater id and source, and every movement that it has not seen: those after it, or
 * numbered above its watermark; without a count, all movements. A snapshot counts when all its pages are there; a full one counts what
 * it does not name as nothing, once none of its rows is unresolved. A count with a case that was not accepted has not been made. So it is both the rebuild from the log and the proof that the order
 * did not matter. Count variance is what the others leave over, and is judged by `items-sum-to-zero`. Locations at which a snapshot is
 * being taken at this moment are left out.
 */
export function placesUnlikeTheirFacts(snapshot: Queryable): Promise<Found<RebuiltRow>[]> {
  return snapshot.query<Found<RebuiltRow>>(sql`
    with fact as materialized (
      select e.number, e.type, e.data, date_trunc('milliseconds', e.effective_at) as at, e.source || ' ' || e.stream as stream,
             e.sequence_number as sequence
      from backbone.event e join ledger.fact_outcome o on o.event_number = e.number
      where o.outcome = 'applied' and e.source <> '/crossdock'
    ), named as (
      select number, at, stream, sequence, verify.place_names(data) as names, data ->> 'status' as status from fact
    ), amount (number, part, said, units) as (
      select number, type, data, (data ->> 'quantity')::bigint from fact
      where type = any (${says.part}::text[]) and type <> 'ShipmentDispatched'
      union all select number, type, line, (line ->> 'quantity')::bigint
      from fact, jsonb_path_query(data, '$.cartons[*].lines[*]') as line where type = 'ShipmentDispatched'
      union all select number, case when delta < 0 then 'scrapped' else 'found' end, data, abs(delta)
      from fact, lateral (select (data ->> 'delta')::bigint as delta) as d where type = 'StockAdjusted'
      union all select number, type || ' ' || side, data -> side, (data -> side ->> 'quantity')::bigint
      from fact, unnest('{from,to}'::text[]) as side where type = 'StockConverted'
      union all select number, type || ' ' || side, data || jsonb_build_object('lot', data -> (side || 'Lot')),
             (data ->> 'quantity')::bigint
      from fact, unnest('{from,to}'::text[]) as side where type = 'LotChanged'
    ), change as (
      select said ->> 'item' as item, coalesce(said ->> 'lot', '') as lot, coalesce(names ->> r.place, r.place) as place,
             case 'in-transit' when r.status then r.status when replace(r.status, '@status', named.status) then named.status
                               else 'on-hand' end as kind, at, stream, sequence, r.sign * units as units
      from amount join named using (number)
      join (select part, from_place as place, from_status as status, -1 as sign from unnest(
              ${says.part}::text[], ${says.fromPlace}::text[], ${says.fromStatus}::text[]) as f (part, from_place, from_status)
            union all
            select part, to_place, to_status, 1 from unnest(
              ${says.part}::text[], ${says.toPlace}::text[], ${says.toStatus}::text[]) as t (part, to_place, to_status)) as r using (part)
      union all select item_id, lot, location_id, kind, effective_to, null, null, units from verify.archived_stock
    ), known as (
      select item_id as item, lot, location_id as place from ledger.position union select item, lot, place from change
    ), stated as (
      select item_id as item, lot, location_id as place, at, said, watermark_stream, watermark, counted
      from verify.stated_count where shelf = 'on-hand'
      union all select * from verify.silent_count
      union all select k.item, k.lot, k.place, f.at, f.said, f.watermark_stream, f.watermark, 0
      from known k join verify.last_full_snapshot f on f.location_id = k.place
      where (f.key, k.item, k.lot) not in (select key, item_id, lot from verify.snapshot_count)
        and (k.item, k.lot, k.place, f.at, f.said) not in (select item_id, lot, location_id, at, said from verify.withheld_count)
    ), last_count as (
      select distinct on (item, lot, place) *, 'on-hand' as kind from stated order by item, lot, place, at desc, said collate "C" desc
    ), since as (
      select item, lot, place, kind, sum(c.units) as units
      from change c left join last_count n using (item, lot, place, kind)
      where n.at is null or case when c.stream = n.watermark_stream then c.sequence > n.watermark else c.at > n.at end
      group by item, lot, place, kind
    ), rebuilt as (
      select item as item_id, place as location_id, lot, kind, coalesce(n.counted, 0) + coalesce(s.units, 0) as units, n.at as counted_at
      from since s full join last_count n using (item, lot, place, kind)
    )
    select item_id, location_id, lot, kind, coalesce(l.units, 0) as live, coalesce(r.units, 0) as rebuilt, count(*) over () as total
    from verify.live_stock l full join rebuilt r using (item_id, location_id, lot, kind)
    where location_id <> 'count-variance' and coalesce(l.units, 0) <> coalesce(r.units, 0)
      and not verify.is_partly_archived(item_id, location_id, lot, kind, r.counted_at)
      and not exists (select from ledger.snapshot s where s.location_id = coalesce(l.location_id, r.location_id) and s.state = 'ready')
    order by item_id, location_id, lot, kind limit ${OFFENCES_MAX}`);
}

export type BelievedCountRow = PositionCells & {
  readonly counted_at: string;
  readonly shelf: string;
  readonly kept: number | null;
  readonly kept_fact: number | null;
  readonly told: number | null;
  readonly told_fact: number | null;
};

/**
 * Instants of a position for which another count is kept than the facts call for: of several, the one with the greatest id, then source.
 * A snapshot is kept as a count of each position where not every position was looked at, or not every row is known yet. A full snapshot
 * of the same instant that is believed over a count takes its place, whether the count is kept or not.
 */
export function misbelievedCounts(snapshot: Queryable): Promise<Found<BelievedCountRow>[]> {
  return snapshot.query<Found<BelievedCountRow>>(sql`
    with told as (
      select * from verify.stated_count where not is_of_full
    ), believed as (
      select distinct on (item_id, location_id, lot, at, shelf) * from told
      order by item_id, location_id, lot, at, shelf, said collate "C" desc, number
    ), kept as (
      select p.item_id, p.location_id, p.lot, c.position_id, c.counted_at as at, c.shelf, c.in_order, c.counted, c.event_number,
             t.said as own
      from ledger.count c left join ledger.position p using (position_id)
      left join told t on t.number = c.event_number and (t.item_id, t.location_id, t.lot, t.at, t.shelf, t.counted, t.said) =
                          (p.item_id, p.location_id, p.lot, c.counted_at, c.shelf, c.counted, c.in_order)
    )
    select coalesce(k.position_id, 0) as position_id, item_id, location_id, lot, at::text as counted_at, shelf, k.counted as kept,
           k.event_number as kept_fact, b.counted as told, b.number as told_fact, count(*) over () as total
    from kept k full join believed b using (item_id, location_id, lot, at, shelf)
    where (k.own is null or b.said is null or k.in_order <> b.said)
      and (k.event_number is null or not verify.is_archived(k.event_number))
      and not exists (
        select from ledger.coverage f
        where (f.location_id, f.counted_at, f.shelf) = (coalesce(k.location_id, b.location_id), coalesce(k.at, b.at), coalesce(k.shelf, b.shelf))
          and f.in_order collate "C" > coalesce(b.said, k.in_order) collate "C"
          and (item_id, location_id, lot, at, f.in_order) not in (select item_id, location_id, lot, at, said from verify.withheld_count))
      and not exists (select from ledger.snapshot s where s.location_id = coalesce(k.location_id, b.location_id) and s.state = 'ready')
    order by item_id, location_id, lot, at, shelf limit ${OFFENCES_MAX}`);
}

export type StateRow = {
  readonly reservation_id: string;
  readonly state: string;
  readonly quantity: number;
  readonly picked: number;
  readonly shipped: number;
  readonly replaced: number;
  readonly put_back: number;
  readonly not_found: number;
};

/** Reservations whose state is not what their totals amount to, in whatever order the facts came. */
export function statesBesideTotals(snapshot: Queryable): Promise<Found<StateRow>[]> {
  return snapshot.query<Found<StateRow>>(sql`
    with total as (
      select *, greatest(picked - put_back, shipped) as gone from availability.reservation
    ), judged as (
      select *, quantity - replaced - least(not_found, greatest(0, quantity - gone)) as due from total
    )
    select reservation_id, state::text as state, quantity, picked, shipped, replaced, put_back, not_found, count(*) over () as total
    from judged
    where case when state in ('allocated', 'picked', 'shipped', 'short') or replaced > 0
               then state::text <> case when due = 0 and not_found > 0 then 'short' when due = 0 then 'released'
                                        when shipped >= due then 'shipped' when gone >= due then 'picked' else 'allocated' end
               else picked <> put_back or shipped > 0 end
    order by reservation_id limit ${OFFENCES_MAX}`);
}

export type KeptRow = {
  readonly order_id: string;
  readonly line_id: string;
  readonly item_id: string;
  readonly promised: number;
  readonly gone: number;
  readonly kept: number;
};

/**
 * Items of order lines for which more or less is kept than was promised and has not left, wherever it was promised and wherever it
 * left from.
 */
export function linesKeptBesideTotals(snapshot: Queryable): Promise<Found<KeptRow>[]> {
  return snapshot.query<Found<KeptRow>>(sql`
    with place as (
      select order_id, line_id, item_id, quantity - least(not_found, greatest(0, quantity - gone)) as quantity, gone,
             greatest(0, quantity - replaced - not_found - gone) as kept
      from availability.reservation, greatest(picked - put_back, shipped) as gone
      where order_id is not null and (state in ('allocated', 'picked', 'shipped', 'short') or replaced > 0)
      union all
      select order_id, line_id, item_id, 0, greatest(picked - put_back, shipped), 0 from availability.early_fulfilment
    )
    select order_id, line_id, item_id, sum(quantity)::bigint as promised, sum(gone)::bigint as gone, sum(kept)::bigint as kept,
           count(*) over () as total
    from place group by order_id, line_id, item_id having sum(kept) <> greatest(0, sum(quantity) - sum(gone))
    order by order_id, line_id, item_id limit ${OFFENCES_MAX}`);
}

export type CaseRow = PositionCells & {
  readonly case_number: number;
  readonly state: string;
  readonly kept: number;
  readonly told: number | null;
};

/**
 * Cases that are not about what was said: whose count is not on the log as it is kept, or of which, though it was not accepted, something
 * is kept as counted. Of what has left for an archive, or is being taken at this moment, nothing can be said.
 */
export function casesUnlikeCounts(snapshot: Queryable): Promise<Found<CaseRow>[]> {
  return snapshot.query<Found<CaseRow>>(sql`
    select c.case_number, c.position_id, p.item_id, p.location_id, p.lot, c.state, c.counted as kept, s.counted as told,
           count(*) over () as total
    from ledger.count_case c join ledger.position p using (position_id)
    left join verify.said_count s
      on (s.item_id, s.location_id, s.lot, s.at, s.said) =
         (p.item_id, p.location_id, p.lot, date_trunc('milliseconds', c.counted_at), c.in_order) and s.shelf = 'on-hand'
    left join verify.full_snapshot f
      on (f.location_id, f.at, f.said) = (p.location_id, date_trunc('milliseconds', c.counted_at), c.in_order)
    where not verify.is_archived(c.event_number)
      and not exists (select from ledger.snapshot n where n.snapshot_number = c.snapshot_number and n.state = 'ready')
      and (case when s.counted is null then f.key is null or c.counted <> 0 else c.state = 'open' and s.counted <> c.counted end
           or c.state <> 'accepted'
              and exists (select from ledger.count k
                          where k.position_id = c.position_id and k.counted_at = c.counted_at and k.in_order = c.in_order))
    order by c.case_number limit ${OFFENCES_MAX}`);
}
