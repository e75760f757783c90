import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { ReservationRow } from "./store.ts";

/** A reservation with everything that a change of it looks at. */
export type LifeRow = ReservationRow & { readonly created_at: Date; readonly changed_at: Date };

/** Reservations by id, and those that came from one of them. Locks nothing: the position's lock is what holds them still. */
export function selectLives(database: Queryable, id: string): Promise<LifeRow[]> {
  return database.query<LifeRow>(sql`
    select reservation_id, channel_id, order_id, line_id, position_id, item_id, location_id, lot, quantity, state, expires_at,
           picked, shipped, replaced, put_back, not_found, fenced, came_from, created_at, changed_at
    from availability.reservation where reservation_id = ${id}
    union all
    select reservation_id, channel_id, order_id, line_id, position_id, item_id, location_id, lot, quantity, state, expires_at,
           picked, shipped, replaced, put_back, not_found, fenced, came_from, created_at, changed_at
    from availability.reservation where came_from = ${id}
    order by reservation_id`);
}

/** Lets a hold last until another time. */
export function updateExpiry(
  tx: Transaction,
  change: { readonly id: string; readonly expiresAt: Date; readonly at: Date },
): void {
  tx.send(sql`
    update availability.reservation set expires_at = ${change.expiresAt}, changed_at = ${change.at}
    where reservation_id = ${change.id} and state = 'held'`);
}

/** Says how many units a reservation has left, and how many of them are its channel's own. */
export function updateQuantity(
  tx: Transaction,
  change: { readonly id: string; readonly quantity: number; readonly fenced: number; readonly at: Date },
): void {
  tx.send(sql`
    update availability.reservation
    set quantity = ${change.quantity}, fenced = ${change.fenced}, changed_at = ${change.at}
    where reservation_id = ${change.id}`);
}

/** Allocates a hold for an order. */
export function updateConfirmed(
  tx: Transaction,
  change: { readonly id: string; readonly orderId: string; readonly at: Date },
): void {
  tx.send(sql`
    update availability.reservation
    set state = 'allocated', order_id = ${change.orderId}, expires_at = null, changed_at = ${change.at}
    where reservation_id = ${change.id} and state = 'held'`);
}

/** Says which reservation new ones came from. They are as old as that one, so that moving makes no hold last longer, and count for whom it counts. */
export function updateOrigin(
  tx: Transaction,
  change: { readonly ids: readonly string[]; readonly cameFrom: string; readonly createdAt: Date },
): void {
  tx.send(sql`
    update availability.reservation set came_from = ${change.cameFrom}, created_at = ${change.createdAt}
    where reservation_id = any (${change.ids}::text[])`);
  tx.send(sql`
    insert into availability.counted_hold (reservation_id, subject)
    select new.id, c.subject
    from availability.counted_hold c cross join unnest(${change.ids}::text[]) as new (id)
    where c.reservation_id = ${change.cameFrom}`);
}

/** Notes a fact about a reservation that no transfer leads to. */
export function insertReservationFact(tx: Transaction, reservationId: string, number: number): void {
  tx.send(sql`
    insert into availability.reservation_fact (reservation_id, number) values (${reservationId}, ${number})`);
}

export async function selectReservationFacts(
  database: Queryable,
  reservationId: string,
): Promise<readonly number[]> {
  const rows = await database.query<{ number: number }>(sql`
    select number from availability.reservation_fact where reservation_id = ${reservationId} order by number`);
  return rows.map((row) => row.number);
}
