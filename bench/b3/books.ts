import type { WmsEvent } from "@crossdock/connector-wms";
import { OPENING_UNITS } from "./world.ts";

/**
 * What there must be in the end, by the warehouses' own books. They see events in the order in which they happened and each
 * once, so a count simply sets what is there: whoever is told late, twice and in disorder has to come to the same.
 */
export type Books = {
  readonly items: number;
  /** On the shelf and picked, by warehouse times items plus item. */
  readonly available: Int32Array;
  readonly picked: Int32Array;
  /** On the road by lane and item; 0 where nothing is. */
  readonly onTheRoad: Map<string, number>;
};

/** One thing that happened to one item in one warehouse. */
export type Happening = {
  readonly warehouse: number;
  readonly item: number;
  readonly kind: Extract<
    WmsEvent["type"],
    "receipt" | "pick" | "pack" | "ship" | "count" | "adjustment" | "transfer-out" | "transfer-in"
  >;
  /** Units moved; for a count what was counted, for an adjustment the difference. */
  readonly units: number;
  /** The other warehouse of a transfer. */
  readonly other?: number;
};

/** A happening with what is said of it. */
export type PostedHappening = Happening & { readonly eventId: string; readonly occurredAt: string };

/** Books of a company whose every position holds the opening stock. */
export function openBooks(warehouses: number, items: number): Books {
  return {
    items,
    available: new Int32Array(warehouses * items).fill(OPENING_UNITS),
    picked: new Int32Array(warehouses * items),
    onTheRoad: new Map(),
  };
}

/** Where an item of a warehouse stands in the books. */
export const placeInBooks = ({ items }: Books, warehouse: number, item: number): number =>
  warehouse * items + item;

export const laneText = (from: number, to: number, item: number): string => `${from} ${to} ${item}`;

/** Enters what happened. */
export function enter(books: Books, { warehouse, item, kind, units, other = warehouse }: Happening): void {
  const at = placeInBooks(books, warehouse, item);
  const change = (column: Int32Array, delta: number) => {
    column[at] = (column[at] ?? 0) + delta;
  };
  const road = (lane: string, delta: number) =>
    books.onTheRoad.set(lane, (books.onTheRoad.get(lane) ?? 0) + delta);
  switch (kind) {
    case "receipt":
    case "adjustment":
      change(books.available, units);
      return;
    case "pick":
      change(books.available, -units);
      change(books.picked, units);
      return;
    case "pack":
      return;
    case "ship":
      change(books.picked, -units);
      return;
    case "count":
      books.available[at] = units - (books.picked[at] ?? 0);
      return;
    case "transfer-out":
      change(books.available, -units);
      road(laneText(warehouse, other, item), units);
      return;
    case "transfer-in":
      change(books.available, units);
      road(laneText(other, warehouse, item), -units);
      return;
    default:
      kind satisfies never;
  }
}
