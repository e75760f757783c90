import { ItemId, LocationId, Lot, ON_HAND_STATUSES, STATUSES, type Status } from "@crossdock/canonical";
import { Type } from "typebox";
import type { DifferencesPort } from "../difference-port.ts";
import { DifferenceView } from "../difference-views.ts";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { type App, refuse } from "../web.ts";
import { archivedMoment } from "./position-routes.ts";

const querystring = Type.Object(
  {
    item: ItemId,
    location: LocationId,
    lot: Type.Optional({ ...Lot, description: "Absent: all lots together." }),
    source: Type.String({
      minLength: 1,
      maxLength: 80,
      description: "As facts name it, for example `/accounts/erp`.",
    }),
    measure: Type.Optional(
      Type.Union([Type.Literal("on-hand"), Type.Literal("available")], {
        description: "Which of our numbers is held against theirs; on-hand when absent.",
      }),
    ),
    counts: Type.Optional(
      Type.String({
        pattern: "^[a-z-]+(,[a-z-]+)*$",
        maxLength: 100,
        description: `The statuses that their number counts, of ${STATUSES.join(", ")}; ${ON_HAND_STATUSES.join(",")} when absent. in-transit is what is on its way there.`,
      }),
    ),
  },
  { additionalProperties: false },
);

const schema = operation(
  {
    operationId: "explainDisagreement",
    tag: "System",
    scope: "positions:read",
    summary: "Explain why our number is not another system's",
    description:
      "Our number of an item at a location, the last that a system said of it, and the difference as a list of named parts that add up to " +
      "it: what moved since, what they do not count, what waits, is parked, held or refused, what only one side was told of. What no part " +
      "names is the part `unexplained`, with hints at what comes to exactly as much.",
  },
  { querystring },
  { 200: [DifferenceView, "The difference and its parts."] },
);

/** Statuses out of a list of their names; undefined when one of them is none. */
export function statusesOf(text: string): readonly Status[] | undefined {
  const names = text.split(",").map((name) => name.trim());
  const statuses = STATUSES.filter((status) => names.includes(status));
  return statuses.length === new Set(names).size ? statuses : undefined;
}

/** Adds the route that explains a disagreement. */
export function addDifferenceRoutes(app: App, differences: DifferencesPort, guards: Guards): void {
  const onRequest = guards.needs("positions:read");
  app.get("/system/v1/disagreements/explanation", { onRequest, schema }, async (request, reply) => {
    const { item: itemId, location: locationId, lot, source, measure = "on-hand", counts } = request.query;
    const statuses = counts === undefined ? undefined : statusesOf(counts);
    if (counts !== undefined && statuses === undefined) {
      const message = `must be statuses, of ${STATUSES.join(", ")}`;
      return refuse(reply, { code: "invalid-request", errors: [{ pointer: "/counts", message }] });
    }
    const asked = { itemId, locationId, lot, source, measure, counts: statuses };
    const found = await differences.explain(asked);
    if (found === "nothing-said")
      return refuse(reply, {
        code: "not-found",
        detail: `${source} has said no number of ${itemId} at ${locationId}.`,
      });
    return "archive" in found ? refuse(reply, archivedMoment(found)) : found;
  });
}
