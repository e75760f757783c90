import {
  accountSource,
  Instant,
  ItemId,
  LocationId,
  SupplyInput,
  SupplyKind,
  SupplyVerdict,
} from "@crossdock/canonical";
import { Type } from "typebox";
import { invalidRequest } from "../fault-of.ts";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { speaksFor } from "../scope.ts";
import type { SupplyPort } from "../supply-port.ts";
import { type App, callerOf, nextLink, refuse } from "../web.ts";
import { instantFaults } from "./moment.ts";

const closed = { additionalProperties: false } as const;
const text = Type.String({ minLength: 1, maxLength: 200 });

const SupplyDecision = Type.Object(
  {
    source: text,
    kind: SupplyKind,
    document: text,
    line: Type.Optional(Type.String({ maxLength: 200, description: "Absent: the document has one line." })),
    decision: SupplyVerdict,
    until: Type.Optional({
      ...Instant,
      description:
        "The new date of what is kept, or until when nobody is asked about what is ignored. Not where it is cancelled.",
    }),
    because: Type.String({ minLength: 1, maxLength: 500 }),
  },
  { title: "SupplyDecision", ...closed },
);

const OverduePage = Type.Object(
  { overdue: Type.Array(SupplyInput), next: Type.Optional(Type.String()) },
  { title: "OverdueSupplyPage", ...closed },
);

const ListedSupplyView = Type.Object(
  {
    ...SupplyInput.properties,
    waits: Type.Boolean({ description: "It is overdue, and waits for a person to decide." }),
  },
  { title: "ListedSupply", ...closed },
);

const SupplyListPage = Type.Object(
  { supply: Type.Array(ListedSupplyView), next: Type.Optional(Type.String()) },
  { title: "SupplyPage", ...closed },
);

const DecisionAnswer = Type.Object({ already: Type.Boolean() }, { title: "SupplyDecisionAnswer", ...closed });

const overdueSchema = operation(
  {
    operationId: "listOverdueSupply",
    tag: "System",
    scope: "positions:read",
    summary: "List what should have come and has not",
    description:
      "Line by line, with what of it still counts, by item. A line stays until it has come, its source ends or dates it anew, or somebody has " +
      "decided about it. A page may have a few more rows than were asked for. What is in transit is ended by its receipt, or as lost.",
  },
  { querystring: Type.Object({ location: Type.Optional(LocationId), ...pageParameters }, closed) },
  { 200: [OverduePage, "A page of lines."] },
);

const listSchema = operation(
  {
    operationId: "listSupply",
    tag: "System",
    scope: "positions:read",
    summary: "List what is to come",
    description:
      "Line by line, by item: what its owner says, what has come of it, when it is due and can be sold, and what of it counts by which rules. What others " +
      "say is not listed. A page may have a few more rows than were asked for.",
  },
  {
    querystring: Type.Object(
      { item: Type.Optional(ItemId), location: Type.Optional(LocationId), ...pageParameters },
      closed,
    ),
  },
  { 200: [SupplyListPage, "A page of lines."] },
);

const decideSchema = operation(
  {
    operationId: "decideSupply",
    tag: "System",
    scope: "supply:write",
    summary: "Decide about a line that is overdue",
    description:
      "`keep` it for another date, `cancel` it here, or `ignore` for a while that it is overdue. It holds while its source dates the line as it " +
      "does now. The same decision a second time changes nothing.",
  },
  { body: SupplyDecision },
  { 200: [DecisionAnswer, "It is decided; `already`: it was before."] },
);

/** Why nothing was decided. */
export const SUPPLY_REFUSALS = {
  "not-open": "The line has ended, so there is nothing to decide.",
  "until-past": "`until` has passed. Give a moment to come.",
  "until-missing": "`keep` and `ignore` need `until`.",
} as const;

/** Adds the list of what is overdue, and the decisions about it. */
export function addSupplyRoutes(app: App, supply: SupplyPort, guards: Guards): void {
  const read = { onRequest: guards.needs("positions:read"), schema: overdueSchema };
  app.get("/system/v1/supply/overdue", read, async (request, reply) => {
    const asked = { ...pageOf(request.query), locationId: request.query.location, waitingOnly: true };
    const page = await supply.list(asked);
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return {
      overdue: page.rows.map(({ input }) => input),
      ...(page.next === undefined ? {} : { next: page.next }),
    };
  });

  const list = { onRequest: guards.needs("positions:read"), schema: listSchema };
  app.get("/system/v1/supply", list, async (request, reply) => {
    const { item: itemId, location: locationId } = request.query;
    const page = await supply.list({ ...pageOf(request.query), itemId, locationId, waitingOnly: false });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    const rows = page.rows.map(({ input, waits }) => ({ ...input, waits }));
    return { supply: rows, ...(page.next === undefined ? {} : { next: page.next }) };
  });

  const write = { onRequest: guards.needs("supply:write"), schema: decideSchema };
  app.put("/system/v1/supply/decision", write, async (request, reply) => {
    const { line = "", ...body } = request.body;
    const faults = instantFaults(body, ["until"]);
    if (faults.length > 0) return refuse(reply, invalidRequest(faults));
    if (!speaksFor(request.grant, body.source, accountSource)) {
      const detail = `The key may not decide about what ${body.source} says.`;
      return refuse(reply, { code: "account-not-granted", detail });
    }
    const answer = await supply.decide({ ...body, line, caller: callerOf(request) });
    if (answer.is === "decided") return { already: answer.already };
    if (answer.is === "unknown-line") {
      return refuse(reply, { code: "not-found", detail: `${body.source} has said nothing of that line.` });
    }
    return refuse(reply, { code: "invalid-request", detail: SUPPLY_REFUSALS[answer.is] });
  });
}
