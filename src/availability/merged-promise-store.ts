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
