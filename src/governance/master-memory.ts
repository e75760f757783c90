import { createRecent, type Recent } from "./recent.ts";
import type { KnownItem, Layers } from "./resolve.ts";

/** Names, and items, remembered at most; an item with its units takes about a kilobyte. */
const REMEMBERED_MAX = 50_000;
/** How long somebody's change may go unnoticed who waited for no turn to make it, as nobody here does. */
export const MASTER_MEMORY_MS = 60_000;

/** What was read of master data while it stood at one change. */
export type MasterBook = {
  readonly itemMeanings: Recent<Layers>;
  readonly locationMeanings: Recent<Layers>;
  readonly items: Recent<KnownItem>;
};

/** What names lead to and items are, remembered until master data changes. */
export type MasterMemory = {
  /**
   * What was read when the last change of master data was this one. Whoever asks has seen it on the connection on which it will read
   * what is missing, and before: what it adds then is at least as new as that change.
   */
  at(lastChange: number, nowMs: number): MasterBook;
};

const emptyBook = (): MasterBook => ({
  itemMeanings: createRecent(REMEMBERED_MAX),
  locationMeanings: createRecent(REMEMBERED_MAX),
  items: createRecent(REMEMBERED_MAX),
});

/**
 * Makes an empty memory. Changes take turns, so the number of the last one that is seen only grows; who sees an earlier one than others
 * have reads for himself.
 */
export function createMasterMemory(): MasterMemory {
  let book = emptyBook();
  let [change, begunMs] = [Number.NaN, Number.NEGATIVE_INFINITY];
  return {
    at(lastChange, nowMs) {
      const isOld = nowMs - begunMs > MASTER_MEMORY_MS;
      if (lastChange === change && !isOld) return book;
      if (lastChange < change && !isOld) return emptyBook();
      [book, change, begunMs] = [emptyBook(), lastChange, nowMs];
      return book;
    },
  };
}
