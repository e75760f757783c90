import { ChannelGroupId, ChannelId, ItemId, RULE_KINDS } from "@crossdock/canonical";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import { csvText } from "../csv.ts";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { ChangedRulePage, ChannelPage, RulePage, VersionPage } from "../rule-views.ts";
import type { RulesPort } from "../rules-port.ts";
import { type App, nextLink, refuse, sendBytes } from "../web.ts";

const path = "/process/v1/rules";
const about = { tag: "Process", scope: "availability:read" } as const;
const versionNumber = Type.Integer({ minimum: 0, description: "Absent: the one that holds." });

const channelsSchema = operation(
  {
    ...about,
    operationId: "listChannels",
    summary: "List channels with the networks that they sell from",
  },
  { querystring: Type.Object(pageParameters, { additionalProperties: false }) },
  { 200: [ChannelPage, "A page of channels, by id."] },
);

const rulesSchema = operation(
  {
    ...about,
    operationId: "listRules",
    summary: "List the rules of what channels may sell",
    description:
      "As they hold, or as they held in a version. Of several rules of a kind the one about the item goes before one about its class, and that before one about every item; among " +
      "those the channel's own, then its group's, then that of the group above, and at last everybody's.",
  },
  {
    querystring: Type.Object(
      {
        version: Type.Optional(versionNumber),
        kind: Type.Optional(Type.Union(RULE_KINDS.map((kind) => Type.Literal(kind)))),
        channel: Type.Optional(ChannelId),
        group: Type.Optional(ChannelGroupId),
        item: Type.Optional(ItemId),
        ...pageParameters,
      },
      { additionalProperties: false },
    ),
  },
  { 200: [RulePage, "A page of rules, by key."] },
);

const sheetSchema = operation(
  {
    ...about,
    operationId: "fetchRules",
    summary: "Fetch all rules as a file for a spreadsheet",
    description:
      "Each line as the change that would make it, so that the edited file can be brought into a draft.",
  },
  {},
  { 200: [undefined, "The file, as CSV."] },
);

const historySchema = operation(
  {
    ...about,
    operationId: "listRuleBookVersions",
    summary: "List the versions of the rules",
    description: "Who made them, who approved, when and why; the last first.",
  },
  { querystring: Type.Object(pageParameters, { additionalProperties: false }) },
  { 200: [VersionPage, "A page of versions."] },
);

const changesSchema = operation(
  {
    ...about,
    operationId: "listRuleBookChanges",
    summary: "List what a version changed of the one before it",
  },
  {
    params: Type.Object({ version: Type.Integer({ minimum: 1 }) }),
    querystring: Type.Object(pageParameters, { additionalProperties: false }),
  },
  { 200: [ChangedRulePage, "A page of changes, by key."] },
);

/** Adds the routes by which the rules and their history are read. */
export function addRuleRoutes(app: App, rules: RulesPort, guards: Guards): void {
  const onRequest = guards.needs("availability:read");
  app.get("/process/v1/channels", { onRequest, schema: channelsSchema }, async (request, reply) => {
    const page = await rules.channels(pageOf(request.query));
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return page;
  });

  app.get(path, { onRequest, schema: rulesSchema }, async (request, reply) => {
    const { version, kind, channel: channelId, group, item: itemId } = request.query;
    const page = await rules.rules({ ...pageOf(request.query), version, kind, channelId, group, itemId });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page === "unknown-version") return refuse(reply, noVersion(version ?? 0));
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return page;
  });

  app.get(`${path}.csv`, { onRequest, schema: sheetSchema }, async (_request, reply) =>
    sendSheet(reply, rules),
  );

  app.get(`${path}/versions`, { onRequest, schema: historySchema }, async (request, reply) => {
    const page = await rules.versions(pageOf(request.query));
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { versions: page.rows, next: page.next };
  });

  app.get(
    `${path}/versions/:version/changes`,
    { onRequest, schema: changesSchema },
    async (request, reply) => {
      const page = await rules.changesOf(request.params.version, pageOf(request.query));
      if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
      if (page === "unknown-version") return refuse(reply, noVersion(request.params.version));
      if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
      return { changes: page.rows, next: page.next };
    },
  );
}

const noVersion = (version: number) =>
  ({ code: "not-found", detail: `The rules have no version ${version}.` }) as const;

/** Answers with a file of rules: those of a draft, or all that hold. */
export async function sendSheet(
  reply: FastifyReply,
  rules: RulesPort,
  draftId?: string,
): Promise<FastifyReply> {
  const parts: string[] = [];
  for await (const line of rules.sheet(draftId)) parts.push(csvText(line, []));
  const name = draftId === undefined ? "rules.csv" : `rules-${draftId}.csv`;
  const contentType = "text/csv; charset=utf-8";
  return sendBytes(reply, { name, contentType, body: Buffer.from(parts.join("")) });
}
