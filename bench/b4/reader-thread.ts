/** A thread that reads at a fixed rate and keeps how long each read took, from the moment at which it was due. */
import { setTimeout as pause } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import pg from "pg";
import type { ReaderTask } from "./reader.ts";

const task: ReaderTask = workerData;
const pool = new pg.Pool({ connectionString: task.url, max: 4 });
let latencies: number[] = [];
let isStopping = false;

async function read(due: number, turn: number): Promise<void> {
  const values = [...(task.values[turn % task.values.length] ?? [])];
  await pool.query({ name: "read", text: task.text, values });
  latencies.push(performance.now() - due);
}

parentPort?.on("message", (what: string) => {
  if (what === "stop") isStopping = true;
  else {
    parentPort?.postMessage(latencies);
    latencies = [];
  }
});

await pool.query("select 1");
parentPort?.postMessage("ready");
const startedAt = performance.now();
const running = new Set<Promise<void>>();
for (let turn = 0; !isStopping; turn += 1) {
  const due = startedAt + (turn * 1_000) / task.perSecond;
  const waitMs = due - performance.now();
  if (waitMs > 1) await pause(waitMs);
  const reading = read(due, turn).finally(() => running.delete(reading));
  running.add(reading);
}
await Promise.all(running);
await pool.end();
parentPort?.close();
