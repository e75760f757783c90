import { itemId, locationId, type Status } from "@crossdock/canonical";
import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import { LANE_PREFIX, virtualNames } from "./movement.ts";
import type { PositionDelta } from "./position-delta.ts";
import type { PlannedTransfer, TouchedPosition } from "./transfer.ts";

/** The balances of a position, as the database names them. Whole numbers of the item's smallest unit. */
export type PositionRow = {
  readonly position_id: number;
  readonly item_id: string;
  readonly location_id: string;
  readonly lot: string;
  readonly available: number;
  readonly held: number;
  readonly allocated: number;
  readonly picked: number;
  readonly channel_reserved: number;
  readonly quarantined: number;
  readonly damaged: number;
  readonly in_transit: number;
  readonly uncovered: number;
  /** How many transfers have touched it. */
  readonly version: number;
};

/** A position that this transaction has locked: its balances cannot change but through us. */
export type LockedPosition = PositionRow;

type Touched = readonly TouchedPosition[];

/** Makes the positions that do not exist yet, empty. */
export function insertMissingPositions(tx: Transaction, positions: Touched): Promise<number> {
  return tx.execute(sql`
    insert into ledger.position (item_id, location_id, lot)
    select t.item_id, t.location_id, t.lot
    from unnest(${positions.map((p) => p.itemId)}::text[], ${positions.map((p) => p.locationId)}::text[],
                ${positions.map((p) => p.lot)}::text[]) as t (item_id, location_id, lot)
    where not exists (select from ledger.position p
                      where p.item_id = t.item_id and p.location_id = t.location_id and p.lot = t.lot)
    order by t.item_id, t.location_id, t.lot
    on conflict do nothing`);
}

/** Ids of positions by what they are of. */
export function selectPositionIds(
  tx: Transaction,
  positions: Touched,
): Promise<Pick<PositionRow, "position_id" | "item_id" | "location_id" | "lot">[]> {
  return tx.query<Pick<PositionRow, "position_id" | "item_id" | "location_id" | "lot">>(sql`
    select p.position_id, p.item_id, p.location_id, p.lot
    from ledger.position p
    join unnest(${positions.map((p) => p.itemId)}::text[], ${positions.map((p) => p.locationId)}::text[],
                ${positions.map((p) => p.lot)}::text[]) as t (item_id, location_id, lot)
      using (item_id, location_id, lot)`);
}

/** Positions by id, without a lock. */
export function selectPositionsById(tx: Transaction, positionIds: readonly number[]): Promise<PositionRow[]> {
  return tx.query<PositionRow>(sql`
    select position_id, item_id, location_id, lot, available, held, allocated, picked, channel_reserved,
           quarantined, damaged, in_transit, uncovered, version
    from ledger.position where position_id = any (${positionIds}::bigint[])`);
}

/** Locks every position of items at locations, all lots, in the order of their ids. */
export function lockPositionsOf(
  tx: Transaction,
  itemIds: readonly string[],
  locationIds: readonly string[],
): Promise<LockedPosition[]> {
  return tx.query<LockedPosition>(sql`
    select position_id, item_id, location_id, lot, available, held, allocated, picked, channel_reserved,
           quarantined, damaged, in_transit, uncovered, version
    from ledger.position
    where item_id = any (${itemIds}::text[]) and location_id = any (${locationIds}::text[])
    order by position_id
    for no key update`);
}

/** Numbers of the facts that moved units of a reservation at its position in a span of time, rising. */
export async function selectFactsOfReservation(
  database: Queryable,
  asked: {
    readonly positionId: number;
    readonly reservationId: string;
    readonly from: Date;
    readonly to: Date;
    readonly limit: number;
  },
): Promise<readonly number[]> {
  const { positionId, reservationId, from, to, limit } = asked;
  const rows = await database.query<{ event_number: number }>(sql`
    select distinct event_number from ledger.transfer
    where from_position_id = ${positionId} and effective_at between ${from} and ${to} and reservation_id = ${reservationId}
    order by event_number limit ${limit}`);
  return rows.map((row) => row.event_number);
}

/**
 * Locks positions by id, in the lock order of the whole program: those of real places before those of virtual ones, each by id. Which
 * accounts of count variance a batch needs is known only when the counts of its places have been read under their locks.
 */
export function lockPositionsById(
  tx: Transaction,
  positionIds: readonly number[],
): Promise<LockedPosition[]> {
  return tx.query<LockedPosition>(sql`
    select position_id, item_id, location_id, lot, available, held, allocated, picked, channel_reserved,
           quarantined, damaged, in_transit, uncovered, version
    from ledger.position where position_id = any (${positionIds}::bigint[])
    order by location_id = any (${virtualNames}::text[]) or starts_with(location_id, ${LANE_PREFIX}), position_id
    for no key update`);
}

/** Those of the items that have or ever had stock anywhere. */
export async function itemsWithPositions(
  database: Queryable,
  itemIds: readonly string[],
): Promise<readonly string[]> {
  const rows = await database.query<{ item_id: string }>(sql`
    select i.item_id from unnest(${itemIds}::text[]) as i (item_id)
    where exists (select from ledger.position p where p.item_id = i.item_id)`);
  return rows.map((row) => row.item_id);
}

/** Positions of items at locations, without a lock: a consistent picture of one moment. */
export function selectPositionsOf(
  database: Queryable,
  itemIds: readonly string[],
  locationIds: readonly string[],
): Promise<PositionRow[]> {
  return database.query<PositionRow>(sql`
    select position_id, item_id, location_id, lot, available, held, allocated, picked, channel_reserved,
           quarantined, damaged, in_transit, uncovered, version
    from ledger.position
    where item_id = any (${itemIds}::text[]) and location_id = any (${locationIds}::text[])`);
}

/** Positions of items that hold anything in any status, on lanes too; not the accounts that are the other side of what enters or leaves. */
export function selectStockOf(database: Queryable, itemIds: readonly string[]): Promise<PositionRow[]> {
  return database.query<PositionRow>(sql`
    select position_id, item_id, location_id, lot, available, held, allocated, picked, channel_reserved,
           quarantined, damaged, in_transit, uncovered, version
    from ledger.position
    where item_id = any (${itemIds}::text[]) and location_id <> all (${virtualNames}::text[])
      and (available, held, allocated, picked, channel_reserved, quarantined, damaged, in_transit)
          <> (0, 0, 0, 0, 0, 0, 0, 0)
    order by position_id`);
}

/** Every place and lane that an item was ever at, lot by lot; not the accounts that are the other side of what enters or leaves. */
export async function selectPlacesOf(database: Queryable, item: string): Promise<readonly TouchedPosition[]> {
  const rows = await database.query<Pick<PositionRow, "item_id" | "location_id" | "lot">>(sql`
    select item_id, location_id, lot from ledger.position
    where item_id = ${item} and location_id <> all (${virtualNames}::text[]) order by position_id`);
  return rows.map((row) => ({
    itemId: itemId(row.item_id),
    locationId: locationId(row.location_id),
    lot: row.lot,
  }));
}

/** Which positions to list: those of an item and at a location where given, after this one. */
export type PositionPage = {
  readonly itemId?: string | undefined;
  readonly locationId?: string | undefined;
  readonly after: number;
  readonly limit: number;
};

/** A page of positions by id, filtered by item and location where given. */
export function selectPositionPage(database: Queryable, page: PositionPage): Promise<PositionRow[]> {
  return database.query<PositionRow>(sql`
    select position_id, item_id, location_id, lot, available, held, allocated, picked, channel_reserved,
           quarantined, damaged, in_transit, uncovered, version
    from ledger.position
    where position_id > ${page.after}
      and (${page.itemId ?? null}::text is null or item_id = ${page.itemId ?? null})
      and (${page.locationId ?? null}::text is null or location_id = ${page.locationId ?? null})
    order by position_id limit ${page.limit}`);
}

export async function selectPosition(
  database: Queryable,
  positionId: number,
): Promise<PositionRow | undefined> {
  const [row] = await database.query<PositionRow>(sql`
    select position_id, item_id, location_id, lot, available, held, allocated, picked, channel_reserved,
           quarantined, damaged, in_transit, uncovered, version
    from ledger.position where position_id = ${positionId}`);
  return row;
}

/** Writes transfers in one statement, which travels with the transaction's next. */
export function insertTransfers(
  tx: Transaction,
  transfers: readonly PlannedTransfer[],
  recordedAt: Date,
): void {
  tx.send(sql`
    insert into ledger.transfer (from_position_id, from_status, to_position_id, to_status, quantity, reason, effective_at,
                                 recorded_at, event_number, reservation_id)
    select t.from_position_id, t.from_status, t.to_position_id, t.to_status, t.quantity, t.reason, t.effective_at,
           ${recordedAt}, t.event_number, t.reservation_id
    from unnest(${transfers.map((t) => t.fromPositionId)}::bigint[], ${transfers.map((t) => t.fromStatus)}::ledger.status[],
                ${transfers.map((t) => t.toPositionId)}::bigint[], ${transfers.map((t) => t.toStatus)}::ledger.status[],
                ${transfers.map((t) => t.quantity)}::bigint[], ${transfers.map((t) => t.reason)}::text[],
                ${transfers.map((t) => t.effectiveAt)}::timestamptz[], ${transfers.map((t) => t.eventNumber)}::bigint[],
                ${transfers.map((t) => t.reservationId ?? null)}::text[])
      as t (from_position_id, from_status, to_position_id, to_status, quantity, reason, effective_at, event_number,
            reservation_id)`);
}

const deltaOf = (deltas: readonly PositionDelta[], status: Status) =>
  deltas.map((change) => change.deltas[status]);

/**
 * Changes balances in one statement. `uncovered` follows `available` where the change comes from outside; a change that was
 * decided here may only lower it, so the table's check refuses to promise what is not there.
 */
export function updatePositions(
  tx: Transaction,
  deltas: readonly PositionDelta[],
  fromOutside: boolean,
): void {
  tx.send(sql`
    update ledger.position p
    set available = p.available + d.available, held = p.held + d.held, allocated = p.allocated + d.allocated,
        picked = p.picked + d.picked, channel_reserved = p.channel_reserved + d.channel_reserved,
        quarantined = p.quarantined + d.quarantined, damaged = p.damaged + d.damaged,
        in_transit = p.in_transit + d.in_transit,
        uncovered = case when ${fromOutside}::boolean then greatest(0, -(p.available + d.available))
                         else least(p.uncovered, greatest(0, -(p.available + d.available))) end,
        version = p.version + d.transfers
    from unnest(${deltas.map((d) => d.positionId)}::bigint[], ${deltaOf(deltas, "available")}::bigint[],
                ${deltaOf(deltas, "held")}::bigint[], ${deltaOf(deltas, "allocated")}::bigint[],
                ${deltaOf(deltas, "picked")}::bigint[], ${deltaOf(deltas, "channel-reserved")}::bigint[],
                ${deltaOf(deltas, "quarantined")}::bigint[], ${deltaOf(deltas, "damaged")}::bigint[],
                ${deltaOf(deltas, "in-transit")}::bigint[], ${deltas.map((d) => d.transfers)}::bigint[])
      as d (position_id, available, held, allocated, picked, channel_reserved, quarantined, damaged, in_transit, transfers)
    where p.position_id = d.position_id`);
}

/** Which of the facts have been taken already. */
export function selectTakenFacts(
  database: Queryable,
  numbers: readonly number[],
): Promise<{ event_number: number }[]> {
  return database.query<{ event_number: number }>(sql`
    select event_number from ledger.fact_outcome where event_number = any (${numbers}::bigint[])`);
}

export function insertOutcomes(
  tx: Transaction,
  outcome: "applied" | "claim",
  numbers: readonly number[],
  recordedAt: Date,
): void {
  tx.send(sql`
    insert into ledger.fact_outcome (event_number, outcome, recorded_at)
    select n, ${outcome}, ${recordedAt} from unnest(${numbers}::bigint[]) as n`);
}

/** A statement by a source that is not the owner of what it speaks about. */
export type ClaimToKeep = {
  readonly number: number;
  readonly source: string;
  readonly locationId: string;
  readonly owner: string;
  /** The time that it speaks of. */
  readonly effectiveAt: string;
};

export function insertClaims(tx: Transaction, claims: readonly ClaimToKeep[], recordedAt: Date): void {
  tx.send(sql`
    insert into ledger.claim (event_number, source, location_id, owner, effective_at, recorded_at)
    select c.number, c.source, c.location_id, c.owner, c.effective_at, ${recordedAt}
    from unnest(${claims.map((c) => c.number)}::bigint[], ${claims.map((c) => c.source)}::text[],
                ${claims.map((c) => c.locationId)}::text[], ${claims.map((c) => c.owner)}::text[],
                ${claims.map((c) => c.effectiveAt)}::timestamptz[])
      as c (number, source, location_id, owner, effective_at)`);
}
