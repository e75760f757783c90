import { countedIn, itemName, locationName, type Round, type Size } from "../b4/workload.ts";

/** Where everybody is asked. */
export const AVAILABILITY_PATH = "/experience/v1/availability";
export const CHANNEL_NAME = "bench-channel";

/** How many items a question is about: a product page, a page of a list, and as many as one call may name. */
export const SHAPES = [
  { name: "1 item", items: 1 },
  { name: "100 items x 12", items: 100 },
  { name: "500 items x 12", items: 500 },
] as const;
export type Shape = (typeof SHAPES)[number];

/** Items of a question; each connection asks after others. */
export function itemsOf({ items }: Size, shape: Shape, lane: number): readonly string[] {
  return Array.from({ length: Math.min(shape.items, items) }, (_, at) =>
    itemName((lane * 977 + at * 31) % items),
  );
}

export function pathOf(items: readonly string[]): string {
  return `${AVAILABILITY_PATH}?channel=${CHANNEL_NAME}&${items.map((item) => `item=${item}`).join("&")}`;
}

const COUNTED: Round = { name: "100 % changed", number: 3 };

/** What there is of an item: what was counted, for nothing has happened since. */
export function unitsOf({ locations }: Size, item: string): number {
  const number = Number(item.slice("item-".length));
  return cellsOf(locations).reduce((sum, location) => sum + countedIn(COUNTED, number, location), 0);
}

export const cellsOf = (locations: number) => Array.from({ length: locations }, (_, at) => at + 1);

/** What a peer keeps of one cell. */
export function cellUnits(item: string, location: number): number {
  return countedIn(COUNTED, Number(item.slice("item-".length)), location);
}
export { locationName };
