import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { RingFenceRow } from "./ring-fence-store.ts";
import type { EarlyRow, ReservationRow } from "./store.ts";

/**
 * Promises of an item that are not over, and those of which units are still off the shelf or may be promised again. Reads all
 * reservations, in a second or two per ten million: items are merged a few times a year, and an index would be written with every promise.
 */
export function selectOpenPromises(tx: Transaction, itemId: string): Promise<ReservationRow[]> {
  return tx.query<ReservationRow>(sql`
    select reservation_id, channel_id, order_id, line_id, position_id, item_id, location_id, lot, quantity, state, expires_at,
           picked, shipped, replaced, put_back, not_found, fenced
    from availability.reservation
    where item_id = ${itemId}
      and (state in ('held', 'allocated', 'picked', 'short') or (state = 'released' and replaced > 0) or picked - put_back > shipped)
    order by reservation_id`);
}

/** What happened to units of items for order lines at positions where nothing was promised. */
export function selectEarlyOf(database: Queryable, itemIds: readonly string[]): Promise<EarlyRow[]> {
  return database.query<EarlyRow>(sql`
    select order_id, line_id, position_id, item_id, location_id, picked, shipped, put_back, not_found
    from availability.early_fulfilment where item_id = any (${itemIds}::text[]) order by position_id, order_id, line_id`);
}

/** What is set aside of an item, for whomever. Its positions are locked. */
export function selectFencesOf(tx: Transaction, itemId: string): Promise<RingFenceRow[]> {
  return tx.query<RingFenceRow>(sql`
    select position_id, channel_id, item_id, location_id, lot, quantity from availability.ring_fence
    where item_id = ${itemId} and quantity > 0 order by position_id, channel_id`);
}

/** Notes of promises what they were of, until this transaction. */
export function insertConverted(
  tx: Transaction,
  converted: {
    readonly ids: readonly string[];
    readonly from: string;
    readonly into: string;
    readonly at: Date;
  },
): void {
  tx.send(sql`
    insert into availability.converted_promise as c (reservation_id, item_id, into_item_id, converted_at)
    select reservation_id, ${converted.from}, ${converted.into}, ${converted.at}
    from unnest(${converted.ids}::text[]) as n (reservation_id)
    on conflict (reservation_id, item_id) do update
      set into_item_id = excluded.into_item_id, converted_at = excluded.converted_at`);
}

/** A promise that is open and was of another item once. */
export type StayingRow = Pick<
  ReservationRow,
  "reservation_id" | "order_id" | "line_id" | "location_id" | "lot" | "quantity" | "state"
>;

/** The promises of an item that are open and were of the other one before that became it, those of orders first. */
export function selectStaying(
  tx: Transaction,
  items: { readonly of: string; readonly was: string; readonly limit: number },
): Promise<(StayingRow & { readonly total: number })[]> {
  return tx.query(sql`
    select r.reservation_id, r.order_id, r.line_id, r.location_id, r.lot, r.quantity, r.state, count(*) over () as total
    from availability.converted_promise c join availability.reservation r using (reservation_id)
    where c.item_id = ${items.was} and c.into_item_id = ${items.of} and r.item_id = ${items.of}
      and r.state in ('held', 'allocated', 'picked')
    order by r.order_id, r.line_id, r.reservation_id limit ${items.limit}`);
}

/** Writes what promises are of, and how far they have been fulfilled. */
export function updatePromises(tx: Transaction, rows: readonly ReservationRow[], at: Date): void {
  const column = <Key extends keyof ReservationRow>(key: Key) => rows.map((row) => row[key]);
  tx.send(sql`
    update availability.reservation r
    set position_id = p.position_id, item_id = p.item_id, quantity = p.quantity, fenced = p.fenced, picked = p.picked,
        shipped = p.shipped, replaced = p.replaced, put_back = p.put_back, not_found = p.not_found, state = p.state,
        changed_at = ${at}
    from unnest(${column("reservation_id")}::text[], ${column("position_id")}::bigint[], ${column("item_id")}::text[],
                ${column("quantity")}::bigint[], ${column("fenced")}::bigint[], ${column("picked")}::bigint[],
                ${column("shipped")}::bigint[], ${column("replaced")}::bigint[], ${column("put_back")}::bigint[],
                ${column("not_found")}::bigint[], ${column("state")}::availability.reservation_state[])
      as p (id, position_id, item_id, quantity, fenced, picked, shipped, replaced, put_back, not_found, state)
    where r.reservation_id = p.id`);
}
