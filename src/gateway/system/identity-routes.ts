import { ItemId } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import type { IdentityOutcome } from "../identity-port.ts";
import { ItemIdentityAnswer, MergeRequest, SplitRequest } from "../identity-views.ts";
import { changeOnce, jsonAnswer, type Outcome } from "../keyed.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import type { GatewayServices } from "../services.ts";
import { type App, callerOf } from "../web.ts";

const oneItem = { params: Type.Object({ itemId: ItemId }) };
const about = { tag: "System", scope: "master-data:write" } as const;
const answers: { 200: [typeof ItemIdentityAnswer, string] } = {
  200: [ItemIdentityAnswer, "What was changed and moved, or would be."],
};

const mergeSchema = operation(
  {
    ...about,
    operationId: "mergeItem",
    summary: "Merge an item into another",
    description:
      "The two turn out to be one. From then on every name of the item, its id too, leads to the other, and all its units become units of " +
      "the other, where they are and in the status in which they are: promised, picked, set aside or in transit too. Reservations keep " +
      "their ids and are of the other item. What is told late about the time before is taken as it was meant, and moved on. Refused where " +
      "one of them is a kit or a component, or where the two differ in tracking, units or lots.",
  },
  { ...oneItem, body: MergeRequest },
  answers,
);

const splitSchema = operation(
  {
    ...about,
    operationId: "splitItem",
    summary: "Split names and units off an item",
    description:
      "Gives names and units of an item to another one, which is there or is made like it. Into an item that was merged into this one it " +
      "undoes the merge from then on: that item's id and SKU lead to it again.",
  },
  { ...oneItem, body: SplitRequest },
  answers,
);

type Services = Pick<GatewayServices, "identities" | "keyedAnswers"> & {
  readonly log: Parameters<typeof changeOnce>[1]["log"];
};

/** Adds the routes of merging and splitting. */
export function addIdentityRoutes(app: App, services: Services, guards: Guards): void {
  const { identities } = services;
  const onRequest = guards.needs("master-data:write");
  const config = { published: { headers: IDEMPOTENCY_HEADERS } };
  const items = "/system/v1/items/:itemId";

  app.post(`${items}/merge`, { onRequest, schema: mergeSchema, config }, (request, reply) =>
    changeOnce(reply, services, {
      change: (keep) =>
        identities.merge({ ...request.body, ...request.params, caller: callerOf(request) }, keep),
      outcomeOf,
    }),
  );
  app.post(`${items}/split`, { onRequest, schema: splitSchema, config }, (request, reply) =>
    changeOnce(reply, services, {
      change: (keep) =>
        identities.split({ ...request.body, ...request.params, caller: callerOf(request) }, keep),
      outcomeOf,
    }),
  );
}

function outcomeOf(outcome: IdentityOutcome): Outcome {
  if (outcome.outcome !== "refused") return jsonAnswer(200, outcome);
  const { refusals } = outcome;
  const detail = refusals.map((refusal) => refusal.detail).join(" ");
  return { code: "item-identity-refused", detail, more: { refusals } };
}
