import type { Order, OrderState } from "@crossdock/canonical";
import { type Queryable, sql, type Transaction } from "../platform/index.ts";

/** An order as it is stored. `content` is the order as it was received. */
export type OrderRow = {
  readonly order_id: string;
  readonly account_id: string;
  readonly channel_id: string;
  readonly order_number: string;
  readonly state: OrderState;
  readonly correlation_id: string;
  readonly content: Order;
  readonly received_at: Date;
  readonly changed_at: Date;
};

export type OrderLineRow = {
  readonly order_id: string;
  readonly line_id: string;
  readonly item_id: string;
  readonly ordered: number;
  /** What stays promised: without the units that were not found. */
  readonly promised: number;
  readonly shipped: number;
};

export type OrderToInsert = {
  readonly order: Order;
  readonly state: OrderState;
  readonly correlationId: string;
  readonly receivedAt: string;
};

/** Writes orders. The number of an account is unique, so an order that came twice under two ids fails here. */
export function insertOrders(tx: Transaction, orders: readonly OrderToInsert[], at: Date): Promise<number> {
  return tx.execute(sql`
    insert into orchestration.customer_order
      (order_id, account_id, channel_id, order_number, state, correlation_id, content, received_at, changed_at)
    select o.order_id, o.account_id, o.channel_id, o.order_number, o.state, o.correlation_id, o.content, o.received_at, ${at}
    from unnest(${orders.map(({ order }) => order.orderId)}::text[], ${orders.map(({ order }) => order.accountId)}::text[],
                ${orders.map(({ order }) => order.channelId)}::text[], ${orders.map(({ order }) => order.orderNumber)}::text[],
                ${orders.map(({ state }) => state)}::text[], ${orders.map(({ correlationId }) => correlationId)}::text[],
                ${orders.map(({ order }) => JSON.stringify(order))}::jsonb[],
                ${orders.map(({ receivedAt }) => receivedAt)}::timestamptz[])
      as o (order_id, account_id, channel_id, order_number, state, correlation_id, content, received_at)`);
}

/** Which order numbers of accounts are taken, and by which orders. */
export function selectTakenNumbers(
  tx: Transaction,
  accountIds: readonly string[],
  orderNumbers: readonly string[],
): Promise<{ account_id: string; order_number: string; order_id: string }[]> {
  return tx.query<{ account_id: string; order_number: string; order_id: string }>(sql`
    select o.account_id, o.order_number, o.order_id from orchestration.customer_order o
    join unnest(${accountIds}::text[], ${orderNumbers}::text[]) as n (account_id, order_number)
      using (account_id, order_number)`);
}

export type LineToInsert = Omit<OrderLineRow, "shipped">;

export function insertLines(tx: Transaction, lines: readonly LineToInsert[]): Promise<number> {
  return tx.execute(sql`
    insert into orchestration.order_line (order_id, line_id, item_id, ordered, promised)
    select * from unnest(${lines.map((l) => l.order_id)}::text[], ${lines.map((l) => l.line_id)}::text[],
                         ${lines.map((l) => l.item_id)}::text[], ${lines.map((l) => l.ordered)}::bigint[],
                         ${lines.map((l) => l.promised)}::bigint[])`);
}

export type PartToInsert = {
  readonly orderId: string;
  readonly lineId: string;
  readonly itemId: string;
  readonly perUnit: number;
};

export function insertParts(tx: Transaction, parts: readonly PartToInsert[]): Promise<number> {
  return tx.execute(sql`
    insert into orchestration.order_line_part (order_id, line_id, item_id, per_unit)
    select * from unnest(${parts.map((p) => p.orderId)}::text[], ${parts.map((p) => p.lineId)}::text[],
                         ${parts.map((p) => p.itemId)}::text[], ${parts.map((p) => p.perUnit)}::bigint[])`);
}

/** A part of a line, with what has been shipped of it. */
export type PartRow = PartToInsert & {
  readonly shipped: number;
  /** What the line was ordered to take, where that was merged into another item since. */
  readonly orderedItemId: string;
  readonly orderedPerUnit: number;
  /** Names that units of its item had before they were merged into it, and how many of its base units each of theirs is. */
  readonly wasItemIds: readonly string[];
  readonly wasUnits: readonly number[];
};

/** The parts of orders' lines. */
export function selectParts(database: Queryable, orderIds: readonly string[]): Promise<PartRow[]> {
  return database.query<PartRow>(sql`
    select order_id as "orderId", line_id as "lineId", item_id as "itemId", per_unit as "perUnit", shipped,
           coalesce(ordered_item_id, item_id) as "orderedItemId", coalesce(ordered_per_unit, per_unit) as "orderedPerUnit",
           was_item_ids as "wasItemIds", was_units as "wasUnits"
    from orchestration.order_line_part where order_id = any (${orderIds}::text[]) order by order_id, line_id, item_id`);
}

/** Locks orders against a second writer, in the order of their ids. */
export function lockOrders(tx: Transaction, orderIds: readonly string[]): Promise<OrderRow[]> {
  return tx.query<OrderRow>(sql`
    select order_id, account_id, channel_id, order_number, state, correlation_id, content, received_at, changed_at
    from orchestration.customer_order where order_id = any (${orderIds}::text[]) order by order_id for no key update`);
}

export type ShippedPart = {
  readonly orderId: string;
  readonly lineId: string;
  readonly itemId: string;
  readonly units: number;
};

/** A part of a line whose item was merged into another: each base unit is `units` of that one. */
export type MergedPart = {
  readonly orderId: string;
  readonly lineId: string;
  readonly from: string;
  readonly into: string;
  readonly units: number;
};

/** Lets a part be of the item that its own was merged into. Of a line that takes both, each stays as it was ordered. A second time does nothing. */
export function convertPart(tx: Transaction, part: MergedPart): Promise<number> {
  const { orderId, lineId, from, into, units } = part;
  return tx.execute(sql`
    update orchestration.order_line_part p
    set item_id = ${into}, per_unit = per_unit * ${units}::bigint, shipped = shipped * ${units}::bigint,
        ordered_item_id = coalesce(ordered_item_id, item_id), ordered_per_unit = coalesce(ordered_per_unit, per_unit),
        was_item_ids = was_item_ids || item_id,
        was_units = array(select u * ${units}::bigint from unnest(was_units) with ordinality as w (u, place) order by place)
                    || ${units}::bigint
    where order_id = ${orderId} and line_id = ${lineId} and item_id = ${from}
      and not exists (select from orchestration.order_line_part o
                      where o.order_id = p.order_id and o.line_id = p.line_id and o.item_id = ${into})`);
}

/** Lets units that are told by the name of a merged item count for a part of the item that it was merged into. */
export function rememberName(tx: Transaction, part: MergedPart): Promise<number> {
  const { orderId, lineId, from, into, units } = part;
  return tx.execute(sql`
    update orchestration.order_line_part set was_item_ids = was_item_ids || ${from}::text, was_units = was_units || ${units}::bigint
    where order_id = ${orderId} and line_id = ${lineId} and item_id = ${into} and ${from} <> all (was_item_ids)`);
}

/** Adds shipped units to the parts of lines, and brings the lines up to what their slowest part allows. */
export async function addShipped(tx: Transaction, shipped: readonly ShippedPart[]): Promise<void> {
  await tx.execute(sql`
    update orchestration.order_line_part p set shipped = p.shipped + s.units
    from (select order_id, line_id, o.item_id, sum(s.units * n.units)::bigint as units
          from unnest(${shipped.map((s) => s.orderId)}::text[], ${shipped.map((s) => s.lineId)}::text[],
                      ${shipped.map((s) => s.itemId)}::text[], ${shipped.map((s) => s.units)}::bigint[])
            as s (order_id, line_id, item_id, units)
          join orchestration.order_line_part o using (order_id, line_id)
          join unnest(o.item_id || o.was_item_ids, 1::bigint || o.was_units) as n (item_id, units) on n.item_id = s.item_id
          group by order_id, line_id, o.item_id) as s
    where p.order_id = s.order_id and p.line_id = s.line_id and p.item_id = s.item_id`);
  await tx.execute(sql`
    update orchestration.order_line l set shipped = whole.units
    from (select order_id, line_id, min(shipped / per_unit) as units from orchestration.order_line_part
          where order_id = any (${[...new Set(shipped.map((s) => s.orderId))]}::text[]) group by order_id, line_id) as whole
    where l.order_id = whole.order_id and l.line_id = whole.line_id and l.shipped <> whole.units`);
}

export function selectLines(database: Queryable, orderIds: readonly string[]): Promise<OrderLineRow[]> {
  return database.query<OrderLineRow>(sql`
    select order_id, line_id, item_id, ordered, promised - not_found as promised, shipped from orchestration.order_line
    where order_id = any (${orderIds}::text[]) order by order_id, line_id`);
}

/** Units of lines that are not promised any more because they were not found. */
export type LineNotFound = { readonly order_id: string; readonly line_id: string; readonly units: number };

/** Notes what was not found of orders' lines; of lines that are not named everything was found. Gives the lines that changed. */
export function updateNotFound(
  tx: Transaction,
  orderIds: readonly string[],
  lines: readonly LineNotFound[],
): Promise<{ order_id: string; line_id: string }[]> {
  return tx.query<{ order_id: string; line_id: string }>(sql`
    with found as (
      select l.order_id, l.line_id, least(l.promised, coalesce(s.units, 0)) as units
      from orchestration.order_line l
      left join unnest(${lines.map((l) => l.order_id)}::text[], ${lines.map((l) => l.line_id)}::text[],
                       ${lines.map((l) => l.units)}::bigint[]) as s (order_id, line_id, units) using (order_id, line_id)
      where l.order_id = any (${orderIds}::text[])
    )
    update orchestration.order_line l set not_found = f.units
    from found f where f.order_id = l.order_id and f.line_id = l.line_id and f.units <> l.not_found
    returning l.order_id, l.line_id`);
}

/** More units of a line that are promised, because it waited for them. */
export type LineServed = { readonly order_id: string; readonly line_id: string; readonly units: number };

/** Adds to what is promised of lines. */
export function addPromised(tx: Transaction, lines: readonly LineServed[]): Promise<number> {
  return tx.execute(sql`
    update orchestration.order_line l set promised = least(l.ordered, l.promised + s.units)
    from (select order_id, line_id, sum(units)::bigint as units
          from unnest(${lines.map((l) => l.order_id)}::text[], ${lines.map((l) => l.line_id)}::text[],
                      ${lines.map((l) => l.units)}::bigint[]) as n (order_id, line_id, units)
          group by order_id, line_id) as s
    where l.order_id = s.order_id and l.line_id = s.line_id`);
}

export function updateState(tx: Transaction, orderId: string, state: OrderState, at: Date): Promise<number> {
  return tx.execute(sql`
    update orchestration.customer_order set state = ${state}, changed_at = ${at} where order_id = ${orderId}`);
}

export async function selectOrder(database: Queryable, orderId: string): Promise<OrderRow | undefined> {
  const [row] = await database.query<OrderRow>(sql`
    select order_id, account_id, channel_id, order_number, state, correlation_id, content, received_at, changed_at
    from orchestration.customer_order where order_id = ${orderId}`);
  return row;
}

/** The order of an account's number. */
export async function selectOrderByNumber(
  database: Queryable,
  accountId: string,
  orderNumber: string,
): Promise<OrderRow | undefined> {
  const [row] = await database.query<OrderRow>(sql`
    select order_id, account_id, channel_id, order_number, state, correlation_id, content, received_at, changed_at
    from orchestration.customer_order where account_id = ${accountId} and order_number = ${orderNumber}`);
  return row;
}

/** A page of orders, the newest first. */
export function selectOrderPage(
  database: Queryable,
  page: {
    readonly before?: { readonly receivedAt: Date; readonly orderId: string } | undefined;
    readonly limit: number;
    readonly accountIds?: readonly string[] | undefined;
  },
): Promise<OrderRow[]> {
  const { before, accountIds } = page;
  return database.query<OrderRow>(sql`
    select order_id, account_id, channel_id, order_number, state, correlation_id, content, received_at, changed_at
    from orchestration.customer_order
    where (${before?.receivedAt ?? null}::timestamptz is null
           or (received_at, order_id) < (${before?.receivedAt ?? null}::timestamptz, ${before?.orderId ?? null}::text))
      and (${accountIds ?? null}::text[] is null or account_id = any (${accountIds ?? null}::text[]))
    order by received_at desc, order_id desc limit ${page.limit}`);
}

/** A shipment that named an order that has not been heard of. */
export type EarlyShipment = { readonly orderId: string; readonly eventNumber: number };

/** Keeps shipments for orders that have not been heard of. */
export function insertEarlyShipments(tx: Transaction, early: readonly EarlyShipment[]): Promise<number> {
  return tx.execute(sql`
    insert into orchestration.early_shipment (order_id, event_number)
    select * from unnest(${early.map((e) => e.orderId)}::text[], ${early.map((e) => e.eventNumber)}::bigint[])
    on conflict do nothing`);
}

/** Takes the shipments that came before their orders off the list. */
export function takeEarlyShipments(
  tx: Transaction,
  orderIds: readonly string[],
): Promise<{ order_id: string; event_number: number }[]> {
  return tx.query<{ order_id: string; event_number: number }>(sql`
    delete from orchestration.early_shipment where order_id = any (${orderIds}::text[]) returning order_id, event_number`);
}

/** Orders by state, of those states that an order does not end in. */
export function countOpenOrders(
  database: Queryable,
): Promise<{ readonly state: OrderState; readonly orders: number }[]> {
  return database.query<{ state: OrderState; orders: number }>(sql`
    select s.state, (select count(*) from orchestration.customer_order o
                     where o.state = s.state and o.state in ('received', 'promised', 'on-hold', 'partly-shipped')) as orders
    from unnest('{received,promised,on-hold,partly-shipped}'::text[]) as s (state)`);
}
