/**
 * What the Admin API does with the operations that the connector uses, as root values for a GraphQL executor: a field is a
 * value or a function of its arguments.
 */
import { type Checked, checker, problemsText } from "@crossdock/canonical";
import { Type } from "typebox";
import { type FakeOrder, type FakeShipment, type FakeShop, type FakeWork, gid } from "./shop.ts";

/** An error among the payload's `userErrors`. */
export type UserError = {
  readonly code?: string;
  readonly field: readonly string[] | null;
  readonly message: string;
};

/** What an operation changed, so that the shop's webhooks can tell it. */
export type Change =
  | { readonly is: "level"; readonly listing: string; readonly locationId: string }
  | { readonly is: "order"; readonly order: FakeOrder };

export type OperationContext = {
  readonly shop: FakeShop;
  readonly apiVersion: string;
  /** Called for everything that a caller of the API achieves. */
  readonly changed: (change: Change) => void;
};

/** The first version in which quantities can be set at locations where the item is not stocked. */
const SET_ANYWHERE_SINCE = "2026-10";
const QUANTITY_MAX = 1_000_000_000;

const text = Type.String();
const optional = <Schema extends Parameters<typeof Type.Optional>[0]>(schema: Schema) =>
  Type.Optional(Type.Union([schema, Type.Null()]));

const SetQuantitiesArgs = Type.Object({
  input: Type.Object({
    name: text,
    quantities: Type.Array(
      Type.Object({
        inventoryItemId: text,
        locationId: text,
        quantity: Type.Integer(),
        changeFromQuantity: optional(Type.Integer()),
      }),
    ),
  }),
});
type SetQuantitiesInput = Type.Static<typeof SetQuantitiesArgs>["input"];

const ActivateArgs = Type.Object({
  inventoryItemId: text,
  locationId: text,
  available: optional(Type.Integer()),
});
type ActivateArgs = Type.Static<typeof ActivateArgs>;

const FulfillmentArgs = Type.Object({
  fulfillment: Type.Object({
    trackingInfo: optional(Type.Object({ number: optional(text), company: optional(text) })),
    lineItemsByFulfillmentOrder: Type.Array(
      Type.Object({
        fulfillmentOrderId: text,
        fulfillmentOrderLineItems: optional(Type.Array(Type.Object({ id: text, quantity: Type.Integer() }))),
      }),
    ),
  }),
});
type FulfillmentInput = Type.Static<typeof FulfillmentArgs>["fulfillment"];

const checkIds = checker(Type.Object({ ids: Type.Array(text) }));
const checkId = checker(Type.Object({ id: text }));
const checkSetQuantities = checker(SetQuantitiesArgs);
const checkActivate = checker(ActivateArgs);
const checkFulfillment = checker(FulfillmentArgs);

/** Arguments of a field, as an executor gives them. */
export type Args = Readonly<Record<string, unknown>>;
type Field = (args: Args) => unknown;

/** A field whose arguments are checked first: without a schema nobody else has done it. */
function field<Value>(check: (value: unknown) => Checked<Value>, run: (args: Value) => unknown): Field {
  return (args) => {
    const checked = check(args);
    if (!checked.ok) throw new TypeError(problemsText(checked.problems));
    return run(checked.value);
  };
}

/** The root fields by name. */
export function operations(context: OperationContext): Readonly<Record<string, Field>> {
  return {
    nodes: field(checkIds, ({ ids }) => ids.map((id) => inventoryItem(context, id))),
    order: field(checkId, ({ id }) => order(context, id)),
    fulfillment: field(checkId, ({ id }) => fulfillment(context, id)),
    fulfillmentOrder: field(checkId, ({ id }) => fulfillmentOrder(context, id)),
    inventorySetQuantities: field(checkSetQuantities, ({ input }) => setQuantities(context, input)),
    inventoryActivate: field(checkActivate, (args) => activate(context, args)),
    fulfillmentCreate: field(checkFulfillment, (args) => createFulfillment(context, args.fulfillment)),
  };
}

function inventoryItem({ shop }: OperationContext, id: string): object | null {
  const item = shop.items.get(id);
  if (item === undefined) return null;
  return {
    __typename: "InventoryItem",
    id,
    sku: item.sku,
    inventoryLevel: ({ locationId }: Args) => {
      const available = shop.available(id, String(locationId));
      if (available === undefined) return null;
      return { quantities: [{ name: "available", quantity: available }] };
    },
  };
}

function setQuantities(context: OperationContext, input: SetQuantitiesInput): object {
  const errors = input.quantities.flatMap((_, index) => quantityErrors(context, input, index));
  const pairs = input.quantities.map((row) => `${row.inventoryItemId} ${row.locationId}`);
  if (new Set(pairs).size < pairs.length) {
    errors.push({
      code: "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
      field: ["input", "quantities"],
      message: "The combination of inventoryItemId and locationId must be unique.",
    });
  }
  if (errors.length > 0) return { inventoryAdjustmentGroup: null, userErrors: errors };
  for (const { inventoryItemId, locationId, quantity } of input.quantities) {
    const before = context.shop.available(inventoryItemId, locationId);
    context.shop.setAvailable(inventoryItemId, locationId, quantity);
    if (before !== quantity) context.changed({ is: "level", listing: inventoryItemId, locationId });
  }
  return {
    inventoryAdjustmentGroup: { id: "gid://shopify/InventoryAdjustmentGroup/1" },
    userErrors: [],
  };
}

/** One bad row fails the whole call: the vendor applies all of them or none. */
function quantityErrors(context: OperationContext, input: SetQuantitiesInput, index: number): UserError[] {
  const row = input.quantities[index];
  if (row === undefined) return [];
  const error = (code: string, name: string, message: string): UserError[] => [
    { code, field: ["input", "quantities", String(index), name], message },
  ];
  const { shop, apiVersion } = context;
  if (!shop.items.has(row.inventoryItemId)) {
    return error(
      "INVALID_INVENTORY_ITEM",
      "inventoryItemId",
      "The specified inventory item could not be found.",
    );
  }
  if (!shop.locationIds.includes(row.locationId)) {
    return error("INVALID_LOCATION", "locationId", "The specified location could not be found.");
  }
  if (row.quantity > QUANTITY_MAX) {
    return error(
      "INVALID_QUANTITY_TOO_HIGH",
      "quantity",
      "The total quantity can't be higher than 1,000,000,000.",
    );
  }
  if (row.quantity < 0) {
    return error("INVALID_QUANTITY_NEGATIVE", "quantity", "The quantity can't be negative.");
  }
  const shows = shop.available(row.inventoryItemId, row.locationId);
  if (shows === undefined && apiVersion < SET_ANYWHERE_SINCE) {
    const message = "The specified inventory item is not stocked at the location.";
    return error("ITEM_NOT_STOCKED_AT_LOCATION", "locationId", message);
  }
  const from = row.changeFromQuantity ?? undefined;
  if (from === undefined || from === (shows ?? 0)) return [];
  const message = "The changeFromQuantity value does not match persisted value.";
  return error("CHANGE_FROM_QUANTITY_STALE", "changeFromQuantity", message);
}

function activate(context: OperationContext, args: ActivateArgs): object {
  const { shop } = context;
  const { inventoryItemId, locationId, available } = args;
  const refuse = (field: string, message: string) => ({
    inventoryLevel: null,
    userErrors: [{ field: [field], message }],
  });
  if (!shop.items.has(inventoryItemId)) return refuse("inventoryItemId", "The product couldn't be stocked.");
  if (!shop.locationIds.includes(locationId)) return refuse("locationId", "The location could not be found.");
  if (shop.available(inventoryItemId, locationId) !== undefined && available != null) {
    return refuse(
      "available",
      "Not allowed to set available quantity when the item is already active at the location.",
    );
  }
  shop.setAvailable(inventoryItemId, locationId, available ?? 0);
  context.changed({ is: "level", listing: inventoryItemId, locationId });
  return { inventoryLevel: { id: "gid://shopify/InventoryLevel/1" }, userErrors: [] };
}

/** A page of a connection. The cursor is the index of its last node. */
function connection<Node>(nodes: readonly Node[], { first, after }: Args): object {
  const start = typeof after === "string" ? Number(after) + 1 : 0;
  const page = nodes.slice(start, start + (typeof first === "number" ? first : nodes.length));
  const end = start + page.length;
  return {
    nodes: page,
    pageInfo: { hasNextPage: end < nodes.length, endCursor: page.length === 0 ? null : String(end - 1) },
  };
}

function order({ shop }: OperationContext, id: string): object | null {
  const found = shop.orders.get(id.slice(id.lastIndexOf("/") + 1));
  if (found === undefined) return null;
  return {
    id,
    cancelledAt: found.cancelledAt?.toISOString() ?? null,
    fulfillments: () => found.shipments.map(shipmentNode),
    fulfillmentOrders: (args: Args) => connection(found.work.map(workNode), args),
  };
}

function shipmentNode(shipment: FakeShipment): object {
  return {
    id: shipment.id,
    status: shipment.status,
    trackingInfo: () => [{ number: shipment.number, company: shipment.company }],
    fulfillmentLineItems: (args: Args) =>
      connection(
        shipment.lines.map(({ line, quantity }) => ({
          quantity,
          lineItem: { id: gid("LineItem", line.id) },
        })),
        args,
      ),
  };
}

function workNode(work: FakeWork): object {
  return {
    id: work.id,
    status: work.status,
    assignedLocation: { location: { id: work.locationId } },
    lineItems: (args: Args) =>
      connection(
        work.lines.map(({ id, line, remaining }) => ({
          id,
          remainingQuantity: remaining,
          totalQuantity: line.quantity,
          lineItem: { id: gid("LineItem", line.id) },
        })),
        args,
      ),
  };
}

function fulfillment({ shop }: OperationContext, id: string): object | null {
  for (const { shipments } of shop.orders.values()) {
    const found = shipments.find((shipment) => shipment.id === id);
    if (found !== undefined) return shipmentNode(found);
  }
  return null;
}

function fulfillmentOrder({ shop }: OperationContext, id: string): object | null {
  const found = shop.orderOfWork(id);
  return found === undefined ? null : workNode(found.work);
}

type Shipping = {
  readonly order: FakeOrder;
  readonly work: FakeWork;
  readonly item: FakeWork["lines"][number];
  readonly quantity: number;
};

function createFulfillment(context: OperationContext, input: FulfillmentInput): object {
  const refuse = (message: string) => ({
    fulfillment: null,
    userErrors: [{ field: ["fulfillment"], message }],
  });
  const shipping = input.lineItemsByFulfillmentOrder.flatMap((wanted) => shippingOf(context.shop, wanted));
  const fault = shipping.find((part) => "fault" in part);
  if (fault !== undefined) return refuse(fault.fault);
  const parts = shipping.flatMap((part) => ("work" in part ? [part] : []));
  const [first] = parts;
  if (first === undefined) return refuse("There are no lines to fulfill.");
  if (parts.some(({ order: owner }) => owner !== first.order)) {
    return refuse("All fulfillment orders must belong to the same order.");
  }
  if (parts.some(({ work }) => work.locationId !== first.work.locationId)) {
    return refuse("All fulfillment orders must be assigned to the same location.");
  }
  return { fulfillment: shipmentNode(ship(context, first.order, { parts, input })), userErrors: [] };
}

function shippingOf(
  shop: FakeShop,
  wanted: FulfillmentInput["lineItemsByFulfillmentOrder"][number],
): readonly (Shipping | { readonly fault: string })[] {
  const found = shop.orderOfWork(wanted.fulfillmentOrderId);
  if (found === undefined) return [{ fault: "Fulfillment order does not exist." }];
  const { order: owner, work } = found;
  if (work.status !== "OPEN" && work.status !== "IN_PROGRESS") {
    return [
      { fault: `Fulfillment order ${work.id} has an unfulfillable status= ${work.status.toLowerCase()}.` },
    ];
  }
  const all = work.lines.map(({ id, remaining }) => ({ id, quantity: remaining }));
  return (wanted.fulfillmentOrderLineItems ?? all).map(({ id, quantity }) => {
    const item = work.lines.find((line) => line.id === id);
    if (item === undefined) return { fault: "Fulfillment order line item does not exist." };
    if (quantity < 1 || quantity > item.remaining) {
      return { fault: "Invalid fulfillment order line item quantity requested." };
    }
    return { order: owner, work, item, quantity };
  });
}

function ship(
  context: OperationContext,
  owner: FakeOrder,
  shipment: { readonly parts: readonly Shipping[]; readonly input: FulfillmentInput },
): FakeShipment {
  const { parts, input } = shipment;
  for (const { work, item, quantity } of parts) {
    item.remaining -= quantity;
    work.status = work.lines.every(({ remaining }) => remaining === 0) ? "CLOSED" : "IN_PROGRESS";
  }
  const made: FakeShipment = {
    id: context.shop.nextShipmentId(),
    status: "SUCCESS",
    company: input.trackingInfo?.company ?? null,
    number: input.trackingInfo?.number ?? null,
    lines: parts.map(({ item, quantity }) => ({ line: item.line, quantity })),
  };
  owner.shipments.push(made);
  context.changed({ is: "order", order: owner });
  return made;
}
