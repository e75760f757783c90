import type { OutboundDocument } from "@crossdock/canonical";
import type { Account } from "../account.ts";
import type { BackfillRequest } from "../backfill.ts";
import type { Connector } from "../connector.ts";
import type { MappedRecord, RawMessage } from "../intake.ts";
import type { RenderContext } from "../outlet.ts";
import type { PublicationRow } from "../publisher.ts";
import type { Fault } from "./faults.ts";

/**
 * What a sample must come to; what is absent is not compared. `records` are those of all parts, in order; `counts` say how
 * many there are of each `is`, for samples too large to write their records down.
 */
export type SampleExpectation = {
  /** Default: true. */
  readonly genuine?: boolean;
  readonly parts?: readonly { readonly key: string; readonly kind: string }[];
  readonly records?: readonly MappedRecord[];
  readonly counts?: Readonly<Partial<Record<MappedRecord["is"], number>>>;
};

/** A message as the vendor sends it, and what it means. Small ones are also mutated in hundreds of ways. */
export type MessageSample = {
  readonly name: string;
  readonly message: RawMessage;
  readonly expect: SampleExpectation;
};

/** A document of ours, and whether the partner can be told it. */
export type DocumentSample = {
  readonly name: string;
  readonly document: OutboundDocument;
  readonly context?: RenderContext;
  /** Default: `rendered`. */
  readonly expect?: "rendered" | "refused";
};

/** A simulated vendor to deliver and publish to. One is started for every check that needs one. */
export type VendorFake = {
  /** An account whose settings and secrets lead to this fake. */
  account(): Account;
  /** The next calls fail in this way, one fault a call: `fakeServer` has the same function. */
  failNext(...faults: readonly Fault[]): void;
  /** How many different things callers have achieved: orders taken, quantities set. A repeated call adds nothing. */
  effects?(): number;
  close(): Promise<void>;
};

/** A connector with everything that is needed to prove it. */
export type ConformanceSubject = {
  readonly connector: Connector;
  /** An account that fits the manifest, with all secrets. Called often; must give equal accounts. */
  account(): Account;
  readonly samples: readonly MessageSample[];
  readonly documents?: readonly DocumentSample[];
  readonly publications?: readonly PublicationRow[];
  /** Missing numbers that a healthy fake has, or knows never to have used, all of them. */
  readonly backfills?: readonly BackfillRequest[];
  readonly fake?: () => Promise<VendorFake>;
  /** Messages that each law is tried on. Default: 300. */
  readonly runs?: number;
  /** Repeats a run whose failure printed its seed. */
  readonly seed?: number;
};

/**
 * One law that every connector keeps. `check` gives a sentence for every breach, and none when it is kept or does not apply
 * to this connector. A breach is always reported with the law's name and why it matters.
 */
export type Law = {
  readonly name: string;
  readonly why: string;
  check(subject: ConformanceSubject): Promise<readonly string[]>;
};

/** What a document is rendered with when its sample names nothing else. */
export const RENDER_CONTEXT: RenderContext = {
  documentId: "doc-conformance-1",
  now: new Date("2026-11-23T09:30:00Z"),
  controlNumber: 101,
};
