/**
 * B4, the snapshot: how fast a count of everything is taken in when nearly all of it is right, and when all of it is wrong.
 *
 * Terms: a *round* is one snapshot of every location: the first load, one with 5 % of the numbers changed, one with all of them. A
 * *reader* asks for a hundred items at every location fifty times a second meanwhile, in a thread of its own.
 *
 * Invariants: all contestants use one durable PostgreSQL server with the same settings, one after the other, each with its own database
 * at rest before a round begins; the product's rows count from the append of the first page to the log to the commit of the last
 * slice; after every round an audit compares every position with what was counted, and a contestant that fails it has no rate.
 *
 * It deliberately leaves out the way over HTTP (`B1` measures that) and the resolving of references. Ways that need a round trip for
 * every few rows are given a part of the rows: their rate does not depend on how many there are.
 */
import { type Cluster, startCluster } from "../cluster.ts";
import { machineWith } from "../measure/machine.ts";
import { usedByTree } from "../measure/processor-time.ts";
import { rounded } from "../measure/statistics.ts";
import type { Benchmark, BenchmarkOptions, BenchmarkResult, Reached } from "../result.ts";
import type { Contestant } from "./contestant.ts";
import { copyRate, openPeers } from "./peers.ts";
import { openProduct } from "./product.ts";
import { type Reader, type Reading, startReader } from "./reader.ts";
import { ROUNDS, type Round, rowsOf, type Size } from "./workload.ts";

const LOCATIONS = 12;
const POSITIONS = 1_200_000;
const POSITIONS_QUICK = 60_000;
const READS_PER_SECOND = 50;
/** How long is read without an import, to have something to compare with. */
const QUIET_MS = 4_000;

/** One round of one contestant. */
type Sample = {
  readonly contestant: string;
  readonly round: string;
  readonly rows: number;
  readonly seconds: number;
  readonly rate: number;
  readonly cpuMicrosPerRow: number | undefined;
  readonly walBytesPerRow: number;
  readonly quiet: Reading | undefined;
  readonly busy: Reading | undefined;
  readonly phasesMs: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
};

/** The snapshot. */
export const snapshotImport: Benchmark = {
  id: "B4",
  about: "a snapshot of 1.2 million positions at 12 locations, 5 % and 100 % of it changed",
  async run(options) {
    const positions = options.positions ?? (options.quick ? POSITIONS_QUICK : POSITIONS);
    const size: Size = { locations: LOCATIONS, items: Math.ceil(positions / LOCATIONS) };
    const cluster = await startCluster();
    options.stopper.add("cluster", cluster.stop);
    const samples: Sample[] = [];
    const contestants = [await openProduct(cluster, size), ...(await openPeers(cluster, size))];
    for (const contestant of contestants) {
      options.stopper.add(contestant.name, contestant.close);
      samples.push(...(await runAll(cluster, contestant, options)));
    }
    const copied = await copyRate(cluster, size);
    return outcomeOf(samples, { copied, size, postgres: cluster.version });
  },
};

async function runAll(
  cluster: Cluster,
  contestant: Contestant,
  { say, stopper }: BenchmarkOptions,
): Promise<readonly Sample[]> {
  say(`preparing ${contestant.name}`);
  await contestant.prepare();
  const rounds = contestant.name === "crossdock" ? ROUNDS : ROUNDS.slice(1);
  const samples: Sample[] = [];
  for (const round of rounds) {
    const { reads } = contestant;
    const reader =
      reads === undefined ? undefined : await startReader({ ...reads, perSecond: READS_PER_SECOND });
    if (reader !== undefined) stopper.add(`reader of ${contestant.name}`, reader.stop);
    const sample = await runRound(cluster, contestant, { round, reader });
    await reader?.stop();
    say(told(sample));
    samples.push(sample);
  }
  return samples;
}

async function runRound(
  cluster: Cluster,
  contestant: Contestant,
  { round, reader }: { readonly round: Round; readonly reader: Reader | undefined },
): Promise<Sample> {
  await cluster.checkpoint();
  await new Promise((done) => setTimeout(done, QUIET_MS));
  const quiet = await reader?.taken();
  const [walBefore, cpuBefore] = [await cluster.logBytes(), cpuUsed(cluster)];
  const startedAt = performance.now();
  const { rows, phasesMs } = await contestant.import(round);
  const seconds = (performance.now() - startedAt) / 1_000;
  const [walAfter, cpuAfter] = [await cluster.logBytes(), cpuUsed(cluster)];
  const busy = await reader?.taken();
  return {
    contestant: contestant.name,
    round: round.name,
    rows,
    seconds: rounded(seconds),
    rate: rounded(rows / seconds),
    cpuMicrosPerRow:
      cpuBefore === undefined || cpuAfter === undefined ? undefined : rounded((cpuAfter - cpuBefore) / rows),
    walBytesPerRow: rounded((walAfter - walBefore) / rows),
    quiet,
    busy,
    phasesMs,
    faults: await contestant.audit(round),
  };
}

/** Processor time of this process, its readers included, and of the server. */
function cpuUsed(cluster: Cluster): number | undefined {
  const server = usedByTree(cluster.pid);
  const { user, system } = process.cpuUsage();
  return server === undefined ? undefined : server + user + system;
}

function told(sample: Sample): string {
  const { contestant, round, rate, rows, seconds, quiet, busy, phasesMs, faults } = sample;
  const phases = Object.entries(phasesMs).map(([name, ms]) => `${name} at ${Math.round(ms)} ms`);
  const reads =
    busy === undefined ? [] : [`readers' p99 ${round1(busy.p99Ms)} ms, ${round1(quiet?.p99Ms ?? 0)} at rest`];
  const notes = [...phases, ...reads, ...faults.map((fault) => `AUDIT FAILED: ${fault}`)];
  return [`${contestant}, ${round}: ${rows} rows in ${seconds} s, ${rate}/s`, ...notes].join("; ");
}

const round1 = (value: number) => rounded(value, 3);

type Known = { readonly copied: number; readonly size: Size; readonly postgres: string };

function outcomeOf(samples: readonly Sample[], known: Known): BenchmarkResult {
  const byName = Map.groupBy(samples, (sample) => sample.contestant);
  const [product, ...peers] = [...byName].map(([name, own]) => ({ name, reached: reachedOf(own) }));
  if (product === undefined) throw new Error("nobody was measured");
  const bulk = peers.find(({ name }) => name === "upsert in bulk")?.reached.rate ?? 0;
  const faults = samples.flatMap((sample) => sample.faults);
  return {
    id: snapshotImport.id,
    product: product.reached,
    peers: Object.fromEntries(peers.map(({ name, reached }) => [name, reached])),
    ceilings: { "copy into staging": { rate: rounded(known.copied), unit: "rows/s" } },
    ratios: {
      "5 % changed, to bulk upsert": rounded((product.reached.rate ?? 0) / bulk),
      "5 % changed, to copy": rounded((product.reached.rate ?? 0) / known.copied),
      positions: rowsOf(known.size),
    },
    audit: faults.length === 0 ? "passed" : `failed: ${faults.join("; ")}`,
    samples,
    machine: machineWith(known.postgres),
  };
}

/** The rate is of the round with 5 % changed, which is what a night's snapshot is. */
function reachedOf(samples: readonly Sample[]): Reached {
  const usual = samples.find(({ round }) => round === "5 % changed");
  if (usual === undefined) throw new Error("the usual round was not run");
  const rates = samples.map(({ rate }) => rate);
  const more = samples.flatMap((sample): [string, number][] => {
    const { round, seconds, cpuMicrosPerRow, walBytesPerRow, quiet, busy } = sample;
    const slower = busy === undefined || quiet === undefined ? [] : [busy.p99Ms / quiet.p99Ms];
    return [
      [`${round}: seconds`, seconds],
      ...(cpuMicrosPerRow === undefined
        ? []
        : [[`${round}: cpu µs a row`, cpuMicrosPerRow] satisfies [string, number]]),
      [`${round}: log bytes a row`, walBytesPerRow],
      ...slower.map((times): [string, number] => [
        `${round}: readers' p99, times that at rest`,
        round1(times),
      ]),
    ];
  });
  return {
    rate: usual.rate,
    unit: "rows/s",
    range: [Math.min(...rates), Math.max(...rates)],
    ...(usual.busy === undefined ? {} : { p50Ms: round1(usual.busy.p50Ms), p99Ms: round1(usual.busy.p99Ms) }),
    more: Object.fromEntries(more),
  };
}
