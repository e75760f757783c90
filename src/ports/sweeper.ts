import type { Availabilities } from "../availability/index.ts";
import type { KeyedAnswers } from "../gateway/index.ts";
import type { Checkpoints, Ledger } from "../ledger/index.ts";
import type { Log, Wakeup } from "../platform/index.ts";

/** Does what falls due by time alone. */
export type Sweeper = { start(): void; stop(): Promise<void> };

const EXPIRED_HOLDS_EVERY_MS = 1_000;
/** A lot that has expired is promised to nobody from the moment of midnight on; this is how late channels hear of it. */
const LOTS_AGEING_EVERY_MS = 5_000;
/** Late statements about merged items are rare, and nobody is promised their units before they have moved on. */
const MERGED_ITEMS_EVERY_MS = 5_000;
/** Meanwhile nobody else is promised what those who wait could be. */
const BACKORDERS_EVERY_MS = 500;
/** What no fact tells of: a figure that changes with time alone. */
const ALL_BACKORDERS_EVERY_MS = 60_000;
const OLD_ANSWERS_EVERY_MS = 600_000;
const CHECKPOINTS_EVERY_MS = 600_000;
/** What came long ago is in no hurry. */
const OLD_SUPPLY_EVERY_MS = 3_600_000;
/** What was missing may have come: a case that it explains need not be looked at by anybody. */
const COUNT_CASES_EVERY_MS = 30_000;
/** Nobody signals it: it is the sweeper's own way to wait and to be stopped. */
const SWEEP_TOPIC = "sweep";

type SweeperOptions = {
  readonly availability: Pick<Availabilities, "sweep" | "ageLots" | "itemIdentities" | "backorders">;
  readonly keyedAnswers: Pick<KeyedAnswers, "forgetOld">;
  readonly checkpoints: Checkpoints;
  readonly ledger: Pick<Ledger, "countCases" | "supply">;
  readonly wakeup: Wakeup;
  readonly log: Log;
};

/** Runs a piece of work again and again until stopped. A failure is logged and the work goes on. */
async function repeat(
  { wakeup, log }: SweeperOptions,
  task: { readonly name: string; readonly everyMs: number; run(): Promise<number> },
  stopping: AbortSignal,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      await task.run();
    } catch (error) {
      log.warn({ event: "sweep.failed", task: task.name, err: error });
    }
    await wakeup.wait(SWEEP_TOPIC, task.everyMs, stopping);
  }
}

/** Gives the units of expired holds back, so that channels hear of them, and of lots that have become too old, offers what came to those who wait for it, moves on what came late to merged items, forgets old answers to keyed requests, looks again at counts that wait for a decision, and makes checkpoints. */
export function createSweeper(options: SweeperOptions): Sweeper {
  const { availability, keyedAnswers, checkpoints, ledger } = options;
  const tasks = [
    { name: "expired-holds", everyMs: EXPIRED_HOLDS_EVERY_MS, run: () => availability.sweep() },
    { name: "lots-ageing", everyMs: LOTS_AGEING_EVERY_MS, run: () => availability.ageLots() },
    {
      name: "merged-items",
      everyMs: MERGED_ITEMS_EVERY_MS,
      run: () => availability.itemIdentities.follow(),
    },
    { name: "backorders", everyMs: BACKORDERS_EVERY_MS, run: () => availability.backorders.offer() },
    {
      name: "overdue-backorders",
      everyMs: EXPIRED_HOLDS_EVERY_MS,
      run: () => availability.backorders.endOverdue(),
    },
    {
      name: "all-backorders",
      everyMs: ALL_BACKORDERS_EVERY_MS,
      run: () => availability.backorders.lookAgain(),
    },
    { name: "old-answers", everyMs: OLD_ANSWERS_EVERY_MS, run: () => keyedAnswers.forgetOld() },
    { name: "count-cases", everyMs: COUNT_CASES_EVERY_MS, run: () => ledger.countCases.lookAgain() },
    { name: "old-supply", everyMs: OLD_SUPPLY_EVERY_MS, run: () => ledger.supply.settle() },
    { name: "checkpoints", everyMs: CHECKPOINTS_EVERY_MS, run: () => checkpoints.make() },
  ];
  // One controller a task: a wake-up tells its waiters apart by their abort signals.
  const stopping = tasks.map(() => new AbortController());
  let running: Promise<unknown> | undefined;
  return {
    start() {
      running ??= Promise.all(
        tasks.map((task, at) => repeat(options, task, (stopping[at] ?? new AbortController()).signal)),
      );
    },
    async stop() {
      for (const controller of stopping) controller.abort();
      await running;
    },
  };
}
