import { LocationId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import type { OwnerOutcome, OwnershipPort } from "../ownership-port.ts";
import {
  OwnedMeasure,
  OwnerAnswer,
  OwnerRequest,
  OwnershipChangePage,
  OwnershipPage,
} from "../ownership-views.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { Occurrence } from "../problem.ts";
import { type App, callerOf, nextLink, refuse } from "../web.ts";
import { instantFaults, momentParameters } from "./moment.ts";

const path = "/system/v1/ownership";
const filter = { measure: Type.Optional(OwnedMeasure), location: Type.Optional(LocationId) };

const listSchema = operation(
  {
    operationId: "listOwners",
    tag: "System",
    scope: "positions:read",
    summary: "List who is the authority for what",
    description:
      "As it is said now, or of an instant: which system's statements of a measure at a place count. What is said of a place goes before " +
      "what is said of everywhere; where nothing is said, whoever speaks is believed.",
  },
  {
    querystring: Type.Object(
      { ...filter, at: momentParameters.at, ...pageParameters },
      { additionalProperties: false },
    ),
  },
  { 200: [OwnershipPage, "A page of owners, by measure and place."] },
);

const historySchema = operation(
  {
    operationId: "listOwnershipChanges",
    tag: "System",
    scope: "positions:read",
    summary: "List how authorities changed",
    description: "Every change with who made it and what was said before and after, the last first.",
  },
  { querystring: Type.Object({ ...filter, ...pageParameters }, { additionalProperties: false }) },
  { 200: [OwnershipChangePage, "A page of changes."] },
);

const setSchema = operation(
  {
    operationId: "setOwner",
    tag: "System",
    scope: "ownership:write",
    summary: "Say which system is the authority for a measure",
    description:
      "At a place or everywhere, from an instant on or for a time. The owner at the time that a statement speaks of decides what becomes " +
      "of it: the owner's moves stock, another's is a claim. What was taken is not judged again, so a change is refused when it would " +
      "have made a claim of a statement that moved stock, or the other way round.",
  },
  { body: OwnerRequest },
  { 200: [OwnerAnswer, "It is so now."] },
);

/** Adds the routes of the matrix of owners. */
export function addOwnershipRoutes(app: App, ownership: OwnershipPort, guards: Guards): void {
  const read = guards.needs("positions:read");

  app.get(path, { onRequest: read, schema: listSchema }, async (request, reply) => {
    const { measure, location: locationId, at } = request.query;
    const faults = instantFaults(request.query, ["at"]);
    if (faults.length > 0) return refuse(reply, { code: "invalid-request", errors: faults });
    const asked = { measure, locationId, at: at === undefined ? undefined : new Date(at) };
    const page = await ownership.page({ ...pageOf(request.query), ...asked });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { owners: page.rows, next: page.next };
  });

  app.get(`${path}/changes`, { onRequest: read, schema: historySchema }, async (request, reply) => {
    const { measure, location: locationId } = request.query;
    const page = await ownership.changes({ ...pageOf(request.query), measure, locationId });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { changes: page.rows, next: page.next };
  });

  const onRequest = guards.needs("ownership:write");
  app.post(path, { onRequest, schema: setSchema }, async (request, reply) => {
    const { from, to } = request.body;
    const faults = [
      ...instantFaults({ from, to }, ["from", "to"]),
      ...(isBackwards(from, to) ? [{ pointer: "/to", message: "is not after `from`" }] : []),
    ];
    if (faults.length > 0) return refuse(reply, { code: "invalid-request", errors: faults });
    const outcome = await ownership.setOwner({ ...request.body, caller: callerOf(request) });
    return outcome.is === "set" ? outcome.answer : refuse(reply, refusalOf(outcome));
  });
}

const isBackwards = (from: string | undefined, to: string | undefined): boolean =>
  from !== undefined && to !== undefined && Date.parse(to) <= Date.parse(from);

function refusalOf(outcome: Exclude<OwnerOutcome, { is: "set" }>): Occurrence {
  switch (outcome.is) {
    case "unknown-account":
      return { code: "unknown-account", detail: `There is no account ${outcome.accountId}.` };
    case "unknown-location":
      return {
        code: "invalid-request",
        errors: [{ pointer: "/locationId", message: "names no location that there is" }],
      };
    case "judged-already":
      return { code: "judged-already", detail: outcome.message };
    default:
      return outcome satisfies never;
  }
}
