import {
  type CheckProblem,
  checker,
  lineId,
  type OrderLineStatement,
  OrderStatement,
  type Party,
  type Price,
  problemsText,
  type Reference,
} from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import { VARIANT_SCHEME } from "./manifest.ts";
import {
  checkOrderBody,
  fieldOf,
  idOf,
  instantOf,
  type OrderBody,
  type OrderLineBody,
  textOf,
} from "./order-body.ts";

/** Attribute of an order that carries its gid, so that a shipment can be reported to it. */
export const ORDER_GID_ATTRIBUTE = "shopifyOrderId";

/** Longest description and source text that an order statement takes. */
const DESCRIPTION_MAX = 500;

const checkStatement = checker(OrderStatement);

const ignored = (at: string, reason: string): MappedRecord => ({ is: "ignored", at, reason });

/** One order is one record: it points at the first problem and tells all of them. */
function invalid(problems: readonly CheckProblem[]): MappedRecord {
  const at = problems[0]?.at ?? "";
  return {
    is: "invalid",
    at: at === "/" ? "" : at,
    reason: "malformed-order",
    message: problemsText(problems),
  };
}

/**
 * The records of an order body, whichever topic brought it. The statement's id is the order's gid for every topic, so the
 * first of `orders/create` and `orders/updated` is the order and the other is a duplicate: Shopify does not promise their
 * order (Shopify/shopify-app-js issue 603).
 *
 * An order is taken whole or not at all: one line that cannot be read makes it invalid. Lines that need no stock are left
 * out, each with its reason.
 */
export function mapOrder(body: unknown, accountId: string): readonly MappedRecord[] {
  const checked = checkOrderBody(body);
  if (!checked.ok) return [invalid(checked.problems)];
  const order = checked.value;
  const reason = reasonToIgnore(order);
  if (reason !== undefined) return [ignored("", reason)];
  const placedAt = instantOf(order.created_at);
  if (placedAt === undefined) {
    return [invalid([{ at: "/created_at", message: `${JSON.stringify(order.created_at)} is no time` }])];
  }
  const lines = order.line_items.map((line, index) => mapLine(line, index, { order, accountId }));
  const faults = lines.flatMap((line) => ("fault" in line ? [line.fault] : []));
  if (faults.length > 0) return [invalid(faults)];
  const skipped = lines.flatMap((line) => ("skipped" in line ? [line.skipped] : []));
  const wanted = lines.flatMap((line) => ("line" in line ? [line.line] : []));
  if (wanted.length === 0) return [...skipped, ignored("", "no line of this order needs stock")];
  return [statementRecord(order, placedAt, wanted), ...skipped];
}

/** Why an order makes no demand on stock, or not any more. */
function reasonToIgnore(order: OrderBody): string | undefined {
  if (order.test === true) return "test order";
  if (isPresent(order.cancelled_at)) return "the order is cancelled";
  if (order.fulfillment_status === "fulfilled" || order.fulfillment_status === "restocked") {
    return `the order is ${order.fulfillment_status} already`;
  }
  if (isPresent(order.closed_at)) return "the order is closed";
  return undefined;
}

const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

function statementRecord(
  order: OrderBody,
  placedAt: string,
  lines: readonly OrderLineStatement[],
): MappedRecord {
  const id = `gid://shopify/Order/${idOf(order.admin_graphql_api_id, "Order", order.id)}`;
  const shipTo = shipToOf(order.shipping_address);
  const statement: OrderStatement = {
    type: "OrderReceived",
    id,
    effectiveAt: placedAt,
    data: {
      orderNumber: textOf(order.name) ?? textOf(order.order_number) ?? id,
      placedAt,
      ...(shipTo === undefined ? {} : { parties: [shipTo] }),
      attributes: attributesOf(order, id),
      lines: [...lines],
    },
  };
  const checked = checkStatement(statement);
  return checked.ok ? { is: "order", at: "", statement } : invalid(checked.problems);
}

function attributesOf(order: OrderBody, id: string): Record<string, string> {
  const poNumber = textOf(order.po_number);
  const sourceName = textOf(order.source_name);
  return {
    [ORDER_GID_ATTRIBUTE]: id,
    ...(poNumber === undefined ? {} : { poNumber }),
    ...(sourceName === undefined ? {} : { sourceName }),
  };
}

type MappedLine =
  | { readonly line: OrderLineStatement }
  | { readonly skipped: MappedRecord }
  | { readonly fault: CheckProblem };

function mapLine(
  line: OrderLineBody,
  index: number,
  context: { readonly order: OrderBody; readonly accountId: string },
): MappedLine {
  const at = `/line_items/${index}`;
  const quantity = quantityOf(line);
  const reason = reasonToSkip(line, quantity);
  if (reason !== undefined) return { skipped: ignored(at, reason) };
  const names = namesOf(line, context.accountId);
  const [item] = names;
  if (item === undefined) {
    return { fault: { at: `${at}/variant_id`, message: "the line names neither a variant nor a SKU" } };
  }
  const description = textOf(line.name) ?? textOf(line.title);
  const price = priceOf(line.price, context.order.currency);
  return {
    line: {
      lineId: lineId(idOf(line.admin_graphql_api_id, "LineItem", line.id)),
      item,
      names: [...names],
      quantity: { value: quantity, unit: "EA" },
      ...(description === undefined ? {} : { description: description.slice(0, DESCRIPTION_MAX) }),
      ...(price === undefined ? {} : { price }),
    },
  };
}

/**
 * How much of a line is wanted: what is left of it after edits and refunds, and of a line that has left in part, what has not.
 * Only then is `fulfillable_quantity` asked, because it is 0 as well where another service ships.
 */
function quantityOf({ quantity, current_quantity, fulfillable_quantity, fulfillment_status }: OrderLineBody) {
  const left = current_quantity ?? quantity;
  return fulfillment_status === "partial" ? Math.min(left, fulfillable_quantity ?? left) : left;
}

function reasonToSkip(line: OrderLineBody, quantity: number): string | undefined {
  if (line.gift_card === true) return "a gift card needs no stock";
  if (line.requires_shipping === false) return "the line is not shipped";
  if (quantity === 0) return "nothing is left of the line";
  if (line.fulfillment_status === "fulfilled") return "the line is fulfilled already";
  return undefined;
}

/** The names of a line's item, the one to resolve first. A variant id means nothing outside its shop. */
function namesOf(line: OrderLineBody, accountId: string): readonly Reference[] {
  const sku = textOf(line.sku);
  const variant = line.variant_id ?? undefined;
  return [
    ...(variant === undefined ? [] : [{ scheme: VARIANT_SCHEME, value: String(variant), scope: accountId }]),
    ...(sku === undefined ? [] : [{ scheme: "sku", value: sku }]),
  ];
}

function priceOf(price: unknown, currency: unknown): Price | undefined {
  const amount = textOf(price);
  if (amount === undefined || !/^-?\d+(\.\d+)?$/.test(amount)) return undefined;
  return typeof currency === "string" && /^[A-Z]{3}$/.test(currency) ? { amount, currency } : { amount };
}

function shipToOf(address: unknown): Party | undefined {
  const text = (name: string) => textOf(fieldOf(address, name));
  const street = [text("company"), text("address1"), text("address2")].filter((part) => part !== undefined);
  const fields = {
    name: text("name"),
    city: text("city"),
    region: text("province_code") ?? text("province"),
    postalCode: text("zip"),
    country: text("country_code") ?? text("country"),
  };
  const known = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  if (street.length === 0 && Object.keys(known).length === 0) return undefined;
  return { role: "ship-to", ...known, ...(street.length === 0 ? {} : { address: street }) };
}
