import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { spreadOf } from "../measure/statistics.ts";

/** How long reads took while something else went on, in milliseconds. */
export type Reading = { readonly reads: number; readonly p50Ms: number; readonly p99Ms: number };

/** Somebody who reads all the time, in a thread of their own, so that the importer's own work does not delay the clock. */
export type Reader = {
  /** What was read since the last question. */
  taken(): Promise<Reading>;
  /** May be called twice. */
  stop(): Promise<void>;
};

/** What a reader is told: the statement to send, and the values that it takes in turn. */
export type ReaderTask = {
  readonly url: string;
  readonly text: string;
  readonly values: readonly (readonly unknown[])[];
  readonly perSecond: number;
};

/** Starts a reader. */
export async function startReader(task: ReaderTask): Promise<Reader> {
  const worker = new Worker(new URL("./reader-thread.ts", import.meta.url), { workerData: task });
  await once(worker, "message");
  const ended = once(worker, "exit");
  return {
    async taken() {
      worker.postMessage("taken");
      const [latencies]: unknown[] = await once(worker, "message");
      if (!isNumbers(latencies)) throw new Error("the reader did not say how long its reads took");
      return toReading(latencies);
    },
    async stop() {
      worker.postMessage("stop");
      await ended;
    },
  };
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => typeof each === "number");
}

function toReading(latencies: readonly number[]): Reading {
  if (latencies.length === 0) return { reads: 0, p50Ms: 0, p99Ms: 0 };
  const sorted = latencies.toSorted((a, b) => a - b);
  const p99Ms = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0;
  return { reads: sorted.length, p50Ms: spreadOf(sorted).median, p99Ms };
}
