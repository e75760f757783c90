import {
  checker,
  type DocumentOf,
  type Measure,
  type Order,
  type OutboundDocument,
} from "@crossdock/canonical";
import type { Account, RenderContext, Rendered, RenderRefusal } from "@crossdock/connector-kit";
import { Type } from "typebox";
import type { OpenLine, ShippedLine, ShopOrder } from "./answers.ts";
import { ORDER_GID_ATTRIBUTE } from "./order-mapping.ts";
import { settingsOf } from "./settings.ts";

/** Lines that one `fulfillmentCreate` takes. */
const LINES_PER_FULFILLMENT_MAX = 512;

/** Largest number of pieces of a line: a GraphQL Int. */
const PIECES_MAX = 2 ** 31 - 1;

const text = Type.String({ minLength: 1 });
const PlanLine = Type.Object({ lineItemId: text, quantity: Type.Integer({ minimum: 1 }) });

/**
 * A shipment as it is to stand on the shop's order. `trackingNumber` is what recognises it there when it is sent again,
 * because `fulfillmentCreate` has no idempotency key: a shipment without a carrier's number goes under our own.
 */
const ShipmentPlan = Type.Object({
  orderId: text,
  trackingNumber: text,
  carrier: Type.Optional(text),
  notifyCustomer: Type.Boolean(),
  lines: Type.Array(PlanLine, { minItems: 1 }),
});
export type ShipmentPlan = Type.Static<typeof ShipmentPlan>;
type PlanLine = Type.Static<typeof PlanLine>;

const checkPlan = checker(ShipmentPlan);

/** Whether an order is one of the shop's: one that was entered here for the shop's account has nothing there to be fulfilled. */
export function cameFromShop({ attributes }: Order): boolean {
  return attributes?.[ORDER_GID_ATTRIBUTE] !== undefined;
}

/** Renders a ship notice as the plan of a shipment, or says why the shop cannot be told. */
export function renderShipment(
  document: OutboundDocument,
  context: RenderContext,
  account: Account,
): Rendered | RenderRefusal {
  if (document.kind !== "ship-notice") return { refused: `Shopify takes no ${document.kind}` };
  const orderId = document.order.attributes?.[ORDER_GID_ATTRIBUTE];
  if (orderId === undefined) {
    return {
      refused: `order ${document.order.orderId} has no ${ORDER_GID_ATTRIBUTE}: it did not come from the shop`,
    };
  }
  const lines = shippedLines(document);
  if ("refused" in lines) return lines;
  const carrier = worded(document.carrier);
  const plan: ShipmentPlan = {
    orderId,
    trackingNumber: worded(document.trackingNumber) ?? worded(document.shipmentNumber) ?? context.documentId,
    ...(carrier === undefined ? {} : { carrier }),
    notifyCustomer: settingsOf(account).notifyCustomer,
    lines,
  };
  const body = new TextEncoder().encode(JSON.stringify(plan));
  return { body, contentType: "application/json", name: `shipment ${document.shipmentNumber}` };
}

/** A text that says something, or undefined. */
function worded(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === "" ? undefined : text.trim();
}

/** What was shipped of each line, over all cartons, in the order in which the lines appear. */
function shippedLines(notice: DocumentOf<"ship-notice">): PlanLine[] | RenderRefusal {
  const shipped = new Map<string, number>();
  for (const line of notice.cartons.flatMap((carton) => carton.lines)) {
    if (line.lineId === undefined)
      return { refused: `item ${line.itemId} was shipped for no line of the order` };
    const pieces = piecesOf(line.shipped);
    if (pieces === undefined) {
      return {
        refused: `line ${line.lineId}: ${line.shipped.value} ${line.shipped.unit} is no number of pieces`,
      };
    }
    const lineItemId = `gid://shopify/LineItem/${line.lineId}`;
    const total = (shipped.get(lineItemId) ?? 0) + pieces;
    if (total > PIECES_MAX)
      return { refused: `line ${line.lineId}: ${total} pieces cannot be told to Shopify` };
    shipped.set(lineItemId, total);
  }
  const lines = [...shipped].map(([lineItemId, quantity]) => ({ lineItemId, quantity }));
  const positive = lines.filter(({ quantity }) => quantity > 0);
  return positive.length === 0 ? { refused: "nothing was shipped" } : positive;
}

/** Shopify counts in pieces. A measure in any other unit, or a broken one, cannot be told. */
function piecesOf(shipped: Measure): number | undefined {
  const value = Number(shipped.value);
  return shipped.unit === "EA" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Reads a rendered plan back; undefined when the bytes are none. */
export function parsePlan(body: Uint8Array): ShipmentPlan | undefined {
  try {
    const checked = checkPlan(JSON.parse(new TextDecoder().decode(body)));
    return checked.ok ? checked.value : undefined;
  } catch {
    return undefined; // Not JSON, so not a plan of ours: the caller refuses it.
  }
}

/** The shipments on the order that are this plan's, from an earlier attempt. */
export function ownShipments(order: ShopOrder, plan: ShipmentPlan): readonly string[] {
  const void_ = new Set(["CANCELLED", "ERROR", "FAILURE"]);
  return order.fulfillments
    .filter(({ status }) => !void_.has(status))
    .filter(({ trackingInfo }) => trackingInfo.some(({ number }) => number === plan.trackingNumber))
    .map(({ id }) => id);
}

/** What of the plan is not on the order yet. */
export function outstanding(plan: ShipmentPlan, shipped: readonly ShippedLine[]): readonly PlanLine[] {
  return plan.lines
    .map(({ lineItemId, quantity }) => {
      const told = shipped.filter((line) => line.lineItemId === lineItemId);
      return { lineItemId, quantity: told.reduce((left, line) => left - line.quantity, quantity) };
    })
    .filter(({ quantity }) => quantity > 0);
}

/** Work that the shop has open at one of its locations. */
export type OpenWork = {
  readonly fulfillmentOrderId: string;
  readonly locationId: string | undefined;
  readonly lines: readonly OpenLine[];
};

type FulfillmentOrder = ShopOrder["fulfillmentOrders"]["nodes"][number];

/** The fulfillment orders that can be shipped, those of our own location first. */
export function shippable(order: ShopOrder, locationId: string): readonly FulfillmentOrder[] {
  const open = order.fulfillmentOrders.nodes.filter(
    ({ status }) => status === "OPEN" || status === "IN_PROGRESS",
  );
  const isOurs = (work: FulfillmentOrder) => work.assignedLocation.location?.id === locationId;
  return [...open.filter(isOurs), ...open.filter((work) => !isOurs(work))];
}

/** The `fulfillment` argument of one `fulfillmentCreate`. */
export type FulfillmentInput = {
  readonly notifyCustomer: boolean;
  readonly trackingInfo: { readonly number: string; readonly company?: string };
  readonly lineItemsByFulfillmentOrder: readonly {
    readonly fulfillmentOrderId: string;
    readonly fulfillmentOrderLineItems: readonly { readonly id: string; readonly quantity: number }[];
  }[];
};

type Taken = { readonly work: OpenWork; readonly id: string; readonly quantity: number };

/**
 * Spreads what is outstanding over the open work, first come first served, and makes one call for each location: the
 * fulfillment orders of a call must share it. More than the shop expects is refused whole, because the shop knows of a
 * shipment, a cancellation or an edit that we do not.
 */
export function planFulfillments(
  plan: ShipmentPlan,
  lines: readonly PlanLine[],
  work: readonly OpenWork[],
): { readonly calls: readonly FulfillmentInput[] } | { readonly refused: string } {
  const taken: Taken[] = [];
  for (const { lineItemId, quantity } of lines) {
    let left = quantity;
    for (const { order, line } of openLinesOf(work, lineItemId)) {
      const take = Math.min(left, line.remaining);
      if (take > 0) taken.push({ work: order, id: line.id, quantity: take });
      left -= take;
    }
    if (left > 0) {
      const expected = quantity - left;
      return {
        refused: `${lineItemId}: ${quantity} shipped, but the shop has only ${expected} open. Look for a hold, a cancellation or a shipment that was entered in the shop's admin`,
      };
    }
  }
  return { calls: callsOf(plan, taken) };
}

function openLinesOf(work: readonly OpenWork[], lineItemId: string) {
  return work.flatMap((order) =>
    order.lines.filter((line) => line.lineItemId === lineItemId).map((line) => ({ order, line })),
  );
}

function callsOf(plan: ShipmentPlan, taken: readonly Taken[]): readonly FulfillmentInput[] {
  const byLocation = Map.groupBy(taken, ({ work }) => work.locationId ?? work.fulfillmentOrderId);
  const batches = [...byLocation.values()].flatMap((lines) => inBatches(lines, LINES_PER_FULFILLMENT_MAX));
  return batches.map((lines) => ({
    notifyCustomer: plan.notifyCustomer,
    trackingInfo: {
      number: plan.trackingNumber,
      ...(plan.carrier === undefined ? {} : { company: plan.carrier }),
    },
    lineItemsByFulfillmentOrder: [...Map.groupBy(lines, ({ work }) => work.fulfillmentOrderId)].map(
      ([fulfillmentOrderId, items]) => ({
        fulfillmentOrderId,
        fulfillmentOrderLineItems: items.map(({ id, quantity }) => ({ id, quantity })),
      }),
    ),
  }));
}

function inBatches<Value>(values: readonly Value[], size: number): readonly (readonly Value[])[] {
  const batches = Math.ceil(values.length / size);
  return Array.from({ length: batches }, (_, index) => values.slice(index * size, (index + 1) * size));
}
