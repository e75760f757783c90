/** How much there is to import: locations, items at each, and so many rows of a snapshot. */
export type Size = { readonly locations: number; readonly items: number };

/** What a run imports: everything for the first time, or so many of a hundred rows with another number than before. */
export type Round = {
  readonly name: "first load" | "5 % changed" | "100 % changed";
  readonly number: 1 | 2 | 3;
};

export const ROUNDS: readonly Round[] = [
  { name: "first load", number: 1 },
  { name: "5 % changed", number: 2 },
  { name: "100 % changed", number: 3 },
];

/** Rows in one page of a snapshot. */
export const PAGE_ROWS = 1_000;

export const itemName = (item: number): string => `item-${String(item).padStart(7, "0")}`;
export const locationName = (location: number): string => `wh-${location}`;

/** How many rows a round has. */
export const rowsOf = ({ locations, items }: Size): number => locations * items;

/**
 * What a round counts of an item at a location; the audit says the same in SQL. The second round differs from the first in every
 * twentieth row, the third from both in every row.
 */
export function countedIn(round: Round, item: number, location: number): number {
  const first = 10 + ((item * 7 + location * 13) % 90);
  switch (round.number) {
    case 1:
      return first;
    case 2:
      return (item * 31 + location * 17) % 20 === 0 ? first + 1 : first;
    case 3:
      return first + 200;
    default:
      return round.number satisfies never;
  }
}

/** Rows of one location, in the order of the items. */
export type Chunk = {
  readonly location: number;
  /** Which chunk of its location, from 1. */
  readonly number: number;
  readonly items: readonly string[];
  readonly counted: readonly number[];
};

/** All rows of a round in chunks of at most so many, location by location. */
export function* chunksOf(size: Size, round: Round, rowsMax: number): Generator<Chunk> {
  for (let location = 1; location <= size.locations; location += 1) {
    for (let start = 0; start < size.items; start += rowsMax) {
      const items = Array.from({ length: Math.min(rowsMax, size.items - start) }, (_, at) => start + at);
      yield {
        location,
        number: 1 + start / rowsMax,
        items: items.map(itemName),
        counted: items.map((item) => countedIn(round, item, location)),
      };
    }
  }
}
