import { accountSource } from "@crossdock/canonical";
import { Type } from "typebox";
import type { CountCasesPort, ToleranceSet } from "../count-case-port.ts";
import { CountToleranceChangePage, CountToleranceToSet } from "../count-case-views.ts";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { speaksFor } from "../scope.ts";
import { type App, accountsOf, callerOf, nextLink, refuse } from "../web.ts";

const path = "/system/v1/inventory/count-tolerances";

const setSchema = operation(
  {
    operationId: "setCountTolerance",
    tag: "System",
    scope: "drift:write",
    summary: "Say how far counts may be from the books before they wait for a decision",
    description:
      "From now on, for counts and for the rows of snapshots, of a source, a location, an item or a class of items, any of these together, or " +
      "all. The narrowest holds: item before class before location before source. Where nothing was said, every count is posted as it comes. A position of which nothing " +
      "is known yet differs from nothing: its first count is posted.",
  },
  { body: CountToleranceToSet },
  { 200: [CountToleranceToSet, "The tolerance that holds now."] },
);

const changesSchema = operation(
  {
    operationId: "listCountToleranceChanges",
    tag: "System",
    scope: "positions:read",
    summary: "List how tolerances of counts were changed",
    description:
      "The newest first: who, when, and what held before and after. Of each scope the newest holds.",
  },
  { querystring: Type.Object(pageParameters, { additionalProperties: false }) },
  { 200: [CountToleranceChangePage, "A page of changes."] },
);

/** Why a tolerance was not set. */
function refusal(
  answer: Exclude<ToleranceSet, "set">,
  { locationId, itemId, itemClass }: CountToleranceToSet,
): string {
  switch (answer) {
    case "unknown-item":
      return `There is no item ${itemId}.`;
    case "unknown-location":
      return `There is no location ${locationId}.`;
    case "unknown-class":
      return `No item is of class ${itemClass}. Classes are told apart letter by letter; GET /system/v1/items shows those of items.`;
    case "item-and-class":
      return "A tolerance is of an item or of a class, not of both. Leave one of them out.";
    default:
      return answer satisfies never;
  }
}

/** Adds the routes by which people say how far counts may be from the books. */
export function addCountToleranceRoutes(app: App, port: CountCasesPort, guards: Guards): void {
  const write = guards.needs("drift:write");
  app.put(path, { onRequest: write, schema: setSchema }, async (request, reply) => {
    const { body } = request;
    const { source } = body;
    if (!speaksFor(request.grant, source, accountSource)) {
      const detail = `The key may not say what holds for ${source ?? "every source"}.`;
      return refuse(reply, { code: "account-not-granted", detail });
    }
    const answer = await port.setTolerance({ ...body, caller: callerOf(request) });
    if (answer === "set") return body;
    return refuse(reply, { code: "invalid-request", detail: refusal(answer, body) });
  });

  const read = { onRequest: guards.needs("positions:read"), schema: changesSchema };
  app.get(path, read, async (request, reply) => {
    const page = await port.toleranceChanges({ ...pageOf(request.query), ...accountsOf(request) });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { changes: [...page.rows], ...(page.next === undefined ? {} : { next: page.next }) };
  });
}
