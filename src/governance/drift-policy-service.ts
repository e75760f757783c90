import type { Clock, Database, Queryable } from "../platform/index.ts";
import {
  type DriftPolicy,
  type DriftPolicyChange,
  type DriftPolicyToSet,
  insertDriftPolicyChange,
  selectDriftPolicy,
  selectDriftPolicyChanges,
} from "./drift-policy-store.ts";
import { selectLocations } from "./store.ts";

/** How much snapshots may differ from the books, by source and location. */
export type DriftPolicies = {
  /** What the narrowest scope says; undefined where nothing was said. */
  driftPolicy(
    queryable: Queryable,
    of: { readonly source: string; readonly locationId: string },
  ): Promise<DriftPolicy | undefined>;
  /** Holds from then on. False when there is no such location. */
  setDriftPolicy(change: DriftPolicyToSet): Promise<boolean>;
  /** Who changed what, the newest first; `sources`: only theirs and what holds for all. */
  driftPolicyChanges(page: {
    readonly before: number;
    readonly limit: number;
    readonly sources: readonly string[] | undefined;
  }): Promise<readonly DriftPolicyChange[]>;
};

/** Opens the policies about drift. */
export function driftPolicies({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): DriftPolicies {
  return {
    driftPolicy: selectDriftPolicy,
    async setDriftPolicy(change) {
      const { locationId } = change;
      if (locationId !== undefined && (await selectLocations(database, [locationId])).length === 0)
        return false;
      await insertDriftPolicyChange(database, change, clock.now());
      return true;
    },
    driftPolicyChanges: (page) => selectDriftPolicyChanges(database, page),
  };
}
