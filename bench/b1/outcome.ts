import type { Machine } from "../measure/machine.ts";
import { rounded, spreadOf } from "../measure/statistics.ts";
import type { Audit, BenchmarkResult, Reached } from "../result.ts";
import type { Contestant } from "./contestant.ts";
import type { SaleSample } from "./sale-run.ts";

/** Who took part. */
export type Entrant = Pick<Contestant, "name" | "role">;

/** What is known beside the samples. */
export type Surroundings = {
  readonly id: string;
  readonly flushes: number;
  readonly machine: Machine;
  /** What judges have found who looked at all books in the end. */
  readonly faults: readonly string[];
};

/** The product's requests a second when nobody waits for anything but answers: the median of its closed runs. */
export function peakOf(samples: readonly SaleSample[], name: string): number {
  return spreadOf(closedOf(samples, name).map((sample) => sample.rate)).median;
}

/** How a point of the saturation curve is told from the other samples. */
export const curvePace = (inFlight: number): string => `closed, ${inFlight} in flight`;

function curveOf(samples: readonly SaleSample[], name: string): Readonly<Record<string, number>> {
  const points = samples.filter(({ contestant, pace }) => contestant === name && pace.startsWith("closed, "));
  return Object.fromEntries(points.map(({ pace, rate }) => [`requests/s ${pace}`, rate]));
}

function closedOf(samples: readonly SaleSample[], name: string): readonly SaleSample[] {
  return samples.filter((sample) => sample.contestant === name && sample.pace === "closed");
}

const median = (values: readonly number[]): number => rounded(spreadOf(values).median);

/** A peer that fails an audit has no rate; that is its own affair, and the outcome of the run is not judged by it. */
function reachedBy(samples: readonly SaleSample[], { name, role }: Entrant): Reached {
  const closed = closedOf(samples, name);
  const rates = spreadOf(closed.map((sample) => sample.rate));
  const of = (pick: (sample: SaleSample) => number | undefined) =>
    median(closed.map((sample) => pick(sample) ?? 0));
  const failed = role === "peer" ? closed.filter(({ faults }) => faults.length > 0) : [];
  return {
    rate: failed.length > 0 ? null : rounded(rates.median),
    unit: "requests/s",
    p50Ms: of((sample) => sample.p50Ms),
    p99Ms: of((sample) => sample.p99Ms),
    range: [rates.min, rates.max],
    more: {
      "accepted/s while selling": of((sample) => sample.acceptedPerSecond),
      "refused/s when sold out": of((sample) => sample.soldOutRate),
      "server µs/request": of((sample) => sample.serverMicros),
      "PostgreSQL µs/request": of((sample) => sample.postgresMicros),
      "client µs/request": of((sample) => sample.generatorMicros),
      "log bytes/request": of((sample) => sample.logBytesPerRequest),
      "requests/batch": of((sample) => sample.requestsPerBatch),
      ...(failed.length === 0 ? {} : { "sales that failed the audit": failed.length }),
      ...curveOf(samples, name),
    },
  };
}

function auditOf(samples: readonly SaleSample[], others: readonly string[]): Audit {
  const faults = samples.flatMap(({ contestant, round, faults: found }) =>
    found.map((fault) => `${contestant}, round ${round}: ${fault}`),
  );
  faults.push(...others);
  return faults.length === 0 ? "passed" : `failed: ${faults.join("; ")}`;
}

/** What the samples of all contestants come to. */
export function outcomeOf(
  entrants: readonly Entrant[],
  samples: readonly SaleSample[],
  { id, flushes, machine, faults }: Surroundings,
): BenchmarkResult {
  const named = (role: Entrant["role"]): [string, Reached][] =>
    entrants.filter((one) => one.role === role).map((one) => [one.name, reachedBy(samples, one)]);
  const [product] = named("product");
  if (product === undefined) throw new Error("the product did not take part");
  const [peers, ceilings] = [named("peer"), named("ceiling")];
  const against = ([name, { rate }]: [string, Reached]) => [
    `times ${name}`,
    rounded((product[1].rate ?? 0) / (rate ?? Number.NaN), 3),
  ];
  return {
    id,
    product: product[1],
    peers: Object.fromEntries(peers),
    ceilings: {
      ...Object.fromEntries(ceilings.map(([name, { rate, unit }]) => [name, { rate: rate ?? 0, unit }])),
      "disk-flushes": { rate: rounded(flushes), unit: "flushes/s" },
    },
    ratios: Object.fromEntries([...peers, ...ceilings].filter(([, { rate }]) => rate !== null).map(against)),
    audit: auditOf(
      samples.filter(({ contestant }) => !peers.some(([name]) => name === contestant)),
      faults,
    ),
    samples,
    machine,
  };
}
