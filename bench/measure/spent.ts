import type { Cluster } from "../cluster.ts";
import { readMeters, usedBetween } from "./meters.ts";
import { usedByTree } from "./processor-time.ts";

/** What a piece of work took. Processor time in microseconds; absent where this machine cannot tell. */
export type Spent = {
  /** Of this process. */
  readonly ownMicros: number;
  /** Of a server that was called, where there is one. */
  readonly serverMicros: number | undefined;
  readonly postgresMicros: number | undefined;
  readonly logBytes: number;
  /** Processors that were busy with something else: above a few hundredths the sample was disturbed. */
  readonly otherCores: number | undefined;
};

/** Does a piece of work and reads the meters before and after it. */
export async function spentOn<Value>(
  cluster: Cluster,
  work: () => Promise<Value>,
  serverPid?: number,
): Promise<{ readonly value: Value; readonly spent: Spent }> {
  await cluster.checkpoint();
  const server = () => (serverPid === undefined ? undefined : usedByTree(serverPid));
  const [cpu, serverBefore, before] = [process.cpuUsage(), server(), await readMeters(cluster, cluster.pid)];
  const value = await work();
  const [own, serverAfter, after] = [process.cpuUsage(cpu), server(), await readMeters(cluster, cluster.pid)];
  const serverMicros =
    serverAfter === undefined || serverBefore === undefined ? undefined : serverAfter - serverBefore;
  // The server's tree stands where a contestant's process would; PostgreSQL's is counted once.
  const others = { ...after, contestant: (serverMicros ?? 0) + (before.contestant ?? 0) };
  const { postgresMicros, logBytes, otherCores } = usedBetween(before, others);
  return {
    value,
    spent: { ownMicros: own.user + own.system, serverMicros, postgresMicros, logBytes, otherCores },
  };
}

/** What was spent on each of so many. */
export function each(spent: Spent, of: number) {
  return {
    "own µs": spent.ownMicros / of,
    ...(spent.serverMicros === undefined ? {} : { "server µs": spent.serverMicros / of }),
    ...(spent.postgresMicros === undefined ? {} : { "PostgreSQL µs": spent.postgresMicros / of }),
    "log bytes": spent.logBytes / of,
  };
}
