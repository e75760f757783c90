import type { HistogramCounts } from "../measure/histogram.ts";
import type { Target } from "./connection.ts";

export type { Target } from "./connection.ts";

import type { Crowd } from "./order-of-asking.ts";

/** When the next request is sent. */
export type Pace =
  /** As soon as an answer has made a connection free: finds the peak. */
  | { readonly is: "closed" }
  /** At a fixed rate whatever the answers do, as buyers come. Latency counts from when a request was due, so a stall is not hidden. */
  | { readonly is: "open"; readonly perSecond: number };

/** What a load generator is told to do. */
export type LoadOrder = {
  readonly target: Target;
  readonly crowd: Crowd;
  /** Put before the buyer's number; makes keys unique over all runs on one database. */
  readonly keyPrefix: string;
  readonly connections: number;
  readonly pace: Pace;
  /** The sale is over when so many were accepted; the answers after that are counted as sold out. */
  readonly units: number;
  /** Ends early, after this time; for warming up. */
  readonly secondsMax?: number;
};

/** What happened in one phase of a run. Latency is in microseconds. */
export type PhaseCount = {
  readonly requests: number;
  readonly elapsedMs: number;
  readonly latency: HistogramCounts;
};

/** What a load generator saw. */
export type LoadResult = {
  readonly selling: PhaseCount;
  readonly soldOut: PhaseCount;
  /** By buyer: 0 never asked, else the status of the answer. */
  readonly statuses: Uint16Array;
  readonly retries: number;
  /** Retries whose answer was not the first one. */
  readonly unlike: number;
  /** An example of each kind of answer, for whoever wonders what was measured. */
  readonly examples: Readonly<Record<number, string>>;
  /** Processor time of the generator itself. */
  readonly generatorMicros: number;
};

export const ACCEPTED = 201;
export const REFUSED = 409;

/** Every key has this length. */
export const BUYER_DIGITS = 7;

/** The key under which a buyer asks. */
export function keyOf(prefix: string, buyer: number): string {
  return prefix + String(buyer).padStart(BUYER_DIGITS, "0");
}
