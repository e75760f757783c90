import type { Machine } from "../measure/machine.ts";
import { rounded, spreadOf } from "../measure/statistics.ts";
import type { Audit, BenchmarkResult, Ceiling, Reached } from "../result.ts";
import type { TableCeilings } from "./ceilings.ts";
import type { FirehoseSample } from "./firehose-run.ts";

/** What is known beside the samples. */
export type Surroundings = {
  readonly id: string;
  readonly positions: number;
  readonly flushes: number;
  readonly machine: Machine;
  readonly ceilings: TableCeilings;
  /** What judges have found who looked at all books in the end. */
  readonly faults: readonly string[];
};

const PRODUCT = "crossdock";
/** The ceiling that the product's own batches are nearest to. */
const BATCH_COMPARED = 1_000;

const closedOf = (samples: readonly FirehoseSample[], name: string) =>
  samples.filter((sample) => sample.contestant === name && sample.pace === "closed");

/** A contestant's events a second when it is given all that it can take: the median of its closed runs. */
export function peakOf(samples: readonly FirehoseSample[], name: string): number {
  return spreadOf(closedOf(samples, name).map(({ rate }) => rate)).median;
}

function reachedBy(samples: readonly FirehoseSample[], name: string): Reached {
  const closed = closedOf(samples, name);
  const rates = spreadOf(closed.map(({ rate }) => rate));
  const of = (pick: (sample: FirehoseSample) => number | undefined) =>
    rounded(spreadOf(closed.map((sample) => pick(sample) ?? 0)).median);
  return {
    rate: rounded(rates.median),
    unit: "events/s",
    range: [rates.min, rates.max],
    more: {
      "own µs/event": of(({ contestantMicros }) => contestantMicros),
      "PostgreSQL µs/event": of(({ postgresMicros }) => postgresMicros),
      "client µs/event": of(({ generatorMicros }) => generatorMicros),
      "log bytes/event": of(({ logBytesPerEvent }) => logBytesPerEvent),
      ...lagsOf(samples, name),
    },
  };
}

function lagsOf(samples: readonly FirehoseSample[], name: string): Record<string, number> {
  const open = samples.filter(({ contestant, lags }) => contestant === name && lags !== undefined);
  return Object.fromEntries(
    open.flatMap(({ pace, lags }) => [
      [`lag p50 ms at ${pace}`, lags?.p50Ms ?? 0],
      [`lag p99 ms at ${pace}`, lags?.p99Ms ?? 0],
    ]),
  );
}

function auditOf(samples: readonly FirehoseSample[], others: readonly string[]): Audit {
  const faults = samples.flatMap(({ contestant, round, faults: found }) =>
    found.map((fault) => `${contestant}, round ${round}: ${fault}`),
  );
  faults.push(...others);
  return faults.length === 0 ? "passed" : `failed: ${faults.join("; ")}`;
}

/** What a ceiling's events cost PostgreSQL, to hold the product's own against. */
function costsOf({ unnest }: TableCeilings): Record<string, number> {
  return Object.fromEntries(
    unnest.map(({ batch, postgresMicros }) => [
      `PostgreSQL µs/event of unnest by ${batch}`,
      rounded(postgresMicros, 3),
    ]),
  );
}

/** What the samples of all contestants come to. */
export function outcomeOf(
  samples: readonly FirehoseSample[],
  { id, positions, flushes, machine, ceilings, faults }: Surroundings,
): BenchmarkResult {
  const product = reachedBy(samples, PRODUCT);
  const names = [...new Set(samples.map(({ contestant }) => contestant))].filter((name) => name !== PRODUCT);
  const peers = names.map((name): [string, Reached] => [name, reachedBy(samples, name)]);
  const rate = product.rate ?? 0;
  const compared = ceilings.unnest.find(({ batch }) => batch === BATCH_COMPARED);
  const events = (value: number): Ceiling => ({ rate: rounded(value), unit: "events/s" });
  return {
    id,
    product: { ...product, more: { ...product.more, ...costsOf(ceilings), positions } },
    peers: Object.fromEntries(peers),
    ceilings: {
      "copy into staging": events(ceilings.copy.rate),
      ...Object.fromEntries(
        ceilings.unnest.map((ceiling) => [`unnest by ${ceiling.batch}`, events(ceiling.rate)]),
      ),
      "disk-flushes": { rate: rounded(flushes), unit: "flushes/s" },
    },
    ratios: {
      ...Object.fromEntries(
        peers.map(([name, peer]) => [`times ${name}`, rounded(rate / (peer.rate ?? Number.NaN), 3)]),
      ),
      "of the unnest ceiling": rounded(rate / (compared?.rate ?? Number.NaN), 3),
    },
    audit: auditOf(samples, faults),
    samples,
    machine,
  };
}
