import { sql, type Transaction } from "../platform/index.ts";

/** What a source that is not the owner says is on hand at a position. */
export type ClaimedQuantity = {
  readonly source: string;
  readonly locationId: string;
  readonly itemId: string;
  readonly lot: string;
  readonly saidAt: string;
  readonly inOrder: string;
  readonly onHand: number;
  readonly eventNumber: number;
};

/** Keeps what was said last by its own time, whatever came first; of one instant the greater `in_order`. */
export function upsertClaimedQuantities(tx: Transaction, claims: readonly ClaimedQuantity[]): void {
  tx.send(sql`
    insert into ledger.claimed_quantity as known (location_id, item_id, lot, source, said_at, in_order, on_hand, event_number)
    select distinct on (c.location_id, c.item_id, c.lot, c.source) c.*
    from unnest(${claims.map((c) => c.locationId)}::text[], ${claims.map((c) => c.itemId)}::text[], ${claims.map((c) => c.lot)}::text[],
                ${claims.map((c) => c.source)}::text[], ${claims.map((c) => c.saidAt)}::timestamptz[],
                ${claims.map((c) => c.inOrder)}::text[], ${claims.map((c) => c.onHand)}::bigint[],
                ${claims.map((c) => c.eventNumber)}::bigint[])
      as c (location_id, item_id, lot, source, said_at, in_order, on_hand, event_number)
    order by c.location_id, c.item_id, c.lot, c.source, c.said_at desc, c.in_order collate "C" desc
    on conflict (location_id, item_id, lot, source) do update
      set said_at = excluded.said_at, in_order = excluded.in_order, on_hand = excluded.on_hand, event_number = excluded.event_number
      where (known.said_at, known.in_order collate "C") <= (excluded.said_at, excluded.in_order collate "C")`);
}

/** A snapshot that is a claim. */
export type ClaimedSnapshot = {
  readonly snapshotNumber: number;
  readonly locationId: string;
  readonly source: string;
  readonly saidAt: Date;
  readonly inOrder: string;
  readonly eventNumber: number;
};

/** Keeps what the rows of a snapshot say, in one statement whatever their number. Saying it again with more rows says it anew. */
export function upsertClaimedRows(tx: Transaction, of: ClaimedSnapshot): void {
  tx.send(sql`
    insert into ledger.claimed_quantity as known (location_id, item_id, lot, source, said_at, in_order, on_hand, event_number)
    select ${of.locationId}::text, item_id, lot, ${of.source}::text, ${of.saidAt}::timestamptz, ${of.inOrder}::text, sum(counted),
           min(event_number)
    from ledger.snapshot_row where snapshot_number = ${of.snapshotNumber}
    group by item_id, lot
    order by item_id, lot
    on conflict (location_id, item_id, lot, source) do update
      set said_at = excluded.said_at, in_order = excluded.in_order, on_hand = excluded.on_hand, event_number = excluded.event_number
      where (known.said_at, known.in_order collate "C") <= (excluded.said_at, excluded.in_order collate "C")`);
}

/** Keeps that a snapshot spoke of everything at its location. */
export function upsertClaimedLocation(tx: Transaction, of: ClaimedSnapshot): void {
  tx.send(sql`
    insert into ledger.claimed_location as known (location_id, source, said_at, in_order, event_number)
    values (${of.locationId}, ${of.source}, ${of.saidAt}, ${of.inOrder}, ${of.eventNumber})
    on conflict (location_id, source) do update
      set said_at = excluded.said_at, in_order = excluded.in_order, event_number = excluded.event_number
      where (known.said_at, known.in_order collate "C") <= (excluded.said_at, excluded.in_order collate "C")`);
}
