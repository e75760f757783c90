import type { Stopper } from "../src/platform/index.ts";
import type { Machine } from "./measure/machine.ts";

/** What a contestant reached: the median over the rounds. `rate` is null where an audit has voided it. */
export type Reached = {
  readonly rate: number | null;
  readonly unit: string;
  /** How long an answer took; absent where nobody waits for one. */
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  /** The lowest and the highest round. */
  readonly range: readonly [min: number, max: number];
  /** Whatever else is worth telling of this contestant, by name with the unit last. */
  readonly more: Readonly<Record<string, number>>;
};

/** What this machine can do at best: nothing above it can be reached. */
export type Ceiling = { readonly rate: number; readonly unit: string };

/** `passed`, or what was found wrong; then the product's rate is void. */
export type Audit = "passed" | `failed: ${string}`;

/** The outcome of one benchmark. With `--json` it is the last line of the output. */
export type BenchmarkResult = {
  readonly id: string;
  readonly product: Reached;
  readonly peers: Readonly<Record<string, Reached>>;
  readonly ceilings: Readonly<Record<string, Ceiling>>;
  /** Products of two of the numbers above that people ask for. */
  readonly ratios: Readonly<Record<string, number>>;
  readonly audit: Audit;
  /** One entry a run, in the order in which they were made. */
  readonly samples: readonly Readonly<Record<string, unknown>>[];
  readonly machine: Machine;
};

/** What every benchmark is told. */
export type BenchmarkOptions = {
  /** A small run that shows that everything works; its numbers mean little. */
  readonly quick: boolean;
  /** Go on adding rounds for at least this long. */
  readonly seconds: number | undefined;
  /** How many positions there are, where that is a question. */
  readonly positions: number | undefined;
  /** Where the product's server leaves a CPU profile when it stops. */
  readonly profileFolder: string | undefined;
  /** Whether shop systems take part, which have to be installed first. */
  readonly hasShops: boolean;
  /** Told what to close at the end, whether that comes by itself or by Ctrl-C: servers must not be left behind. */
  readonly stopper: Stopper;
  /** Says what is going on. */
  readonly say: (line: string) => void;
};

/** One benchmark. */
export type Benchmark = {
  readonly id: string;
  readonly about: string;
  /** Runs it. Throws when it could not be run; a failed audit is a result. */
  run(options: BenchmarkOptions): Promise<BenchmarkResult>;
};

/** Voids the product's number unless the audit has passed. */
export function judged(result: BenchmarkResult): BenchmarkResult {
  return result.audit === "passed" ? result : { ...result, product: { ...result.product, rate: null } };
}
