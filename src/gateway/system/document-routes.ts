import { AccountId, DocumentId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { reaches } from "../scope.ts";
import type { DocumentsPort } from "../services.ts";
import { Outbox } from "../views.ts";
import { type App, accountsOf, nextLink, notGranted, refuse, sendBytes } from "../web.ts";

const outboxSchema = operation(
  {
    operationId: "listOutbox",
    tag: "System",
    scope: "documents:read",
    summary: "List the documents that wait for a partner",
    description:
      "Oldest first. A partner who keeps `next` and gives it back sees each document once; nothing is lost when an answer is.",
  },
  {
    params: Type.Object({ account: AccountId }),
    querystring: Type.Object(pageParameters, { additionalProperties: false }),
  },
  { 200: [Outbox, "A page of documents."] },
);

const contentSchema = operation(
  {
    operationId: "fetchDocument",
    tag: "System",
    scope: "documents:read",
    summary: "Fetch the bytes of a document",
    description: "The bytes are the same every time, with the document's own media type.",
  },
  { params: Type.Object({ documentId: DocumentId }) },
  { 200: [undefined, "The document as it was rendered."] },
);

/** Adds the routes of documents that partners fetch. */
export function addDocumentRoutes(app: App, documents: DocumentsPort, guards: Guards): void {
  const read = guards.needs("documents:read");

  const outboxPath = "/system/v1/connectors/:account/outbox";
  app.get(outboxPath, { onRequest: read, schema: outboxSchema }, async (request, reply) => {
    const { account } = request.params;
    if (!reaches(request.grant, account)) return refuse(reply, notGranted(account));
    const page = await documents.outbox(account, pageOf(request.query));
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page === "unknown-account") {
      return refuse(reply, { code: "unknown-account", detail: `There is no account ${account}.` });
    }
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { documents: page.rows, next: page.next };
  });

  const contentPath = "/system/v1/documents/:documentId/content";
  app.get(contentPath, { onRequest: read, schema: contentSchema }, async (request, reply) => {
    const { documentId } = request.params;
    const found = await documents.content(documentId, accountsOf(request));
    if (found === undefined) {
      return refuse(reply, { code: "not-found", detail: `There is no document ${documentId} to fetch.` });
    }
    return sendBytes(reply, found);
  });
}
