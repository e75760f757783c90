import type { Log } from "./log.ts";
import type { Wakeup } from "./wakeup.ts";

/** Work that is done again and again in the background. */
export type Worker = {
  start(): void;
  /** Finishes the step at hand, then stops. */
  stop(): Promise<void>;
};

/** Wait after a step has failed for a reason that may pass: the database was away, a lock was not given. */
const FAILED_WAIT_MS = 250;

/** Makes a worker out of its step. A step says whether there may be more to do at once. */
export function createWorker(options: {
  readonly name: string;
  /** What the log calls a step that failed. */
  readonly failedEvent: string;
  readonly topic: string;
  /** How late the worker can be when every wake-up is lost. */
  readonly pollMs: number;
  readonly wakeup: Pick<Wakeup, "wait">;
  readonly log: Log;
  step(): Promise<boolean>;
}): Worker {
  const { name, failedEvent, topic, pollMs, wakeup, log } = options;
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      let waitMs = pollMs;
      try {
        if (await options.step()) continue;
      } catch (error) {
        log.warn({ event: failedEvent, worker: name, err: error });
        waitMs = FAILED_WAIT_MS;
      }
      await wakeup.wait(topic, waitMs, stopping.signal);
    }
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
