import type { Delimiters } from "./delimiters.ts";
import type { Fault } from "./faults.ts";
import type { Segment } from "./segment.ts";

/** Values are without the padding around them. */
export type Interchange = {
  /** ISA01 … ISA16, index 0 empty so that index 6 is ISA06. */
  readonly header: readonly string[];
  readonly delimiters: Delimiters;
  /** Count in the file of the ISA segment, and its byte offset. */
  readonly position: number;
  readonly offset: number;
  readonly groups: readonly Group[];
  /** TA1 segments: the sender's answers to interchanges of ours. */
  readonly acknowledgements: readonly Segment[];
  readonly faults: readonly Fault[];
  /** False when the ISA was cut off: nothing in it can be relied on, not even whom to answer. */
  readonly addressed: boolean;
};

export type Group = {
  /** GS01: "PO", "SH", "FA" … */
  readonly functionalId: string;
  readonly sender: string;
  readonly receiver: string;
  readonly controlNumber: string;
  /** GS08: "004010", "005010X220A1", "004010VICS" … */
  readonly version: string;
  readonly position: number;
  readonly offset: number;
  readonly sets: readonly TransactionSet[];
  /** GE01 as a number, or null when GE is missing or its count cannot be read. */
  readonly setsDeclared: number | null;
  readonly faults: readonly Fault[];
};

export type TransactionSet = {
  /** ST01: "850", "997" … */
  readonly id: string;
  readonly controlNumber: string;
  /** ST03, from 005010 on. */
  readonly implementation: string;
  readonly position: number;
  readonly offset: number;
  /** Segments from ST to SE, both included. */
  readonly segmentCount: number;
  /** The segments between ST and SE, when the reader was asked to keep them. */
  readonly segments: readonly Segment[];
  readonly faults: readonly Fault[];
};

/** What looks into a set; the envelope only counts it. */
export type SetChecker = {
  readonly faults: readonly Fault[];
  segment(segment: Segment): void;
  end(offset: number): void;
};
