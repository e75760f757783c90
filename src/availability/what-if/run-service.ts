import { countPastTransfers } from "../../ledger/index.ts";
import {
  type Clock,
  createWorker,
  type Ids,
  type Leases,
  type Log,
  type Wakeup,
} from "../../platform/index.ts";
import { deleteOldAsked } from "../asked-store.ts";
import { booksOf, type NoRules } from "./books-service.ts";
import type { AskDifference } from "./comparison.ts";
import type { HistoryDeps } from "./history-service.ts";
import { type ReplayResult, replay } from "./replay-service.ts";
import { parseRuleSet, type RuleSet, ruleSetText } from "./rule-set.ts";
import {
  cancelRun,
  deleteDifferences,
  deleteOldRuns,
  endRun,
  insertDifferences,
  insertRun,
  type RunRow,
  selectDifferences,
  selectRun,
  selectRuns,
  takeNextRun,
  updateProgress,
} from "./run-store.ts";

/** Runs that may wait: each takes minutes, and whoever asks for more has not looked at the first. */
export const RUNS_WAITING_MAX = 10;
/** The longest window: a year and a little, so that a season can be held against the one before. */
export const WINDOW_DAYS_MAX = 400;
/** Differing requests that are kept of a run: beyond it the sums say more than the list. */
export const DIFFERENCES_MAX = 10_000;
/** How long a run is kept. */
export const RUN_KEPT_DAYS = 90;
/** How long what was asked for is kept: as long as a window may be. */
export const ASKED_KEPT_DAYS = WINDOW_DAYS_MAX;
/** Rest after each 5 ms of work: a run takes a quarter of one processor at most. */
const REST_MS = 15;
/** Wakes whoever plays when there is something to play. */
const TOPIC = "what-if";
const LEASE = "what-if";
const POLL_MS = 5_000;
const DAY_MS = 86_400_000;

export type RunDeps = HistoryDeps & {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly leases: Pick<Leases, "take">;
  readonly wakeup: Wakeup;
  readonly log: Log;
};

/** What is to be played, and who asks. */
export type RunAsked = {
  readonly from: Date;
  readonly to: Date | undefined;
  readonly rules: RuleSet;
  readonly beside: RuleSet;
  readonly by: string;
  readonly correlationId: string;
};

export type RunAnswer =
  | { readonly is: "started"; readonly run: RunRow }
  | { readonly is: "too-many" }
  | { readonly is: "no-window"; readonly message: string }
  | ({ readonly is: "no-rules" } & NoRules);

/** The past played again under other rules, one run at a time over all processes, in the background. */
export type WhatIf = {
  /** Asks for a run; the one that there is, where the same waits or plays. */
  start(asked: RunAsked): Promise<RunAnswer>;
  run(runId: string): Promise<RunRow | undefined>;
  /** The newest first, without results. */
  runs(page: { readonly before: string | undefined; readonly limit: number }): Promise<readonly RunRow[]>;
  differences: (
    runId: string,
    page: { readonly after: number; readonly limit: number; readonly channelId: string | undefined },
  ) => Promise<readonly AskDifference[]>;
  /** Ends a run that has not ended; false where there is none. */
  cancel(runId: string): Promise<boolean>;
  /** Plays all runs that wait, then returns; for tests. */
  drain(): Promise<void>;
  startWork(): void;
  stopWork(): Promise<void>;
};

/** Opens what plays the past. */
export function createWhatIf(deps: RunDeps): WhatIf {
  const { database, clock, wakeup, log } = deps;
  const stopping = new AbortController();
  const worker = createWorker({
    ...{
      name: "what-if",
      failedEvent: "availability.what-if-failed",
      topic: TOPIC,
      pollMs: POLL_MS,
      wakeup,
      log,
    },
    step: () => playNext(deps, stopping.signal),
  });
  return {
    start: (asked) => start(deps, asked),
    run: (runId) => selectRun(database, runId),
    runs: (page) => selectRuns(database, page),
    differences: (runId, page) => selectDifferences(database, runId, page),
    cancel: (runId) => cancelRun(database, runId, clock.now()),
    async drain() {
      while (await playNext(deps, stopping.signal));
    },
    startWork: () => worker.start(),
    async stopWork() {
      // What is playing is played by another, or after the next start, from its beginning.
      stopping.abort(new Error("the process is stopping"));
      await worker.stop();
    },
  };
}

async function start(deps: RunDeps, asked: RunAsked): Promise<RunAnswer> {
  const { database, clock, ids, wakeup } = deps;
  const now = clock.now();
  const window = { from: asked.from, to: asked.to ?? now };
  const message = faultOf(window, now);
  if (message !== undefined) return { is: "no-window", message };
  for (const set of [asked.rules, asked.beside]) {
    const books = await booksOf(deps.governance, database, set, window);
    if ("refused" in books) return { is: "no-rules", ...books };
  }
  const runId = await insertRun(
    database,
    {
      run_id: ids.next(),
      from_at: window.from,
      to_at: window.to,
      rules: ruleSetText(asked.rules),
      beside: ruleSetText(asked.beside),
      asked_by: asked.by,
      asked_at: now,
      correlation_id: asked.correlationId,
    },
    RUNS_WAITING_MAX,
  );
  if (runId === undefined) return { is: "too-many" };
  wakeup.signal(TOPIC);
  const run = await selectRun(database, runId);
  if (run === undefined) throw new Error(`the run ${runId} was kept and is not there`);
  return { is: "started", run };
}

function faultOf({ from, to }: { readonly from: Date; readonly to: Date }, now: Date): string | undefined {
  if (from >= to) return "The window ends before it begins.";
  if (to > now) return "The window ends in the future.";
  if (to.getTime() - from.getTime() > WINDOW_DAYS_MAX * DAY_MS)
    return `The window is longer than ${WINDOW_DAYS_MAX} days.`;
  return undefined;
}

/** Plays the next run, where nobody else plays one; gives whether it did. */
async function playNext(deps: RunDeps, stopping: AbortSignal): Promise<boolean> {
  const [lease] = await deps.leases.take([LEASE]);
  if (lease === undefined) return false;
  try {
    const { database, clock } = deps;
    const before = (days: number) => new Date(clock.now().getTime() - days * DAY_MS);
    await deleteOldRuns(database, before(RUN_KEPT_DAYS));
    await deleteOldAsked(database, before(ASKED_KEPT_DAYS));
    const run = await takeNextRun(database);
    if (run === undefined) return false;
    await play(deps, run, AbortSignal.any([stopping, lease.ended]));
    return true;
  } finally {
    await lease.giveBack();
  }
}

async function play(deps: RunDeps, run: RunRow, interrupted: AbortSignal): Promise<void> {
  const { database, clock, log } = deps;
  const { run_id: runId } = run;
  const window = { from: run.from_at, to: run.to_at };
  const cancelled = new AbortController();
  const total = await countPastTransfers(database, window);
  await deleteDifferences(database, runId);
  const found: AskDifference[] = [];
  try {
    const result = await replay(
      deps,
      { window, rules: parseRuleSet(run.rules), beside: parseRuleSet(run.beside) },
      {
        restMs: REST_MS,
        signal: AbortSignal.any([interrupted, cancelled.signal]),
        async progress(transfers) {
          if (!(await updateProgress(database, runId, { transfers, total }))) cancelled.abort(CANCELLED);
        },
        differs(difference) {
          if (found.length < DIFFERENCES_MAX) found.push(difference);
        },
      },
    );
    await keepResult(deps, runId, { result, found });
  } catch (error) {
    if (interrupted.aborted || cancelled.signal.aborted) return;
    log.error({ event: "availability.what-if-failed", runId, err: error });
    const problem = "It could not be played to its end; the log says why.";
    await endRun(database, runId, { state: "failed", problem, at: clock.now() });
  }
}

/** Keeps what came of a run, unless it was cancelled at the last moment. */
function keepResult(
  { database, clock }: RunDeps,
  runId: string,
  came: { readonly result: ReplayResult | NoRules; readonly found: readonly AskDifference[] },
): Promise<void> {
  const { result, found } = came;
  const at = clock.now();
  return database.transaction(async (tx) => {
    if ("refused" in result) await endRun(tx, runId, { state: "failed", problem: result.message, at });
    else if ((await endRun(tx, runId, { state: "done", result, at })) > 0)
      await insertDifferences(tx, runId, found);
  });
}

const CANCELLED = new Error("the run was cancelled");
