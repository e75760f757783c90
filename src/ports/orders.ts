import { accountId, channelId, itemId, lineId, type Order, orderId, quantity } from "@crossdock/canonical";
import type { OrderSummary, OrderView } from "../gateway/index.ts";
import type { OrderRow, OrderWithLines } from "../orchestration/index.ts";

/** An order with its progress, as the gateway shows it. */
export function toOrderView({ order, lines }: OrderWithLines): OrderView {
  const content: Order = order.content;
  return {
    order: content,
    state: order.state,
    lines: lines.map((line) => ({
      lineId: lineId(line.line_id),
      itemId: itemId(line.item_id),
      ordered: quantity(line.ordered),
      promised: quantity(line.promised),
      short: quantity(line.ordered - line.promised),
      shipped: quantity(line.shipped),
    })),
    correlationId: order.correlation_id,
    receivedAt: order.received_at.toISOString(),
    changedAt: order.changed_at.toISOString(),
  };
}

/** An order in a list. */
export function toOrderSummary(row: OrderRow): OrderSummary {
  return {
    orderId: orderId(row.order_id),
    accountId: accountId(row.account_id),
    channelId: channelId(row.channel_id),
    orderNumber: row.order_number,
    state: row.state,
    receivedAt: row.received_at.toISOString(),
    changedAt: row.changed_at.toISOString(),
  };
}

/** Where a list of orders goes on: the time and id of the last one shown. */
export type OrderCursor = { readonly receivedAt: Date; readonly orderId: string };

/** The cursor of the page after an order, as outsiders keep it. */
export function orderCursorText(row: OrderRow): string {
  return `${row.received_at.getTime()}~${row.order_id}`;
}

/** Reads a cursor's text; undefined when it is none of ours. */
export function parseOrderCursor(text: string): OrderCursor | undefined {
  const match = /^(\d{1,15})~([A-Za-z0-9][A-Za-z0-9._-]{0,63})$/.exec(text);
  return match?.[2] === undefined ? undefined : { receivedAt: new Date(Number(match[1])), orderId: match[2] };
}
