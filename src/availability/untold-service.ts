import type { Clock, Database, Metrics } from "../platform/index.ts";
import { selectUntoldByAccount } from "./publication-store.ts";

/** What channels have yet to be told. */
export type Untold = { readonly listings: number; readonly oldestSince: Date | undefined };

/** Listings of all accounts that their channels have yet to be told of. */
export async function untoldNow(database: Database): Promise<Untold> {
  const accounts = await selectUntoldByAccount(database);
  const [oldestSince] = accounts
    .flatMap(({ oldest }) => (oldest === null ? [] : [oldest]))
    .toSorted((one, other) => one.getTime() - other.getTime());
  return { listings: accounts.reduce((sum, { listings }) => sum + listings, 0), oldestSince };
}

/** Adds what each channel account has yet to be told to the metrics; it is looked up at every reading of them. */
export function observeUntold(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly metrics: Metrics;
}): void {
  const { database, clock, metrics } = options;
  // Accounts are what is configured, one for each channel that is told: their names are labels in spite of being ids.
  const labels = ["account"];
  metrics.gauge(
    {
      name: "availability_untold_listings",
      help: "Listings that their channel has yet to be told of.",
      labels,
    },
    async () =>
      (await selectUntoldByAccount(database)).map(({ account_id: account, listings }) => ({
        value: listings,
        labels: { account },
      })),
  );
  metrics.gauge(
    {
      name: "availability_oldest_untold_seconds",
      help: "How long the oldest untold listing of an account has waited; 0 where its channel knows all.",
      labels,
    },
    async () => {
      const nowMs = clock.now().getTime();
      return (await selectUntoldByAccount(database)).map(({ account_id: account, oldest }) => ({
        value: Math.max(0, nowMs - (oldest?.getTime() ?? nowMs)) / 1_000,
        labels: { account },
      }));
    },
  );
}
