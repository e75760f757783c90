import {
  isOutcomeUnknown,
  isRetryable,
  isRetryableDatabaseError,
  type Log,
  type Metrics,
} from "../platform/index.ts";
import { createBatcher } from "./batcher-service.ts";
import {
  type LifeDeps,
  type StepAnswer,
  type StepOptions,
  type StepRequest,
  takeSteps,
} from "./life-service.ts";

/** Requests whose steps are taken together at most. */
export const STEPS_BATCH_MAX = 128;
/** Reservations in one request at most for it to share a transaction with others; a longer one has locks enough of its own. */
const SHARED_IDS_MAX = 50;
/** Batches of one process in the database at once, at most; each has a connection. */
const STEPS_PARALLEL_MAX = 2;
/** A batch that takes longer is held up by something, most likely a lock, that steps of other reservations need not wait for. */
const STEPS_PATIENCE_MS = 25;
/** Requests that may wait before callers are told to come back. */
const STEPS_WAITING_MAX = 20_000;
/** A batch is tried again this often when the database gave it up for reasons of its own. */
const ATTEMPTS_MAX = 3;

export type LifeStepsDeps = LifeDeps & { readonly log: Log; readonly metrics: Metrics };

type Steps = ReadonlyMap<string, StepAnswer>;

/**
 * Makes the door of steps: those that are asked for at the same moment share a transaction, as requests for reservations do. A
 * cancellation by itself costs the database more than the order that it cancels, which was promised together with others.
 */
export function createLifeSteps(
  deps: LifeStepsDeps,
): (ids: readonly string[], options: StepOptions) => Promise<Steps> {
  const batchSize = deps.metrics.histogram(
    { name: "availability_step_batch_requests", help: "Requests for steps of reservations taken together." },
    [1, 2, 4, 8, 16, 32, 64, 128],
  );
  const batcher = createBatcher<StepRequest, Steps>({
    what: "steps of reservations",
    batchMax: STEPS_BATCH_MAX,
    parallel: STEPS_PARALLEL_MAX,
    patienceMs: STEPS_PATIENCE_MS,
    waitingMax: STEPS_WAITING_MAX,
    run(requests) {
      batchSize.observe(requests.length);
      return takeIsolating(deps, requests);
    },
  });
  return async (ids, options) => {
    const request = { ids: [...new Set(ids)], options };
    if (ids.length <= SHARED_IDS_MAX) return batcher.submit(request);
    const [answers = new Map()] = await takeOnce(deps, [request]);
    return answers;
  };
}

async function takeOnce(deps: LifeStepsDeps, requests: readonly StepRequest[]): Promise<readonly Steps[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await deps.database.transaction((tx) => takeSteps(deps, tx, requests));
    } catch (error) {
      // Taken again after a commit of which nobody knows, a step would say that it had been taken before.
      if (attempt >= ATTEMPTS_MAX || isOutcomeUnknown(error) || !isRetryableDatabaseError(error)) throw error;
      deps.log.warn({
        event: "availability.steps-repeated",
        attempt,
        requests: requests.length,
        err: error,
      });
    }
  }
}

/** Takes steps together, and where that fails because of one of them, in halves, until that one is alone with its error. */
async function takeIsolating(
  deps: LifeStepsDeps,
  requests: readonly StepRequest[],
): Promise<readonly PromiseSettledResult<Steps>[]> {
  try {
    const answers = await takeOnce(deps, requests);
    return answers.map((value) => ({ status: "fulfilled", value }));
  } catch (error) {
    // What passes by itself is the database's state and nobody's doing.
    if (requests.length === 1 || isRetryable(error)) {
      return requests.map(() => ({ status: "rejected", reason: error }));
    }
    deps.log.warn({ event: "availability.steps-divided", requests: requests.length, err: error });
    const middle = Math.ceil(requests.length / 2);
    const before = await takeIsolating(deps, requests.slice(0, middle));
    return [...before, ...(await takeIsolating(deps, requests.slice(middle)))];
  }
}
