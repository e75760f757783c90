import { DocumentId } from "@crossdock/canonical";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { Occurrence } from "../problem.ts";
import { reaches } from "../scope.ts";
import type { DocumentsPort } from "../services.ts";
import { Dismissal, DocumentDecision, type RefusedDocument, RefusedDocumentPage } from "../views.ts";
import { type App, accountsOf, callerOf, nextLink, refuse } from "../web.ts";

const path = "/system/v1/documents";
const one = { params: Type.Object({ documentId: DocumentId }) };

const listSchema = operation(
  {
    operationId: "listRefusedDocuments",
    tag: "System",
    scope: "documents:read",
    summary: "List the documents that could not be sent",
    description:
      "Documents that a partner or its connector refused, or that were given up, oldest first, each with its `problem`. Mend what it " +
      "names and retry it, or dismiss it.",
  },
  {
    querystring: Type.Object(
      {
        ...pageParameters,
        state: Type.Optional(
          Type.Union([Type.Literal("refused"), Type.Literal("dismissed")], {
            description: "`refused` when absent; `dismissed`: those that somebody has decided never to send.",
          }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { 200: [RefusedDocumentPage, "A page of documents."] },
);

const retrySchema = operation(
  {
    operationId: "retryDocument",
    tag: "System",
    scope: "parked:write",
    summary: "Send a refused document again",
    description:
      "A refused or dismissed document is sent as if it had just been queued. One that has its bytes keeps them, and its control " +
      "number. Retrying twice is a success that says so.",
  },
  one,
  { 200: [DocumentDecision, "The document is on its way, or needed no retry."] },
);

const dismissSchema = operation(
  {
    operationId: "dismissDocument",
    tag: "System",
    scope: "parked:write",
    summary: "Decide that a document is never sent",
    description:
      "A refused document is kept with the reason. Dismissing twice is a success that says so, and the first reason stands. It can " +
      "still be retried.",
  },
  { ...one, body: Dismissal },
  { 200: [DocumentDecision, "The document is dismissed."] },
);

/** Adds the routes by which a person finds documents that could not be sent, and decides about them. */
export function addRefusedDocumentRoutes(app: App, documents: DocumentsPort, guards: Guards): void {
  const read = guards.needs("documents:read");
  app.get(path, { onRequest: read, schema: listSchema }, async (request, reply) => {
    const { state = "refused" } = request.query;
    const page = await documents.refused({ state, ...pageOf(request.query), ...accountsOf(request) });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { documents: page.rows, next: page.next };
  });

  const write = guards.needs("parked:write");
  const retryPath = `${path}/:documentId/retry`;
  app.post(retryPath, { onRequest: write, schema: retrySchema }, async (request, reply) => {
    const { documentId } = request.params;
    const found = await documentWithin(documents, request);
    if (found === undefined) return refuse(reply, unknownDocument(documentId));
    const retried = await documents.retry(documentId);
    return { document: (await documents.find(documentId)) ?? found, already: !retried };
  });

  const dismissPath = `${path}/:documentId/dismiss`;
  app.post(dismissPath, { onRequest: write, schema: dismissSchema }, async (request, reply) => {
    const { documentId } = request.params;
    const found = await documentWithin(documents, request);
    if (found === undefined) return refuse(reply, unknownDocument(documentId));
    const { because } = request.body;
    const dismissed = await documents.dismiss({ documentId, because, caller: callerOf(request) });
    const document = (await documents.find(documentId)) ?? found;
    if (document.state === "dismissed") return { document, already: !dismissed };
    const detail = `Document ${documentId} is ${document.state}, so there is nothing to decide about it.`;
    return refuse(reply, { code: "document-not-refused", detail });
  });
}

type OneDocument = {
  readonly params: { readonly documentId: DocumentId };
  readonly grant: FastifyRequest["grant"];
};

/** A document that the key reaches: others are not even admitted to exist. */
async function documentWithin(
  documents: DocumentsPort,
  { params, grant }: OneDocument,
): Promise<RefusedDocument | undefined> {
  const found = await documents.find(params.documentId);
  return found !== undefined && reaches(grant, found.accountId) ? found : undefined;
}

function unknownDocument(documentId: DocumentId): Occurrence {
  return { code: "not-found", detail: `There is no document ${documentId}.` };
}
