import { itemId, locationId } from "@crossdock/canonical";
import type { LockedPosition } from "../ledger/index.ts";
import type { OpenPosition } from "./shelf.ts";
import type { ReservationRow } from "./store.ts";

/** Positions with what the expired holds give back. */
export function openPositions(
  positions: readonly Pick<LockedPosition, "position_id" | "item_id" | "location_id" | "lot" | "available">[],
  expired: readonly Pick<ReservationRow, "position_id" | "quantity" | "fenced">[],
): readonly OpenPosition[] {
  const back = new Map<number, number>();
  for (const row of expired)
    back.set(row.position_id, (back.get(row.position_id) ?? 0) + row.quantity - row.fenced);
  return positions.map((row) => ({
    positionId: row.position_id,
    itemId: itemId(row.item_id),
    locationId: locationId(row.location_id),
    lot: row.lot,
    available: row.available + (back.get(row.position_id) ?? 0),
  }));
}

/** Positions of which none takes from what the others have: one that is below zero has nothing, and its shortfall is its own. */
export const eachByItself = (positions: readonly OpenPosition[]): readonly OpenPosition[] =>
  positions.map((position) => (position.available < 0 ? { ...position, available: 0 } : position));
