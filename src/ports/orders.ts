import {
  accountId,
  accountSource,
  type Backorder,
  channelId,
  itemId,
  lineId,
  type Order,
  orderId,
  quantity,
} from "@crossdock/canonical";
import type { Availabilities } from "../availability/index.ts";
import type { FactLog } from "../backbone/index.ts";
import type { OrderSummary, OrdersPort, OrderView } from "../gateway/index.ts";
import type { Integration } from "../integration/index.ts";
import type { Orchestration, OrderRow, OrderWithLines } from "../orchestration/index.ts";

/** Backorders of one order that are shown with it: an order has as many lines at most. */
const BACKORDERS_SHOWN_MAX = 5_000;

/** An order with its progress, as the gateway shows it. */
export function toOrderView({ order, lines }: OrderWithLines, backorders: readonly Backorder[]): OrderView {
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
    ...(backorders.length === 0 ? {} : { backorders: [...backorders] }),
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

/** Orders, as the gateway takes and shows them. */
export function ordersPort(parts: {
  readonly integration: Pick<Integration, "submit">;
  readonly orchestration: Orchestration;
  readonly factLog: FactLog;
  readonly availability: Pick<Availabilities, "backorders">;
}): OrdersPort {
  const { integration, orchestration, factLog } = parts;
  const { backorders } = parts.availability;
  return {
    async submit({ accountId: account, statement, caller }) {
      const taken = await orchestration.orderByNumber(account, statement.data.orderNumber);
      const before = await factLog.factOfSource(accountSource(account), statement.id);
      if (taken !== undefined && before === undefined) {
        return { is: "number-taken", orderId: orderId(taken.order.order_id) };
      }
      const { correlationId } = caller;
      const answer = await integration.submit({ accountId: account, statements: [statement], correlationId });
      if ("refused" in answer) return { is: "unknown-account" };
      const [outcome] = answer.outcomes;
      if (outcome?.is === "parked") {
        return { is: "parked", messageId: answer.messageId, detail: outcome.obstacle.detail };
      }
      const fact = await factLog.factOfSource(accountSource(account), statement.id);
      if (fact?.type !== "OrderReceived")
        throw new Error(`order ${statement.id} of ${account} is not on the log`);
      return { is: outcome?.is === "applied" ? "accepted" : "duplicate", orderId: fact.data.orderId };
    },
    async find(id) {
      const found = await orchestration.order(id);
      if (found === undefined) return undefined;
      const page = { after: 0, limit: BACKORDERS_SHOWN_MAX, orderId: id, withEnded: true };
      return toOrderView(found, (await backorders.page(page)).rows);
    },
    async page({ after, limit, accountIds }) {
      const before = after === undefined ? undefined : parseOrderCursor(after);
      if (after !== undefined && before === undefined) return "bad-cursor";
      const rows = await orchestration.orderPage({ before, limit, accountIds });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { rows: rows.map(toOrderSummary), next: last === undefined ? undefined : orderCursorText(last) };
    },
  };
}
