import { type Queryable, sql } from "../../../platform/index.ts";
import { type Found, OFFENCES_MAX, type PositionCells } from "../../check.ts";

export type ReceiptLineRow = {
  readonly location_id: string;
  readonly purchase_order: string;
  readonly receipt_number: string;
  readonly receipt_line: string;
  readonly item_id: string;
  readonly kept: string;
  readonly told: string;
};

/**
 * Receipt lines that are not the sum of their receipts, or do not expect what was told last. Receipts that have left for an archive still
 * count in what is kept: then only what is too little is seen.
 */
export function wrongReceiptLines(snapshot: Queryable): Promise<Found<ReceiptLineRow>[]> {
  return snapshot.query<Found<ReceiptLineRow>>(sql`
    with archive as (
      select exists (select from backbone.stretch where state = 'archived') as is_there
    ), told as (
      select e.data ->> 'location' as location_id, coalesce(e.data ->> 'purchaseOrder', '') as purchase_order,
             coalesce(e.data ->> 'receiptNumber', '') as receipt_number, coalesce(e.data ->> 'receiptLine', '') as receipt_line,
             e.data ->> 'item' as item_id, sum((e.data ->> 'quantity')::bigint)::bigint as received,
             max(array[(extract(epoch from date_trunc('milliseconds', e.effective_at)) * 1000)::bigint, (e.data ->> 'expected')::bigint])
               as last
      from backbone.event e join ledger.fact_outcome o on o.event_number = e.number and o.outcome = 'applied'
      where e.type = 'StockReceived' and e.data ? 'expected' group by 1, 2, 3, 4, 5
    ), kept as (
      select *, array[(extract(epoch from expected_as_of) * 1000)::bigint, expected] as last from ledger.receipt_line
    )
    select location_id, purchase_order, receipt_number, receipt_line, item_id,
           case when k.received is null then 'nothing' else format('%s of %s', k.received, k.expected) end as kept,
           case when t.received is null then 'nothing' else format('%s of %s', t.received, t.last[2]) end as told, count(*) over () as total
    from kept k full join told t using (location_id, purchase_order, receipt_number, receipt_line, item_id) cross join archive a
    where case when a.is_there then t.item_id is not null and (k.item_id is null or k.received < t.received or k.last < t.last)
               else (k.received, k.last) is distinct from (t.received, t.last) end
    order by 1, 2, 3, 4, 5 limit ${OFFENCES_MAX}`);
}

export type LaneRow = {
  readonly from_location_id: string;
  readonly to_location_id: string;
  readonly transfer_number: string;
  readonly item_id: string;
  readonly lot: string;
  readonly kept: string;
  readonly told: string;
};

/** Transfers between locations that are not the sum of what left, arrived and was lost. Archives as with receipt lines. */
export function wrongLanes(snapshot: Queryable): Promise<Found<LaneRow>[]> {
  return snapshot.query<Found<LaneRow>>(sql`
    with archive as (
      select exists (select from backbone.stretch where state = 'archived') as is_there
    ), told as (
      select e.data ->> 'from' as from_location_id, e.data ->> 'to' as to_location_id,
             coalesce(e.data ->> 'transferNumber', '') as transfer_number, e.data ->> 'item' as item_id,
             coalesce(e.data ->> 'lot', '') as lot,
             coalesce(sum((e.data ->> 'quantity')::bigint) filter (where e.type = 'TransferDispatched'), 0)::bigint as dispatched,
             coalesce(sum((e.data ->> 'quantity')::bigint) filter (where e.type = 'TransferReceived'), 0)::bigint as received,
             coalesce(sum((e.data ->> 'quantity')::bigint) filter (where e.type = 'TransferLost'), 0)::bigint as lost
      from backbone.event e join ledger.fact_outcome o on o.event_number = e.number and o.outcome = 'applied'
      where e.type in ('TransferDispatched', 'TransferReceived', 'TransferLost') group by 1, 2, 3, 4, 5
    )
    select from_location_id, to_location_id, transfer_number, item_id, lot,
           case when k.dispatched is null then 'nothing' else format('%s left, %s arrived, %s lost', k.dispatched, k.received, k.lost) end
             as kept,
           case when t.dispatched is null then 'nothing' else format('%s left, %s arrived, %s lost', t.dispatched, t.received, t.lost) end
             as told,
           count(*) over () as total
    from ledger.lane_transfer k
    full join told t using (from_location_id, to_location_id, transfer_number, item_id, lot) cross join archive a
    where case when a.is_there
               then t.dispatched is not null
                    and (k.dispatched is null or k.dispatched < t.dispatched or k.received < t.received or k.lost < t.lost)
               else (k.dispatched, k.received, k.lost) is distinct from (t.dispatched, t.received, t.lost) end
    order by 1, 2, 3, 4, 5 limit ${OFFENCES_MAX}`);
}

export type CheckpointRow = PositionCells & {
  readonly taken_at: string;
  readonly kind: string;
  readonly kept: number;
  readonly summed: number;
};

/**
 * Checkpoints that are not what their positions' transfers sum to at their instant, with what was learned of the time before them since:
 * status by status, and in the number of transfers. One pass, transfers and checkpoints side by side by time. What has left counts from
 * the instant at which the last of it took effect, and checkpoints before that are not judged any more.
 */
export function wrongCheckpoints(snapshot: Queryable): Promise<Found<CheckpointRow>[]> {
  return snapshot.query<Found<CheckpointRow>>(sql`
    with kept_of as (
      select distinct position_id from ledger.checkpoint
    ), side as (
      select t.to_position_id as position_id, t.effective_at as at, t.to_status as status, t.quantity as units, 1 as touches
      from ledger.transfer t join kept_of k on k.position_id = t.to_position_id
      union all
      select t.from_position_id, t.effective_at, t.from_status, -t.quantity,
             case when t.from_position_id = t.to_position_id then 0 else 1 end
      from ledger.transfer t join kept_of k on k.position_id = t.from_position_id
      union all
      select a.position_id, r.effective_to, a.status, a.units, a.transfers
      from ledger.archived a join kept_of k using (position_id) join verify.archived_position r using (position_id)
    ), stated as (
      select c.position_id, c.taken_at, held.status::text as kind, held.units
      from ledger.checkpoint c
      cross join lateral unnest(enum_range(null::ledger.status), c.units) as held (status, units)
      union all
      select position_id, taken_at, 'transfers', transfers from ledger.checkpoint
      union all
      select position_id, taken_at, status::text, units from ledger.checkpoint_change
      union all
      select position_id, taken_at, 'transfers', transfers from ledger.checkpoint_change
    ), step as (
      select position_id, status::text as kind, at, sum(units) as units, null::numeric as kept from side group by 1, 2, 3
      union all
      select position_id, 'transfers', at, sum(touches), null from side group by 1, 2, 3
      union all
      select position_id, kind, taken_at, 0, sum(units) from stated group by 1, 2, 3
    ), walked as (
      select *, sum(units) over (partition by position_id, kind order by at range unbounded preceding) as summed from step
    )
    select w.position_id, p.item_id, p.location_id, p.lot, w.at::text as taken_at, w.kind, w.kept::bigint as kept,
           w.summed::bigint as summed, count(*) over () as total
    from walked w left join ledger.position p using (position_id)
    where w.kept is not null and w.kept <> w.summed
      and not exists (select from verify.archived_position a where a.position_id = w.position_id and w.at < a.effective_to)
    order by w.position_id, w.at, w.kind limit ${OFFENCES_MAX}`);
}
