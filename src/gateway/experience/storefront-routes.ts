import { hash } from "node:crypto";
import { ChannelId, Instant, ItemId, Quantity, Reference } from "@crossdock/canonical";
import { type Static, Type } from "typebox";
import { freshEnough } from "../freshness.ts";
import type { Guards } from "../guard.ts";
import { AVAILABILITY_ITEMS_MAX } from "../limits.ts";
import { operation } from "../operation.ts";
import type { GatewayServices } from "../services.ts";
import { type App, refuse } from "../web.ts";
import { availabilityParameters, itemsAsked, unknownChannel } from "./availability-routes.ts";

const closed = { additionalProperties: false } as const;

/** What buyers are told. */
export const StorefrontAnswer = Type.Object(
  {
    channelId: ChannelId,
    items: Type.Array(
      Type.Object(
        {
          itemId: ItemId,
          sku: Type.Optional(Type.String()),
          state: Type.Union(
            [Type.Literal("in-stock"), Type.Literal("low"), Type.Literal("by-date"), Type.Literal("out")],
            {
              description:
                "`low`: fewer than the channel's rule says (`lowBelow`). `by-date`: none now, and some from `availableFrom` on.",
            },
          ),
          availableFrom: Type.Optional(Instant),
          availableToPromise: Type.Optional(
            Type.Unsafe<Quantity>({
              ...Quantity,
              description: "Only for keys that may ask for figures as well (`availability:read`).",
            }),
          ),
        },
        closed,
      ),
    ),
    unknown: Type.Array(Reference, { description: "Names that mean nothing to us." }),
  },
  { title: "StorefrontAnswer", ...closed },
);
type StorefrontAnswer = Static<typeof StorefrontAnswer>;

/** How long a shop may show an answer without asking again: as long as a buyer looks at a page. */
const FRESH_SECONDS = 10;

const { channel, sku, item, maxStaleness } = availabilityParameters;
const schema = operation(
  {
    operationId: "askStorefront",
    tag: "Experience",
    scope: "storefront:read",
    summary: "Ask what a shop shows of items",
    description:
      `In stock, few left, from a date on, or out, for up to ${AVAILABILITY_ITEMS_MAX} items, without figures. An answer may be shown for ${FRESH_SECONDS} ` +
      "seconds; after that ask with `If-None-Match`, which costs no body while nothing has changed. Reserve to be sure.",
  },
  { querystring: Type.Object({ channel, sku, item, maxStaleness }, closed) },
  { 200: [StorefrontAnswer, "One answer for each item that is known."] },
);

/** Adds the route of what shops show. */
export function addStorefrontRoutes(
  app: App,
  { storefront, freshness }: Pick<GatewayServices, "storefront" | "freshness">,
  guards: Guards,
): void {
  const options = { onRequest: guards.needs("storefront:read"), schema };
  app.get("/experience/v1/storefront", options, async (request, reply) => {
    const { channel: channelId } = request.query;
    const items = itemsAsked(request.query);
    if ("code" in items) return refuse(reply, items);
    // Buyers are told no ages; a shop may still want nothing old.
    const fresh = await freshEnough(freshness, channelId, request.query.maxStaleness);
    if ("refusal" in fresh) return refuse(reply, fresh.refusal);
    const answer = await storefront.show({ channelId, items });
    if (answer.is === "unknown-channel") return refuse(reply, unknownChannel(channelId));
    const mayKnow = request.grant?.scopes.has("availability:read") === true;
    const told: StorefrontAnswer = {
      channelId,
      items: answer.items.map(({ availableToPromise, itemId, sku: name, state, availableFrom }) => ({
        ...{ itemId, state },
        ...(name === undefined ? {} : { sku: name }),
        ...(availableFrom === undefined ? {} : { availableFrom }),
        ...(mayKnow ? { availableToPromise } : {}),
      })),
      unknown: [...answer.unknown],
    };
    const tag = tagOf(told);
    reply.header("etag", tag).header("cache-control", `private, max-age=${FRESH_SECONDS}`);
    return isKnown(request.headers["if-none-match"], tag) ? reply.code(304).send() : told;
  });
}

/** A strong tag of what is told (RFC 9110, section 8.8.3). */
const tagOf = (told: StorefrontAnswer): string =>
  `"${hash("sha256", JSON.stringify(told), "base64url").slice(0, 22)}"`;

/** Whether whoever asks has what would be told (RFC 9110, section 13.1.2). */
function isKnown(known: string | undefined, tag: string): boolean {
  if (known === undefined) return false;
  return known.trim() === "*" || known.split(",").some((each) => each.trim().replace(/^W\//, "") === tag);
}
