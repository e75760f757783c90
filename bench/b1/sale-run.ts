import type { Cluster } from "../cluster.ts";
import type { Generator } from "../load/generator-process.ts";
import type { LoadResult, Pace, PhaseCount } from "../load/protocol.ts";
import { createHistogram, type Histogram } from "../measure/histogram.ts";
import { usedByAll, usedByTree } from "../measure/processor-time.ts";
import { rounded } from "../measure/statistics.ts";
import type { Batches, Contestant, Sale, SaleSize } from "./contestant.ts";

/** The sale of the benchmark, and one that only shows that everything works. */
export const WHOLE_SALE: SaleSize = { units: 10_000, buyers: 50_000, inFlight: 256, retryShare: 0.05 };
export const SMALL_SALE: SaleSize = { units: 2_000, buyers: 10_000, inFlight: 256, retryShare: 0.05 };

/** What one sale came to. Latency in milliseconds, processor time in microseconds a request. */
export type SaleSample = {
  readonly contestant: string;
  readonly round: number;
  readonly pace: string;
  readonly requests: number;
  readonly elapsedMs: number;
  readonly rate: number;
  readonly acceptedPerSecond: number;
  readonly soldOutRate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly sellingP99Ms: number;
  readonly soldOutP99Ms: number;
  readonly retries: number;
  readonly requestsPerBatch: number | undefined;
  readonly logBytesPerRequest: number;
  readonly serverMicros: number | undefined;
  readonly postgresMicros: number | undefined;
  readonly generatorMicros: number;
  /** Processors that were busy with something else: above a few hundredths the sample was disturbed. */
  readonly otherCores: number | undefined;
  readonly faults: readonly string[];
};

/** Everything that a sale needs. */
export type Stage = { readonly cluster: Cluster; readonly generator: Generator; readonly size: SaleSize };

export type SaleOrder = {
  readonly contestant: Contestant;
  readonly label: string;
  readonly round: number;
  readonly pace: Pace;
};

/** Holds one sale and audits it. */
export async function holdSale(
  stage: Stage,
  { contestant, label, round, pace }: SaleOrder,
): Promise<SaleSample> {
  const { cluster, generator } = stage;
  const { size = stage.size } = contestant;
  const sale: Sale = { itemId: `sale-${label}`, units: size.units, keyPrefix: `${label}.` };
  const target = await contestant.prepare(sale);
  await cluster.checkpoint();
  const before = await readMeters(stage, contestant);
  const seen = await generator.run({
    target,
    crowd: { buyers: size.buyers, retryShare: size.retryShare, seed: label },
    keyPrefix: sale.keyPrefix,
    connections: size.inFlight,
    pace,
    units: size.units,
  });
  const after = await readMeters(stage, contestant);
  const faults = contestant.role === "ceiling" ? [] : await contestant.audit(sale, seen);
  const paceText = pace.is === "closed" ? "closed" : `open ${Math.round(pace.perSecond)}/s`;
  return {
    ...sampleOf(seen, size),
    ...perRequest(before, after, seen),
    contestant: contestant.name,
    round,
    pace: paceText,
    faults,
  };
}

function sampleOf(seen: LoadResult, { units }: SaleSize) {
  const { selling, soldOut, retries } = seen;
  const all = createHistogram(selling.latency);
  all.add(soldOut.latency);
  const elapsedMs = selling.elapsedMs + soldOut.elapsedMs;
  return {
    requests: all.count,
    elapsedMs: rounded(elapsedMs),
    rate: rounded((all.count * 1_000) / elapsedMs),
    acceptedPerSecond: rounded((units * 1_000) / selling.elapsedMs),
    soldOutRate: rateOf(soldOut),
    p50Ms: inMs(all, 0.5),
    p99Ms: inMs(all, 0.99),
    maxMs: rounded(all.max / 1_000),
    sellingP99Ms: inMs(createHistogram(selling.latency), 0.99),
    soldOutP99Ms: inMs(createHistogram(soldOut.latency), 0.99),
    retries,
  };
}

function rateOf({ requests, elapsedMs }: PhaseCount): number {
  return elapsedMs === 0 ? 0 : rounded((requests * 1_000) / elapsedMs);
}

function inMs(latency: Histogram, share: number): number {
  return rounded(latency.quantile(share) / 1_000);
}

/** Readings at one moment. What this machine or this contestant cannot tell is absent. */
type Readings = {
  readonly atMs: number;
  readonly logBytes: number;
  /** Processor time in microseconds: of the server, of PostgreSQL, of this process, and of the whole machine. */
  readonly server: number | undefined;
  readonly postgres: number | undefined;
  readonly own: number;
  readonly all: number | undefined;
  readonly batches: Batches | undefined;
};

async function readMeters({ cluster }: Stage, contestant: Contestant): Promise<Readings> {
  const own = process.cpuUsage();
  return {
    atMs: performance.now(),
    logBytes: await cluster.logBytes(),
    server: usedByTree(contestant.server.pid),
    postgres: usedByTree(cluster.pid),
    own: own.user + own.system,
    all: usedByAll(),
    batches: await contestant.batches(),
  };
}

function perRequest(before: Readings, after: Readings, seen: LoadResult) {
  const requests = seen.selling.requests + seen.soldOut.requests;
  const server = less(after.server, before.server);
  const postgres = less(after.postgres, before.postgres);
  const batches = less(after.batches?.count, before.batches?.count);
  const batched = less(after.batches?.requests, before.batches?.requests);
  const all = less(after.all, before.all);
  const ours = (server ?? 0) + (postgres ?? 0) + seen.generatorMicros + after.own - before.own;
  const othersMicros = all === undefined ? undefined : Math.max(0, all - ours);
  return {
    logBytesPerRequest: rounded((after.logBytes - before.logBytes) / requests),
    generatorMicros: rounded(seen.generatorMicros / requests),
    serverMicros: ratio(server, requests),
    postgresMicros: ratio(postgres, requests),
    requestsPerBatch: ratio(batched, batches),
    otherCores: ratio(othersMicros, (after.atMs - before.atMs) * 1_000),
  };
}

function less(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined || before === undefined ? undefined : after - before;
}

function ratio(value: number | undefined, of: number | undefined): number | undefined {
  return value === undefined || of === undefined || of === 0 ? undefined : rounded(value / of, 3);
}
