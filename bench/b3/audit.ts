import type { Books } from "./books.ts";
import type { MessageBooks, PositionBooks } from "./product-books.ts";
import type { Shift } from "./shift.ts";
import { itemIdOf, OPENING_UNITS, warehouseId } from "./world.ts";

/** Differences that are told; the first say enough. */
const EXAMPLES_MAX = 5;

type Equal = readonly (readonly [what: string, value: number, wanted: number])[];

const unequal = (pairs: Equal): string[] =>
  pairs.flatMap(([what, value, wanted]) => (value === wanted ? [] : [`${what}: ${value}, not ${wanted}`]));

/** Holds what the product says of a shift's messages against what was sent: every event counts once, and none is lost. */
export function faultsOfMessages(books: MessageBooks, shift: Shift): string[] {
  const { records, applied, duplicates, ignored, parked } = books;
  return unequal([
    ["messages", books.messages, shift.deliveries.length - shift.redelivered],
    ["messages that are not mapped", books.unmapped, 0],
    ["deliveries", books.deliveries, shift.deliveries.length],
    ["events applied", applied, shift.good],
    ["facts on the log", books.facts, shift.good],
    ["events recognised as told before", duplicates, shift.repeated],
    ["events put aside", parked, shift.poison],
    ["events ignored", ignored, 0],
    ["events accounted for", applied + duplicates + ignored + parked, records],
  ]);
}

/** Holds positions against the warehouses' own books. Rows of positions that have not moved since the opening may be absent. */
export function faultsOfPositions(rows: readonly PositionBooks[], books: Books): string[] {
  const found = new Map(rows.map((row) => [placeText(row), row]));
  const wanted = [...wantedOnShelves(books), ...wantedOnTheRoad(books)];
  const faults = wanted.flatMap((row) => {
    const said = valuesOf(found.get(placeText(row)) ?? openingOf(row));
    return said === valuesOf(row) ? [] : [`${placeText(row)}: ${said}, not ${valuesOf(row)}`];
  });
  const loads = (some: readonly PositionBooks[]) => some.filter((row) => row.in_transit !== 0).length;
  faults.push(...unequal([["loads on the road", loads(rows), loads(wanted)]]));
  if (faults.length <= EXAMPLES_MAX) return faults;
  return [...faults.slice(0, EXAMPLES_MAX), `and ${faults.length - EXAMPLES_MAX} more`];
}

const placeText = (row: PositionBooks) => `${row.location_id} ${row.item_id}`;
const valuesOf = (row: PositionBooks) =>
  `${row.available} available, ${row.picked} picked, ${row.in_transit} in transit`;

const openingOf = (row: PositionBooks): PositionBooks => {
  const isLane = row.location_id.startsWith("transit.");
  return { ...row, available: isLane ? 0 : OPENING_UNITS, picked: 0, in_transit: 0 };
};

function wantedOnShelves(books: Books): PositionBooks[] {
  return [...books.available.entries()].map(([at, available]) => ({
    item_id: itemIdOf(at % books.items),
    location_id: warehouseId(Math.floor(at / books.items)),
    available,
    picked: books.picked[at] ?? 0,
    in_transit: 0,
  }));
}

function wantedOnTheRoad({ onTheRoad }: Books): PositionBooks[] {
  return [...onTheRoad].map(([lane, units]) => {
    const [from = 0, to = 0, item = 0] = lane.split(" ").map(Number);
    const place = `transit.${warehouseId(from)}.${warehouseId(to)}`;
    return { item_id: itemIdOf(item), location_id: place, available: 0, picked: 0, in_transit: units };
  });
}
