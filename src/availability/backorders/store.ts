import {
  type Backorder,
  type BackorderState,
  backorderId,
  channelId,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
} from "@crossdock/canonical";
import { type Queryable, sql, type Transaction } from "../../platform/index.ts";
import type { Standing } from "./life.ts";
import type { Waiting } from "./line-up.ts";

/** A backorder as it is stored. */
export type BackorderRow = {
  readonly backorder_id: string;
  readonly queue_number: number;
  readonly channel_id: string;
  readonly order_id: string | null;
  readonly line_id: string;
  readonly item_id: string;
  readonly quantity: number;
  readonly served: number;
  readonly ordered_unit: number;
  readonly location_id: string | null;
  readonly lot: string | null;
  readonly part_item_ids: string[];
  readonly part_units: number[];
  readonly state: BackorderState;
  readonly need_by: Date | null;
  readonly until: Date | null;
  readonly promised_at: Date | null;
  readonly queued_at: Date;
  readonly correlation_id: string;
};

/** A stored backorder as its turn comes. */
export function toWaiting(row: BackorderRow): Waiting {
  return {
    ...{ backorderId: backorderId(row.backorder_id), channelId: channelId(row.channel_id) },
    orderId: row.order_id === null ? undefined : orderId(row.order_id),
    ...{ lineId: lineId(row.line_id), itemId: itemId(row.item_id) },
    ...{ units: row.quantity - row.served, orderedUnit: row.ordered_unit },
    locationId: row.location_id === null ? undefined : locationId(row.location_id),
    lot: row.lot ?? undefined,
    parts: row.part_item_ids.map((id, at) => ({ itemId: itemId(id), quantity: row.part_units[at] ?? 1 })),
    ...{ needBy: row.need_by ?? undefined, queueNumber: row.queue_number },
    correlationId: row.correlation_id,
  };
}

/** A stored backorder as callers see it at a moment: one whose time is over waits no longer, swept or not. */
export function toBackorder(row: BackorderRow, now: Date): Backorder {
  const isOver = row.state === "waiting" && row.until !== null && row.until <= now;
  return {
    ...{ backorderId: backorderId(row.backorder_id), channelId: channelId(row.channel_id) },
    ...(row.order_id === null ? {} : { orderId: orderId(row.order_id) }),
    ...{ lineId: lineId(row.line_id), itemId: itemId(row.item_id), orderedUnit: quantity(row.ordered_unit) },
    ...(row.location_id === null ? {} : { locationId: locationId(row.location_id) }),
    ...(row.lot === null ? {} : { lot: row.lot }),
    ...(row.need_by === null ? {} : { needBy: row.need_by.toISOString() }),
    ...(row.until === null ? {} : { until: row.until.toISOString() }),
    ...{ quantity: quantity(row.quantity), served: quantity(row.served) },
    state: isOver ? "expired" : row.state,
    queuedAt: row.queued_at.toISOString(),
    ...(row.promised_at === null ? {} : { promisedAt: row.promised_at.toISOString() }),
  };
}

export type QueueRow = { readonly item_id: string; readonly channel_id: string };

/** Which channels wait for items. Asked for behind the lock of the items' positions. */
export function selectQueues(database: Queryable, itemIds: readonly string[]): Promise<QueueRow[]> {
  return database.query<QueueRow>(sql`
    select item_id, channel_id from availability.backorder_queue where item_id = any (${itemIds}::text[])`);
}

/** Everybody who waits for items at a moment, in the order in which they came. */
export async function selectWaiting(
  database: Queryable,
  itemIds: readonly string[],
  now: Date,
): Promise<readonly Waiting[]> {
  const rows = await database.query<BackorderRow>(sql`
    select b.backorder_id, b.queue_number, b.channel_id, b.order_id, b.line_id, b.item_id, b.quantity, b.served, b.ordered_unit,
           b.location_id, b.lot, b.part_item_ids, b.part_units, b.state, b.need_by, b.until, b.promised_at, b.queued_at, b.correlation_id from availability.backorder b
    where b.backorder_id in (select w.backorder_id from availability.waiting_line w where w.item_id = any (${itemIds}::text[]))
      and b.state = 'waiting' and (b.until is null or b.until > ${now})
    order by b.queue_number`);
  return rows.map(toWaiting);
}

/** How many lines wait for each item. */
export async function countWaiting(
  database: Queryable,
  itemIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await database.query<{ item_id: string; lines: number }>(sql`
    select item_id, count(*)::bigint as lines from availability.waiting_line
    where item_id = any (${itemIds}::text[]) group by item_id`);
  return new Map(rows.map((row) => [row.item_id, row.lines]));
}

export type BackorderToInsert = {
  readonly backorder: Backorder;
  readonly parts: Waiting["parts"];
  readonly correlationId: string;
};

/** Queues backorders in the order in which they are given. That an item is waited for is a change for whoever offers it. */
export function insertBackorders(tx: Transaction, rows: readonly BackorderToInsert[], at: Date): void {
  const of = <Value>(value: (row: Backorder) => Value): Value[] =>
    rows.map(({ backorder }) => value(backorder));
  tx.send(sql`
    insert into availability.backorder
      (backorder_id, channel_id, order_id, line_id, item_id, quantity, ordered_unit, location_id, lot, part_item_ids, part_units,
       state, need_by, until, queued_at, changed_at, correlation_id)
    select n.id, n.channel, n.order_id, n.line, n.item, n.units, n.unit, n.place, n.lot,
           array(select p ->> 'itemId' from jsonb_array_elements(n.parts) as p),
           array(select (p ->> 'quantity')::bigint from jsonb_array_elements(n.parts) as p),
           'waiting', n.need_by, n.until, ${at}, ${at}, n.correlation
    from unnest(${of((b) => b.backorderId)}::text[], ${of((b) => b.channelId)}::text[], ${of((b) => b.orderId ?? null)}::text[],
                ${of((b) => b.lineId)}::text[], ${of((b) => b.itemId)}::text[], ${of((b) => b.quantity)}::bigint[],
                ${of((b) => b.orderedUnit)}::bigint[], ${of((b) => b.locationId ?? null)}::text[], ${of((b) => b.lot ?? null)}::text[],
                ${rows.map(({ parts }) => JSON.stringify(parts))}::jsonb[], ${of((b) => b.needBy ?? null)}::timestamptz[],
                ${of((b) => b.until ?? null)}::timestamptz[], ${rows.map((row) => row.correlationId)}::text[])
      with ordinality as n (id, channel, order_id, line, item, units, unit, place, lot, parts, need_by, until, correlation, rank)
    order by n.rank`);
  const lines = rows.flatMap(({ backorder, parts }) =>
    parts.map((part) => ({ ...backorder, part: part.itemId })),
  );
  tx.send(sql`
    insert into availability.waiting_line (item_id, backorder_id)
    select * from unnest(${lines.map((line) => line.part)}::text[], ${lines.map((line) => line.backorderId)}::text[])`);
  tx.send(sql`
    insert into availability.backorder_queue (item_id, channel_id)
    select distinct * from unnest(${lines.map((line) => line.part)}::text[], ${lines.map((line) => line.channelId)}::text[])
      as q (item_id, channel_id) order by 1, 2
    on conflict (item_id, channel_id) do update set changes = backorder_queue.changes + 1`);
}

/** Units that backorders were served. */
export type ServedUnits = { readonly backorderId: string; readonly units: number };

/** Notes what backorders were served; those that were served all of it wait no longer. */
export function updateServed(tx: Transaction, served: readonly ServedUnits[], at: Date): void {
  tx.send(sql`
    update availability.backorder b
    set served = b.served + s.units, state = case when b.served + s.units = b.quantity then 'served' else b.state end,
        changed_at = ${at}
    from unnest(${served.map((s) => s.backorderId)}::text[], ${served.map((s) => s.units)}::bigint[]) as s (id, units)
    where b.backorder_id = s.id`);
}

/** Takes backorders that have ended out of the queues of their items. */
export function leaveQueues(
  tx: Transaction,
  backorderIds: readonly string[],
  itemIds: readonly string[],
): void {
  tx.send(sql`
    select from availability.backorder_queue where item_id = any (${itemIds}::text[]) order by item_id, channel_id for update`);
  tx.send(sql`
    delete from availability.waiting_line w using availability.backorder b
    where w.backorder_id = any (${backorderIds}::text[]) and b.backorder_id = w.backorder_id and b.state <> 'waiting'`);
  tx.send(sql`
    delete from availability.backorder_queue q
    where q.item_id = any (${itemIds}::text[])
      and not exists (select from availability.waiting_line w join availability.backorder b using (backorder_id)
                      where w.item_id = q.item_id and b.channel_id = q.channel_id)`);
}

/** Notes that items which are waited for may be offered again. */
export function markChanged(tx: Transaction, itemIds: readonly string[] | undefined): Promise<number> {
  return tx.execute(sql`
    update availability.backorder_queue q set changes = q.changes + 1
    from (select item_id, channel_id from availability.backorder_queue
          where ${itemIds ?? null}::text[] is null or item_id = any (${itemIds ?? null}::text[])
          order by item_id, channel_id for update) as own
    where q.item_id = own.item_id and q.channel_id = own.channel_id`);
}

export type DueRow = { readonly item_id: string; readonly channel_id: string; readonly changes: number };

/** Items that have changed since they were offered to those who wait, in the order of their ids. */
export function selectDueQueues(
  database: Queryable,
  page: { readonly after: string; readonly limit: number },
): Promise<DueRow[]> {
  return database.query<DueRow>(sql`
    select item_id, channel_id, changes from availability.backorder_queue
    where item_id in (select distinct item_id from availability.backorder_queue
                      where changes > offered and item_id > ${page.after} order by item_id limit ${page.limit})
    order by item_id, channel_id`);
}

/** Notes up to which change items were offered. What has changed meanwhile is offered again. */
export function updateOffered(database: Queryable, rows: readonly DueRow[]): Promise<number> {
  return database.execute(sql`
    update availability.backorder_queue q set offered = o.changes
    from unnest(${rows.map((row) => row.item_id)}::text[], ${rows.map((row) => row.channel_id)}::text[],
                ${rows.map((row) => row.changes)}::bigint[]) as o (item_id, channel_id, changes)
    where q.item_id = o.item_id and q.channel_id = o.channel_id and q.offered < o.changes`);
}

export function selectBackorders(database: Queryable, ids: readonly string[]): Promise<BackorderRow[]> {
  return database.query<BackorderRow>(sql`
    select b.backorder_id, b.queue_number, b.channel_id, b.order_id, b.line_id, b.item_id, b.quantity, b.served, b.ordered_unit,
           b.location_id, b.lot, b.part_item_ids, b.part_units, b.state, b.need_by, b.until, b.promised_at, b.queued_at, b.correlation_id from availability.backorder b where b.backorder_id = any (${ids}::text[]) order by b.backorder_id`);
}

/** Backorders as a list asks for them. */
export type BackorderPage = {
  /** The queue number with which the page before ended; 0: the first. */
  readonly after: number;
  readonly limit: number;
  readonly itemId?: string | undefined;
  readonly channelId?: string | undefined;
  readonly orderId?: string | undefined;
  /** Those that have ended too. */
  readonly withEnded: boolean;
};

/** Backorders in the order in which they came. */
export function selectBackorderPage(database: Queryable, page: BackorderPage): Promise<BackorderRow[]> {
  const { itemId: item = null, channelId: channel = null, orderId: order = null } = page;
  return database.query<BackorderRow>(sql`
    select b.backorder_id, b.queue_number, b.channel_id, b.order_id, b.line_id, b.item_id, b.quantity, b.served, b.ordered_unit,
           b.location_id, b.lot, b.part_item_ids, b.part_units, b.state, b.need_by, b.until, b.promised_at, b.queued_at, b.correlation_id from availability.backorder b
    where b.queue_number > ${page.after}
      and (${page.withEnded} or b.state = 'waiting')
      and (${item}::text is null or ${item} = b.item_id or ${item} = any (b.part_item_ids))
      and (${channel}::text is null or b.channel_id = ${channel})
      and (${order}::text is null or b.order_id = ${order})
    order by b.queue_number limit ${page.limit}`);
}

/** Locks a backorder behind the positions that it may be served from. */
export async function lockBackorder(tx: Transaction, id: string): Promise<BackorderRow | undefined> {
  const [row] = await tx.query<BackorderRow>(sql`
    select b.backorder_id, b.queue_number, b.channel_id, b.order_id, b.line_id, b.item_id, b.quantity, b.served, b.ordered_unit,
           b.location_id, b.lot, b.part_item_ids, b.part_units, b.state, b.need_by, b.until, b.promised_at, b.queued_at, b.correlation_id
    from availability.backorder b where b.backorder_id = ${id} for no key update`);
  return row;
}

/** Writes how a backorder stands. */
export function updateStanding(tx: Transaction, id: string, to: Standing, at: Date): void {
  tx.send(sql`
    update availability.backorder
    set quantity = ${to.quantity}, state = ${to.state}, need_by = ${to.needBy}, until = ${to.until}, changed_at = ${at}
    where backorder_id = ${id}`);
}

/** Backorders that wait and whose time is over, the earliest first. */
export async function selectOverdue(
  database: Queryable,
  now: Date,
  limit: number,
): Promise<readonly string[]> {
  const rows = await database.query<{ backorder_id: string }>(sql`
    select backorder_id from availability.backorder
    where state = 'waiting' and until is not null and until <= ${now} order by until, backorder_id limit ${limit}`);
  return rows.map((row) => row.backorder_id);
}

/** Everybody who waits for an item, locked in the order of their ids. */
export function lockWaiting(tx: Transaction, item: string): Promise<BackorderRow[]> {
  return tx.query<BackorderRow>(sql`
    select b.backorder_id, b.queue_number, b.channel_id, b.order_id, b.line_id, b.item_id, b.quantity, b.served, b.ordered_unit,
           b.location_id, b.lot, b.part_item_ids, b.part_units, b.state, b.need_by, b.until, b.promised_at, b.queued_at, b.correlation_id
    from availability.backorder b
    where b.backorder_id in (select w.backorder_id from availability.waiting_line w where w.item_id = ${item}) and b.state = 'waiting'
    order by b.backorder_id for no key update`);
}

/** Notes what day those who wait were told. */
export function updatePromisedAt(
  tx: Transaction,
  rows: readonly { readonly id: string; readonly promisedAt: string | null }[],
): void {
  tx.send(sql`
    update availability.backorder b set promised_at = d.at
    from unnest(${rows.map((row) => row.id)}::text[], ${rows.map((row) => row.promisedAt)}::timestamptz[]) as d (id, at)
    where b.backorder_id = d.id`);
}

/** What names a backorder in its facts. */
export function nameOf(row: BackorderRow) {
  const { backorderId: id, itemId: item, lineId: line, orderId: order } = toBackorder(row, row.queued_at);
  return { backorderId: id, itemId: item, lineId: line, ...(order === undefined ? {} : { orderId: order }) };
}
