import { type FakeItem, type FakeOrder, gid } from "./shop.ts";

/** Shopify writes times with the shop's offset, so the fake's shop is in New York in winter. */
const OFFSET_MINUTES = -300;
const OFFSET_TEXT = "-05:00";

function written(time: Date): string {
  return new Date(time.getTime() + OFFSET_MINUTES * 60_000).toISOString().slice(0, 19) + OFFSET_TEXT;
}

/** Marks digits that are to stand in the JSON without quotes: ids are beyond what a JavaScript number holds. */
const digits = (id: string): string => `#digits:${id}`;

/** JSON text in which marked digits are numbers. */
function toJson(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value).replaceAll(/"#digits:(\d+)"/g, "$1"));
}

/** The body of an order webhook, with the fields that the vendor documents as far as they say something here. */
export function orderJson(order: FakeOrder, updatedAt: Date): Uint8Array {
  return toJson({
    id: digits(order.id),
    admin_graphql_api_id: gid("Order", order.id),
    cancelled_at: order.cancelledAt === undefined ? null : written(order.cancelledAt),
    closed_at: null,
    confirmed: true,
    created_at: written(order.createdAt),
    currency: "USD",
    financial_status: "paid",
    fulfillment_status: fulfillmentStatus(order),
    name: `#${order.orderNumber}`,
    order_number: order.orderNumber,
    processed_at: written(order.createdAt),
    source_name: "web",
    test: false,
    updated_at: written(updatedAt),
    shipping_address: {
      name: order.customer,
      address1: "17 Harbour Street",
      address2: null,
      city: "Portland",
      province: "Maine",
      province_code: "ME",
      zip: "04101",
      country: "United States",
      country_code: "US",
    },
    line_items: order.lines.map((line) => lineJson(order, line)),
  });
}

function lineJson(order: FakeOrder, line: FakeOrder["lines"][number]): object {
  const open = order.work.flatMap((work) => work.lines).find((candidate) => candidate.line === line);
  return {
    id: digits(line.id),
    admin_graphql_api_id: gid("LineItem", line.id),
    current_quantity: line.quantity,
    fulfillable_quantity: open?.remaining ?? 0,
    fulfillment_status: open?.remaining === 0 ? "fulfilled" : null,
    gift_card: false,
    name: line.item.title,
    price: line.item.price,
    quantity: line.quantity,
    requires_shipping: true,
    sku: line.item.sku,
    title: line.item.title,
    variant_id: digits(line.item.variantId),
    vendor: null,
  };
}

function fulfillmentStatus(order: FakeOrder): string | null {
  const lines = order.work.flatMap((work) => work.lines);
  if (lines.every(({ remaining }) => remaining === 0)) return "fulfilled";
  return lines.some(({ line, remaining }) => remaining < line.quantity) ? "partial" : null;
}

/** The body of `inventory_levels/update`: it tells what is available and nothing of who changed it. */
export function levelJson(
  item: FakeItem,
  level: { locationId: string; available: number; at: Date },
): Uint8Array {
  const inventoryItemId = item.listing.slice(item.listing.lastIndexOf("/") + 1);
  const locationId = level.locationId.slice(level.locationId.lastIndexOf("/") + 1);
  return toJson({
    inventory_item_id: digits(inventoryItemId),
    location_id: digits(locationId),
    available: level.available,
    updated_at: written(level.at),
    admin_graphql_api_id: `gid://shopify/InventoryLevel/${locationId}?inventory_item_id=${inventoryItemId}`,
  });
}
