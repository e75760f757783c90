import { MessageId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { UnresolvedPort } from "../unresolved-port.ts";
import { ProposalPage } from "../unresolved-views.ts";
import { ParkedOutcome } from "../views.ts";
import { type App, accountsOf, callerOf, nextLink, refuse } from "../web.ts";

const path = "/system/v1/proposals";
const one = {
  params: Type.Object({ messageId: MessageId, record: Type.Integer({ minimum: 0, maximum: 2_147_483_647 }) }),
};

const listSchema = operation(
  {
    operationId: "listProposals",
    tag: "System",
    scope: "parked:read",
    summary: "List what sources say about master data that they do not own",
    description:
      "Each says what it would change and who owns that. Nothing was changed. A newer word of the same source about the same takes the " +
      "place of an open one. To drop one, drop the parked record.",
  },
  { querystring: Type.Object(pageParameters, { additionalProperties: false }) },
  { 200: [ProposalPage, "A page of proposals, the oldest first."] },
);

const acceptSchema = operation(
  {
    operationId: "acceptProposal",
    tag: "System",
    scope: "master-data:write",
    summary: "Take what a source says about master data that it does not own",
    description: "It is stated in the name of the caller. Accepting it again changes nothing.",
  },
  one,
  { 200: [ParkedOutcome, "What it came to. It may be parked again, with what is wrong."] },
);

/** Adds the routes of proposals. */
export function addProposalRoutes(app: App, unresolved: UnresolvedPort, guards: Guards): void {
  const onRequest = guards.needs("parked:read");
  app.get(path, { onRequest, schema: listSchema }, async (request, reply) => {
    const page = await unresolved.proposals({ ...pageOf(request.query), ...accountsOf(request) });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { proposals: page.rows, next: page.next };
  });
  const write = { onRequest: guards.needs("master-data:write"), schema: acceptSchema };
  app.post(`${path}/:messageId/:record/accept`, write, async (request, reply) => {
    const asked = { record: request.params, caller: callerOf(request), ...accountsOf(request) };
    const { messageId, record } = request.params;
    const detail = `There is no proposal ${record} of message ${messageId}.`;
    return (await unresolved.accept(asked)) ?? refuse(reply, { code: "not-found", detail });
  });
}
