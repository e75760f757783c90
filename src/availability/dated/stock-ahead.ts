import type { PositionRow } from "../../ledger/index.ts";

const EMPTY = {
  ...{ position_id: -1, lot: "", available: 0, held: 0, allocated: 0, picked: 0, channel_reserved: 0 },
  ...{ quarantined: 0, damaged: 0, in_transit: 0, uncovered: 0, version: 0 },
};

/**
 * The positions of an item as they would be with so many units more, place by place. What comes has no lot yet, and counts. What leaves is
 * taken from the lots that have most, of those that may still be sent; what they have not is missing at the place.
 */
export function positionsAhead(
  item: string,
  rows: readonly PositionRow[],
  units: ReadonlyMap<string, number>,
  isGood: (row: PositionRow) => boolean = () => true,
): readonly PositionRow[] {
  const places = Map.groupBy(rows, (row) => row.location_id);
  for (const [place, change] of units) {
    const there = places.get(place) ?? [];
    const left = change < 0 ? taken(there, -change, isGood) : { rows: there, missing: -change };
    const rest = { ...EMPTY, item_id: item, location_id: place, available: -left.missing };
    places.set(place, left.missing === 0 ? left.rows : [...left.rows, rest]);
  }
  return [...places.values()].flat();
}

function taken(
  rows: readonly PositionRow[],
  units: number,
  isGood: (row: PositionRow) => boolean,
): { rows: PositionRow[]; missing: number } {
  let missing = units;
  const left = rows
    .toSorted((a, b) => b.available - a.available)
    .map((row) => {
      const from = isGood(row) ? Math.min(missing, Math.max(0, row.available)) : 0;
      missing -= from;
      return { ...row, available: row.available - from };
    });
  return { rows: left, missing };
}
