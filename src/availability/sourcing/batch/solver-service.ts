import { Worker } from "node:worker_threads";
import type { Model } from "./model.ts";

export type ToSolve = {
  readonly model: Model;
  /** Values that keep every row, to begin with. Variables that are not named are none. */
  readonly start: ReadonlyMap<string, number>;
  readonly timeLimitMs: number;
};

/** What a solver found, never worse than what it began with. `isBest`: there is nothing better. */
export type Solved =
  | { readonly is: "solved"; readonly values: ReadonlyMap<string, number>; readonly isBest: boolean }
  | { readonly is: "failed"; readonly because: string };

/** Solves models, one at a time, away from the event loop. */
export type Solver = { solve(toSolve: ToSolve): Promise<Solved> };

/** How long a thread may take beyond its time before it is ended: it looks at the clock between its steps. */
const GRACE_MS = 3_000;
/** Memory of a thread beside that of the solver itself. */
const HEAP_MB_MAX = 512;

/** Makes a solver. Another model while one is being solved is refused: there are few processors, and callers have the rules' plan to go by. */
export function createSolver(): Solver {
  let isBusy = false;
  return {
    async solve(toSolve) {
      if (isBusy) return { is: "failed", because: "another batch is being solved" };
      isBusy = true;
      try {
        return await inThread(toSolve);
      } finally {
        isBusy = false;
      }
    },
  };
}

function inThread(toSolve: ToSolve): Promise<Solved> {
  const thread = new Worker(new URL("./solver-thread-service.ts", import.meta.url), {
    workerData: toSolve,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  });
  const { promise, resolve } = Promise.withResolvers<Solved>();
  const timer = setTimeout(
    () => resolve({ is: "failed", because: "it took longer than it may" }),
    toSolve.timeLimitMs + GRACE_MS,
  );
  thread.once("message", (solved: Solved) => resolve(solved));
  thread.once("error", (error) => resolve({ is: "failed", because: error.message }));
  thread.once("exit", () => resolve({ is: "failed", because: "its thread ended" }));
  return promise.finally(async () => {
    clearTimeout(timer);
    await thread.terminate();
  });
}
