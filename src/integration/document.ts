import {
  type AccountId,
  type DocumentId,
  type DocumentKind,
  documentId,
  type OutboundDocument,
} from "@crossdock/canonical";
import type { Delivery, Rendered, RenderRefusal } from "@crossdock/connector-kit";
import { storable } from "./inbox.ts";

/** A document to send. `key` is its identity in its account: the same kind and key is written once. */
export type DocumentToSend = {
  readonly accountId: AccountId;
  readonly kind: DocumentKind;
  readonly key: string;
  readonly document: OutboundDocument;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
};

/** What came of queueing. `already`: the key was used before, and the document that it names stays as it was. */
export type Enqueued = { readonly documentId: DocumentId; readonly already: boolean };

/** A document as it stands. */
export type DocumentStatus = {
  readonly documentId: DocumentId;
  readonly accountId: AccountId;
  readonly kind: string;
  readonly key: string;
  readonly state: "queued" | "rendered" | "delivered" | "waiting" | "refused" | "dismissed";
  readonly controlNumber: number | undefined;
  readonly name: string | undefined;
  readonly contentType: string | undefined;
  readonly attempts: number;
  readonly deliveries: number;
  readonly problem: string | undefined;
  readonly reference: string | undefined;
  readonly createdAt: Date;
  readonly deliveredAt: Date | undefined;
  readonly acknowledged: "accepted" | "accepted-with-errors" | "rejected" | undefined;
  readonly correlationId: string;
  /** The last time that somebody decided that it is never sent, and why. */
  readonly dismissed: { readonly at: Date; readonly because: string } | undefined;
};

/** A document with its bytes, as its partner gets it. */
export type FetchedDocument = DocumentStatus & {
  readonly name: string;
  readonly contentType: string;
  readonly body: Uint8Array;
};

/** First wait after a failure; each further one doubles it up to the longest. */
export const RETRY_MS_MIN = 1_000;
export const RETRY_MS_MAX = 15 * 60 * 1_000;
/** A wait that a partner asks for is kept to this. */
export const AFTER_MS_MAX = 6 * 60 * 60 * 1_000;
/** After so many failures in a row, about half a day of them, a person has to look. */
export const FAILURES_MAX = 60;
/** Longest problem that is kept: it is read by people. */
const PROBLEM_LENGTH_MAX = 1_000;

/**
 * How long to wait before the next attempt. Doubling spares a partner who is down; the random half keeps many documents, and
 * many installations, from coming back at the same moment. What the partner asks for is kept, and never undercut.
 */
export function retryDelayMs(failure: {
  readonly failures: number;
  readonly afterMs?: number | undefined;
  /** In [0, 1). */
  readonly random: number;
}): number {
  const { failures, afterMs, random } = failure;
  if (afterMs !== undefined) {
    const asked = Math.min(Math.max(0, afterMs), AFTER_MS_MAX);
    return Math.ceil(asked * (1 + random / 10));
  }
  const full = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(failures - 1, 30));
  return Math.ceil(full / 2 + (full / 2) * random);
}

/** What is to be written of an attempt to deliver. */
export type DeliveryRecord = {
  readonly state: "rendered" | "delivered" | "waiting" | "refused";
  readonly failures: number;
  readonly nextAttemptAt: Date;
  readonly problem: string | null;
  readonly reference: string | null;
};

/** What an attempt means for the document: delivered, waiting to be fetched, given up, or to be tried again and when. */
export function afterDelivery(
  delivery: Delivery,
  before: { readonly failures: number; readonly now: Date; readonly random: number },
): DeliveryRecord {
  const { now } = before;
  const none = { failures: 0, nextAttemptAt: now, problem: null, reference: null };
  if (delivery.delivered) {
    const reference = delivery.reference === undefined ? null : cut(delivery.reference);
    return { ...none, state: "delivered", reference };
  }
  switch (delivery.outcome) {
    case "fetch":
      return { ...none, state: "waiting" };
    case "refused":
      return { ...none, state: "refused", problem: cut(delivery.reason) };
    case "retry":
      return again(delivery.reason, delivery.afterMs, before);
    case "unknown":
      // It may have arrived. The connector looks before it sends the same document again.
      return again(`The outcome is unknown: ${delivery.reason}`, undefined, before);
    default:
      return delivery satisfies never;
  }
}

function again(
  reason: string,
  afterMs: number | undefined,
  before: { readonly failures: number; readonly now: Date; readonly random: number },
): DeliveryRecord {
  const failures = before.failures + 1;
  if (failures >= FAILURES_MAX) {
    const problem = cut(`Given up after ${failures} attempts in a row. The last one: ${reason}`);
    return { state: "refused", failures, nextAttemptAt: before.now, problem, reference: null };
  }
  const delayMs = retryDelayMs({ failures, afterMs, random: before.random });
  const nextAttemptAt = new Date(before.now.getTime() + delayMs);
  return { state: "rendered", failures, nextAttemptAt, problem: cut(reason), reference: null };
}

/** Text for people, of a length that can be read. */
export const cut = (text: string): string => storable(text.slice(0, PROBLEM_LENGTH_MAX));

/** Whether rendering gave a document. */
export function isRefusal(rendered: Rendered | RenderRefusal): rendered is RenderRefusal {
  return "refused" in rendered;
}

/** A document's row without its content. */
export type DocumentRow = {
  readonly document_id: string;
  readonly account_id: AccountId;
  readonly kind: string;
  readonly key: string;
  readonly state: DocumentStatus["state"];
  readonly control_number: number | null;
  readonly name: string | null;
  readonly content_type: string | null;
  readonly attempts: number;
  readonly deliveries: number;
  readonly problem: string | null;
  readonly reference: string | null;
  readonly created_at: Date;
  readonly delivered_at: Date | null;
  readonly acknowledged: DocumentStatus["acknowledged"] | null;
  readonly correlation_id: string;
  readonly dismissed_at: Date | null;
  readonly dismissed_because: string | null;
};

/** A document's status out of its row. */
export function toStatus(row: DocumentRow): DocumentStatus {
  return {
    documentId: documentId(row.document_id),
    accountId: row.account_id,
    kind: row.kind,
    key: row.key,
    state: row.state,
    controlNumber: row.control_number ?? undefined,
    name: row.name ?? undefined,
    contentType: row.content_type ?? undefined,
    attempts: row.attempts,
    deliveries: row.deliveries,
    problem: row.problem ?? undefined,
    reference: row.reference ?? undefined,
    createdAt: row.created_at,
    deliveredAt: row.delivered_at ?? undefined,
    acknowledged: row.acknowledged ?? undefined,
    correlationId: row.correlation_id,
    dismissed:
      row.dismissed_at === null || row.dismissed_because === null
        ? undefined
        : { at: row.dismissed_at, because: row.dismissed_because },
  };
}
