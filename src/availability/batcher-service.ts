import { Retryable } from "../platform/index.ts";
import { availabilityErrors } from "./errors.ts";

export type BatcherOptions<Request, Answer> = {
  /** Requests decided together at most. */
  readonly batchMax: number;
  /** Batches under way at once. Two let the next wait at the database's lock while the first is flushed to disk. */
  readonly parallel: number;
  /** Requests that may wait; beyond it they are refused at once, because a late answer helps nobody. */
  readonly waitingMax: number;
  /** Decides a batch; one answer per request, in order. When it throws, every request of the batch fails with that error. */
  run(requests: readonly Request[]): Promise<readonly Answer[]>;
};

type Waiting<Request, Answer> = {
  readonly request: Request;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

/** Gathers requests that wait at the same moment. */
export type Batcher<Request, Answer> = {
  /** Answers after the batch has been committed. Throws `availability.admission-overloaded` when too many wait. */
  submit(request: Request): Promise<Answer>;
};

/**
 * Makes a batcher. It never waits for company: the first request starts a batch at the end of this turn of the event loop, with
 * whatever arrived in the same turn; while that batch is under way the next gathers. So a lone request has a batch of its own,
 * and under load batches grow by themselves.
 */
export function createBatcher<Request, Answer>(
  options: BatcherOptions<Request, Answer>,
): Batcher<Request, Answer> {
  let waiting: Waiting<Request, Answer>[] = [];
  let underWay = 0;
  let scheduled = false;

  async function runOne(batch: readonly Waiting<Request, Answer>[]): Promise<void> {
    try {
      const answers = await options.run(batch.map(({ request }) => request));
      batch.forEach(({ resolve, reject }, index) => {
        const answer = answers[index];
        if (answer === undefined)
          reject(new Error(`a batch of ${batch.length} gave ${answers.length} answers`));
        else resolve(answer);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  function ended(): void {
    underWay -= 1;
    pump();
  }

  function pump(): void {
    scheduled = false;
    while (waiting.length > 0 && underWay < options.parallel) {
      const batch = waiting.slice(0, options.batchMax);
      waiting = waiting.slice(options.batchMax);
      underWay += 1;
      runOne(batch).then(ended, ended);
    }
  }

  return {
    submit(request) {
      if (waiting.length >= options.waitingMax) {
        const message = `${waiting.length} reservation requests are waiting`;
        return Promise.reject(
          new Retryable(availabilityErrors.admissionOverloaded, message, { delayMs: 1_000 }),
        );
      }
      return new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        if (scheduled) return;
        scheduled = true;
        setImmediate(pump);
      });
    },
  };
}
