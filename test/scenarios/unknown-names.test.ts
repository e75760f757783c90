import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId } from "@crossdock/canonical";
import type { UnresolvedView } from "../../src/gateway/index.ts";
import { type House, openHouse } from "./company.ts";

const account = accountId("direct-east");
const name = (waitsFor: string, kind = "item") => ({ accountId: account, kind, waitsFor });

const receipt = (id: string, item: string, { unit = "EA", location = "EAST", value = 5 } = {}) => ({
  ...{ type: "StockReceived", id, effectiveAt: "2026-03-02T08:00:00Z" },
  data: {
    item: { scheme: "sku", value: item },
    location: { scheme: "code", value: location },
    quantity: { value, unit },
  },
});

function speaking({ product, key }: House) {
  const headers = { authorization: `Bearer ${key}` };
  return {
    post: async (url: string, payload: object) =>
      (await product.gateway.inject({ method: "POST", url, headers, payload })).json(),
    get: async (url: string) => (await product.gateway.inject({ url, headers })).json(),
  };
}

async function openWaiting(house: House): Promise<void> {
  const { governance, integration } = house.product;
  await integration.accounts.create({
    ...{ accountId: account, connector: "direct", settings: {}, secrets: {}, channelId: undefined },
  });
  // Nobody owns the stock of the east here: what this source says counts.
  await governance.saveOwnership([
    { measure: "physical-stock", locationId: "east", source: `/accounts/${account}` },
  ]);
  const told = await speaking(house).post("/system/v1/inventory/facts", {
    accountId: account,
    statements: [
      receipt("r1", "lamp"),
      receipt("r2", "lamp", { value: 7 }),
      receipt("r3", "brand-new"),
      receipt("r4", "HINGE", { unit: "DZN", value: 2 }),
      receipt("r5", "HINGE", { location: "ANNEX" }),
      receipt("r6", "FEE"),
      receipt("r7", "nothing like it"),
    ],
  });
  assert.equal(told.parked, 7, JSON.stringify(told));
}

test("names that mean nothing are listed with what they may mean", async (t) => {
  const house = await openHouse(t);
  await openWaiting(house);
  const rows: readonly UnresolvedView[] = (await speaking(house).get("/system/v1/unresolved")).unresolved;
  const told = rows.map((row) => {
    const [likely] = row.suggestions;
    return `${row.waitsFor} ${row.records} ${likely?.target ?? likely?.factor ?? "?"}`;
  });
  assert.equal(told[0], "sku:lamp 2 lamp");
  assert.deepEqual(told.slice(1).toSorted(), [
    "code:ANNEX 1 ?",
    "sku:FEE 1 ?",
    "sku:HINGE/DZN 1 12",
    "sku:brand-new 1 ?",
    "sku:nothing like it 1 ?",
  ]);
});

test("what waits goes on by itself when somebody says what names mean, many in one call", async (t) => {
  const house = await openHouse(t);
  await openWaiting(house);
  const { post, get } = speaking(house);
  const decisions = [
    { ...name("sku:lamp"), decide: "alias", target: { scheme: "id", value: "lamp" } },
    { ...name("sku:brand-new"), decide: "create-item", sku: "BRAND-NEW", description: "Brand new" },
    { ...name("sku:HINGE/DZN", "unit"), decide: "unit", factor: "12" },
    { ...name("code:ANNEX", "location"), decide: "create-location", code: "ANNEX", timeZone: "UTC" },
    { ...name("sku:FEE"), decide: "ignore", because: "a fee" },
    { ...name("sku:nothing like it"), decide: "create-item", sku: "LAMP" },
    { ...name("sku:nothing like it"), decide: "unit", factor: "1" },
    { ...name("sku:never said"), decide: "alias", target: { scheme: "sku", value: "LAMP" } },
  ];
  const answer = await post("/system/v1/unresolved/decisions", { decisions });
  assert.deepEqual(
    answer.results.map((each: { outcome: string; reason?: string }) => each.reason ?? each.outcome),
    ["done", "done", "done", "done", "done", "already-there", "wrong-kind", "nothing-waits"],
  );
  await house.product.drain();
  const [left, ...others] = (await get("/system/v1/unresolved")).unresolved;
  assert.deepEqual([left.waitsFor, others], ["sku:nothing like it", []]);
  const [{ id: made }, { id: annex }] = [answer.results[1], answer.results[3]];
  const onHand = async (item: string, location: string) => {
    const { positions } = await get(`/system/v1/positions?item=${item}&location=${location}`);
    return positions[0]?.onHand;
  };
  assert.deepEqual(
    [
      await onHand("lamp", "east"),
      await onHand(made, "east"),
      await onHand("hinge", "east"),
      await onHand("hinge", annex),
    ],
    [12, 5, 24, 5],
  );
  const { changes } = await get(`/system/v1/master-data/changes?item=${made}`);
  assert.ok(changes.every(({ by }: { by: string }) => by === "test"));
  assert.equal((await get("/system/v1/unresolved/ignored")).ignored[0].waitsFor, "sku:FEE");
});
