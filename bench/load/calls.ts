import { createHistogram, type Histogram } from "../measure/histogram.ts";
import type { Pace } from "./protocol.ts";

/** Calls to be made by lanes, each of which makes one at a time. */
export type CallOrder = {
  readonly calls: number;
  readonly lanes: number;
  readonly pace: Pace;
  /** Ends early, after this time. */
  readonly secondsMax?: number;
  /** Makes one call. `turn` counts from 0. */
  readonly call: (turn: number, lane: number) => Promise<void>;
};

/** What happened. Latency is in microseconds; in an open run it counts from when a call was due, so that a stall is not hidden. */
export type CallResult = { readonly made: number; readonly elapsedMs: number; readonly latency: Histogram };

/** Makes the calls. Rejects when one of them does: a run with holes is not a run. */
export async function makeCalls({
  calls,
  lanes,
  pace,
  secondsMax = Number.POSITIVE_INFINITY,
  call,
}: CallOrder): Promise<CallResult> {
  const latency = createHistogram();
  const startedAt = performance.now();
  const until = startedAt + secondsMax * 1_000;
  let next = 0;
  const dueAt = (turn: number, now: number) =>
    pace.is === "closed" ? now : startedAt + (turn * 1_000) / pace.perSecond;

  async function work(lane: number): Promise<void> {
    while (next < calls && performance.now() < until) {
      const turn = next;
      next += 1;
      const due = dueAt(turn, performance.now());
      const early = due - performance.now();
      // A timer is good to a millisecond, and what it adds counts against whoever is called.
      if (early > 0) await pause(early);
      await call(turn, lane);
      latency.record((performance.now() - due) * 1_000);
    }
  }

  await Promise.all(Array.from({ length: lanes }, (_, lane) => work(lane)));
  return { made: latency.count, elapsedMs: performance.now() - startedAt, latency };
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}
