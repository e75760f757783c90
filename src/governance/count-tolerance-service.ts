import type { Clock, Database, Queryable } from "../platform/index.ts";
import { type CountTolerances, countTolerances } from "./count-tolerance.ts";
import {
  type CountToleranceChange,
  type CountToleranceToSet,
  insertCountToleranceChange,
  selectCountToleranceChanges,
  selectCountTolerances,
  selectHasTolerance,
  type TolerancesWanted,
} from "./count-tolerance-store.ts";
import { selectClassPage, selectItems, selectLocations } from "./store.ts";

/** What became of a tolerance that somebody set. A class is unknown when no item is of it. */
export type ToleranceSet = "set" | "unknown-location" | "unknown-item" | "unknown-class" | "item-and-class";

/** How far counts of single positions may be from the books, by source, location, and item or class of items. */
export type CountTolerancePolicies = {
  countTolerances(queryable: Queryable, of: TolerancesWanted): Promise<CountTolerances>;
  /** Whether there is any tolerance for counts of a source at a location: where there is none, no count need be judged. */
  hasCountTolerance(
    queryable: Queryable,
    of: { readonly source: string; readonly locationId: string },
  ): Promise<boolean>;
  /** Holds from then on, for counts that come later. */
  setCountTolerance(change: CountToleranceToSet): Promise<ToleranceSet>;
  /** Who changed what, the newest first; `sources`: only theirs and what holds for all. */
  countToleranceChanges(page: {
    readonly before: number;
    readonly limit: number;
    readonly sources: readonly string[] | undefined;
  }): Promise<readonly CountToleranceChange[]>;
};

/** Opens the tolerances of counts. */
export function countTolerancePolicies({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): CountTolerancePolicies {
  return {
    countTolerances: async (queryable, of) => countTolerances(await selectCountTolerances(queryable, of)),
    hasCountTolerance: selectHasTolerance,
    async setCountTolerance(change) {
      const { locationId, itemId, itemClass, tolerance } = change;
      if (itemId !== undefined && itemClass !== undefined) return "item-and-class";
      if (locationId !== undefined && (await selectLocations(database, [locationId])).length === 0)
        return "unknown-location";
      if (itemId !== undefined && (await selectItems(database, [itemId])).length === 0) return "unknown-item";
      // One of a class that has lost its last item can still be taken away.
      const isClassTold = itemClass !== undefined && tolerance !== undefined;
      if (
        isClassTold &&
        (await selectClassPage(database, itemClass, { afterSku: "", limit: 1 })).length === 0
      )
        return "unknown-class";
      await insertCountToleranceChange(database, change, clock.now());
      return "set";
    },
    countToleranceChanges: (page) => selectCountToleranceChanges(database, page),
  };
}
