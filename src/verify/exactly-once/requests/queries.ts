import { type Queryable, sql } from "../../../platform/index.ts";
import { type Found, OFFENCES_MAX, type PositionCells } from "../../check.ts";

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
      from availability.admission a, jsonb_array_elements(a.answer::jsonb -> 'reservations') as g
    ), judged as (
      select g.client_id, g.key, g.reservation_id,
             case when r.reservation_id is null then 'does not exist'
                  when g.times > 1 then 'was answered ' || g.times || ' times'
                  when ((coalesce(c.first_quantity, r.quantity) + coalesce(d.units, 0))::text, coalesce(c.first_item_id, r.item_id), r.location_id, r.lot, r.line_id, r.channel_id) is distinct from
                       (g.reservation ->> 'quantity', g.reservation ->> 'itemId', g.reservation ->> 'locationId',
                        g.reservation ->> 'lot', g.reservation ->> 'lineId', g.reservation ->> 'channelId')
                    then 'is not what was answered' end as problem
      from given g left join availability.reservation r using (reservation_id)
      left join verify.converted_reservation c using (reservation_id)
      left join verify.reduced_reservation d
        on d.reservation_id = r.reservation_id and d.item_id = coalesce(c.first_item_id, r.item_id)
      union all
      select a.client_id, a.key, null, 'the backorder ' || (w ->> 'backorderId') || ' is not there as it was answered'
      from availability.admission a cross join jsonb_array_elements(coalesce(a.answer::jsonb -> 'backorders', '[]')) as w
      left join availability.backorder b on b.backorder_id = w ->> 'backorderId'
      where (b.channel_id, b.line_id, b.item_id) is distinct from (w ->> 'channelId', w ->> 'lineId', w ->> 'itemId')
      union all
      select client_id, key, null, 'the outcome "' || (answer::jsonb ->> 'outcome') || '" does not fit its reservations and rejections'
      from availability.admission
      where answer::jsonb ->> 'outcome' is distinct from
        case when answer::jsonb ? 'backorders' and jsonb_array_length(answer::jsonb -> 'rejections') = 0 then 'backordered'
             when answer::jsonb ? 'backorders' then 'partly-reserved'
             when jsonb_array_length(answer::jsonb -> 'reservations') = 0 then 'rejected'
             when jsonb_array_length(answer::jsonb -> 'rejections') > 0 then 'partly-reserved' else 'reserved' end
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
  readonly from_allocated: number;
  readonly off_shelf: number;
  readonly out: number;
};

/**
 * Reservations whose totals are not what was moved for them. What was shipped left the building; the greater of it and of what was
 * picked and not put back left the shelf; and as much of that as was promised came out of allocated, and with it what was replaced from
 * elsewhere and what was not found. What had left
 * before the promise was made counts from the fact that settled it.
 */
export function miscountedFulfilment(snapshot: Queryable): Promise<Found<ProgressRow>[]> {
  return snapshot.query<Found<ProgressRow>>(sql`
    with part as (
      select reservation_id,
             case when from_status = 'allocated' then quantity when reason = 'restore' then -quantity else 0 end as from_allocated,
             case when reason = 'put-back' and from_status = 'picked' then -quantity
                  when reason in ('pick', 'shipment') and from_status <> 'picked' then quantity else 0 end as off_shelf,
             case reason when 'shipment' then quantity else 0 end as out
      from ledger.transfer
      where reservation_id is not null and reason in ('pick', 'short-pick', 'put-back', 'shipment', 'settle', 'replace', 'restore')
      union all
      select data ->> 'reservationId', 0,
             greatest((data ->> 'picked')::bigint - coalesce((data ->> 'putBack')::bigint, 0), (data ->> 'shipped')::bigint),
             (data ->> 'shipped')::bigint
      from backbone.event where type = 'ReservationSettled' and source = '/crossdock'
    ), moved as (
      select reservation_id, sum(from_allocated) as from_allocated, sum(off_shelf) as off_shelf, sum(out) as out
      from part group by reservation_id
    )
    select reservation_id, r.quantity, r.picked, r.shipped, coalesce(m.from_allocated, 0) as from_allocated,
           coalesce(m.off_shelf, 0) as off_shelf, coalesce(m.out, 0) as out, count(*) over () as total
    from availability.reservation r full join moved m using (reservation_id)
    where (r.quantity is null or coalesce(m.out, 0) <> r.shipped
           or coalesce(m.off_shelf, 0) <> greatest(r.picked - r.put_back, r.shipped)
           or coalesce(m.from_allocated, 0) <> least(r.quantity, r.replaced + r.not_found + greatest(r.picked - r.put_back, r.shipped)))
      and reservation_id not in (select reservation_id from verify.archived_reservation)
      -- What was moved under two names is judged line by line, by \`unsettledLines\` and by the shelves.
      and not exists (select from verify.converted_line c where c.order_id = r.order_id and c.line_id = r.line_id)
    order by reservation_id limit ${OFFENCES_MAX}`);
}

export type SettledRow = PositionCells & {
  readonly order_id: string;
  readonly line_id: string;
  readonly said: string;
  readonly counted: string;
};

/**
 * Order lines, place by place, whose picks and shipments were not counted once: the facts' sums must be the totals of the line's
 * reservations there, and of what left before the line was promised; less what was said to be of another item since, at its position then.
 */
export function unsettledLines(snapshot: Queryable): Promise<Found<SettledRow>[]> {
  return snapshot.query<Found<SettledRow>>(sql`
    with fact as materialized (
      select e.number, e.type, e.data, e.data ->> 'location' as place
      from backbone.event e join ledger.fact_outcome o on o.event_number = e.number and o.outcome = 'applied'
      where e.type in ('StockPicked', 'StockPickedShort', 'PickCancelled', 'ShipmentDispatched')
    ), use as (
      select number, type, place, data #>> '{orderLine,orderId}' as order_id, data #>> '{orderLine,lineId}' as line_id,
             data ->> 'item' as item, coalesce(data ->> 'lot', '') as lot, (data ->> 'quantity')::bigint as units
      from fact where type <> 'ShipmentDispatched' and data ? 'orderLine'
      union all
      select f.number, f.type, f.place, line #>> '{orderLine,orderId}', line #>> '{orderLine,lineId}', line ->> 'item',
             coalesce(line ->> 'lot', ''), (line ->> 'quantity')::bigint
      from fact f, jsonb_path_query(f.data, '$.cartons[*].lines[*]') as line
      where f.type = 'ShipmentDispatched' and line ? 'orderLine'
    ), told as (
      select u.order_id, u.line_id, p.position_id, coalesce(sum(u.units) filter (where u.type = 'StockPicked'), 0) as picked,
             coalesce(sum(u.units) filter (where u.type = 'ShipmentDispatched'), 0) as shipped,
             coalesce(sum(u.units) filter (where u.type = 'PickCancelled'), 0) as put_back,
             coalesce(sum(u.units) filter (where u.type = 'StockPickedShort'), 0) as not_found
      from use u join ledger.position p on p.item_id = u.item and p.location_id = u.place and p.lot = u.lot
      group by u.order_id, u.line_id, p.position_id
      union all
      select order_id, line_id, position_id, sign * picked, sign * shipped, sign * put_back, sign * not_found
      from verify.converted_totals
    ), said as (
      select order_id, line_id, position_id, sum(picked) as picked, sum(shipped) as shipped, sum(put_back) as put_back,
             sum(not_found) as not_found
      from told group by order_id, line_id, position_id
    ), book as (
      select order_id, line_id, position_id, picked, shipped, put_back, not_found from availability.reservation
      where order_id is not null and picked + shipped + put_back + not_found > 0
      union all
      select order_id, line_id, position_id, picked, shipped, put_back, not_found from availability.early_fulfilment
    ), counted as (
      select order_id, line_id, position_id, sum(picked) as picked, sum(shipped) as shipped, sum(put_back) as put_back,
             sum(not_found) as not_found
      from book group by order_id, line_id, position_id
    ), compared as (
      select order_id, line_id, position_id,
             format('%s picked, %s shipped, %s put back, %s not found', coalesce(s.picked, 0), coalesce(s.shipped, 0),
                    coalesce(s.put_back, 0), coalesce(s.not_found, 0)) as said,
             format('%s picked, %s shipped, %s put back, %s not found', coalesce(c.picked, 0), coalesce(c.shipped, 0),
                    coalesce(c.put_back, 0), coalesce(c.not_found, 0)) as counted
      from said s full join counted c using (order_id, line_id, position_id)
    )
    select c.order_id, c.line_id, c.position_id, p.item_id, p.location_id, p.lot,
           c.said, c.counted, count(*) over () as total
    from compared c left join ledger.position p using (position_id)
    where c.said <> c.counted and c.order_id not in (select order_id from verify.archived_order)
    order by c.order_id, c.line_id, c.position_id limit ${OFFENCES_MAX}`);
}

export type ShelfRow = PositionCells & { readonly should_leave: number; readonly left: number };

/**
 * Shelves that picks and shipments emptied by another number of units than they should. For an order's line that is the greater of
 * what was picked and not put back and what was shipped, because a pick that comes after its shipment moves nothing again; a pick for no order
 * always moves what it says, and a shipment for no order takes only what was picked. What left a merged item's shelf left that one.
 */
export function miscountedShelves(snapshot: Queryable): Promise<Found<ShelfRow>[]> {
  return snapshot.query<Found<ShelfRow>>(sql`
    with expected as (
      select position_id, greatest(picked - put_back, shipped) as units from availability.reservation
      union all
      select position_id, greatest(picked - put_back, shipped) from availability.early_fulfilment
      union all
      select p.position_id, case e.type when 'StockPicked' then 1 else -1 end * (e.data ->> 'quantity')::bigint
      from backbone.event e
      join ledger.fact_outcome o on o.event_number = e.number and o.outcome = 'applied'
      join ledger.position p on p.item_id = e.data ->> 'item' and p.location_id = e.data ->> 'location'
                            and p.lot = coalesce(e.data ->> 'lot', '')
      where e.type in ('StockPicked', 'PickCancelled') and not e.data ? 'orderLine' and e.source <> '/crossdock/items'
      union all
      select position_id, 0 - sign * greatest(picked - put_back, shipped) from verify.converted_totals
    ), should as (
      select position_id, sum(units) as units from expected group by position_id
    ), gone as (
      select from_position_id as position_id, sum(case reason when 'put-back' then -quantity else quantity end) as units
      from ledger.transfer
      where (reason in ('pick', 'shipment') and from_status <> 'picked') or (reason = 'put-back' and from_status = 'picked')
      group by from_position_id
    )
    select position_id, p.item_id, p.location_id, p.lot, coalesce(s.units, 0) as should_leave, coalesce(g.units, 0) as left,
           count(*) over () as total
    from should s full join gone g using (position_id) left join ledger.position p using (position_id)
    where coalesce(s.units, 0) <> coalesce(g.units, 0)
      and position_id not in (select position_id from verify.archived_position)
    order by position_id limit ${OFFENCES_MAX}`);
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

/** Messages trusted twice under one key. A second one with other bytes is suspect until a person releases or dismisses it. */
export function repeatedMessages(snapshot: Queryable): Promise<Found<MessageKeyRow>[]> {
  return snapshot.query<Found<MessageKeyRow>>(sql`
    select account_id, key, string_agg(message_id, ' ' order by message_id) as message_ids, count(*) over () as total
    from integration.message where state not in ('suspect', 'dismissed') and released_at is null
    group by account_id, key having count(*) > 1
    order by account_id, key limit ${OFFENCES_MAX}`);
}
