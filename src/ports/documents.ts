import { documentId } from "@crossdock/canonical";
import type { DocumentsPort, RefusedDocument, WaitingDocument } from "../gateway/index.ts";
import type { DocumentStatus, Integration } from "../integration/index.ts";

const DOCUMENT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function toWaiting(status: DocumentStatus): WaitingDocument {
  return {
    documentId: status.documentId,
    kind: status.kind,
    name: status.name ?? "",
    contentType: status.contentType ?? "application/octet-stream",
    createdAt: status.createdAt.toISOString(),
  };
}

function toRefused(status: DocumentStatus): RefusedDocument {
  const {
    documentId: id,
    accountId,
    kind,
    state,
    problem,
    name,
    attempts,
    correlationId,
    dismissed,
  } = status;
  return {
    documentId: id,
    accountId,
    kind,
    state,
    ...(problem === undefined ? {} : { problem }),
    ...(name === undefined ? {} : { name }),
    attempts,
    createdAt: status.createdAt.toISOString(),
    ...(dismissed === undefined
      ? {}
      : { dismissed: { at: dismissed.at.toISOString(), because: dismissed.because } }),
    correlationId,
  };
}

/** Documents that partners fetch, and those that could not be sent. */
export function documentsPort(integration: Integration): DocumentsPort {
  return {
    async outbox(accountId, { after, limit }) {
      if (after !== undefined && !DOCUMENT_ID.test(after)) return "bad-cursor";
      if ((await integration.accounts.get(accountId)) === undefined) return "unknown-account";
      const rows = await integration.outbox(accountId, {
        limit,
        after: after === undefined ? undefined : documentId(after),
      });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { rows: rows.map(toWaiting), next: last?.documentId };
    },
    async content(id, { accountIds }) {
      const status = await integration.document(id);
      if (status === undefined || !(accountIds?.includes(status.accountId) ?? true)) return;
      return integration.fetchDocument(id, { accountId: status.accountId });
    },
    async refused({ state, accountIds, after, limit }) {
      if (after !== undefined && !DOCUMENT_ID.test(after)) return "bad-cursor";
      const rows = await integration.refusedDocuments({
        state,
        accountIds,
        limit,
        after: after === undefined ? undefined : documentId(after),
      });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { rows: rows.map(toRefused), next: last?.documentId };
    },
    async find(id) {
      const status = await integration.document(id);
      return status === undefined ? undefined : toRefused(status);
    },
    retry: (id) => integration.retryDocument(id),
    dismiss: ({ documentId: id, because, caller }) =>
      integration.dismissDocument({ documentId: id, because: `${because} (${caller.clientId})` }),
  };
}
