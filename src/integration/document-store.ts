import type { FactData, OutboundDocument } from "@crossdock/canonical";
import { json, type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { DocumentRow } from "./document.ts";

/** A document as it is queued. */
export type DocumentToQueue = {
  readonly documentId: string;
  readonly accountId: string;
  readonly kind: string;
  readonly key: string;
  readonly content: OutboundDocument;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly at: Date;
};

/** Queues a document; false when its kind and key were used before. */
export async function insertDocument(tx: Transaction, document: DocumentToQueue): Promise<boolean> {
  const inserted = await tx.execute(sql`
    insert into integration.document
      (document_id, account_id, kind, key, content, correlation_id, causation_id, state, next_attempt_at, created_at)
    values (${document.documentId}, ${document.accountId}, ${document.kind}, ${document.key}, ${json(document.content)},
            ${document.correlationId}, ${document.causationId}, 'queued', ${document.at}, ${document.at})
    on conflict (account_id, kind, key) do nothing`);
  return inserted > 0;
}

/**
 * When an account's newest inventory advice was written, and of how many items. The keys of advices are their ids, which rise with
 * time, so this is one look into the index that keeps keys unique.
 */
export async function selectLastAdvice(
  database: Queryable,
  accountId: string,
): Promise<{ readonly at: Date; readonly rows: number } | undefined> {
  const [row] = await database.query<{ at: Date; rows: number }>(sql`
    select created_at as at, jsonb_array_length(content -> 'rows') as rows from integration.document
    where account_id = ${accountId} and kind = 'inventory-advice' order by key desc limit 1`);
  return row;
}

/** The id of the document that has a kind and key. */
export async function selectDocumentId(
  database: Queryable,
  document: Pick<DocumentToQueue, "accountId" | "kind" | "key">,
): Promise<string | undefined> {
  const [row] = await database.query<{ document_id: string }>(sql`
    select document_id from integration.document
    where account_id = ${document.accountId} and kind = ${document.kind} and key = ${document.key}`);
  return row?.document_id;
}

/** Sends replies again that have been delivered already. One that is still on its way answers this delivery as well. */
export function requeueReplies(
  tx: Transaction,
  accountId: string,
  messageIds: readonly string[],
  at: Date,
): Promise<number> {
  return tx.execute(sql`
    update integration.document set state = 'rendered', failures = 0, problem = null, next_attempt_at = ${at}
    where account_id = ${accountId} and kind = 'reply' and key = any (${messageIds}::text[]) and state = 'delivered'`);
}

/**
 * Notes what partners said about documents. They are found by the control number they were rendered with, or by name. Of two
 * words on one document the worse one stays, because a TA1 and a 997 may come in either order.
 */
export function acknowledgeDocuments(
  tx: Transaction,
  told: readonly FactData<"DocumentAcknowledged">[],
  at: Date,
): Promise<number> {
  return tx.execute(sql`
    with told as (
      select t.account_id, t.control_number, case when t.control_number ~ '^[0-9]{1,15}$' then t.control_number::bigint end as number,
             array_position(array['accepted', 'accepted-with-errors', 'rejected'], t.verdict) as gravity
      from unnest(${told.map((t) => t.accountId)}::text[], ${told.map((t) => t.controlNumber)}::text[],
                  ${told.map((t) => t.verdict)}::text[]) as t (account_id, control_number, verdict)
    ), found as (
      select d.document_id, max(t.gravity) as gravity
      from told t join integration.document d
        on d.account_id = t.account_id and d.kind <> 'reply' and (d.control_number = t.number or d.name = t.control_number)
      group by d.document_id
    )
    update integration.document d
    set acknowledged = (array['accepted', 'accepted-with-errors', 'rejected'])[greatest(f.gravity,
          coalesce(array_position(array['accepted', 'accepted-with-errors', 'rejected'], d.acknowledged), 0))],
        acknowledged_at = ${at}
    from found f where d.document_id = f.document_id`);
}

export type { DocumentRow } from "./document.ts";

export async function selectDocument(
  database: Queryable,
  documentId: string,
): Promise<DocumentRow | undefined> {
  const [row] = await database.query<DocumentRow>(sql`
    select document_id, account_id, kind, key, state, control_number, name, content_type, attempts, deliveries, problem,
           reference, created_at, delivered_at, acknowledged, correlation_id, dismissed_at, dismissed_because
    from integration.document where document_id = ${documentId}`);
  return row;
}

/** A page of what waits for its partner to fetch it, in the order in which it was queued. */
export function selectOutbox(
  database: Queryable,
  page: { readonly accountId: string; readonly after: string; readonly limit: number },
): Promise<DocumentRow[]> {
  return database.query<DocumentRow>(sql`
    select document_id, account_id, kind, key, state, control_number, name, content_type, attempts, deliveries, problem,
           reference, created_at, delivered_at, acknowledged, correlation_id, dismissed_at, dismissed_because
    from integration.document
    where account_id = ${page.accountId} and state = 'waiting' and document_id > ${page.after}
    order by document_id limit ${page.limit}`);
}

/** A page of documents that were refused or given up, or of those dismissed since, in the order in which they were queued. */
export function selectRefused(
  database: Queryable,
  page: {
    readonly state: "refused" | "dismissed";
    readonly accountIds: readonly string[] | undefined;
    readonly after: string;
    readonly limit: number;
  },
): Promise<DocumentRow[]> {
  return database.query<DocumentRow>(sql`
    select document_id, account_id, kind, key, state, control_number, name, content_type, attempts, deliveries, problem,
           reference, created_at, delivered_at, acknowledged, correlation_id, dismissed_at, dismissed_because
    from integration.document
    where state in ('refused', 'dismissed') and state = ${page.state} and document_id > ${page.after}
      and (${page.accountIds ?? null}::text[] is null or account_id = any (${page.accountIds ?? null}::text[]))
    order by document_id limit ${page.limit}`);
}

/** Gives the bytes of a rendered document; one that waits for its partner counts as delivered from now on. */
export async function fetchRendered(
  database: Queryable,
  fetched: { readonly documentId: string; readonly accountId: string | undefined; readonly at: Date },
): Promise<(DocumentRow & { readonly body: Buffer }) | undefined> {
  const [row] = await database.query<DocumentRow & { readonly body: Buffer }>(sql`
    update integration.document
    set state = case state when 'waiting' then 'delivered' else state end,
        deliveries = deliveries + case state when 'waiting' then 1 else 0 end,
        delivered_at = case state when 'waiting' then ${fetched.at} else delivered_at end
    where document_id = ${fetched.documentId} and body is not null
      and (${fetched.accountId ?? null}::text is null or account_id = ${fetched.accountId ?? null})
    returning document_id, account_id, kind, key, state, control_number, name, content_type, attempts, deliveries, problem,
              reference, created_at, delivered_at, acknowledged, correlation_id, dismissed_at, dismissed_because, body`);
  return row;
}

/** Decides that a refused document is never sent; 0 when it is not refused. */
export function dismissDocument(
  database: Queryable,
  dismissal: { readonly documentId: string; readonly because: string; readonly at: Date },
): Promise<number> {
  return database.execute(sql`
    update integration.document
    set state = 'dismissed', dismissed_at = ${dismissal.at}, dismissed_because = ${dismissal.because}
    where document_id = ${dismissal.documentId} and state = 'refused'`);
}

/** Puts a refused or dismissed document back to where it was: rendered when it has its bytes, queued when not. */
export function requeueDocument(database: Queryable, documentId: string, at: Date): Promise<number> {
  return database.execute(sql`
    update integration.document
    set state = case when body is null then 'queued' else 'rendered' end, failures = 0, problem = null,
        next_attempt_at = ${at}
    where document_id = ${documentId} and state in ('refused', 'dismissed')`);
}
