import type { Manifest } from "@crossdock/connector-kit";
import { ShopifySettings } from "./settings.ts";

/** Reference scheme of variant ids, by which orders name items. The scope is the account: ids are unique in a shop only. */
export const VARIANT_SCHEME = "shopify-variant";

/** Reference scheme of inventory item gids, by which availability is published. */
export const LISTING_SCHEME = "shopify-inventory-item";

export const manifest: Manifest = {
  name: "shopify",
  title: "Shopify",
  version: "0.1.0",
  speaks: "Shopify Admin GraphQL 2026-10 (2026-04 and later) and its order webhooks",
  settings: ShopifySettings,
  secrets: {
    accessToken:
      "The app's Admin API access token (shpat_…), shown once when the app is installed. It needs the scopes read_orders, write_inventory and write_merchant_managed_fulfillment_orders.",
    clientSecret:
      "The app's client secret, with which Shopify signs its webhooks: Settings of the app, Client credentials.",
    previousClientSecret:
      "Only while the setting `rotation` is on: the client secret before, until it is revoked in the app's settings.",
  },
  listingScheme: LISTING_SCHEME,
};
