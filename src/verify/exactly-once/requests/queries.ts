import { type Queryable, sql } from "../../../platform/index.ts";
import { type Found, OFFENCES_MAX } from "../../check.ts";

export type KeyRow = { readonly client_id: string; readonly key: string; readonly answers: number };

/** Keys that were decided more than once. */
export function repeatedKeys(snapshot: Queryable): Promise<Found<KeyRow>[]> {
  return snapshot.query<Found<KeyRow>>(sql`
    select client_id, key, count(*) as answers, count(*) over () as total
    from availability.admission group by client_id, key having count(*) > 1
    order by client_id, key limit ${OFFENCES_MAX}`);
}

export type AnswerRow = {
  readonly client_id: string;
  readonly key: string;
  readonly reservation_id: string | null;
  readonly problem: string;
};

/** Stored answers whose reservations are not there as they were answered, or were answered to somebody else too. */
export function answersWithoutEffect(snapshot: Queryable): Promise<Found<AnswerRow>[]> {
  return snapshot.query<Found<AnswerRow>>(sql`
    with given as (
      select a.client_id, a.key, g ->> 'reservationId' as reservation_id, g as reservation,
             count(*) over (partition by g ->> 'reservationId') as times
      from availability.admission a, jsonb_array_elements(a.answer -> 'reservations') as g
    ), judged as (
      select g.client_id, g.key, g.reservation_id,
             case when r.reservation_id is null then 'does not exist'
                  when g.times > 1 then 'was answered ' || g.times || ' times'
                  when (r.quantity::text, r.item_id, r.location_id, r.lot, r.line_id, r.channel_id) is distinct from
                       (g.reservation ->> 'quantity', g.reservation ->> 'itemId', g.reservation ->> 'locationId',
                        g.reservation ->> 'lot', g.reservation ->> 'lineId', g.reservation ->> 'channelId')
                    then 'is not what was answered' end as problem
      from given g left join availability.reservation r using (reservation_id)
      union all
      select client_id, key, null, 'the outcome "' || (answer ->> 'outcome') || '" does not fit its reservations and rejections'
      from availability.admission
      where answer ->> 'outcome' is distinct from
        case when jsonb_array_length(answer -> 'reservations') = 0 then 'rejected'
             when jsonb_array_length(answer -> 'rejections') > 0 then 'partly-reserved' else 'reserved' end
    )
    select client_id, key, reservation_id, problem, count(*) over () as total
    from judged where problem is not null
    order by client_id, key, reservation_id limit ${OFFENCES_MAX}`);
}

export type ProgressRow = {
  readonly reservation_id: string;
  readonly quantity: number | null;
  readonly picked: number | null;
  readonly shipped: number | null;
  readonly moved_allocated: number;
  readonly moved_before_picked: number;
  readonly moved_out: number;
};

/**
 * Reservations whose totals are not what their transfers moved. What was shipped left the building; the greater of picked and shipped
 * left the shelf, first out of what was allocated and then, beyond the promise, out of what was available.
 */
export function miscountedFulfilment(snapshot: Queryable): Promise<Found<ProgressRow>[]> {
  return snapshot.query<Found<ProgressRow>>(sql`
    with moved as (
      select reservation_id, coalesce(sum(quantity) filter (where from_status = 'allocated'), 0) as moved_allocated,
             coalesce(sum(quantity) filter (where from_status <> 'picked'), 0) as moved_before_picked,
             coalesce(sum(quantity) filter (where reason = 'shipment'), 0) as moved_out
      from ledger.transfer where reservation_id is not null and reason in ('pick', 'shipment') group by reservation_id
    )
    select reservation_id, r.quantity, r.picked, r.shipped, coalesce(m.moved_allocated, 0) as moved_allocated,
           coalesce(m.moved_before_picked, 0) as moved_before_picked, coalesce(m.moved_out, 0) as moved_out,
           count(*) over () as total
    from availability.reservation r full join moved m using (reservation_id)
    where r.quantity is null or coalesce(m.moved_out, 0) <> r.shipped
       or coalesce(m.moved_before_picked, 0) <> greatest(r.picked, r.shipped)
       or coalesce(m.moved_allocated, 0) <> least(r.quantity, greatest(r.picked, r.shipped))
    order by reservation_id limit ${OFFENCES_MAX}`);
}

export type PickRow = {
  readonly order_id: string;
  readonly line_id: string;
  readonly item_id: string;
  readonly location_id: string;
  readonly lot: string;
  readonly said: number;
  readonly moved: number;
  readonly behind_shipments: number;
};

/**
 * Picks of order lines that moved less than they say for no reason. A pick that comes after its shipment moves nothing, because the
 * units have left; its reservation counts it all the same, so what did not move must equal what the reservations count and did not
 * move.
 */
export function unsettledPicks(snapshot: Queryable): Promise<Found<PickRow>[]> {
  return snapshot.query<Found<PickRow>>(sql`
    with pick as (
      select e.number, e.data #>> '{orderLine,orderId}' as order_id, e.data #>> '{orderLine,lineId}' as line_id,
             e.data ->> 'item' as item_id, e.data ->> 'location' as location_id, coalesce(e.data ->> 'lot', '') as lot,
             (e.data ->> 'quantity')::bigint as units
      from backbone.event e join ledger.fact_outcome o on o.event_number = e.number and o.outcome = 'applied'
      where e.type = 'StockPicked' and e.data ? 'orderLine'
    ), moved as (
      select event_number, sum(quantity) as units from ledger.transfer where reason = 'pick' group by event_number
    ), by_line as (
      select p.order_id, p.line_id, p.item_id, p.location_id, p.lot, sum(p.units) as said, coalesce(sum(m.units), 0) as moved
      from pick p left join moved m on m.event_number = p.number
      group by p.order_id, p.line_id, p.item_id, p.location_id, p.lot
    ), for_reservation as (
      select reservation_id, sum(quantity) as units from ledger.transfer
      where reason = 'pick' and reservation_id is not null group by reservation_id
    ), counted as (
      select r.order_id, r.line_id, r.item_id, r.location_id, r.lot, sum(r.picked - coalesce(f.units, 0)) as behind
      from availability.reservation r left join for_reservation f using (reservation_id)
      where r.order_id is not null and (r.picked > 0 or f.units > 0)
      group by r.order_id, r.line_id, r.item_id, r.location_id, r.lot
    )
    select order_id, line_id, item_id, location_id, lot, coalesce(l.said, 0) as said, coalesce(l.moved, 0) as moved,
           coalesce(c.behind, 0) as behind_shipments, count(*) over () as total
    from by_line l full join counted c using (order_id, line_id, item_id, location_id, lot)
    where coalesce(l.said, 0) - coalesce(l.moved, 0) <> coalesce(c.behind, 0)
    order by order_id, line_id, item_id, location_id, lot limit ${OFFENCES_MAX}`);
}

export type OrderNumberRow = {
  readonly account_id: string;
  readonly order_number: string;
  readonly order_ids: string;
};

/** Orders that one account has given twice under the same number. */
export function repeatedOrders(snapshot: Queryable): Promise<Found<OrderNumberRow>[]> {
  return snapshot.query<Found<OrderNumberRow>>(sql`
    select account_id, order_number, string_agg(order_id, ' ' order by order_id) as order_ids, count(*) over () as total
    from orchestration.customer_order group by account_id, order_number having count(*) > 1
    order by account_id, order_number limit ${OFFENCES_MAX}`);
}

export type MessageKeyRow = {
  readonly account_id: string;
  readonly key: string;
  readonly message_ids: string;
};

/** Messages that were trusted twice under one key. A second one with other bytes is suspect until a person releases it. */
export function repeatedMessages(snapshot: Queryable): Promise<Found<MessageKeyRow>[]> {
  return snapshot.query<Found<MessageKeyRow>>(sql`
    select account_id, key, string_agg(message_id, ' ' order by message_id) as message_ids, count(*) over () as total
    from integration.message where state <> 'suspect' and released_at is null group by account_id, key having count(*) > 1
    order by account_id, key limit ${OFFENCES_MAX}`);
}
