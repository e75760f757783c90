import { type AccountId, Instant, ItemId, LineId, OrderId, OrderState, Quantity } from "@crossdock/canonical";
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Guards } from "../guard.ts";
import { AVAILABILITY_ITEMS_MAX } from "../limits.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import type { PartnerPort } from "../partner-port.ts";
import type { Occurrence } from "../problem.ts";
import { type App, nextLink, refuse } from "../web.ts";

const closed = { additionalProperties: false } as const;
const about = { tag: "Experience", scope: "partner:read" } as const;
const name = Type.String({ minLength: 1, maxLength: 200 });

const PartnerItems = Type.Object(
  {
    items: Type.Array(
      Type.Object(
        {
          name: Type.String({ description: "The partner's own part number." }),
          itemId: ItemId,
          sku: Type.String(),
          available: Quantity,
          next: Type.Optional(
            Type.Object(
              { at: Instant, units: Quantity },
              {
                ...closed,
                description:
                  "When there will be more next, and how many more. Absent: nothing is known to come.",
              },
            ),
          ),
        },
        closed,
      ),
    ),
    unknown: Type.Array(Type.String(), { description: "Part numbers that mean nothing to us." }),
  },
  { title: "PartnerItems", ...closed },
);

const PartnerOrders = Type.Object(
  {
    orders: Type.Array(
      Type.Object(
        {
          orderId: OrderId,
          orderNumber: Type.String(),
          state: OrderState,
          receivedAt: Instant,
          lines: Type.Array(
            Type.Object(
              {
                lineId: LineId,
                itemId: ItemId,
                name: Type.Optional(Type.String()),
                ordered: Quantity,
                promised: Quantity,
                shipped: Quantity,
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
    next: Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." })),
  },
  { title: "PartnerOrders", ...closed },
);

const itemsSchema = operation(
  {
    ...about,
    operationId: "askPartnerItems",
    summary: "Ask what a partner may have, by the partner's own part numbers",
    description: `Of up to ${AVAILABILITY_ITEMS_MAX} items what is available now, and when there will be more. The key must be that of one account: the answer is for its channel, in its words, and has no prices.`,
  },
  {
    querystring: Type.Object(
      {
        name: Type.Array(name, {
          minItems: 1,
          maxItems: AVAILABILITY_ITEMS_MAX,
          description: "The partner's own part number. Repeatable.",
        }),
      },
      closed,
    ),
  },
  { 200: [PartnerItems, "One answer for each part number that is known."] },
);
const ordersSchema = operation(
  {
    ...about,
    operationId: "listPartnerOrders",
    summary: "List a partner's open orders",
    description:
      "What has not been shipped whole, cancelled or rejected, the newest first, without prices. A page may have fewer orders than it could: only open ones of it are shown.",
  },
  { querystring: Type.Object(pageParameters, closed) },
  { 200: [PartnerOrders, "A page of open orders."] },
);

/** The one account that a key is of; a key of several, or of all, is nobody's portal. */
function accountOf({ grant }: FastifyRequest): AccountId | Occurrence {
  const [account, ...others] = grant?.accountIds ?? [];
  if (account !== undefined && others.length === 0) return account;
  return {
    code: "account-not-granted",
    detail: "A portal's key must be restricted to the one account that it is for.",
  };
}

/** Adds the routes of partners' portals. */
export function addPartnerRoutes(app: App, partner: PartnerPort, guards: Guards): void {
  const onRequest = guards.needs("partner:read");
  app.get("/experience/v1/partner/items", { onRequest, schema: itemsSchema }, async (request, reply) => {
    const account = accountOf(request);
    if (typeof account !== "string") return refuse(reply, account);
    const answer = await partner.items(account, [...new Set(request.query.name)]);
    if (answer.is === "no-channel")
      return refuse(reply, {
        code: "unknown-channel",
        detail: `The account ${account} sells through no channel.`,
      });
    return { items: [...answer.items], unknown: [...answer.unknown] };
  });
  app.get("/experience/v1/partner/orders", { onRequest, schema: ordersSchema }, async (request, reply) => {
    const account = accountOf(request);
    if (typeof account !== "string") return refuse(reply, account);
    const page = await partner.openOrders(account, pageOf(request.query));
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { orders: page.rows.map((order) => ({ ...order, lines: [...order.lines] })), next: page.next };
  });
}
