import type { Pace } from "./posting.ts";
import type { Shift } from "./shift.ts";

/** How long the events of a shift took from when they were due to be posted to where their reader could see their effect. */
export type Lags = { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };

/** What a run came to. */
export type Run = {
  /** Events that were dealt with, as delivered. */
  readonly events: number;
  /** From the first event to the last effect. */
  readonly elapsedMs: number;
  /** Processor time of whoever made the load. */
  readonly generatorMicros: number;
  readonly lags?: Lags | undefined;
  /** How long a delivery waited for its answer. */
  readonly answers?: Lags | undefined;
};

/** Whoever takes part: what is measured is a shift. */
export type Contestant = {
  readonly name: string;
  readonly role: "product" | "peer";
  /** The process whose processor time is the contestant's. */
  readonly pid: number;
  /** Takes a shift, or as much of it as it is asked to when it is slow. */
  run(shift: Shift, pace: Pace): Promise<Run>;
  /** Compares its books with what they must be after the shifts so far; gives what is wrong, and nothing when all is right. */
  audit(shift: Shift): Promise<readonly string[]>;
  /** Judges everything at the end. */
  verify(): Promise<readonly string[]>;
  stop(): Promise<void>;
};
