import type { Clock, Database, Leases, Metrics } from "../platform/index.ts";
import { deleteExpiredFingerprints, measureFingerprints } from "./intake-store.ts";

/** Rows that one transaction forgets: some tens of milliseconds, and no lock for longer. */
const FORGET_ROWS_MAX = 5_000;
const LEASE = "integration/forgetting";

export type ForgettingDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly leases: Leases;
};

/** Forgets fingerprints whose window has passed, in batches, while this process has that work to itself. Gives how many. */
export async function forgetFingerprints({ database, clock, leases }: ForgettingDeps): Promise<number> {
  const [lease] = await leases.take([LEASE]);
  if (lease === undefined) return 0;
  let forgotten = 0;
  try {
    while (lease.isHeld()) {
      const batch = { now: clock.now(), limit: FORGET_ROWS_MAX };
      const deleted = await deleteExpiredFingerprints(database, batch);
      forgotten += deleted;
      if (deleted < FORGET_ROWS_MAX) break;
    }
  } finally {
    await lease.giveBack();
  }
  return forgotten;
}

/** Adds the size and age of what is remembered to the metrics. */
export function observeFingerprints({
  database,
  clock,
  metrics,
}: Pick<ForgettingDeps, "database" | "clock"> & { readonly metrics: Metrics }): void {
  metrics.gauge(
    {
      name: "integration_fingerprints",
      help: "Business keys that are remembered, as the planner estimates.",
    },
    async () => (await measureFingerprints(database)).rows,
  );
  metrics.gauge(
    { name: "integration_fingerprint_bytes", help: "Size of what is remembered, with its indexes." },
    async () => (await measureFingerprints(database)).bytes,
  );
  metrics.gauge(
    {
      name: "integration_fingerprint_oldest_seconds",
      help: "Age of the business key that is forgotten next; far above its window, the sweeper does not run.",
    },
    async () => {
      const { oldest } = await measureFingerprints(database);
      return oldest === null ? 0 : Math.max(0, clock.now().getTime() - oldest.getTime()) / 1_000;
    },
  );
}
