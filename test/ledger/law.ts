import { byBytes, isSeenBy } from "../../src/ledger/count.ts";
import type { PositionCount, Shelf, ShelfChange } from "../../src/ledger/shelf.ts";

/** One thing that is said of a position. */
export type Said = { readonly movement: ShelfChange } | { readonly count: PositionCount };
export type Balances = Readonly<Record<Shelf, number>>;

export const NOTHING: Balances = { "on-hand": 0, quarantined: 0, damaged: 0 };

/** What the law says, from all that was said and without any order: the last count, and what it has not seen. */
export function lawful(said: readonly Said[]): Balances {
  const movements = said.flatMap((one) => ("movement" in one ? [one.movement] : []));
  const counts = said.flatMap((one) => ("count" in one ? [one.count] : []));
  const balance = (shelf: Shelf): number => {
    const last = counts
      .filter((one) => one.counted[shelf] !== undefined)
      .toSorted((a, b) => a.at - b.at || byBytes(a.inOrder, b.inOrder))
      .at(-1);
    const unseen = movements.filter((one) => last === undefined || !isSeenBy(one, last));
    return unseen.reduce((sum, one) => sum + one.deltas[shelf], last?.counted[shelf] ?? 0);
  };
  return { "on-hand": balance("on-hand"), quarantined: balance("quarantined"), damaged: balance("damaged") };
}
