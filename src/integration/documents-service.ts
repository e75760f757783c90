import {
  type AccountId,
  type DocumentId,
  type DocumentKind,
  documentId,
  type Order,
} from "@crossdock/canonical";
import type { Clock, Database, Ids, Transaction, Wakeup } from "../platform/index.ts";
import type { Accounts } from "./account-service.ts";
import {
  type DocumentStatus,
  type DocumentToSend,
  type Enqueued,
  type FetchedDocument,
  toStatus,
} from "./document.ts";
import {
  dismissDocument,
  fetchRendered,
  insertDocument,
  requeueDocument,
  selectDocument,
  selectDocumentId,
  selectOutbox,
  selectRefused,
} from "./document-store.ts";
import { storable } from "./inbox.ts";
import { supports } from "./sender-service.ts";
import { DOCUMENTS_TOPIC } from "./topics.ts";

/** Which part of a list of documents. They are in the order of their ids, which is the order in which they were queued. */
export type DocumentPage = { readonly after?: DocumentId | undefined; readonly limit: number };

/** Documents that go out. */
export type Documents = {
  /**
   * Whether an account's connector can send documents of a kind; false for an account that is unknown or switched off. With an order:
   * whether its partner can be told of that one.
   */
  supports(accountId: AccountId, kind: DocumentKind, order?: Order): Promise<boolean>;
  /** Queues a document in the caller's transaction. A kind and key that were used before change nothing, and the answer says so. */
  enqueue(tx: Transaction, document: DocumentToSend): Promise<Enqueued>;
  /** What waits for the account's partner to fetch it. */
  outbox(accountId: AccountId, page: DocumentPage): Promise<readonly DocumentStatus[]>;
  document(documentId: DocumentId): Promise<DocumentStatus | undefined>;
  /**
   * Gives a rendered document's bytes; one that waited counts as delivered. May be repeated, and gives the same bytes. With
   * `accountId`, another account's document is not found.
   */
  fetchDocument(
    documentId: DocumentId,
    only?: { readonly accountId?: AccountId | undefined },
  ): Promise<FetchedDocument | undefined>;
  /** Documents that a partner or a connector has refused, or that were given up; or those of them that were dismissed since. */
  refusedDocuments(
    page: DocumentPage & {
      readonly state?: "refused" | "dismissed";
      readonly accountIds?: readonly AccountId[] | undefined;
    },
  ): Promise<readonly DocumentStatus[]>;
  /** Sends a refused or dismissed document again; false when it is neither, so that doing it twice does it once. */
  retryDocument(documentId: DocumentId): Promise<boolean>;
  /** Decides that a refused document is never sent; it is kept with the reason. False when it is not refused. */
  dismissDocument(dismissal: { readonly documentId: DocumentId; readonly because: string }): Promise<boolean>;
};

/** Opens the documents. */
export function createDocuments(deps: {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly wakeup: Wakeup;
  readonly accounts: Accounts;
}): Documents {
  const { database, clock, ids, wakeup, accounts } = deps;
  return {
    async supports(accountId, kind, order) {
      const connected = await accounts.connect(accountId);
      if (connected?.enabled !== true || !supports(connected.connector, kind)) return false;
      return (
        order === undefined || connected.connector.outlet?.hasOrder?.(order, connected.account) !== false
      );
    },
    enqueue: (tx, document) => enqueue(deps, tx, { document, id: ids.next() }),
    async outbox(accountId, { after, limit }) {
      return (await selectOutbox(database, { accountId, after: after ?? "", limit })).map(toStatus);
    },
    async document(id) {
      const row = await selectDocument(database, id);
      return row === undefined ? undefined : toStatus(row);
    },
    async fetchDocument(id, only = {}) {
      const row = await fetchRendered(database, {
        documentId: id,
        accountId: only.accountId,
        at: clock.now(),
      });
      if (row === undefined || row.name === null) return undefined;
      const { name, content_type: contentType, body } = row;
      return { ...toStatus(row), name, contentType: contentType ?? "application/octet-stream", body };
    },
    async refusedDocuments({ state = "refused", accountIds, after, limit }) {
      return (await selectRefused(database, { state, accountIds, after: after ?? "", limit })).map(toStatus);
    },
    async retryDocument(id) {
      const requeued = await requeueDocument(database, id, clock.now());
      if (requeued > 0) wakeup.signal(DOCUMENTS_TOPIC);
      return requeued > 0;
    },
    async dismissDocument({ documentId: id, because }) {
      const dismissal = { documentId: id, because: storable(because), at: clock.now() };
      return (await dismissDocument(database, dismissal)) > 0;
    },
  };
}

async function enqueue(
  deps: { readonly clock: Clock; readonly wakeup: Wakeup },
  tx: Transaction,
  { document, id }: { readonly document: DocumentToSend; readonly id: string },
): Promise<Enqueued> {
  const { accountId, kind, key, correlationId, causationId } = document;
  const isNew = await insertDocument(tx, {
    documentId: id,
    accountId,
    kind,
    key,
    content: document.document,
    correlationId,
    causationId: causationId ?? null,
    at: deps.clock.now(),
  });
  if (isNew) {
    tx.afterCommit(() => deps.wakeup.signal(DOCUMENTS_TOPIC));
    return { documentId: documentId(id), already: false };
  }
  const known = await selectDocumentId(tx, { accountId, kind, key });
  if (known === undefined) throw new Error(`document ${kind} ${key} of ${accountId} was there and is gone`);
  return { documentId: documentId(known), already: true };
}
