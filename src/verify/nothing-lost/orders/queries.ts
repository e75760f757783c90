import { type Queryable, sql } from "../../../platform/index.ts";
import { type Found, OFFENCES_MAX } from "../../check.ts";

export type OrderRow = {
  readonly order_id: string;
  readonly event_number: number | null;
  readonly problem: string;
};

/**
 * Orders without exactly the fact that they came with, and facts that the orders' reader has passed without keeping their order. One
 * that the reader could not take, because its account has used the order number before for instance, is a dead letter.
 */
export function ordersWithoutFacts(snapshot: Queryable): Promise<Found<OrderRow>[]> {
  return snapshot.query<Found<OrderRow>>(sql`
    with cursor as (
      select transaction, number from backbone.subscriber where name = 'orders'
    ), told as (
      select number, transaction, data ->> 'orderId' as order_id, data from backbone.event where type = 'OrderReceived'
    ), kept as (
      select o.order_id, min(t.number) as event_number, coalesce(bool_or(o.content = t.data), false) as is_told,
             bool_and((o.account_id, o.channel_id, o.order_number) is not distinct from
                      (o.content ->> 'accountId', o.content ->> 'channelId', o.content ->> 'orderNumber')) as is_filed
      from orchestration.customer_order o left join told t using (order_id) group by o.order_id
    ), judged as (
      select order_id, event_number,
             case when event_number is null then 'has no OrderReceived on the log'
                  when not is_told then 'is kept otherwise than it was received'
                  when not is_filed then 'is filed under another account, channel or number than it carries' end as problem
      from kept
      union all
      select t.order_id, t.number, 'was received and not kept'
      from told t
      where (t.transaction, t.number) <= (select transaction, number from cursor)
        and not exists (select from orchestration.customer_order o where o.order_id = t.order_id)
        and not exists (select from backbone.dead_letter d
                        where d.subscriber = 'orders' and d.number = t.number and d.resolved_at is null)
    )
    select order_id, event_number, problem, count(*) over () as total
    from judged where problem is not null and order_id not in (select order_id from verify.archived_order)
    order by order_id, event_number limit ${OFFENCES_MAX}`);
}

export type PromisedRow = {
  readonly order_id: string;
  readonly line_id: string | null;
  readonly problem: string;
  readonly table_says: number | null;
  readonly fact_says: number | null;
};

/** Orders whose lines do not stand in the table as their one `OrderPromised` says, with what they waited for and were promised since. */
export function ordersUnlikeTheirPromise(snapshot: Queryable): Promise<Found<PromisedRow>[]> {
  return snapshot.query<Found<PromisedRow>>(sql`
    with promised as (
      select number, data ->> 'orderId' as order_id, data -> 'lines' as lines
      from backbone.event where type = 'OrderPromised' and source = '/crossdock'
    ), per_order as (
      select order_id, count(*) as facts from promised group by order_id
    ), said as (
      select p.order_id, line ->> 'lineId' as line_id, line ->> 'itemId' as item_id, (line ->> 'ordered')::bigint as ordered,
             (line ->> 'promised')::bigint as promised, (line ->> 'short')::bigint as short
      from promised p, jsonb_array_elements(p.lines) as line
    ), added as (
      -- What a line waited for and was promised since.
      select data ->> 'orderId' as order_id, line ->> 'lineId' as line_id, sum((line ->> 'added')::bigint)::bigint as units
      from backbone.event, jsonb_array_elements(data -> 'lines') as line
      where type = 'OrderReplenished' and source = '/crossdock' group by 1, 2
    ), judged as (
      select order_id, null as line_id,
             case when o.state is null then 'is promised on the log and not in the table'
                  when p.facts is null then 'has no OrderPromised on the log'
                  when p.facts > 1 then 'was promised ' || p.facts || ' times' end as problem,
             null::bigint as table_says, p.facts as fact_says
      from orchestration.customer_order o full join per_order p using (order_id)
      union all
      select order_id, line_id,
             case when l.ordered is null then 'is a line on the log and not in the table'
                  when s.ordered is null then 'is a line in the table and not on the log'
                  when l.item_id <> s.item_id or l.ordered <> s.ordered then 'is another line on the log'
                  when s.promised + s.short <> s.ordered then 'has a promise and a shortage that are not the line'
                  when l.promised <> s.promised + coalesce(a.units, 0) then 'has another promise on the log' end,
             l.promised, s.promised + coalesce(a.units, 0)
      from orchestration.order_line l full join said s using (order_id, line_id) left join added a using (order_id, line_id)
      where exists (select from per_order p where p.order_id = coalesce(l.order_id, s.order_id))
    )
    select order_id, line_id, problem, table_says, fact_says, count(*) over () as total
    from judged where problem is not null and order_id not in (select order_id from verify.archived_order)
    order by order_id, line_id nulls first limit ${OFFENCES_MAX}`);
}

export type BackedRow = {
  readonly order_id: string;
  readonly line_id: string;
  readonly item_id: string;
  readonly promised: number;
  readonly reserved: number;
};

/**
 * Order lines whose promise is not backed, part by part, by the reservations that were made with it: those whose `StockReserved`
 * was written in the transaction of the order's `OrderPromised`. What became of them later is another matter.
 */
export function promisesWithoutReservations(snapshot: Queryable): Promise<Found<BackedRow>[]> {
  return snapshot.query<Found<BackedRow>>(sql`
    with promised as (
      select distinct data ->> 'orderId' as order_id, transaction
      from backbone.event where type = 'OrderPromised' and source = '/crossdock'
    ), made as (
      select e.data ->> 'orderId' as order_id, e.data ->> 'lineId' as line_id, e.data ->> 'itemId' as item_id,
             sum((e.data ->> 'quantity')::bigint) as units
      from backbone.event e
      join promised p on p.transaction = e.transaction and p.order_id = e.data ->> 'orderId'
      where e.type = 'StockReserved' and e.source = '/crossdock' group by 1, 2, 3
    ), added as (
      select data ->> 'orderId' as order_id, line ->> 'lineId' as line_id, sum((line ->> 'added')::bigint)::bigint as units
      from backbone.event, jsonb_array_elements(data -> 'lines') as line
      where type = 'OrderReplenished' and source = '/crossdock' group by 1, 2
    ), wanted as (
      select order_id, line_id, coalesce(p.ordered_item_id, p.item_id) as item_id,
             (l.promised - coalesce(a.units, 0)) * coalesce(p.ordered_per_unit, p.per_unit) as units
      from orchestration.order_line l join orchestration.order_line_part p using (order_id, line_id)
      left join added a using (order_id, line_id)
    )
    select order_id, line_id, item_id, coalesce(w.units, 0) as promised, coalesce(m.units, 0) as reserved,
           count(*) over () as total
    from wanted w full join made m using (order_id, line_id, item_id)
    where coalesce(w.units, 0) <> coalesce(m.units, 0) and order_id not in (select order_id from verify.archived_order)
    order by order_id, line_id, item_id limit ${OFFENCES_MAX}`);
}

export type OrderStateRow = {
  readonly order_id: string;
  readonly state: string;
  readonly promised: number;
  readonly shipped: number;
};

/** Orders whose state is not what their lines amount to. */
export function ordersBesideTheirLines(snapshot: Queryable): Promise<Found<OrderStateRow>[]> {
  return snapshot.query<Found<OrderStateRow>>(sql`
    with line as (
      select order_id, sum(promised - not_found) as promised, sum(shipped) as shipped, bool_and(shipped >= promised - not_found) as is_done
      from orchestration.order_line group by order_id
    )
    select o.order_id, o.state, coalesce(l.promised, 0) as promised, coalesce(l.shipped, 0) as shipped, count(*) over () as total
    from orchestration.customer_order o left join line l using (order_id)
    where case o.state when 'promised' then l.promised is null or l.promised = 0 or l.shipped > 0
                       when 'on-hold' then l.promised > 0 or l.shipped > 0
                       when 'partly-shipped' then l.is_done is not false
                       when 'shipped' then l.is_done is not true
                       else false end
    order by o.order_id limit ${OFFENCES_MAX}`);
}

export type ShippedRow = {
  readonly order_id: string;
  readonly line_id: string;
  readonly item_id: string | null;
  readonly kept: number;
  readonly told: number;
};

/** Order lines whose shipped units are not those of the shipments that the orders' reader has taken, before the order or after. */
export function miscountedShipments(snapshot: Queryable): Promise<Found<ShippedRow>[]> {
  return snapshot.query<Found<ShippedRow>>(sql`
    with cursor as (
      select transaction, number from backbone.subscriber where name = 'orders'
    ), told as (
      select line #>> '{orderLine,orderId}' as order_id, line #>> '{orderLine,lineId}' as line_id, line ->> 'item' as item_id,
             sum((line ->> 'quantity')::bigint) as units
      from backbone.event e, jsonb_path_query(e.data, '$.cartons[*].lines[*]') as line
      where e.type = 'ShipmentDispatched' and line ? 'orderLine'
        and (e.transaction, e.number) <= (select transaction, number from cursor)
        and not exists (select from backbone.dead_letter d
                        where d.subscriber = 'orders' and d.number = e.number and d.resolved_at is null)
      group by 1, 2, 3
    ), judged as (
      select p.order_id, p.line_id, p.item_id, p.shipped as kept, coalesce(t.units, 0)::bigint as told
      from orchestration.order_line_part p
      cross join lateral (
        -- Under its own name, or one that it had before it was merged.
        select sum(t.units * n.units) as units
        from unnest(p.item_id || p.was_item_ids, 1::bigint || p.was_units) as n (item_id, units)
        join told t on t.order_id = p.order_id and t.line_id = p.line_id and t.item_id = n.item_id
      ) as t
      where p.shipped <> coalesce(t.units, 0) and order_id not in (select order_id from verify.archived_order)
      union all
      select l.order_id, l.line_id, null, l.shipped, min(p.shipped / p.per_unit)
      from orchestration.order_line l join orchestration.order_line_part p using (order_id, line_id)
      group by l.order_id, l.line_id having l.shipped <> min(p.shipped / p.per_unit)
    )
    select *, count(*) over () as total from judged order by order_id, line_id, item_id limit ${OFFENCES_MAX}`);
}

export type EarlyShipmentRow = {
  readonly order_id: string;
  readonly event_number: number;
  readonly problem: string;
};

/**
 * Shipments that named an order before it was heard of and are not kept for it, and shipments that are still kept though the order has
 * come: whoever takes the order takes them with it.
 */
export function mislaidEarlyShipments(snapshot: Queryable): Promise<Found<EarlyShipmentRow>[]> {
  return snapshot.query<Found<EarlyShipmentRow>>(sql`
    with cursor as (
      select transaction, number from backbone.subscriber where name = 'orders'
    ), early as (
      select distinct line #>> '{orderLine,orderId}' as order_id, e.number as event_number, true as is_told
      from backbone.event e, jsonb_path_query(e.data, '$.cartons[*].lines[*]') as line
      where e.type = 'ShipmentDispatched' and line ? 'orderLine'
        and (e.transaction, e.number) <= (select transaction, number from cursor)
        and not exists (select from backbone.dead_letter d
                        where d.subscriber = 'orders' and d.number = e.number and d.resolved_at is null)
        and not exists (select from orchestration.customer_order o where o.order_id = line #>> '{orderLine,orderId}')
    ), kept as (
      select order_id, event_number, true as is_kept from orchestration.early_shipment
    )
    select order_id, event_number,
           case when k.is_kept is null then 'is not kept for the order that it names'
                else 'is kept for an order that has come, or that it does not name' end as problem,
           count(*) over () as total
    from early e full join kept k using (order_id, event_number)
    where (k.is_kept is null or e.is_told is null) and order_id not in (select order_id from verify.archived_order)
    order by order_id, event_number limit ${OFFENCES_MAX}`);
}

export type TellingRow = {
  readonly order_id: string;
  readonly line_id: string | null;
  readonly problem: string;
};

/** Shipments of an order that were not told once each, and lines and orders that stand otherwise than the last telling says. */
export function shipmentsNotTold(snapshot: Queryable): Promise<Found<TellingRow>[]> {
  return snapshot.query<Found<TellingRow>>(sql`
    with cursor as (
      select transaction, number from backbone.subscriber where name = 'orders'
    ), sent as (
      -- Sources may give the same id, so they are counted and not paired.
      select order_id, id, count(*) as times
      from (select distinct line #>> '{orderLine,orderId}' as order_id, e.number, e.id
            from backbone.event e, jsonb_path_query(e.data, '$.cartons[*].lines[*]') as line
            where e.type = 'ShipmentDispatched' and line ? 'orderLine'
              and (e.transaction, e.number) <= (select transaction, number from cursor)
              and not exists (select from backbone.dead_letter d
                              where d.subscriber = 'orders' and d.number = e.number and d.resolved_at is null)) as shipment
      where exists (select from orchestration.customer_order o where o.order_id = shipment.order_id)
      group by order_id, id
    ), fact as (
      select data, data ->> 'orderId' as order_id, causation_id as id
      from backbone.event where type = 'OrderShipped' and source = '/crossdock'
    ), told as (
      select order_id, id, count(*) as times from fact group by order_id, id
    ), line as (
      -- What has left does not come back, so the last telling is the greatest.
      select order_id, l."lineId" as line_id, max(l.shipped) as shipped
      from fact, jsonb_to_recordset(data -> 'lines') as l("lineId" text, shipped bigint) group by 1, 2
    ), ending as (
      select distinct on (data ->> 'orderId') data ->> 'orderId' as order_id, data ->> 'state' = 'shipped' as is_over
      from backbone.event where type in ('OrderShipped', 'OrderShort') and source = '/crossdock'
      order by data ->> 'orderId', transaction desc, number desc
    ), judged as (
      select order_id, null as line_id,
             format('has %s shipment(s) of the fact %s and %s telling(s) of it', coalesce(s.times, 0), id, coalesce(t.times, 0)) as problem
      from sent s full join told t using (order_id, id) where s.times is distinct from t.times
      union all
      select order_id, line_id, format('stands at %s shipped, and %s were told', coalesce(o.shipped, 0), coalesce(l.shipped, 0))
      from orchestration.order_line o full join line l using (order_id, line_id)
      where coalesce(o.shipped, 0) <> coalesce(l.shipped, 0)
      union all
      select o.order_id, null, format('is %s, and was %s told to be over', o.state, case when e.is_over then '' else 'not ' end)
      from orchestration.customer_order o join ending e using (order_id)
      where o.state in ('partly-shipped', 'shipped') and (o.state = 'shipped') <> e.is_over
    )
    select *, count(*) over () as total from judged where order_id not in (select order_id from verify.archived_order)
    order by order_id, line_id limit ${OFFENCES_MAX}`);
}
