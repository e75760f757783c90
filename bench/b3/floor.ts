import type { Random } from "../../src/platform/index.ts";
import { type Books, enter, type Happening, placeInBooks } from "./books.ts";

/** Of a hundred events, by kind. What cannot happen at the moment (nothing is picked, so nothing can be packed) is a receipt. */
const MIX: readonly (readonly [kind: Happening["kind"], percent: number])[] = [
  ["receipt", 20],
  ["pick", 28],
  ["pack", 14],
  ["ship", 20],
  ["count", 6],
  ["adjustment", 4],
  ["transfer-out", 4],
  ["transfer-in", 4],
];

const KINDS = MIX.flatMap(([kind, percent]) => Array.from({ length: percent }, () => kind));

/** Four fifths of what happens, happens to a fifth of the items: `0.2 ** (1 / exponent)` is 0.8. */
const FAVOURITES_EXPONENT = Math.log(0.2) / Math.log(0.8);
const RECEIVED_UNITS_MAX = 60;
const PICKED_UNITS_MAX = 6;
const MOVED_UNITS_MAX = 10;
/** A count finds what the books say, but for this share. */
const MISCOUNT_CHANCE = 0.1;

type Line = { readonly item: number; readonly units: number };

/** What warehouses have begun and not ended. */
export type Floor = {
  readonly books: Books;
  readonly warehouses: number;
  readonly picked: readonly Line[][];
  readonly road: {
    readonly from: number;
    readonly to: number;
    readonly item: number;
    readonly units: number;
  }[];
};

export function openFloor(books: Books, warehouses: number): Floor {
  return { books, warehouses, picked: Array.from({ length: warehouses }, () => []), road: [] };
}

/** The next thing that happens anywhere. It is entered in the books. */
export function nextHappening(floor: Floor, random: Random): Happening {
  const warehouse = random.integer(0, floor.warehouses - 1);
  const happening =
    happeningOf(floor, random, { warehouse, kind: random.pick(KINDS) }) ?? receipt(floor, random, warehouse);
  enter(floor.books, happening);
  return happening;
}

function someItem({ books }: Floor, random: Random): number {
  return Math.floor(books.items * random.next() ** FAVOURITES_EXPONENT);
}

function receipt(floor: Floor, random: Random, warehouse: number): Happening {
  const units = random.integer(1, RECEIVED_UNITS_MAX);
  return { warehouse, item: someItem(floor, random), kind: "receipt", units };
}

type Wanted = { readonly warehouse: number; readonly kind: Happening["kind"] };

/** What happens, if it can. */
function happeningOf(floor: Floor, random: Random, { warehouse, kind }: Wanted): Happening | undefined {
  const { books, picked, road } = floor;
  switch (kind) {
    case "receipt":
      return receipt(floor, random, warehouse);
    case "pick": {
      const line = onShelf(floor, random, { warehouse, unitsMax: PICKED_UNITS_MAX });
      if (line !== undefined) picked[warehouse]?.push(line);
      return line && { warehouse, kind, ...line };
    }
    case "pack": {
      const line = picked[warehouse]?.[0];
      return line && { warehouse, kind, ...line };
    }
    case "ship": {
      const line = picked[warehouse]?.shift();
      return line && { warehouse, kind, ...line };
    }
    case "count": {
      const item = someItem(floor, random);
      const at = placeInBooks(books, warehouse, item);
      const there = (books.available[at] ?? 0) + (books.picked[at] ?? 0);
      const found = random.chance(MISCOUNT_CHANCE) ? there + random.integer(-2, 2) : there;
      return { warehouse, kind, item, units: Math.max(0, found) };
    }
    case "adjustment": {
      const line = onShelf(floor, random, { warehouse, unitsMax: 1 });
      return line && { warehouse, kind, item: line.item, units: random.chance(0.5) ? 1 : -1 };
    }
    case "transfer-out": {
      const line = onShelf(floor, random, { warehouse, unitsMax: MOVED_UNITS_MAX });
      const to = (warehouse + random.integer(1, floor.warehouses - 1)) % floor.warehouses;
      if (line !== undefined) road.push({ from: warehouse, to, ...line });
      return line && { warehouse, kind, other: to, ...line };
    }
    case "transfer-in": {
      const load = road.shift();
      return load && { warehouse: load.to, kind, other: load.from, item: load.item, units: load.units };
    }
    default:
      return kind satisfies never;
  }
}

function onShelf(
  floor: Floor,
  random: Random,
  { warehouse, unitsMax }: { readonly warehouse: number; readonly unitsMax: number },
): Line | undefined {
  const item = someItem(floor, random);
  const units = random.integer(1, unitsMax);
  const there = floor.books.available[placeInBooks(floor.books, warehouse, item)] ?? 0;
  return there >= units ? { item, units } : undefined;
}
