import { AccountId, ORDER_LINES_MAX, OrderId, OrderStatement } from "@crossdock/canonical";
import { Type } from "typebox";
import type { Log } from "../../platform/index.ts";
import type { Guards } from "../guard.ts";
import { answerOnce, jsonAnswer, type Outcome } from "../keyed.ts";
import { IDEMPOTENCY_HEADERS, operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { reaches } from "../scope.ts";
import type { KeyedAnswersPort, OrderSubmission, OrdersPort } from "../services.ts";
import { OrderPage, OrderReceipt, OrderView } from "../views.ts";
import { type App, accountsOf, callerOf, nextLink, notGranted, refuse } from "../web.ts";

const path = "/process/v1/orders";

const submitSchema = operation(
  {
    operationId: "placeOrder",
    tag: "Process",
    scope: "orders:write",
    summary: "Place an order",
    description:
      "Takes an order of a channel that speaks this interface itself, in the channel's own references and units. The order is " +
      `kept before the answer, and promised after it. At most ${ORDER_LINES_MAX} lines.`,
  },
  {
    body: Type.Object(
      { accountId: AccountId, order: OrderStatement },
      { title: "OrderToPlace", additionalProperties: false },
    ),
  },
  {
    200: [OrderReceipt, "The order was here already."],
    202: [OrderReceipt, "The order is kept."],
  },
);

const readSchema = operation(
  { operationId: "readOrder", tag: "Process", scope: "orders:read", summary: "Read an order" },
  { params: Type.Object({ orderId: OrderId }) },
  { 200: [OrderView, "The order as it stands."] },
);

const listSchema = operation(
  { operationId: "listOrders", tag: "Process", scope: "orders:read", summary: "List orders, newest first" },
  { querystring: Type.Object(pageParameters, { additionalProperties: false }) },
  { 200: [OrderPage, "A page of orders."] },
);

/** Adds the routes of orders. */
export function addOrderRoutes(
  app: App,
  services: { readonly orders: OrdersPort; readonly keyedAnswers: KeyedAnswersPort; readonly log: Log },
  guards: Guards,
): void {
  const { orders } = services;

  const write = guards.needs("orders:write");
  const config = { published: { headers: IDEMPOTENCY_HEADERS } };
  app.post(path, { onRequest: write, schema: submitSchema, config }, async (request, reply) => {
    const { accountId, order } = request.body;
    if (!reaches(request.grant, accountId)) return refuse(reply, notGranted(accountId));
    const submission = { accountId, statement: order, caller: callerOf(request) };
    // Harmless when it runs twice: an order's number is its own, and a repetition finds it.
    return answerOnce(reply, services, async () => answerTo(await orders.submit(submission), accountId));
  });

  const read = guards.needs("orders:read");
  app.get(`${path}/:orderId`, { onRequest: read, schema: readSchema }, async (request, reply) => {
    const { orderId } = request.params;
    const found = await orders.find(orderId);
    // An order of an account that the key does not reach is not even admitted to exist.
    if (found !== undefined && reaches(request.grant, found.order.accountId)) return found;
    return refuse(reply, { code: "not-found", detail: `There is no order ${orderId}.` });
  });

  app.get(path, { onRequest: read, schema: listSchema }, async (request, reply) => {
    const page = await orders.page({ ...pageOf(request.query), ...accountsOf(request) });
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { orders: page.rows, next: page.next };
  });
}

function answerTo(submission: OrderSubmission, accountId: string): Outcome {
  switch (submission.is) {
    case "accepted":
    case "duplicate": {
      const { is: answer, orderId } = submission;
      const status = answer === "accepted" ? 202 : 200;
      return jsonAnswer(status, { answer, orderId } satisfies OrderReceipt, `${path}/${orderId}`);
    }
    case "parked": {
      const { detail, messageId } = submission;
      const receipt: OrderReceipt = { answer: "parked", detail };
      return jsonAnswer(202, messageId === undefined ? receipt : { ...receipt, messageId });
    }
    case "number-taken":
      return { code: "order-number-taken", more: { orderId: submission.orderId } };
    case "refused":
      return { code: "order-refused", errors: submission.errors };
    case "unknown-account":
      return { code: "unknown-account", detail: `There is no account ${accountId}, or it is switched off.` };
    default:
      return submission satisfies never;
  }
}
