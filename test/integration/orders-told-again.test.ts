import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { type AccountId, accountId, channelId, type OrderStatement } from "@crossdock/canonical";
import { shopify } from "@crossdock/connector-shopify";
import { x12 } from "@crossdock/connector-x12";
import { testDatabase } from "#test/database.ts";
import { factsOf, openBench, ordered, saveMaster } from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database, { connectors: [x12, shopify] });
const { integration, governance } = bench;
await saveMaster(bench, ["widget"]);

const [retailer, shop] = [accountId("retailer"), accountId("shop")];
const secrets = { clientSecret: "of the shop", accessToken: "t" };
for (const account of [
  {
    accountId: retailer,
    connector: "x12",
    settings: {
      us: { qualifier: "ZZ", id: "US" },
      partner: { qualifier: "ZZ", id: "RETAILER" },
    },
    secrets: {},
  },
  {
    accountId: shop,
    connector: "shopify",
    settings: { shopDomain: "s.myshopify.com", locationId: "gid://shopify/Location/1" },
    secrets,
  },
]) {
  const answer = await integration.accounts.create({ ...account, channelId: channelId("web") });
  assert.ok("created" in answer, JSON.stringify(answer));
}

/** An 850 of one line. */
function purchaseOrder(controlNumber: number, po1: string): Buffer {
  const control = String(controlNumber).padStart(9, "0");
  const set = ["ST*850*0001", "BEG*00*SA*PO-77**20260302", po1, "CTT*1", "SE*5*0001"];
  const isa = `ISA*00*${" ".repeat(10)}*00*${" ".repeat(10)}*ZZ*${"RETAILER".padEnd(15)}*ZZ*${"US".padEnd(15)}`;
  const segments = [
    `${isa}*260302*0800*U*00401*${control}*0*P*>`,
    `GS*PO*RETAILER*US*20260302*0800*${controlNumber}*X*004010`,
    ...set,
    `GE*1*${controlNumber}`,
    `IEA*1*${control}`,
  ];
  return Buffer.from(segments.map((segment) => `${segment}~`).join(""));
}

/** An order of one line, as a shop's webhook tells it. */
const webhook = (id: number, sku: string, quantity: number) => ({
  id,
  name: `#${id}`,
  created_at: "2026-03-02T08:00:00Z",
  line_items: [{ id: 1, variant_id: 900, sku, quantity, requires_shipping: true }],
});

async function receive(account: AccountId, headers: Record<string, string>, body: Buffer) {
  const receipt = await integration.receive({ accountId: account, headers, body, isVouchedFor: true });
  assert.ok("messageIds" in receipt, JSON.stringify(receipt));
  await integration.drain();
  const [id] = receipt.messageIds;
  return id === undefined ? undefined : integration.message(id);
}

function tellShopOrder(topic: string, event: string, order: ReturnType<typeof webhook>) {
  const body = Buffer.from(JSON.stringify(order));
  const headers = {
    "x-shopify-topic": topic,
    "x-shopify-event-id": event,
    "x-shopify-shop-domain": "s.myshopify.com",
    "x-shopify-hmac-sha256": createHmac("sha256", secrets.clientSecret).update(body).digest("base64"),
  };
  return receive(shop, headers, body);
}

test("a second 850 of a number is a duplicate when it says the same, and a person's when it says something else", async () => {
  const first = await receive(retailer, {}, purchaseOrder(1, "PO1*1*5*EA***VN*widget"));
  assert.equal(first?.applied, 1, JSON.stringify(first));
  const same = await receive(retailer, {}, purchaseOrder(2, "PO1*1*5*EA***VN*widget"));
  assert.deepEqual([same?.duplicates, same?.parked], [1, 0]);
  const other = await receive(retailer, {}, purchaseOrder(3, "PO1*1*50*EA***VN*widget"));
  assert.deepEqual([other?.duplicates, other?.parked], [0, 1]);
  const [parked] = other?.parkedRecords ?? [];
  assert.equal(parked?.reason, "contradicts-earlier");
  assert.match(parked?.detail ?? "", /PO-77 .*lines\/0\/ordered\/value was "?5"? and is "?50"?/);
  assert.equal((await factsOf(bench, retailer)).length, 1);
});

test("a shop tells an order again with every change of it, and the first telling is the order", async () => {
  assert.equal(
    (await tellShopOrder("orders/create", "e1", webhook(5001, "widget", 5)))?.applied,
    1,
    "its SKU is known, though its variant is not",
  );
  const again = await tellShopOrder("orders/updated", "e2", webhook(5001, "widget", 3));
  assert.deepEqual([again?.duplicates, again?.parked], [1, 0]);
});

test("what waited is judged by the same rule when it goes on, and what came in our own form is never a retelling", async () => {
  await tellShopOrder("orders/create", "e3", webhook(5002, "late", 5));
  const updated = await tellShopOrder("orders/updated", "e4", webhook(5002, "late", 4));
  assert.equal(updated?.parked, 1);
  await governance.saveAliases([{ kind: "item", scheme: "sku", scope: "", value: "late", target: "widget" }]);
  await integration.drain();
  const [fact] = (await factsOf(bench, shop)).filter((one) => one.id.endsWith("/5002"));
  assert.equal(fact?.type, "OrderReceived");
  const settled = await integration.message(updated?.messageId ?? assert.fail("no message"));
  assert.deepEqual([settled?.duplicates, settled?.parked], [1, 0]);

  const own = ordered(fact?.id ?? "", [{ item: "widget", units: 1 }]);
  const statements: OrderStatement[] = own.is === "order" ? [own.statement] : [];
  const answer = await integration.submit({ accountId: shop, statements, correlationId: "c" });
  assert.ok("outcomes" in answer);
  const [outcome] = answer.outcomes;
  assert.equal(outcome?.is === "parked" ? outcome.obstacle.reason : outcome?.is, "contradicts-earlier");
});
