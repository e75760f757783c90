import { createHmac } from "node:crypto";
import {
  channelId,
  type DocumentOf,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
} from "@crossdock/canonical";
import type { Account, RawMessage } from "@crossdock/connector-kit";
import { ACCOUNT_ID, accountOf } from "./support.ts";

/** Secret of the samples' account. */
export const SECRET = "s3cret-of-the-app";
/** The account that the samples are for. It leads nowhere. */
const unreachable = {
  shopDomain: "harbour-supply.myshopify.com",
  locationId: "gid://shopify/Location/55",
  apiVersion: "2026-10",
  adminUrl: "http://127.0.0.1:1/",
};
export const account: Account = accountOf({
  settings: unreachable,
  secrets: { accessToken: "none", clientSecret: SECRET },
});

/** The same account with other settings and secrets. */
export function accountWith(settings: object, secrets: Readonly<Record<string, string>>): Account {
  return {
    ...account,
    settings: { ...unreachable, ...settings },
    secret(name) {
      const secret = secrets[name];
      if (secret === undefined) throw new TypeError(`the account has no secret ${name}`);
      return secret;
    },
  };
}

export const bytes = (text: string) => new TextEncoder().encode(text);
export const sign = (body: Uint8Array, secret = SECRET) =>
  createHmac("sha256", secret).update(body).digest("base64");

/** A webhook as the shop sends it, signed. */
export function webhook(topic: string, body: string, headers: Record<string, string> = {}): RawMessage {
  const raw = bytes(body);
  return {
    headers: {
      "x-shopify-topic": topic,
      "x-shopify-shop-domain": "harbour-supply.myshopify.com",
      "x-shopify-hmac-sha256": sign(raw),
      "x-shopify-event-id": "0d7c1b1e-5a0b-4c57-9a0e-1f7a5f0e2b11",
      ...headers,
    },
    body: raw,
  };
}

/** An order as the shop writes it: ids without quotes, and more fields than we read. */
export function orderBody(
  changes: { readonly order?: object; readonly lines?: readonly string[] } = {},
): string {
  const lines = changes.lines ?? [line()];
  const order = {
    admin_graphql_api_id: "gid://shopify/Order/9107199254740993",
    name: "#4711",
    order_number: 4711,
    created_at: "2026-11-20T14:03:07-05:00",
    cancelled_at: null,
    closed_at: null,
    currency: "USD",
    test: false,
    po_number: "PO-77",
    shipping_address: {
      name: "Ines Okafor",
      company: "Okafor Marine",
      address1: "4 Quay Road",
      address2: "",
      city: "Mystic",
      province: "Connecticut",
      province_code: "CT",
      zip: "06355",
      country_code: "US",
    },
    a_field_of_next_year: { nested: [1, 2, 3] },
    ...changes.order,
  };
  return `{"id":9107199254740993,"line_items":[${lines.join(",")}],${JSON.stringify(order).slice(1)}`;
}

/** A line of an order, with ids that no number holds. */
export function line(
  changes: object = {},
  ids = { id: "9207199254740995", variant: "9307199254740997" },
): string {
  const fields = {
    name: "Bronze cleat, 6 inch",
    sku: "CLEAT-6",
    quantity: 3,
    current_quantity: 2,
    price: "18.50",
    gift_card: false,
    requires_shipping: true,
    fulfillment_status: null,
    ...changes,
  };
  return `{"id":${ids.id},"variant_id":${ids.variant},${JSON.stringify(fields).slice(1)}`;
}

/** A ship notice for an order that came from the shop. Lines are given by the id of the shop's line and pieces. */
export function shipNotice(options: {
  readonly shopOrderId: string;
  readonly shipped: readonly (readonly [lineItemId: string, pieces: number])[];
  readonly changes?: Partial<DocumentOf<"ship-notice">>;
}): DocumentOf<"ship-notice"> {
  const { shopOrderId, shipped, changes } = options;
  const item = itemId("item-1");
  const named = { itemId: item, names: [{ scheme: "sku", value: "CLEAT-6" }] };
  return {
    kind: "ship-notice",
    order: {
      orderId: orderId("order-1"),
      accountId: ACCOUNT_ID,
      channelId: channelId("web"),
      orderNumber: "#4711",
      placedAt: "2026-11-20T19:03:07.000Z",
      attributes: { shopifyOrderId: shopOrderId },
      lines: shipped.map(([id, pieces]) => ({
        lineId: lineId(id),
        itemId: item,
        ordered: { value: pieces, unit: "EA" },
        quantity: quantity(Math.max(1, pieces)),
      })),
    },
    shipmentNumber: "SHP-0001",
    shippedAt: "2026-11-21T10:00:00Z",
    fromLocationId: locationId("wh-1"),
    carrier: "UPS",
    trackingNumber: "1Z999AA10123456784",
    cartons: [
      {
        lines: shipped.map(([id, value]) => ({
          ...named,
          lineId: lineId(id),
          shipped: { value, unit: "EA" },
        })),
      },
    ],
    ...changes,
  };
}
