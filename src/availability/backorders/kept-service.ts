import type { PositionRow } from "../../ledger/index.ts";
import type { Transaction } from "../../platform/index.ts";
import { withExpiries } from "../expiry-service.ts";
import { openPositions } from "../open-positions.ts";
import type { RingFenceRow } from "../ring-fence-store.ts";
import type { RuleBook } from "../rules/book.ts";
import { withoutSafetyStock } from "../rules/safety.ts";
import { openShelf, type Shelf } from "../shelf.ts";
import type { ExpiredRow } from "../store.ts";
import { inTurn, isAnythingThere, openLineUp } from "./line-up.ts";
import { selectWaiting } from "./store.ts";

/** What lies where, as it is read for figures: everywhere that those who wait may be served from. */
export type StockToKeep = {
  readonly positions: readonly PositionRow[];
  readonly expired: readonly ExpiredRow[];
  readonly fences: readonly RingFenceRow[];
};

/** Units that are for those who wait. */
export type KeptUnits = {
  /** Of what is there for all, by position. */
  readonly shared: ReadonlyMap<number, number>;
  /** What is left of channels' own, where some of it is kept. */
  readonly fences: readonly RingFenceRow[];
};

/**
 * What those who wait for items would be promised now, by the code of admission, so that a figure says what a request would get. Nearly
 * always it is nothing: the worker has served them.
 */
export async function keptForWaiting(
  tx: Transaction,
  book: RuleBook,
  { itemIds, now, ...stock }: StockToKeep & { readonly itemIds: ReadonlySet<string>; readonly now: Date },
): Promise<KeptUnits> {
  if (itemIds.size === 0) return { shared: NOTHING_KEPT, fences: stock.fences };
  const nothing = { shared: new Map<number, number>(), fences: stock.fences };
  const own = stock.positions.filter((row) => itemIds.has(row.item_id));
  const isAnyBack = stock.expired.length > 0;
  if (!isAnyBack && !isAnythingThere(own, itemIds)) return nothing;
  const positions = openPositions(own, backOf(stock.expired));
  const open = withoutSafetyStock(book, await withExpiries(tx, positions, now));
  const waiting = inTurn(await selectWaiting(tx, [...itemIds], now));
  const shelf = openShelf(open, fencesOf(stock.fences));
  openLineUp(shelf, book, waiting).keepBefore(undefined);
  const shared = open.flatMap(({ positionId, available }): [number, number][] => {
    const kept = available - (shelf.left.get(positionId) ?? 0);
    return kept === 0 ? [] : [[positionId, kept]];
  });
  const fences = stock.fences.map((row) => ({
    ...row,
    quantity: shelf.fences.get(row.channel_id)?.get(row.position_id) ?? row.quantity,
  }));
  return { shared: new Map(shared), fences };
}

const NOTHING_KEPT: ReadonlyMap<number, number> = new Map();

/** Of a hold that has run out, what goes back to all. */
const backOf = (expired: readonly ExpiredRow[]) => expired.map((row) => ({ ...row, fenced: 0 }));

function fencesOf(rows: readonly RingFenceRow[]): Shelf["fences"] {
  const fences = new Map<string, Map<number, number>>();
  for (const row of rows) {
    const own = fences.get(row.channel_id) ?? new Map<number, number>();
    own.set(row.position_id, (own.get(row.position_id) ?? 0) + row.quantity);
    fences.set(row.channel_id, own);
  }
  return fences;
}

/** Which channels' networks have to be looked at as well, because they wait. */
export function networksOf(
  book: RuleBook,
  queues: readonly { readonly channel_id: string }[],
): readonly string[] {
  return [...new Set(queues.flatMap((row) => book.channels.get(row.channel_id)?.locations ?? []))];
}
