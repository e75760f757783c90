import { itemId, locationId } from "@crossdock/canonical";
import type { Transaction } from "../platform/index.ts";
import { type PositionKey, positionKey } from "./plan.ts";
import type { PositionMemory } from "./position-memory.ts";
import {
  insertMissingPositions,
  type LockedPosition,
  lockPositionsById,
  type PositionRow,
  selectPositionIds,
} from "./store.ts";
import type { TouchedPosition } from "./transfer.ts";

/** Makes the positions that do not exist yet, and locks all of them in the lock order of the program. */
export async function holdPositions(
  tx: Transaction,
  memory: PositionMemory,
  touched: readonly TouchedPosition[],
): Promise<readonly LockedPosition[]> {
  if (touched.length === 0) return [];
  const held = await lockPositionsById(tx, await idsOf(tx, memory, touched));
  if (areThese(held, touched)) return held;
  // The database is not the one that was remembered.
  memory.forget();
  return lockPositionsById(tx, await idsOf(tx, memory, touched));
}

type Named = Pick<PositionRow, "item_id" | "location_id" | "lot">;

/** What a position is of. */
export const placeOf = (row: Named): TouchedPosition => ({
  itemId: itemId(row.item_id),
  locationId: locationId(row.location_id),
  lot: row.lot,
});

const keyOf = ({ itemId: item, locationId: location, lot }: TouchedPosition): PositionKey =>
  positionKey(item, location, lot);

/** The key of a position. */
export const rowKey = (row: Named): PositionKey => keyOf(placeOf(row));

/** Ids of positions by what they are of. */
export const idsByKey = (rows: readonly PositionRow[]): ReadonlyMap<PositionKey, number> =>
  new Map(rows.map((row) => [rowKey(row), row.position_id]));

/** Ids of the positions, in their order; what is not remembered is looked up, and made where nobody has touched it before. */
async function idsOf(
  tx: Transaction,
  memory: PositionMemory,
  touched: readonly TouchedPosition[],
): Promise<readonly number[]> {
  const known = touched.map((place) => memory.idOf(place));
  const unknown = touched.filter((_, index) => known[index] === undefined);
  if (unknown.length === 0) return known.flatMap((id) => id ?? []);
  const [, rows] = await Promise.all([insertMissingPositions(tx, unknown), selectPositionIds(tx, unknown)]);
  // Only once they are there for everybody.
  tx.afterCommit(() => {
    for (const row of rows) memory.remember(placeOf(row), row.position_id);
  });
  const found = new Map(rows.map((row) => [rowKey(row), row.position_id]));
  return touched.map((place, index) => {
    const id = known[index] ?? found.get(keyOf(place));
    if (id === undefined) throw new Error(`the position ${keyOf(place)} was neither made nor found`);
    return id;
  });
}

/** Whether these are the positions that were asked for. */
function areThese(held: readonly LockedPosition[], touched: readonly TouchedPosition[]): boolean {
  const keys = new Set(held.map(rowKey));
  return touched.every((place) => keys.has(keyOf(place)));
}
