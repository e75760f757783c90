import { checker, problemsText } from "@crossdock/canonical";
import type { Account } from "@crossdock/connector-kit";
import { Type } from "typebox";

/** Points of the cost bucket that are left for fulfilments and reads when availability is published. */
const COST_RESERVE_DEFAULT = 100;
/** Shopify answers within seconds; an answer that takes longer than this is treated as unknown and looked up. */
const REQUEST_TIMEOUT_MS_DEFAULT = 10_000;
const REQUEST_TIMEOUT_MS_MAX = 60_000;

/** What an account of this connector is told. Everything but the shop and its location has a good default. */
export const ShopifySettings = Type.Object(
  {
    shopDomain: Type.String({
      pattern: "^[a-z0-9][a-z0-9-]*\\.myshopify\\.com$",
      description: "The shop's permanent domain, for example acme.myshopify.com.",
    }),
    locationId: Type.String({
      pattern: "^gid://shopify/Location/\\d+$",
      description: "The shop's location whose available quantity is published.",
    }),
    apiVersion: Type.Optional(
      Type.String({
        // Before 2026-04 there is no mandatory changeFromQuantity, so an older version is refused at start.
        pattern: "^(2026-(04|07|10)|20(2[7-9]|[3-9]\\d)-(01|04|07|10))$",
        default: "2026-10",
        description: "Version of the Admin API, 2026-04 or later.",
      }),
    ),
    adminUrl: Type.Optional(
      Type.String({
        pattern: "^https?://",
        description: "Address of the GraphQL endpoint when it is not the shop's own, for a fake or a proxy.",
      }),
    ),
    costReserve: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 10_000,
        default: COST_RESERVE_DEFAULT,
        description: "Points of the API's cost bucket that publishing leaves for everything else.",
      }),
    ),
    requestTimeoutMs: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: REQUEST_TIMEOUT_MS_MAX,
        default: REQUEST_TIMEOUT_MS_DEFAULT,
        description: "How long a call may take before its outcome counts as unknown.",
      }),
    ),
    rotation: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "While the app's client secret is being changed: webhooks signed with `previousClientSecret` are genuine as well.",
      }),
    ),
    notifyCustomer: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Whether Shopify writes to the customer when a shipment is reported.",
      }),
    ),
  },
  { title: "ShopifySettings", additionalProperties: false },
);
export type ShopifySettings = Required<Type.Static<typeof ShopifySettings>>;

const check = checker(ShopifySettings);

/**
 * An account's settings with their defaults. Throws a TypeError when they do not fit the schema: the product checks them
 * when an account is configured, so this is a fault of the product and not of a partner.
 */
export function settingsOf(account: Account): ShopifySettings {
  const checked = check(account.settings);
  if (!checked.ok) {
    throw new TypeError(`settings of account ${account.accountId}: ${problemsText(checked.problems)}`);
  }
  const { shopDomain, apiVersion = "2026-10" } = checked.value;
  return {
    costReserve: COST_RESERVE_DEFAULT,
    requestTimeoutMs: REQUEST_TIMEOUT_MS_DEFAULT,
    notifyCustomer: false,
    rotation: false,
    adminUrl: `https://${shopDomain}/admin/api/${apiVersion}/graphql.json`,
    ...checked.value,
    apiVersion,
  };
}
