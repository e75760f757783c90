import { ItemId, LocationId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { Explanation, PositionPage, PositionView } from "../position-views.ts";
import type { Occurrence } from "../problem.ts";
import type { ArchivedMoment, PositionsPort } from "../services.ts";
import { type App, nextLink, refuse } from "../web.ts";
import { momentOf, momentParameters } from "./moment.ts";

const one = { positionId: Type.String({ pattern: "^[A-Za-z0-9._-]{1,64}$" }) };
const path = "/system/v1/positions";

const listSchema = operation(
  {
    operationId: "listPositions",
    tag: "System",
    scope: "positions:read",
    summary: "List stock positions",
    description:
      "Of one item, at one location, or all of them; as they stand, as they were at an instant, or as they were believed to be.",
  },
  {
    querystring: Type.Object(
      {
        item: Type.Optional(ItemId),
        location: Type.Optional(LocationId),
        ...momentParameters,
        ...pageParameters,
      },
      { additionalProperties: false },
    ),
  },
  { 200: [PositionPage, "A page of positions."] },
);

const readSchema = operation(
  {
    operationId: "readPosition",
    tag: "System",
    scope: "positions:read",
    summary: "Read a stock position",
    description: "As it stands, as it was at an instant, or as it was believed to be.",
  },
  {
    params: Type.Object(one),
    querystring: Type.Object(momentParameters, { additionalProperties: false }),
  },
  { 200: [PositionView, "The position as it stands or stood."] },
);

const explainSchema = operation(
  {
    operationId: "explainPosition",
    tag: "System",
    scope: "positions:read",
    summary: "Explain a stock position",
    description:
      "The transfers that made the position what it is, or was at an instant, the last to take effect first, each with the balance after it, the fact that caused it and the message that said so; and what they all add up to, by reason and status.",
  },
  {
    params: Type.Object(one),
    querystring: Type.Object({ ...momentParameters, ...pageParameters }, { additionalProperties: false }),
  },
  { 200: [Explanation, "The position and a page of its transfers."] },
);

/** Adds the routes of stock positions. */
export function addPositionRoutes(app: App, positions: PositionsPort, guards: Guards): void {
  const read = guards.needs("positions:read");

  app.get(path, { onRequest: read, schema: listSchema }, async (request, reply) => {
    const { item, location } = request.query;
    const moment = momentOf(request.query);
    if ("faults" in moment) return refuse(reply, { code: "invalid-request", errors: moment.faults });
    const asked = { ...pageOf(request.query), ...moment, itemId: item, locationId: location };
    const page = await positions.page(asked);
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if ("archive" in page) return refuse(reply, archivedMoment(page));
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { positions: page.rows, next: page.next };
  });

  app.get(`${path}/:positionId`, { onRequest: read, schema: readSchema }, async (request, reply) => {
    const { positionId } = request.params;
    const moment = momentOf(request.query);
    if ("faults" in moment) return refuse(reply, { code: "invalid-request", errors: moment.faults });
    const found = await positions.find(positionId, moment);
    if (found === undefined) return refuse(reply, unknownPosition(positionId));
    return "archive" in found ? refuse(reply, archivedMoment(found)) : found;
  });

  const explanationPath = `${path}/:positionId/explanation`;
  app.get(explanationPath, { onRequest: read, schema: explainSchema }, async (request, reply) => {
    const { positionId } = request.params;
    const moment = momentOf(request.query);
    if ("faults" in moment) return refuse(reply, { code: "invalid-request", errors: moment.faults });
    const explanation = await positions.explain(positionId, { ...pageOf(request.query), ...moment });
    if (explanation === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (explanation === undefined) return refuse(reply, unknownPosition(positionId));
    if ("archive" in explanation) return refuse(reply, archivedMoment(explanation));
    if (explanation.next !== undefined) reply.header("link", nextLink(request.url, explanation.next));
    return explanation;
  });
}

/** The problem that a moment lies in an archive. */
export function archivedMoment({ archive, archivedUntil }: ArchivedMoment): Occurrence {
  const until = archivedUntil.toISOString();
  return {
    code: "moment-archived",
    detail: `Transfers up to ${until} lie in the archive ${archive}.`,
    more: { archive, archivedUntil: until },
  };
}

function unknownPosition(positionId: string): Occurrence {
  return { code: "not-found", detail: `There is no position ${positionId}.` };
}
