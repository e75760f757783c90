import { seededRandom } from "../../src/platform/index.ts";
import { itemName, type Size } from "../b4/workload.ts";

/** How large the company is, and how many orders come in one run. */
export type OrderSize = Size & { readonly orders: number; readonly lanes: number };

export const WHOLE_ORDERS: OrderSize = { locations: 12, items: 100_000, orders: 30_000, lanes: 256 };
export const SMALL_ORDERS: OrderSize = { locations: 12, items: 2_000, orders: 3_000, lanes: 128 };

export const LINES = 3;
const CANCELLED = 0.2;
const RUNS_OUT = 0.05;
/** A hold of somebody who will pay, and of somebody who walks away. */
const TTL_SECONDS = 900;
const TTL_SECONDS_SHORT = 1;

/** An order as a buyer places it: one unit of each of three items, all or nothing. */
export type Order = {
  readonly key: string;
  readonly items: readonly string[];
  readonly ttlSeconds: number;
  readonly isCancelled: boolean;
};

/**
 * The orders of a run. Few items make most of the trade (Zipf with exponent 1), and they are others in every run, so that no run finds
 * the shelves that the one before has emptied.
 */
export function ordersOf({ items, orders }: OrderSize, run: string): readonly Order[] {
  const random = seededRandom(run);
  const shift = random.integer(0, items - 1);
  return Array.from({ length: orders }, (_, at) => {
    const chosen = new Set<number>();
    while (chosen.size < Math.min(LINES, items)) chosen.add((shift + random.zipf(items)) % items);
    const fate = random.next();
    return {
      key: `${run}.${at}`,
      items: [...chosen].map(itemName),
      ttlSeconds: fate < RUNS_OUT ? TTL_SECONDS_SHORT : TTL_SECONDS,
      isCancelled: fate >= RUNS_OUT && fate < RUNS_OUT + CANCELLED,
    };
  });
}
