import { MessageId } from "@crossdock/canonical";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { reaches } from "../scope.ts";
import type { Caller, ParkedId, ParkedPort } from "../services.ts";
import { ParkedOutcome, ParkedPage } from "../views.ts";
import { type App, accountsOf, callerOf, nextLink, refuse } from "../web.ts";

const path = "/system/v1/parked";
const one = {
  params: Type.Object({ messageId: MessageId, record: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }) }),
};

const listSchema = operation(
  {
    operationId: "listParked",
    tag: "System",
    scope: "parked:read",
    summary: "List records that wait",
    description:
      "Records that could not become facts, oldest first, each with its reason and what it waits for.",
  },
  { querystring: Type.Object(pageParameters, { additionalProperties: false }) },
  { 200: [ParkedPage, "A page of parked records."] },
);

const retrySchema = operation(
  {
    operationId: "retryParked",
    tag: "System",
    scope: "parked:write",
    summary: "Try a parked record again",
    description:
      "What waits for a reference goes on by itself when that appears; this is for everything else.",
  },
  one,
  { 200: [ParkedOutcome, "What it came to. It may be parked again."] },
);

const dropSchema = operation(
  {
    operationId: "dropParked",
    tag: "System",
    scope: "parked:write",
    summary: "Drop a parked record",
    description: "It will never become a fact. The raw message is kept.",
  },
  one,
  { 200: [ParkedOutcome, "The record is dropped, or was settled before."] },
);

/** Adds the routes of parked records. */
export function addParkedRoutes(app: App, parked: ParkedPort, guards: Guards): void {
  const read = guards.needs("parked:read");
  app.get(path, { onRequest: read, schema: listSchema }, async (request, reply) => {
    const page = await parked.page({ ...pageOf(request.query), ...accountsOf(request) });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { parked: page.rows, next: page.next };
  });

  const write = guards.needs("parked:write");
  const record = `${path}/:messageId/:record`;
  app.post(`${record}/retry`, { onRequest: write, schema: retrySchema }, async (request, reply) =>
    settle({ request, reply, parked, record: request.params }, (...given) => parked.retry(...given)),
  );
  app.post(`${record}/drop`, { onRequest: write, schema: dropSchema }, async (request, reply) =>
    settle({ request, reply, parked, record: request.params }, (...given) => parked.drop(...given)),
  );
}

type Settling = {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly parked: ParkedPort;
  readonly record: ParkedId;
};

async function settle(
  { request, reply, parked, record }: Settling,
  step: (record: ParkedId, caller: Caller) => Promise<ParkedOutcome | undefined>,
): Promise<ParkedOutcome | FastifyReply> {
  const account = await parked.accountOf(record);
  const isReached = account !== undefined && reaches(request.grant, account);
  const outcome = isReached ? await step(record, callerOf(request)) : undefined;
  const detail = `There is no parked record ${record.record} of message ${record.messageId}.`;
  return outcome ?? refuse(reply, { code: "not-found", detail });
}
