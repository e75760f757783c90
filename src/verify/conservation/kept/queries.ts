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
 * status by status, and in the number of transfers. Transfers are summed by the checkpoint before which they fall, in one pass without a
 * sort (walking a million of them by time took five times as long), and these sums are added up. What has left counts from the instant
 * at which the last of it took effect, and checkpoints before that are not judged any more.
 */
export function wrongCheckpoints(snapshot: Queryable): Promise<Found<CheckpointRow>[]> {
  return snapshot.query<Found<CheckpointRow>>(sql`
    with kept_of as materialized (
      select position_id, array_agg(taken_at order by taken_at) as instants from ledger.checkpoint group by position_id
    ), side as (
      select k.position_id, k.instants, t.effective_at as at, t.to_status as status, t.quantity as units, 1 as touches
      from ledger.transfer t join kept_of k on k.position_id = t.to_position_id
      union all
      select k.position_id, k.instants, t.effective_at, t.from_status, -t.quantity,
             case when t.from_position_id = t.to_position_id then 0 else 1 end
      from ledger.transfer t join kept_of k on k.position_id = t.from_position_id
      union all
      select k.position_id, k.instants, r.effective_to, a.status, a.units, a.transfers
      from kept_of k join ledger.archived a using (position_id) join verify.archived_position r using (position_id)
    ), summed as (
      -- How many checkpoints lie before it; with itself where they are at one instant.
      select position_id, width_bucket(at - interval '1 microsecond', instants) as before, status, sum(units) as units,
             sum(touches) as touches
      from side group by 1, 2, 3
    ), step as (
      select position_id, before, status::text as kind, units, null::numeric as kept from summed
      union all
      select position_id, before, 'transfers', sum(touches), null from summed group by 1, 2
      union all
      select c.position_id, width_bucket(c.taken_at - interval '1 microsecond', k.instants), said.kind, 0, sum(said.units)
      from ledger.checkpoint c join kept_of k using (position_id)
      cross join lateral (
        select held.status::text as kind, held.units from unnest(enum_range(null::ledger.status), c.units) as held (status, units)
        union all select 'transfers', c.transfers
        union all
        select case line.kind when 'units' then d.status::text else 'transfers' end, case line.kind when 'units' then d.units else d.transfers end
        from ledger.checkpoint_change d cross join (values ('units'), ('transfers')) as line (kind)
        where d.position_id = c.position_id and d.taken_at = c.taken_at
      ) as said
      group by 1, 2, 3
    ), walked as (
      select *, sum(units) over (partition by position_id, kind order by before range unbounded preceding) as amount from step
    )
    select w.position_id, p.item_id, p.location_id, p.lot, k.instants[w.before + 1]::text as taken_at, w.kind, w.kept::bigint as kept,
           w.amount::bigint as summed, count(*) over () as total
    from walked w join kept_of k using (position_id) left join ledger.position p using (position_id)
    where w.kept is not null and w.kept <> w.amount
      and not exists (select from verify.archived_position a
                      where a.position_id = w.position_id and k.instants[w.before + 1] < a.effective_to)
    order by w.position_id, w.before, w.kind limit ${OFFENCES_MAX}`);
}
