import { type PositionKey, positionKey } from "./plan.ts";
import type { TouchedPosition } from "./transfer.ts";

/** Positions remembered at most, in two halves; one takes about a hundred bytes. */
export const REMEMBERED_POSITIONS_MAX = 400_000;

/**
 * Remembers which position stands for which item, place and lot: looking a thousand of them up by name was a fifth of what a posted
 * batch cost. A position keeps its id for good, so what is remembered can only be wrong after the database was put back to an
 * earlier day; whoever reads a position by a remembered id sees in its row whether it is the right one.
 */
export type PositionMemory = {
  idOf(place: TouchedPosition): number | undefined;
  remember(place: TouchedPosition, positionId: number): void;
  forget(): void;
};

/** Makes an empty memory. What was not asked for during half of its size is forgotten. */
export function createPositionMemory(positionsMax = REMEMBERED_POSITIONS_MAX): PositionMemory {
  let young = new Map<PositionKey, number>();
  let old = new Map<PositionKey, number>();

  function keep(key: PositionKey, positionId: number): void {
    if (young.size >= positionsMax / 2) {
      old = young;
      young = new Map();
    }
    young.set(key, positionId);
  }

  return {
    idOf(place) {
      const key = positionKey(place.itemId, place.locationId, place.lot);
      const known = young.get(key);
      if (known !== undefined) return known;
      const kept = old.get(key);
      if (kept !== undefined) keep(key, kept);
      return kept;
    },
    remember(place, positionId) {
      keep(positionKey(place.itemId, place.locationId, place.lot), positionId);
    },
    forget() {
      young = new Map();
      old = new Map();
    },
  };
}
