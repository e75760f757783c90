import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { accountId, accountSource, channelId, checker, itemId, problemsText } from "@crossdock/canonical";
import { type FakeShopify, startFakeShopify } from "@crossdock/connector-shopify/fake";
import { type FakeWarehouse, startFakeWarehouse } from "@crossdock/connector-wms/fake";
import { type FakeRetailer, startFakeRetailer } from "@crossdock/connector-x12/fake";
import { type Static, type TSchema, Type } from "typebox";
import { ALL_SCOPES } from "../../src/gateway/index.ts";
import type { AccountToCreate } from "../../src/integration/index.ts";
import { createSecretBox, localWakeup, silentLog, sql } from "../../src/platform/index.ts";
import { openProduct, type Product } from "../../src/product.ts";
import { runVerify } from "../../src/verify/index.ts";
import { type ManualClock, manualClock } from "../support/clock.ts";
import { type Cleanup, testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

/** A message as it was brought to the product: to be brought again, to another one. */
export type Delivery = {
  readonly account: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** A product in this process, behind its real HTTP interface, with a database of its own and no worker running by itself. */
export type House = {
  readonly product: Product;
  readonly clock: ManualClock;
  readonly url: string;
  readonly key: string;
  get<Schema extends TSchema>(path: string, schema: Schema): Promise<Static<Schema>>;
  /** Brings a message under the key of this house; it must be taken. */
  deliver(delivery: Delivery): Promise<void>;
};

/** The systems around a house, each a server of its own, and everything that they have brought to it. */
export type Company = House & {
  readonly shop: FakeShopify;
  readonly retailer: FakeRetailer;
  readonly east: FakeWarehouse;
  readonly west: FakeWarehouse;
  readonly deliveries: readonly Delivery[];
  /** Receives stock in both warehouses and tells the shop of it. */
  open(): Promise<void>;
  /** Lets everybody work until nobody has anything to say. */
  settle(): Promise<void>;
};

const WAREHOUSES = ["east", "west"] as const;
const SECRET = "a-warehouse-signs-with-this";
const SHOP = "shop";
const RETAILER = "northgate";

/** Units of each thing in each warehouse: far more than anybody wants, so that no order decides over another. */
export const OPENING_UNITS = 1_000;

const ITEMS = [
  plainItem("lamp"),
  plainItem("hinge"),
  { ...plainItem("glue"), tracking: "lot" as const },
  {
    ...plainItem("set"),
    units: [],
    components: [
      { itemId: "lamp", quantity: 2 },
      { itemId: "hinge", quantity: 1 },
    ],
  },
];
const STOCKED = [{ sku: "LAMP" }, { sku: "HINGE" }, { sku: "GLUE", lot: "L-1" }] as const;

/** Opens a house with the master data of the company. Nobody is connected to it yet. */
export async function openHouse(t: Cleanup, start?: Date): Promise<House> {
  const { database, url: databaseUrl } = await testDatabase(t);
  const clock = manualClock(start);
  const secretBox = createSecretBox(Buffer.alloc(32, 7));
  const wakeup = localWakeup();
  const product = await openProduct({ database, databaseUrl, secretBox, log: silentLog, clock, wakeup });
  t.after(() => product.close());
  await loadMasterData(product);
  const { url } = await product.gateway.listen({ host: "127.0.0.1", port: 0 });
  const { text: key } = await product.apiKeys.issue({ clientId: "test", name: "test", scopes: ALL_SCOPES });
  const authorization = `Bearer ${key}`;
  return {
    product,
    clock,
    url,
    key,
    async get(path, schema) {
      const response = await fetch(url + path, { headers: { authorization } });
      const checked = checker(schema)(await response.json());
      if (checked.ok) return checked.value;
      throw new assert.AssertionError({
        message: `${path} answered ${response.status}: ${problemsText(checked.problems)}`,
      });
    },
    async deliver({ account, headers, body }) {
      const response = await fetch(`${url}/system/v1/connectors/${account}/messages`, {
        method: "POST",
        headers: { ...headers, authorization },
        body: new Uint8Array(body),
      });
      assert.equal(response.status, 202, `${account}: ${await response.text()}`);
    },
  };
}

async function loadMasterData({ governance, availability }: Product): Promise<void> {
  await governance.saveLocations(
    WAREHOUSES.map((id) => ({
      locationId: id,
      code: id.toUpperCase(),
      name: id,
      type: "warehouse",
      timeZone: "UTC",
    })),
  );
  await governance.saveItems(ITEMS);
  await governance.saveOwnership(
    WAREHOUSES.map((id) => ({
      measure: "physical-stock",
      locationId: id,
      source: accountSource(accountId(`wms-${id}`)),
    })),
  );
  await availability.saveChannels([
    { channelId: "web", name: "Web", locationIds: ["east", "west"] },
    { channelId: "edi", name: "EDI", locationIds: ["west"] },
  ]);
}

async function connect(product: Product, account: Omit<AccountToCreate, "accountId"> & { id: string }) {
  const { id, ...rest } = account;
  const answer = await product.integration.accounts.create({ accountId: accountId(id), ...rest });
  assert.ok("created" in answer, JSON.stringify(answer));
}

async function connectShop({ product }: House, shop: FakeShopify): Promise<void> {
  const aliases = shop.items().flatMap(({ sku, variantId, listing }) => {
    const base = { kind: "item" as const, scope: SHOP, target: sku.toLowerCase() };
    return [
      { ...base, scheme: "shopify-variant", value: variantId },
      { ...base, scheme: "shopify-inventory-item", value: listing },
    ];
  });
  await product.governance.saveAliases(aliases);
  await connect(product, { id: SHOP, connector: "shopify", channelId: channelId("web"), ...shop.account });
  const listed = ITEMS.map((item) => itemId(item.itemId));
  await product.availability.listOnAccount(accountId(SHOP), channelId("web"), listed);
}

function startShop(now: () => Date): Promise<FakeShopify> {
  return startFakeShopify({
    seed: 7,
    plan: "plus",
    now,
    items: ITEMS.map(({ sku }) => ({ sku, available: 0 })),
  });
}

/**
 * Opens a house whose partners listen and say nothing by themselves: warehouses and the retailer fetch their papers, and the shop
 * takes what it is told.
 */
export async function openSilentHouse(t: Cleanup, start: Date): Promise<House> {
  const house = await openHouse(t, start);
  const shop = await startShop(house.clock.now);
  t.after(() => shop.close());
  const { product } = house;
  for (const id of WAREHOUSES) {
    const secrets = { signingSecret: SECRET };
    await connect(product, { id: `wms-${id}`, connector: "wms", settings: {}, secrets });
  }
  const settings = {
    us: { qualifier: "ZZ", id: "CROSSDOCK" },
    partner: { qualifier: "ZZ", id: "NORTHGATE" },
    delivery: { how: "fetch" },
  };
  const channel = channelId("edi");
  await connect(product, { id: RETAILER, connector: "x12", channelId: channel, settings, secrets: {} });
  await connectShop(house, shop);
  return house;
}

/** Opens a house with its partners at work around it. Whatever they bring passes a recorder. */
export async function openCompany(t: Cleanup): Promise<Company> {
  const house = await openHouse(t);
  const { product, clock } = house;
  const recorder = await startRecorder(t, house);
  const shop = await startShop(clock.now);
  t.after(() => shop.close());
  shop.sendWebhooksTo({ url: recorder.urlOf(SHOP) });
  const retailer = await startFakeRetailer({ seed: 7, isaId: "NORTHGATE", now: clock.now });
  t.after(() => retailer.close());
  const authorization = `Bearer ${house.key}`;
  retailer.sendTo({ url: recorder.urlOf(RETAILER), headers: { authorization } });
  const east = await startWarehouse(t, house, recorder.urlOf("wms-east"), { id: "east", firstSequence: 1 });
  const west = await startWarehouse(t, house, recorder.urlOf("wms-west"), {
    id: "west",
    firstSequence: 5_001,
  });
  const account = { ...retailer.account, channelId: channelId("edi") };
  await connect(product, { id: RETAILER, connector: "x12", ...account });
  await connectShop(house, shop);
  const { deliveries } = recorder;

  async function settle(): Promise<void> {
    for (let seen = -1; seen < deliveries.length; ) {
      seen = deliveries.length;
      clock.advance(1_000);
      await Promise.all([east.drain(), west.drain(), shop.webhooksSettled(), retailer.mailSettled()]);
      await product.drain();
      await Promise.all([shop.webhooksSettled(), retailer.mailSettled()]);
    }
  }

  return {
    ...house,
    shop,
    retailer,
    east,
    west,
    deliveries,
    settle,
    async open() {
      for (const { sku } of STOCKED) {
        for (const warehouse of [east, west]) {
          warehouse.floor.receive({ sku, quantity: OPENING_UNITS, purchaseOrder: "OPENING" });
        }
      }
      await settle();
    },
  };
}

async function startWarehouse(
  t: Cleanup,
  { product, clock }: House,
  sendTo: string,
  { id, firstSequence }: { readonly id: string; readonly firstSequence: number },
): Promise<FakeWarehouse> {
  const warehouse = await startFakeWarehouse({
    seed: 7,
    code: id.toUpperCase(),
    secret: SECRET,
    stock: STOCKED.map((item) => ({ ...item, onHand: 0 })),
    // Cartons are labelled with these numbers, and no two warehouses may use the same.
    firstSequence,
    eventsPerBatch: 2,
    sendTo,
    now: clock.now,
  });
  t.after(() => warehouse.close());
  const settings = { url: warehouse.url, warehouseCodes: { [id]: id.toUpperCase() } };
  await connect(product, {
    id: `wms-${id}`,
    connector: "wms",
    settings,
    secrets: { signingSecret: SECRET },
  });
  return warehouse;
}

/** Stands between the partners and the house: hands everything on as it is, and keeps a copy. */
async function startRecorder(t: Cleanup, house: House) {
  const deliveries: Delivery[] = [];
  const server = createServer(async (request, response) => {
    const account = request.url?.slice(1) ?? "";
    const delivery = { account, headers: headersOf(request), body: await bodyOf(request) };
    const authorization = request.headers.authorization;
    const answer = await fetch(`${house.url}/system/v1/connectors/${account}/messages`, {
      method: "POST",
      headers: authorization === undefined ? delivery.headers : { ...delivery.headers, authorization },
      body: new Uint8Array(delivery.body),
    });
    const text = await answer.text();
    if (answer.ok) deliveries.push(delivery);
    response.writeHead(answer.status).end(text);
  });
  const port = await listen(server);
  t.after(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { deliveries, urlOf: (account: string) => `http://127.0.0.1:${port}/${account}` };
}

function listen(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    resolve(typeof address === "object" && address !== null ? address.port : 0);
  });
  return promise;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** What concerns the message; the connection's own fields and our key are not part of it. */
function headersOf(request: IncomingMessage): Record<string, string> {
  const isOfTheMessage = (name: string) => name === "content-type" || name.startsWith("x-");
  return Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
      isOfTheMessage(name) && value !== undefined ? [[name, String(value)]] : [],
    ),
  );
}

/** What is left when the messages are forgotten: stock, orders, promises, and what became of every message. */
export async function endState({ product: { database } }: House) {
  return {
    positions: await database.query(sql`
      select item_id, location_id, lot, available, held, allocated, picked, channel_reserved, quarantined, damaged, in_transit,
             uncovered
      from ledger.position order by item_id, location_id, lot`),
    orders: await database.query<{ state: string }>(sql`
      select order_id, account_id, order_number, state from orchestration.customer_order order by order_id`),
    lines: await database.query(sql`
      select order_id, line_id, item_id, ordered, promised, shipped from orchestration.order_line order by order_id, line_id`),
    reservations: await database.query(sql`
      select order_id, line_id, item_id, location_id, lot, quantity, state::text, picked, shipped, replaced
      from availability.reservation order by order_id, line_id, item_id, location_id, lot, quantity, picked, shipped`),
    messages: await database.query(sql`
      select account_id, state, count(*)::int as messages, sum(records)::int as records, sum(applied + duplicates)::int as taken,
             sum(ignored)::int as ignored, sum(parked)::int as parked
      from integration.message group by account_id, state order by account_id, state`),
  };
}

/** How often messages were brought to a house, copies included. */
export async function deliveriesCounted({ product: { database } }: House): Promise<number | undefined> {
  const [row] = await database.query<{ count: number }>(sql`
    select sum(delivery_count)::int as count from integration.message`);
  return row?.count;
}

/** Fails with the oracle's report when a law is broken. */
export async function verifyHouse({ product, clock }: House): Promise<void> {
  const { report, text } = await runVerify({ database: product.database, now: clock.now() });
  assert.equal(report.failed, 0, text);
}

/** Ships what was released: one tick each to pick, to pack and to ship. */
export async function workOff(company: Company): Promise<void> {
  const { east, west } = company;
  for (let ticks = 0; ticks < 3; ticks += 1) {
    await Promise.all([east.tick(), west.tick()]);
    await company.settle();
  }
  assert.equal(east.openOrders() + west.openOrders(), 0, "an order is still on a floor");
}

const OrderList = Type.Object({
  orders: Type.Array(Type.Object({ orderId: Type.String(), accountId: Type.String(), state: Type.String() })),
});

/** States of orders by account, the newest first. */
export async function orderStates(house: House, account: string): Promise<readonly string[]> {
  const { orders } = await house.get("/process/v1/orders", OrderList);
  return orders.filter((order) => order.accountId === account).map((order) => order.state);
}
