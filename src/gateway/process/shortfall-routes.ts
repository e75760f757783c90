import { ChannelId } from "@crossdock/canonical";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { ShortfallsPort } from "../shortfall-port.ts";
import { Shortfall, ShortfallPage, ShortfallPolicyPage, ShortfallPolicyToSet } from "../shortfall-views.ts";
import { type App, callerOf, nextLink, refuse } from "../web.ts";

const path = "/process/v1/shortfalls";
const policyPath = "/process/v1/shortfall-policies";
const pages = { querystring: Type.Object(pageParameters, { additionalProperties: false }) };
const about = { tag: "Process", scope: "reservations:read" } as const;

const listSchema = operation(
  {
    ...about,
    operationId: "listShortfalls",
    summary: "List where less is there than is promised",
    description:
      "A count, a loss or a pick that nobody had promised may leave less on a shelf than is promised of it. Each such position is a case that " +
      "names the promises which it hits, in the order in which they yield by the policies of their channels. It follows from how stock and " +
      "promises stand: it grows, shrinks and ends with them, in whatever order facts came. A page may have fewer rows than asked for.",
  },
  pages,
  { 200: [ShortfallPage, "A page of cases."] },
);
const readSchema = operation(
  { ...about, operationId: "readShortfall", summary: "Read the shortfall of a position" },
  { params: Type.Object({ positionId: Type.String({ pattern: "^[0-9]{1,15}$" }) }) },
  { 200: [Shortfall, "The case."] },
);
const policiesSchema = operation(
  {
    ...about,
    operationId: "listShortfallPolicies",
    summary: "List how channels' promises yield in a shortfall",
    description:
      "What holds now, by channel. Of the others the latest promise yields first, with a rank of 100.",
  },
  {},
  { 200: [ShortfallPolicyPage, "What holds."] },
);
const historySchema = operation(
  {
    ...about,
    operationId: "listShortfallPolicyChanges",
    summary: "List what was ever said of how promises yield",
    description: "The newest first: who, when and why.",
  },
  pages,
  { 200: [ShortfallPolicyPage, "A page of what was said."] },
);
const setSchema = operation(
  {
    tag: "Process",
    scope: "rules:approve",
    operationId: "setShortfallPolicy",
    summary: "Say how a channel's promises yield in a shortfall",
    description: "From now on, for the cases that are open as well. No promise changes by it.",
  },
  { params: Type.Object({ channelId: ChannelId }), body: ShortfallPolicyToSet },
  { 200: [ShortfallPolicyToSet, "What holds now."] },
);

/** A case names orders of every account: a key for some of them may not see it. */
export async function seesAll(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.grant?.accountIds === undefined) return;
  const detail = "A shortfall names orders of all accounts; ask with a key that is for all.";
  await refuse(reply, { code: "account-not-granted", detail });
}

/** Adds the routes of shortfalls. */
export function addShortfallRoutes(app: App, shortfalls: ShortfallsPort, guards: Guards): void {
  const onRequest = [guards.needs("reservations:read"), seesAll];
  app.get(path, { onRequest, schema: listSchema }, async (request, reply) => {
    const page = await shortfalls.page(pageOf(request.query));
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { shortfalls: [...page.rows], next: page.next };
  });
  app.get(`${path}/:positionId`, { onRequest, schema: readSchema }, async (request, reply) => {
    const { positionId } = request.params;
    const found = await shortfalls.find(Number(positionId));
    if (found !== undefined) return found;
    const detail = `Nothing is missing at the position ${positionId}.`;
    return refuse(reply, { code: "not-found", detail });
  });
  app.get(policyPath, { onRequest, schema: policiesSchema }, async () => ({
    policies: [...(await shortfalls.policies())],
  }));
  app.get(`${policyPath}/changes`, { onRequest, schema: historySchema }, async (request, reply) => {
    const page = await shortfalls.policyHistory(pageOf(request.query));
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { policies: [...page.rows], next: page.next };
  });
  const write = guards.needs("rules:approve");
  app.put(`${policyPath}/:channelId`, { onRequest: write, schema: setSchema }, async (request, reply) => {
    const { channelId } = request.params;
    const answer = await shortfalls.setPolicy(channelId, request.body, callerOf(request));
    if (answer === "set") return request.body;
    return refuse(reply, { code: "unknown-channel", detail: `There is no channel ${channelId}.` });
  });
}
