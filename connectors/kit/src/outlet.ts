import type { DocumentKind, Order, OutboundDocument } from "@crossdock/canonical";
import type { Account } from "./account.ts";
import type { ConnectorIo } from "./lent-io.ts";

/** What rendering may use that is not in the document: all of it is stored, so that a rendering can be repeated exactly. */
export type RenderContext = {
  readonly documentId: string;
  /** When the document is written. */
  readonly now: Date;
  /** The next number of this account's own sequence: a control number. Gapless and never reused. */
  readonly controlNumber: number;
};

export type Rendered = {
  readonly body: Uint8Array;
  readonly contentType: string;
  /** What the partner knows it by, for operators and to match its acknowledgement: an interchange control number, a path. */
  readonly name: string;
};

/** A document that the partner cannot be told, with what to mend. */
export type RenderRefusal = { readonly refused: string };

/** How handing over went. `unknown` is a third state: the effect may have happened, so look before sending again. */
export type Delivery =
  | { readonly delivered: true; readonly reference?: string }
  | {
      readonly delivered: false;
      readonly outcome: "retry";
      readonly reason: string;
      readonly afterMs?: number;
    }
  | { readonly delivered: false; readonly outcome: "refused"; readonly reason: string }
  | { readonly delivered: false; readonly outcome: "fetch" }
  | { readonly delivered: false; readonly outcome: "unknown"; readonly reason: string };

/** From our documents to the partner. `render` is pure; `deliver` is the connector's thin IO and may run twice. */
export type Outlet = {
  readonly documents: readonly DocumentKind[];
  /**
   * Whether the partner has an order of its account, so that it can be told of it: an order that was entered for the account here may
   * be news to it. Absent: it has every one. It is sent no papers of an order that it does not have.
   */
  hasOrder?(order: Order, account: Account): boolean;
  /**
   * The least time between two inventory advices to the account's partner. What changes meanwhile is told together at its end, with the
   * values of that moment; an item that goes to zero waits for nothing. Absent: none.
   */
  adviceIntervalMs?(account: Account): number;
  render(document: OutboundDocument, context: RenderContext, account: Account): Rendered | RenderRefusal;
  /**
   * Hands the rendered bytes over. Absent when the partner always fetches; an account that is set up for fetching answers
   * `{ delivered: false, outcome: "fetch" }` and the document waits in the account's outbox.
   */
  deliver?(
    rendered: Rendered,
    document: OutboundDocument,
    io: ConnectorIo,
    account: Account,
  ): Promise<Delivery>;
};
