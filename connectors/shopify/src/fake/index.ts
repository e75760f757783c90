/**
 * A Shopify shop that is not one: a real HTTP server with the part of the Admin GraphQL API that the connector uses, and
 * webhooks that are signed, and on demand sent twice and out of order.
 *
 * Terms: a *fault* makes a call go wrong in a way in which calls to the vendor go wrong; an *effect* is what a call changes.
 *
 * Invariants: the same options give the same ids and the same faults. A document that the vendor would refuse is refused,
 * where the published schema is at hand (`contracts`) and the `graphql` package is installed. Memory is bounded, so it can
 * run for days.
 *
 * What it deliberately does not do: anything that the connector does not ask for.
 */
import {
  type FakeAnswer,
  type FakeCall,
  type FakeServer,
  type Fault,
  type FaultRates,
  fakeServer,
  jsonAnswer,
  seededRandom,
} from "@crossdock/connector-kit/testing";
import { AdminApi, type AdminRequest, readRequest } from "./admin-api.ts";
import { type CostBucket, costBucket, type Plan } from "./bucket.ts";
import { loadExecutor } from "./executor.ts";
import type { Change } from "./operations.ts";
import { levelJson, orderJson } from "./order-json.ts";
import {
  type FakeItem,
  type FakeOrder,
  FakeShop,
  gid,
  type NewItem,
  type OrderedLine,
  type RecalledOrder,
} from "./shop.ts";
import { type SentWebhook, type WebhookFaults, WebhookSender, type WebhookTarget } from "./webhooks.ts";

export type { Plan } from "./bucket.ts";
export type { FakeItem, FakeOrder, NewItem, OrderedLine, RecalledOrder } from "./shop.ts";
export type { SentWebhook, WebhookFaults, WebhookTarget } from "./webhooks.ts";

/** Webhooks that are kept for looking at. */
const WEBHOOKS_KEPT = 1_000;
const FIRST_ORDER_NUMBER_DEFAULT = 1_001;
const RETRY_DELAY_MS_DEFAULT = 1_000;

/** What a fake shop is started with; the seed alone is enough. */
export type FakeShopifyOptions = {
  /** Decides every fault that comes by chance. */
  readonly seed: number | string;
  /** What the ids of events are made of: where two runs have one seed, they must differ in this. Default: the seed. */
  readonly eventIdSeed?: number | string;
  readonly items?: readonly NewItem[];
  readonly shopDomain?: string;
  readonly apiVersion?: string;
  readonly plan?: Plan;
  /** Gids of the locations; the first is the one that is published to. */
  readonly locationIds?: readonly [string, ...string[]];
  readonly accessToken?: string;
  readonly clientSecret?: string;
  /** How often calls go wrong by chance. */
  readonly faults?: FaultRates;
  readonly latencyMs?: { readonly min: number; readonly max: number };
  /** Where webhooks go; may be set later with `sendWebhooksTo`. */
  readonly webhooks?: WebhookTarget;
  /** How often webhooks are sent twice or overtake one another. */
  readonly webhookFaults?: WebhookFaults;
  /** Wait before a refused webhook is sent again; it doubles with each attempt. */
  readonly webhookRetryDelayMs?: number;
  /** Folder with the vendors' contracts, of which `shopify/admin-graphql` is used; without it nothing is validated. */
  readonly contracts?: string;
  /** A shop that goes on with the data of an earlier run must begin past its last number, or its orders are duplicates. */
  readonly firstOrderNumber?: number;
  readonly now?: () => Date;
};

/** Settings and secrets of an account that talks to the fake, as the connector's manifest wants them. */
export type FakeAccount = {
  readonly settings: {
    readonly shopDomain: string;
    readonly locationId: string;
    readonly apiVersion: string;
    readonly adminUrl: string;
  };
  readonly secrets: { readonly accessToken: string; readonly clientSecret: string };
};

/** A call of the API as it came in, and what it was answered. */
export type FakeAdminCall = Pick<AdminRequest, "field" | "variables"> & {
  readonly number: number;
  readonly fault: string | undefined;
  /** Status of the answer; undefined when there was none. */
  readonly status: number | undefined;
};

/** How buying went: an order, or why there is none. */
export type PlacedOrder =
  | { readonly placed: true; readonly orderId: string; readonly orderNumber: number }
  | { readonly placed: false; readonly reason: string };

/** A running fake shop. */
export type FakeShopify = {
  /** Address of the GraphQL endpoint. */
  readonly url: string;
  readonly account: FakeAccount;
  /** Whether documents are held against the published schema. */
  readonly validates: boolean;
  readonly bucket: Pick<CostBucket, "status" | "drainTo">;
  /** The latest webhooks, oldest first. */
  readonly webhooks: readonly SentWebhook[];
  /** The latest calls, oldest first. */
  calls(): readonly FakeAdminCall[];
  /** Quantities that callers changed, and shipments that they entered. */
  effects(): number;
  /** The next calls fail in this way, one fault a call. */
  failNext(...faults: readonly Fault[]): void;
  /** The next calls find the bucket empty. */
  throttleNext(calls: number): void;
  /** The next mutation is answered with an internal error, and its effect comes two calls later. */
  delayNextEffect(): void;
  items(): readonly FakeItem[];
  addItem(item: NewItem): FakeItem;
  /** What the shop shows of a SKU, or undefined when it is not stocked at the location. */
  available(sku: string, locationId?: string): number | undefined;
  /** Somebody sets the number in the shop's admin. */
  setAvailable(sku: string, available: number, locationId?: string): void;
  /** A customer buys; what is not available cannot be bought. */
  placeOrder(lines: readonly OrderedLine[], customer?: string): PlacedOrder;
  /** Takes back an order of an earlier run: a real shop would still know it. Nothing is sold and nothing is sent. */
  recallOrder(order: RecalledOrder): void;
  /** Somebody cancels an order in the shop's admin; false when it is not open. */
  cancelOrder(orderId: string): boolean;
  /** Something about an order changes that is none of our business, and `orders/updated` is sent. */
  touchOrder(orderId: string): void;
  order(orderId: string): FakeOrder | undefined;
  sendWebhooksTo(target: WebhookTarget): void;
  /** Waits until every webhook has been delivered or given up. */
  webhooksSettled(): Promise<void>;
  close(): Promise<void>;
};

type Complete = Required<Omit<FakeShopifyOptions, "webhooks" | "contracts">> &
  Pick<FakeShopifyOptions, "webhooks" | "contracts">;

function complete(options: FakeShopifyOptions): Complete {
  return {
    shopDomain: "crossdock-demo.myshopify.com",
    apiVersion: "2026-10",
    plan: "standard",
    locationIds: ["gid://shopify/Location/70010001"],
    accessToken: "shpat_fake_access_token",
    clientSecret: "fake-client-secret",
    items: [],
    faults: {},
    latencyMs: { min: 0, max: 0 },
    webhookFaults: { duplicate: 0, reorder: 0 },
    webhookRetryDelayMs: RETRY_DELAY_MS_DEFAULT,
    firstOrderNumber: FIRST_ORDER_NUMBER_DEFAULT,
    eventIdSeed: options.seed,
    now: () => new Date(),
    ...options,
  };
}

/** Starts a fake shop on a free port of the loopback address. */
export async function startFakeShopify(options: FakeShopifyOptions): Promise<FakeShopify> {
  const given = complete(options);
  const { seed, now, apiVersion } = given;
  const shop = new FakeShop(given);
  const sender = senderOf(given);
  const bucket = costBucket(given.plan, now);
  const executor = await loadExecutor(given.contracts, apiVersion);
  let effects = 0;
  const changed = (change: Change) => tell(sender, { shop, change, now });
  const api = new AdminApi(executor, bucket, {
    shop,
    apiVersion,
    changed: (change) => {
      effects += 1;
      changed(change);
    },
  });
  const { faults, latencyMs } = given;
  const server = await fakeServer({ handle: (call) => answer(call, api, given), seed, faults, latencyMs });
  return {
    url: server.url + pathOf(apiVersion),
    account: accountOf(given, server.url),
    validates: executor.validates,
    bucket,
    webhooks: sender.sent,
    calls: () => adminCalls(server),
    effects: () => effects,
    failNext: server.failNext,
    throttleNext: (calls) => api.throttleNext(calls),
    delayNextEffect: () => api.delayNextEffect(),
    ...shopActions({ shop, sender, changed, now }),
    close: async () => {
      sender.close();
      await server.close();
    },
  };
}

const pathOf = (apiVersion: string): string => `/admin/api/${apiVersion}/graphql.json`;

function answer(call: FakeCall, api: AdminApi, { apiVersion, accessToken }: Complete): FakeAnswer {
  if (call.method !== "POST" || call.path !== pathOf(apiVersion)) {
    return jsonAnswer(404, { errors: "Not Found" });
  }
  if (call.headers["x-shopify-access-token"] !== accessToken) {
    const errors = "[API] Invalid API key or access token (unrecognized login or wrong password)";
    return jsonAnswer(401, { errors });
  }
  const request = readRequest(new TextDecoder().decode(call.body));
  if (request === undefined) return jsonAnswer(400, { errors: "Bad Request" });
  return jsonAnswer(200, api.answer(request), { "x-shopify-api-version": apiVersion });
}

function adminCalls(server: FakeServer): readonly FakeAdminCall[] {
  return server.calls().map(({ number, body, fault, status }) => {
    const request = readRequest(new TextDecoder().decode(body));
    return { number, field: request?.field ?? "", variables: request?.variables ?? {}, fault, status };
  });
}

function accountOf(given: Complete, origin: string): FakeAccount {
  const { shopDomain, apiVersion, accessToken, clientSecret } = given;
  const [locationId] = given.locationIds;
  return {
    settings: { shopDomain, locationId, apiVersion, adminUrl: origin + pathOf(apiVersion) },
    secrets: { accessToken, clientSecret },
  };
}

function senderOf(given: Complete): WebhookSender {
  const { seed, eventIdSeed, shopDomain, clientSecret, apiVersion, firstOrderNumber } = given;
  return new WebhookSender({
    shopDomain,
    clientSecret,
    apiVersion,
    target: given.webhooks,
    random: seededRandom(seed).fork("webhooks"),
    faults: given.webhookFaults,
    now: given.now,
    retryDelayMs: given.webhookRetryDelayMs,
    kept: WEBHOOKS_KEPT,
    idSeed: `${shopDomain} ${eventIdSeed} ${firstOrderNumber}`,
  });
}

type Telling = { readonly shop: FakeShop; readonly change: Change; readonly now: () => Date };

/** Tells the subscribers what changed; our own writes come back this way, as with the vendor. */
function tell(sender: WebhookSender, { shop, change, now }: Telling): void {
  if (change.is === "order") {
    sender.emit("orders/updated", orderJson(change.order, now()));
    return;
  }
  const item = shop.items.get(change.listing);
  if (item === undefined) return;
  const available = shop.available(change.listing, change.locationId) ?? 0;
  const level = { locationId: change.locationId, available, at: now() };
  sender.emit("inventory_levels/update", levelJson(item, level));
}

type Acting = {
  readonly shop: FakeShop;
  readonly sender: WebhookSender;
  readonly changed: (change: Change) => void;
  readonly now: () => Date;
};

type ShopActions = Pick<
  FakeShopify,
  | "items"
  | "addItem"
  | "available"
  | "setAvailable"
  | "placeOrder"
  | "recallOrder"
  | "cancelOrder"
  | "touchOrder"
  | "order"
  | "sendWebhooksTo"
  | "webhooksSettled"
>;

const orderIdOf = (gidText: string): string => gidText.slice(gidText.lastIndexOf("/") + 1);

function shopActions({ shop, sender, changed, now }: Acting): ShopActions {
  const orderOf = (orderId: string) => shop.orders.get(orderIdOf(orderId));
  return {
    items: () => [...shop.items.values()],
    addItem: (item) => shop.addItem(item),
    available: (sku, locationId) => {
      const item = shop.itemOf(sku);
      return item === undefined ? undefined : shop.available(item.listing, locationId);
    },
    setAvailable: (sku, available, locationId = shop.locationIds[0]) => {
      const item = shop.itemOf(sku);
      if (item === undefined) throw new RangeError(`the shop has no item ${sku}`);
      shop.setAvailable(item.listing, locationId, available);
      changed({ is: "level", listing: item.listing, locationId });
    },
    placeOrder: (lines, customer = "Avery Quinn") => place({ shop, sender, changed, now }, lines, customer),
    recallOrder: (order) => shop.recallOrder(order),
    cancelOrder: (orderId) => {
      const order = shop.cancelOrder(orderIdOf(orderId), now());
      if (order === undefined) return false;
      sender.emit("orders/cancelled", orderJson(order, now()));
      return true;
    },
    touchOrder: (orderId) => {
      const order = orderOf(orderId);
      if (order !== undefined) changed({ is: "order", order });
    },
    order: orderOf,
    sendWebhooksTo: (target) => {
      sender.target = target;
    },
    webhooksSettled: () => sender.settled(),
  };
}

function place(acting: Acting, lines: readonly OrderedLine[], customer: string): PlacedOrder {
  const { shop, sender, changed, now } = acting;
  const answer = shop.placeOrder(lines, customer, now());
  if (!answer.placed) return answer;
  const { order } = answer;
  sender.emit("orders/create", orderJson(order, now()));
  for (const work of order.work) {
    for (const { line } of work.lines) {
      changed({ is: "level", listing: line.item.listing, locationId: work.locationId });
    }
  }
  return { placed: true, orderId: gid("Order", order.id), orderNumber: order.orderNumber };
}
