/**
 * Shopify: order webhooks in, availability and shipments out, over the Admin GraphQL API 2026-04 and later.
 *
 * Terms: a *listing* is an inventory item's gid, at the one location that the account publishes; *stale* is what Shopify
 * calls a quantity that is not the one we said we change from; the *bucket* holds the cost points that calls are paid with.
 *
 * Invariants: ids beyond 2^53 stay exact. A webhook is genuine only with the signature of its raw bytes and the shop's own
 * domain. A quantity is never set without naming the one it replaces, and never decided here: when the shop shows something
 * else, an order may be in flight, and the product computes again. Nothing that may have had its effect is sent a second
 * time under a new key before the shop has been looked at.
 *
 * What this package deliberately does not do: it keeps no state, subscribes to no webhooks, polls no orders and missed webhooks,
 * and does not sell by anything but pieces. It takes over no cancellations, edits or refunds: those that ask somebody to act are
 * parked for a person. It publishes one location: a shop with several has one account a location, and only one of them is
 * subscribed to orders, because the account is part of an order's identity. What the shop says of its levels is no fact, its
 * echo of our own writes included; the next publication that finds another number than it believed learns of it. Fulfillment
 * requests, returns, inventory transfers and bulk operations are not spoken.
 */
import type { Connector, Outlet, Publisher } from "@crossdock/connector-kit";
import { intake } from "./intake.ts";
import { deliver, observe, publish } from "./io.ts";
import { manifest } from "./manifest.ts";
import { ROWS_PER_CALL } from "./publisher.ts";
import { cameFromShop, renderShipment } from "./shipment.ts";

const outlet: Outlet = {
  documents: ["ship-notice"],
  hasOrder: cameFromShop,
  render: renderShipment,
  deliver: (rendered, _document, io, account) => deliver(rendered, io, account),
};

const publisher: Publisher = { rowsPerCall: ROWS_PER_CALL, publish, observe };

/** The connector as the product loads it. */
export const shopify: Connector = { manifest, intake, outlet, publisher };

export { LISTING_SCHEME, VARIANT_SCHEME } from "./manifest.ts";
export { ORDER_GID_ATTRIBUTE } from "./order-mapping.ts";
export { ShopifySettings } from "./settings.ts";
