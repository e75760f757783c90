import type { Clock, Database, Queryable } from "../platform/index.ts";
import { type CountTolerances, countTolerances } from "./count-tolerance.ts";
import {
  type CountToleranceChange,
  type CountToleranceToSet,
  insertCountToleranceChange,
  selectCountToleranceChanges,
  selectCountTolerances,
  type TolerancesWanted,
} from "./count-tolerance-store.ts";
import { selectItems, selectLocations } from "./store.ts";

/** How far counts of single positions may be from the books, by source, location and item. */
export type CountTolerancePolicies = {
  countTolerances(queryable: Queryable, of: TolerancesWanted): Promise<CountTolerances>;
  /** Holds from then on, for counts that come later. */
  setCountTolerance(change: CountToleranceToSet): Promise<"set" | "unknown-location" | "unknown-item">;
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
    async setCountTolerance(change) {
      const { locationId, itemId } = change;
      if (locationId !== undefined && (await selectLocations(database, [locationId])).length === 0)
        return "unknown-location";
      if (itemId !== undefined && (await selectItems(database, [itemId])).length === 0) return "unknown-item";
      await insertCountToleranceChange(database, change, clock.now());
      return "set";
    },
    countToleranceChanges: (page) => selectCountToleranceChanges(database, page),
  };
}
