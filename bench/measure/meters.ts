import type { Cluster } from "../cluster.ts";
import { usedByAll, usedByTree } from "./processor-time.ts";

/** Readings at one moment, in microseconds of processor time and bytes. What this machine cannot tell is absent. */
export type Readings = {
  readonly atMs: number;
  readonly logBytes: number;
  readonly postgres: number | undefined;
  /** Of the contestant's own process. */
  readonly contestant: number | undefined;
  readonly own: number;
  readonly all: number | undefined;
};

/** Reads all meters. */
export async function readMeters(cluster: Cluster, contestantPid: number): Promise<Readings> {
  const own = process.cpuUsage();
  return {
    atMs: performance.now(),
    logBytes: await cluster.logBytes(),
    postgres: usedByTree(cluster.pid),
    contestant: usedByTree(contestantPid),
    own: own.user + own.system,
    all: usedByAll(),
  };
}

/** What was used between two readings. `generatorMicros` is what a load generator used meanwhile. */
export function usedBetween(before: Readings, after: Readings, generatorMicros = 0) {
  const elapsedMs = after.atMs - before.atMs;
  const postgres = less(after.postgres, before.postgres);
  const contestant = less(after.contestant, before.contestant);
  const all = less(after.all, before.all);
  const ours = (postgres ?? 0) + (contestant ?? 0) + generatorMicros + after.own - before.own;
  return {
    logBytes: after.logBytes - before.logBytes,
    postgresMicros: postgres,
    contestantMicros: contestant,
    /** Processors that were busy with something else: above a few hundredths the sample was disturbed. */
    otherCores: all === undefined ? undefined : Math.max(0, all - ours) / (elapsedMs * 1_000),
  };
}

function less(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined || before === undefined ? undefined : after - before;
}
