import { ChannelId, ItemId, type Reference } from "@crossdock/canonical";
import { Type } from "typebox";
import { invalidRequest } from "../fault-of.ts";
import type { Guards } from "../guard.ts";
import { AVAILABILITY_ITEMS_MAX } from "../limits.ts";
import { operation } from "../operation.ts";
import type { AvailabilityPort } from "../services.ts";
import { AvailabilityAnswer } from "../views.ts";
import { type App, refuse } from "../web.ts";

const sku = Type.String({ minLength: 1, maxLength: 200 });

const askSchema = operation(
  {
    operationId: "askAvailability",
    tag: "Experience",
    scope: "availability:read",
    summary: "Ask how many a channel may sell",
    description:
      "Available to promise, now, with the formula and its inputs; a kit's with those of its components. Items by `sku`, by `item` (our id), or both; " +
      `${AVAILABILITY_ITEMS_MAX} at most. Reserve to be sure: between this answer and a sale others sell as well.`,
  },
  {
    querystring: Type.Object(
      {
        channel: ChannelId,
        sku: Type.Optional(Type.Array(sku, { maxItems: AVAILABILITY_ITEMS_MAX, description: "Repeatable." })),
        item: Type.Optional(
          Type.Array(ItemId, { maxItems: AVAILABILITY_ITEMS_MAX, description: "Repeatable." }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  { 200: [AvailabilityAnswer, "One answer for each item that is known."] },
);

/** Adds the route of availability. */
export function addAvailabilityRoutes(app: App, availability: AvailabilityPort, guards: Guards): void {
  const options = { onRequest: guards.needs("availability:read"), schema: askSchema };
  app.get("/experience/v1/availability", options, async (request, reply) => {
    const { channel, sku: skus = [], item: ids = [] } = request.query;
    const items: Reference[] = [
      ...[...new Set(skus)].map((value) => ({ scheme: "sku", value })),
      ...[...new Set(ids)].map((value) => ({ scheme: "id", value })),
    ];
    if (items.length === 0 || items.length > AVAILABILITY_ITEMS_MAX) {
      const message = `must name 1 to ${AVAILABILITY_ITEMS_MAX} items, together with item`;
      return refuse(reply, invalidRequest([{ pointer: "/sku", message }]));
    }
    const answer = await availability.ask({ channelId: channel, items });
    if (answer.is === "unknown-channel") {
      return refuse(reply, { code: "unknown-channel", detail: `There is no channel ${channel}.` });
    }
    return { channelId: channel, availability: answer.availability, unknown: answer.unknown };
  });
}
