import { createHash } from "node:crypto";
import {
  type Account,
  type Authentication,
  type Intake,
  isHmacSha256,
  type MappedRecord,
  type Mapping,
  type MessagePart,
  presentSecrets,
  type RawMessage,
} from "@crossdock/connector-kit";
import { parseLossless } from "./lossless.ts";
import { toStorableText } from "./order-body.ts";
import { mapCancellation, mapEdit, mapRefund } from "./order-changes.ts";
import { mapOrder } from "./order-mapping.ts";
import { settingsOf } from "./settings.ts";

/** An id as Shopify makes them; anything else is none, and the next best is used. */
const EVENT_ID = /^[\w-]{1,120}$/;
const TOPIC = /^[a-z_]{1,40}\/[a-z_]{1,40}$/;
const TOPIC_UNKNOWN = "unknown";

/** Names of the account's secrets that webhooks are signed with. */
export const CLIENT_SECRET = "clientSecret";
export const PREVIOUS_CLIENT_SECRET = "previousClientSecret";

/**
 * Whether a webhook is this shop's. While the app's secret is being changed, Shopify signs with the old one until that is
 * revoked, so both count then. The signature covers the raw body alone, and all shops of one app share its secret, so
 * the shop's name is compared as well. https://shopify.dev/docs/apps/build/webhooks/subscribe/https (2026-10)
 */
function authenticate(message: RawMessage, account: Account): Authentication {
  const { shopDomain, rotation } = settingsOf(account);
  const names = rotation ? [CLIENT_SECRET, PREVIOUS_CLIENT_SECRET] : [CLIENT_SECRET];
  const secrets = presentSecrets(account, names);
  if (secrets.length === 0) {
    return { genuine: false, reason: "The account has no clientSecret; its operator must set it." };
  }
  const { headers, body: bytes } = message;
  const claimed = headers["x-shopify-hmac-sha256"];
  const genuine = secrets.some((secret) => isHmacSha256({ secret, bytes, claimed, encoding: "base64" }));
  if (!genuine) {
    return {
      genuine: false,
      reason:
        "X-Shopify-Hmac-Sha256 is missing or is not the signature of the body under the account's clientSecret",
    };
  }
  if (message.headers["x-shopify-shop-domain"]?.toLowerCase() !== shopDomain) {
    return { genuine: false, reason: `X-Shopify-Shop-Domain is not ${shopDomain}, the shop of this account` };
  }
  return { genuine: true };
}

/**
 * A webhook is one part. Its key is the event id with the topic: Shopify repeats the event id for every delivery of an
 * event, and one action of a merchant may give several topics the same one. Deliveries without it fall back to the webhook
 * id, and those without any to the body.
 */
function split(message: RawMessage): readonly MessagePart[] {
  const { headers, body } = message;
  const topic = headers["x-shopify-topic"] ?? "";
  const kind = TOPIC.test(topic) ? topic : TOPIC_UNKNOWN;
  const id = usable(headers["x-shopify-event-id"]) ?? usable(headers["x-shopify-webhook-id"]);
  const key = `${kind}:${id ?? createHash("sha256").update(body).digest("hex")}`;
  return [{ key, kind, body }];
}

function usable(id: string | undefined): string | undefined {
  return id !== undefined && EVENT_ID.test(id) ? id : undefined;
}

function map(part: MessagePart, _headers: RawMessage["headers"], account: Account): Mapping {
  return { records: recordsOf(part, account) };
}

function recordsOf(part: MessagePart, account: Account): readonly MappedRecord[] {
  switch (part.kind) {
    case "orders/create":
    case "orders/updated":
      return mapBody(part.body, (body) => mapOrder(body, account.accountId));
    case "orders/cancelled":
      return mapBody(part.body, mapCancellation);
    case "orders/edited":
      return mapBody(part.body, mapEdit);
    case "refunds/create":
      return mapBody(part.body, mapRefund);
    case "inventory_levels/update":
      // Sent for our own writes as well, and it carries nothing that tells them apart, so it is never taken as a fact.
      return [
        { is: "ignored", at: "", reason: "an observation of what the shop shows, not a fact about stock" },
      ];
    default:
      return [{ is: "ignored", at: "", reason: `nothing is made of the topic ${part.kind}` }];
  }
}

function mapBody(
  bytes: Uint8Array,
  toRecords: (body: unknown) => readonly MappedRecord[],
): readonly MappedRecord[] {
  let body: unknown;
  try {
    body = parseLossless(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    // The parser is as deep as what it reads: a body that is nested too deeply for it is a RangeError.
    const isDeep = error instanceof RangeError;
    const message = isDeep ? "the body is nested too deeply" : `the body is no JSON: ${String(error)}`;
    return [{ is: "invalid", at: "", reason: "not-json", message: toStorableText(message) }];
  }
  return toRecords(body);
}

/**
 * `orders/updated` tells an order again for every payment, tag and shipment of it, ours included, so what it says is no correction.
 * What changes the demand has topics of its own, and is parked by them: a cancellation, an edit, a refund.
 */
export const intake: Intake = {
  vouchedBy: "signature",
  retellsOrders: true,
  authenticate,
  split,
  map,
};
