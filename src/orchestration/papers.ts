import type { AccountId, DocumentKind, Order, OutboundDocument } from "@crossdock/canonical";
import type { Transaction } from "../platform/index.ts";

/** A paper to send. `key` is its identity in its account: the same key is written once. */
export type Paper = {
  readonly accountId: AccountId;
  readonly kind: DocumentKind;
  readonly key: string;
  readonly document: OutboundDocument;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
};

/** Where papers are queued; integration, in the product. */
export type Papers = {
  /** Whether an account's connector can send documents of a kind, and whether its partner has the order that they are about. */
  supports(accountId: AccountId, kind: DocumentKind, order?: Order): Promise<boolean>;
  /** Queues a paper in the caller's transaction; a key that was used before is a no-op. */
  enqueue(tx: Transaction, paper: Paper): Promise<unknown>;
};
