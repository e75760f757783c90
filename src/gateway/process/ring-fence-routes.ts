import { ChannelId, ItemId, LocationId, Lot, Measure, Quantity, Reference } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { changeOnce, jsonAnswer, type Outcome } from "../keyed.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { ProblemCode } from "../problem.ts";
import type { GatewayServices, RingFenceOutcome } from "../services.ts";
import { type App, callerOf, nextLink, refuse } from "../web.ts";

const path = "/process/v1/ring-fences";

/** Stock to be set aside for a channel, or to be given back. */
const RingFenceRequest = Type.Object(
  {
    channelId: ChannelId,
    item: Reference,
    locationId: LocationId,
    lot: Type.Optional(Lot),
    quantity: Measure,
    reason: Type.String({ minLength: 1, maxLength: 200, description: "Why; it stays on the log." }),
  },
  { title: "RingFenceRequest", additionalProperties: false },
);

const RingFence = Type.Object(
  { channelId: ChannelId, itemId: ItemId, locationId: LocationId, lot: Lot, quantity: Quantity },
  {
    title: "RingFence",
    description: "What is set aside for a channel at a place, in base units.",
    additionalProperties: false,
  },
);

const RingFencePage = Type.Object(
  {
    ringFences: Type.Array(RingFence),
    next: Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." })),
  },
  { title: "RingFencePage", additionalProperties: false },
);

const about = { tag: "Process", scope: "protections:write" } as const;

const setAsideSchema = operation(
  {
    ...about,
    operationId: "setStockAside",
    summary: "Set stock aside for one channel",
    description:
      "Takes units off what is there for all. From then on only this channel is told of them and promised them; its promises take them " +
      "before they take from the shelf. No more than is available at the place, and not what is protected for others.",
  },
  { body: RingFenceRequest },
  { 200: [RingFence, "What is set aside for the channel there now."] },
);

const giveBackSchema = operation(
  {
    ...about,
    operationId: "giveStockBack",
    summary: "Give stock that was set aside back to all",
    description:
      "All of it or a part. Units that are promised are given back when their promise ends without them.",
  },
  { body: RingFenceRequest },
  { 200: [RingFence, "What is set aside for the channel there now."] },
);

const listSchema = operation(
  {
    operationId: "listRingFences",
    tag: "Process",
    scope: "availability:read",
    summary: "List what is set aside for channels",
  },
  {
    querystring: Type.Object(
      { channel: Type.Optional(ChannelId), item: Type.Optional(ItemId), ...pageParameters },
      { additionalProperties: false },
    ),
  },
  { 200: [RingFencePage, "A page, by channel."] },
);

type Services = Pick<GatewayServices, "ringFences" | "keyedAnswers"> & {
  readonly log: Parameters<typeof changeOnce>[1]["log"];
};

/** Adds the routes of ring-fences. */
export function addRingFenceRoutes(app: App, services: Services, guards: Guards): void {
  const { ringFences } = services;
  const onRequest = guards.needs("protections:write");
  const config = { published: { headers: IDEMPOTENCY_HEADERS } };

  app.post(path, { onRequest, schema: setAsideSchema, config }, (request, reply) =>
    changeOnce(reply, services, {
      change: (keep) => ringFences.setAside({ ...request.body, caller: callerOf(request) }, keep),
      outcomeOf,
    }),
  );
  app.post(`${path}/give-back`, { onRequest, schema: giveBackSchema, config }, (request, reply) =>
    changeOnce(reply, services, {
      change: (keep) => ringFences.giveBack({ ...request.body, caller: callerOf(request) }, keep),
      outcomeOf,
    }),
  );

  const read = guards.needs("availability:read");
  app.get(path, { onRequest: read, schema: listSchema }, async (request, reply) => {
    const { channel: channelId, item: itemId } = request.query;
    const page = await ringFences.list({ ...pageOf(request.query), channelId, itemId });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { ringFences: page.rows, next: page.next };
  });
}

const refusalCodes: Readonly<Record<Extract<RingFenceOutcome, { is: "refused" }>["reason"], ProblemCode>> = {
  "unknown-channel": "unknown-channel",
  "outside-network": "unresolvable-lines",
  unresolvable: "unresolvable-lines",
  "insufficient-stock": "insufficient-stock",
};

function outcomeOf(outcome: RingFenceOutcome): Outcome {
  if (outcome.is === "done") return jsonAnswer(200, outcome.ringFence);
  return { code: refusalCodes[outcome.reason], detail: outcome.message };
}
