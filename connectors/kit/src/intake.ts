import type {
  MasterStatement,
  OrderStatement,
  SnapshotStatement,
  StockStatement,
} from "@crossdock/canonical";
import type { Account } from "./account.ts";
import type { Backfill } from "./backfill.ts";
import type { MessagePart } from "./message-part.ts";

/** Bytes and headers exactly as they arrived. Header names are in lower case. */
export type RawMessage = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

/**
 * Whether a message is what it claims to be. A refusal's text goes to the caller: it names the mend, never the secret.
 * `signedAt` is when it was signed, where the signature covers a time: the product, which has the clock, refuses an old one.
 */
export type Authentication =
  | { readonly genuine: true; readonly signedAt?: Date }
  | { readonly genuine: false; readonly reason: string };

/** One thing that a part says, or why it could not be understood. `at` points into the part: a JSON pointer, a segment. */
export type MappedRecord =
  | { readonly is: "stock"; readonly at: string; readonly statement: StockStatement }
  /** A page of a snapshot. The product splits rows that it cannot resolve off it. */
  | { readonly is: "snapshot"; readonly at: string; readonly statement: SnapshotStatement }
  /** Of an item, a name, a unit, a cost, a lot or a location. It changes what is known if its account owns that. */
  | { readonly is: "master"; readonly at: string; readonly statement: MasterStatement }
  | { readonly is: "order"; readonly at: string; readonly statement: OrderStatement }
  | { readonly is: "acknowledgement"; readonly at: string; readonly acknowledgement: PartnerAcknowledgement }
  | { readonly is: "ignored"; readonly at: string; readonly reason: string }
  | { readonly is: "invalid"; readonly at: string; readonly reason: string; readonly message: string };

/** A partner's word on something that we sent (X12 997, TA1). */
export type PartnerAcknowledgement = {
  readonly controlNumber: string;
  readonly documentType?: string;
  readonly verdict: "accepted" | "accepted-with-errors" | "rejected";
  readonly detail?: string;
};

/** Everything that a part says, and what has to be answered to it on the level of syntax. */
export type Mapping = {
  readonly records: readonly MappedRecord[];
  /** Content of an answer that this connector's outlet can render (a 997); absent when none is due. */
  readonly reply?: unknown;
};

/** From raw messages to statements. `authenticate`, `split` and `map` are pure and never throw, whatever the bytes. */
export type Intake = {
  /**
   * What proves who sent a message. `signature`: `authenticate` does, by itself. `transport`: nothing in the message does, so it is
   * taken only from a caller whose API key the product has checked.
   */
  readonly vouchedBy: "signature" | "transport";
  /**
   * True where the source tells an order again whenever anything about it changes, under the same id: the first telling is the order
   * then, and the others are duplicates whatever they say. Absent: an order that says something else under its id is parked for a
   * person, because the sender means something by it.
   */
  readonly retellsOrders?: boolean;
  authenticate(message: RawMessage, account: Account): Authentication;
  split(message: RawMessage, account: Account): readonly MessagePart[];
  map(part: MessagePart, headers: RawMessage["headers"], account: Account): Mapping;
  /** Asks the source for missing numbers, where its interface can be asked. Its parts are mapped without header fields. */
  readonly backfill?: Backfill;
};
