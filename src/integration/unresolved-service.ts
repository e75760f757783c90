import { type AccountId, accountId } from "@crossdock/canonical";
import type { Clock, Database, Metrics } from "../platform/index.ts";
import { countProposals } from "./proposal-store.ts";
import {
  type Awaited,
  awaitedIn,
  toUnresolved,
  toUnresolvedSum,
  type Unresolved,
  type UnresolvedId,
  type UnresolvedKind,
  type UnresolvedSum,
} from "./unresolved.ts";
import {
  countUnresolved,
  selectAwaited,
  selectUnresolved,
  type UnresolvedPlace,
} from "./unresolved-store.ts";

/** Names that mean nothing to us, for whoever keeps the master data. */
export type UnresolvedNames = {
  /** A page of them, those that most records wait for first. */
  unresolved(page: {
    readonly accountIds?: readonly AccountId[] | undefined;
    readonly kind?: UnresolvedKind | undefined;
    readonly after?: UnresolvedPlace | undefined;
    readonly limit: number;
  }): Promise<readonly Unresolved[]>;
  /** How many there are, by account and kind. */
  unresolvedSums(accountIds?: readonly AccountId[] | undefined): Promise<readonly UnresolvedSum[]>;
  /** What is meant by names; those that nothing waits for any more are left out. */
  awaited(names: readonly UnresolvedId[]): Promise<readonly (UnresolvedId & Awaited)[]>;
};

/** Opens the list of names that mean nothing to us. */
export function createUnresolvedNames({ database }: { readonly database: Database }): UnresolvedNames {
  return {
    unresolved: async (page) => (await selectUnresolved(database, page)).map(toUnresolved),
    unresolvedSums: async (accountIds) => (await countUnresolved(database, accountIds)).map(toUnresolvedSum),
    async awaited(names) {
      const rows = await selectAwaited(database, {
        accountIds: names.map((name) => name.accountId),
        kinds: names.map((name) => name.kind),
        texts: names.map((name) => name.waitsFor),
      });
      return rows.map((row) => ({
        ...awaitedIn(row),
        accountId: accountId(row.account_id),
        kind: row.kind,
        waitsFor: row.waits_for,
      }));
    },
  };
}

/** Adds what is waited for to the metrics, by account and kind; it is looked up at every reading of them. */
export function observeUnresolved(
  { unresolvedSums }: Pick<UnresolvedNames, "unresolvedSums">,
  {
    database,
    metrics,
    clock,
  }: { readonly database: Database; readonly metrics: Metrics; readonly clock: Clock },
): void {
  // Accounts are what is configured: their names are labels in spite of being ids.
  const labels = ["account", "kind"];
  const observe = (name: string, help: string, value: (sum: UnresolvedSum, nowMs: number) => number) =>
    metrics.gauge({ name, help, labels }, async () => {
      const nowMs = clock.now().getTime();
      const sums = await unresolvedSums();
      return sums.map((sum) => ({
        value: value(sum, nowMs),
        labels: { account: sum.accountId, kind: sum.kind },
      }));
    });
  observe(
    "integration_unresolved_names",
    "Names of items, locations and units that mean nothing to us, and items whose lot is not named, that something waits for.",
    ({ names }) => names,
  );
  observe(
    "integration_unresolved_records",
    "Records that wait for a name, a location, a unit or a lot.",
    ({ records }) => records,
  );
  metrics.gauge(
    {
      name: "integration_open_proposals",
      help: "What accounts say about master data that they do not own, and that nobody has decided about.",
      labels: ["account"],
    },
    async () =>
      (await countProposals(database)).map((row) => ({
        value: row.proposals,
        labels: { account: row.account_id },
      })),
  );
  observe(
    "integration_oldest_unresolved_seconds",
    "How long the first of the records that wait for a name has waited.",
    ({ oldestAt }, nowMs) => Math.max(0, nowMs - oldestAt.getTime()) / 1_000,
  );
}
