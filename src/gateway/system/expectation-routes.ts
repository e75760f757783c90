import { LocationId } from "@crossdock/canonical";
import { Type } from "typebox";
import { OpenTransferPage, ReceiptDifferencePage } from "../expectation-views.ts";
import type { ExpectationsPort } from "../expectations-port.ts";
import type { Guards } from "../guard.ts";
import { operation } from "../operation.ts";
import { pageOf, pageParameters } from "../paging.ts";
import { type App, nextLink, refuse } from "../web.ts";

const querystring = Type.Object(
  { location: Type.Optional(LocationId), ...pageParameters },
  { additionalProperties: false },
);

const receiptsSchema = operation(
  {
    operationId: "listReceiptDifferences",
    tag: "System",
    scope: "positions:read",
    summary: "List receipts that brought more or less than was expected",
    description:
      "Line by line, of one location or of all, those last told of at the end. What came is on the books; this says what was expected beside it.",
  },
  { querystring },
  { 200: [ReceiptDifferencePage, "A page of receipt lines."] },
);

const transfersSchema = operation(
  {
    operationId: "listOpenTransfers",
    tag: "System",
    scope: "positions:read",
    summary: "List transfers between locations that are not complete",
    description:
      "What left, arrived, was lost and is still on its way, by transfer, item and lot. `location` is where they go.",
  },
  { querystring },
  { 200: [OpenTransferPage, "A page of transfers."] },
);

/** Adds the lists of what was expected and has not come, or has come beyond it. */
export function addExpectationRoutes(app: App, expectations: ExpectationsPort, guards: Guards): void {
  const onRequest = guards.needs("positions:read");

  const receipts = "/system/v1/receipts/differences";
  app.get(receipts, { onRequest, schema: receiptsSchema }, async (request, reply) => {
    const asked = { ...pageOf(request.query), locationId: request.query.location };
    const page = await expectations.receiptDifferences(asked);
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { differences: page.rows, next: page.next };
  });

  const transfers = "/system/v1/transfers/open";
  app.get(transfers, { onRequest, schema: transfersSchema }, async (request, reply) => {
    const asked = { ...pageOf(request.query), locationId: request.query.location };
    const page = await expectations.openTransfers(asked);
    if (page === "bad-cursor") return refuse(reply, { code: "invalid-cursor" });
    if (page.next !== undefined) reply.header("link", nextLink(request.url, page.next));
    return { transfers: page.rows, next: page.next };
  });
}
