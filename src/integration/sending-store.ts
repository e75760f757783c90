import type { OutboundDocument } from "@crossdock/canonical";
import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { DeliveryRecord } from "./document.ts";

/**
 * Accounts whose first open document is due, the longest due first. Only the first counts: documents of an account leave in their
 * order, so one that must wait holds up those behind it.
 */
export function selectDueAccounts(
  database: Queryable,
  now: Date,
  limit: number,
): Promise<{ account_id: string }[]> {
  return database.query<{ account_id: string }>(sql`
    select a.account_id
    from integration.account a
    cross join lateral (
      select d.next_attempt_at from integration.document d
      where d.account_id = a.account_id and d.state in ('queued', 'rendered')
      order by d.document_id limit 1
    ) as head
    where a.enabled and head.next_attempt_at <= ${now}
    order by head.next_attempt_at
    limit ${limit}`);
}

/** An account's first open document, with what delivering it needs. */
export type HeadDocument = {
  readonly document_id: string;
  readonly kind: string;
  readonly content: OutboundDocument;
  readonly state: "queued" | "rendered";
  readonly name: string | null;
  readonly content_type: string | null;
  readonly body: Buffer | null;
  readonly attempts: number;
  readonly failures: number;
  readonly correlation_id: string;
};

/** Locks an account's first open document, if it is due. */
export async function lockHead(
  tx: Transaction,
  accountId: string,
  now: Date,
): Promise<HeadDocument | undefined> {
  const [row] = await tx.query<HeadDocument & { next_attempt_at: Date }>(sql`
    select document_id, kind, content, state, name, content_type, body, attempts, failures, correlation_id, next_attempt_at
    from integration.document
    where account_id = ${accountId} and state in ('queued', 'rendered')
    order by document_id limit 1
    for no key update`);
  return row === undefined || row.next_attempt_at > now ? undefined : row;
}

/** The number that the account's next document would have. The row stays locked, so that nobody else is given the same. */
export async function lockNextControlNumber(tx: Transaction, accountId: string): Promise<number> {
  const [, rows] = await Promise.all([
    tx.execute(sql`
      insert into integration.control_number (account_id, last) values (${accountId}, 0) on conflict do nothing`),
    tx.query<{ next: number }>(sql`
      select last + 1 as next from integration.control_number where account_id = ${accountId} for update`),
  ]);
  const [row] = rows;
  if (row === undefined) throw new Error(`account ${accountId} has no control number`);
  return row.next;
}

/** Keeps a document as it was rendered, together with the control number that it used up. */
export async function keepRendered(
  tx: Transaction,
  rendered: {
    readonly documentId: string;
    readonly accountId: string;
    readonly controlNumber: number;
    readonly name: string;
    readonly contentType: string;
    readonly body: Uint8Array;
  },
): Promise<void> {
  await Promise.all([
    tx.execute(sql`
      update integration.control_number set last = ${rendered.controlNumber} where account_id = ${rendered.accountId}`),
    tx.execute(sql`
      update integration.document
      set state = 'rendered', control_number = ${rendered.controlNumber}, name = ${rendered.name},
          content_type = ${rendered.contentType}, body = ${rendered.body}
      where document_id = ${rendered.documentId} and state = 'queued'`),
  ]);
}

/** Notes that a document cannot be rendered. Its control number stays free. */
export function refuseDocument(tx: Transaction, documentId: string, problem: string): Promise<number> {
  return tx.execute(sql`
    update integration.document set state = 'refused', problem = ${problem} where document_id = ${documentId}`);
}

/** Counts an attempt before it is made, so that one that never ends is counted too. */
export function beginAttempt(tx: Transaction, documentId: string): Promise<number> {
  return tx.execute(sql`
    update integration.document set attempts = attempts + 1 where document_id = ${documentId}`);
}

/** Writes what came of an attempt; nothing when it is not the latest one any more. */
export function endAttempt(
  database: Queryable,
  attempt: { readonly documentId: string; readonly attempts: number; readonly at: Date } & DeliveryRecord,
): Promise<number> {
  const delivered = attempt.state === "delivered";
  return database.execute(sql`
    update integration.document
    set state = ${attempt.state}, failures = ${attempt.failures}, next_attempt_at = ${attempt.nextAttemptAt},
        problem = ${attempt.problem}, reference = coalesce(${attempt.reference}, reference),
        deliveries = deliveries + ${delivered ? 1 : 0},
        delivered_at = case when ${delivered}::boolean then ${attempt.at} else delivered_at end
    where document_id = ${attempt.documentId} and attempts = ${attempt.attempts} and state = 'rendered'`);
}
