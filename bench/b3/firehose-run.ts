import type { Cluster } from "../cluster.ts";
import { readMeters, usedBetween } from "../measure/meters.ts";
import { rounded } from "../measure/statistics.ts";
import type { Contestant, Lags } from "./contestant.ts";
import type { Pace } from "./posting.ts";
import type { Shift } from "./shift.ts";

/** What one run came to. Processor time in microseconds an event, summed over all processors. */
export type FirehoseSample = {
  readonly contestant: string;
  readonly round: number;
  readonly pace: string;
  readonly events: number;
  readonly elapsedMs: number;
  readonly rate: number;
  readonly contestantMicros: number | undefined;
  readonly postgresMicros: number | undefined;
  readonly generatorMicros: number;
  readonly logBytesPerEvent: number;
  readonly lags: Lags | undefined;
  readonly answers: Lags | undefined;
  /** Processors that were busy with something else: above a few hundredths the sample was disturbed. */
  readonly otherCores: number | undefined;
  readonly faults: readonly string[];
};

export type FirehoseOrder = {
  readonly contestant: Contestant;
  readonly shift: Shift;
  readonly round: number;
  readonly pace: Pace;
};

/** Runs and audits one shift. */
export async function runShift(
  cluster: Cluster,
  { contestant, shift, round, pace }: FirehoseOrder,
): Promise<FirehoseSample> {
  await cluster.checkpoint();
  const before = await readMeters(cluster, contestant.pid);
  const run = await contestant.run(shift, pace);
  const after = await readMeters(cluster, contestant.pid);
  const { events, elapsedMs, generatorMicros } = run;
  const used = usedBetween(before, after, generatorMicros);
  const each = (value: number) => rounded(value / events, 3);
  return {
    contestant: contestant.name,
    round,
    pace: pace.is === "closed" ? "closed" : `open ${Math.round(pace.eventsPerSecond)}/s`,
    events,
    elapsedMs: rounded(elapsedMs),
    rate: rounded((events * 1_000) / elapsedMs),
    contestantMicros: used.contestantMicros === undefined ? undefined : each(used.contestantMicros),
    postgresMicros: used.postgresMicros === undefined ? undefined : each(used.postgresMicros),
    generatorMicros: each(generatorMicros),
    logBytesPerEvent: each(used.logBytes),
    lags: run.lags,
    answers: run.answers,
    otherCores: used.otherCores === undefined ? undefined : rounded(used.otherCores, 2),
    faults: await contestant.audit(shift),
  };
}
