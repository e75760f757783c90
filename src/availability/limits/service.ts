import type { Clock, Database, KeepAnswer, Wakeup } from "../../platform/index.ts";
import type { HoldLimit } from "./limit.ts";
import { saveLimit, selectLimits } from "./store.ts";

/** How long other limits may go unnoticed here when their wake-up is lost. */
export const LIMIT_MEMORY_MS = 2_000;
/** Topic on which processes tell each other that other limits hold. */
const LIMITS_TOPIC = "hold-limits";

/** Who sets a limit, and why. */
export type LimitSetting = {
  readonly limit: HoldLimit;
  readonly by: string;
  readonly because: string;
  readonly correlationId: string;
};

/** How much of the stock clients and channels may keep from others with holds. */
export type HoldLimits = {
  /** Sets all limits of a subject; none given: it is not limited any more. In force in every process within two seconds. */
  set(setting: LimitSetting, keep?: KeepAnswer<HoldLimit>): Promise<HoldLimit>;
  list(): Promise<readonly HoldLimit[]>;
  /** All limits by subject, as they were a moment ago. */
  all(): Promise<ReadonlyMap<string, HoldLimit>>;
};

/** Opens the limits of holds. They are remembered, because every request asks and they change rarely. */
export function createHoldLimits(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly wakeup: Wakeup;
}): HoldLimits {
  const { database, clock, wakeup } = options;
  let known: Promise<ReadonlyMap<string, HoldLimit>> | undefined;
  let goodUntil = Number.NEGATIVE_INFINITY;
  const forget = () => {
    goodUntil = Number.NEGATIVE_INFINITY;
  };
  wakeup.listen(LIMITS_TOPIC, forget);

  async function look(): Promise<ReadonlyMap<string, HoldLimit>> {
    const limits = await selectLimits(database);
    return new Map(limits.map((limit) => [limit.subject, limit]));
  }

  function remembered(): Promise<ReadonlyMap<string, HoldLimit>> {
    const now = clock.now().getTime();
    if (known !== undefined && now < goodUntil) return known;
    goodUntil = now + LIMIT_MEMORY_MS;
    known = look().catch((error: unknown) => {
      forget();
      throw error;
    });
    return known;
  }

  return {
    async set({ limit, by, because, correlationId }, keep) {
      await database.transaction(async (tx) => {
        await saveLimit(tx, limit, { by, because, correlationId, at: clock.now() });
        await keep?.(tx, limit);
        tx.afterCommit(() => wakeup.signal(LIMITS_TOPIC));
      });
      forget();
      return limit;
    },
    list: () => selectLimits(database),
    all: remembered,
  };
}
