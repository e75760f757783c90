import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId } from "@crossdock/canonical";
import type { UnresolvedView } from "../../src/gateway/index.ts";
import { type House, openHouse } from "./company.ts";

const account = accountId("direct-east");
const name = (waitsFor: string, kind = "item") => ({ accountId: account, kind, waitsFor });

const receipt = (
  id: string,
  item: string,
  { unit = "EA", location = "EAST", value = 5, effectiveAt = "2026-03-02T08:00:00Z" } = {},
) => ({
  ...{ type: "StockReceived", id, effectiveAt },
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

/** An item that is tracked by lot, one that is by serial number, and receipts of both that name none. */
async function openLotless(house: House) {
  const { post } = speaking(house);
  const saved = await post("/system/v1/master-data", {
    records: [
      { kind: "item", sku: "CHEESE", tracking: "lot" },
      { kind: "item", sku: "DRILL", tracking: "serial" },
    ],
  });
  const cheese = saved.results[0].id;
  const tell = async (...statements: readonly object[]) => {
    await post("/system/v1/inventory/facts", { accountId: account, statements });
    await house.product.drain();
  };
  await tell(receipt("c1", "CHEESE"), receipt("c2", "CHEESE"), receipt("d1", "DRILL", { value: 1 }));
  const about = { ...name("sku:CHEESE", "lot") };
  const decide = async (...decisions: readonly object[]) => {
    const { results } = await post("/system/v1/unresolved/decisions", { decisions });
    await house.product.drain();
    return results.map((each: { outcome: string; reason?: string }) => each.reason ?? each.outcome);
  };
  return { cheese: String(cheese), about, tell, decide };
}

test("units of which no lot is named go on under a lot that is made for them", async (t) => {
  const house = await openHouse(t);
  await openWaiting(house);
  const { get } = speaking(house);
  const { cheese, about, decide } = await openLotless(house);
  assert.deepEqual(
    await decide(
      { ...about, decide: "lot", lot: "C 1" },
      { ...about, decide: "create-item", sku: "X" },
      { ...name("sku:DRILL", "lot"), decide: "create-lot", lot: "S 1" },
      { ...about, decide: "create-lot", lot: "C 1", expiresOn: "2026-06-30", madeOn: "2026-09-01" },
    ),
    ["unknown-lot", "wrong-kind", "not-by-lot", "bad-day"],
  );
  assert.deepEqual(await decide({ ...about, decide: "create-lot", lot: "C 1", expiresOn: "2099-06-30" }), [
    "done",
  ]);
  const { lots } = await get(`/system/v1/items/${cheese}/lots`);
  assert.deepEqual(
    lots.map((lot: { lot: string; expiresOn: string }) => [lot.lot, lot.expiresOn]),
    [["C 1", "2099-06-30"]],
  );
  const { positions } = await get(`/system/v1/positions?item=${cheese}&location=east`);
  assert.deepEqual(
    positions.map((each: { lot: string; onHand: number }) => [each.lot, each.onHand]),
    [["C 1", 10]],
  );
});

test("what is said later without a lot waits again, until a lot is said from then on; and that ends", async (t) => {
  const house = await openHouse(t);
  await openWaiting(house);
  const { get } = speaking(house);
  const { cheese, about, tell, decide } = await openLotless(house);
  await decide({ ...about, decide: "create-lot", lot: "C 1", expiresOn: "2099-06-30" });
  // What comes next waits again: it may be another lot. The one that the item has is suggested.
  const effectiveAt = "2026-03-02T09:00:00Z";
  await tell(receipt("c3", "CHEESE", { value: 2, effectiveAt }));
  const again: readonly UnresolvedView[] = (await get("/system/v1/unresolved?kind=lot")).unresolved;
  const row = again.find(({ waitsFor }) => waitsFor === "sku:CHEESE");
  assert.deepEqual(
    [row?.records, row?.suggestions[0]?.lot, row?.suggestions[0]?.reason],
    [1, "C 1", "only-lot"],
  );
  assert.deepEqual(await decide({ ...about, decide: "create-lot", lot: "C 1", expiresOn: "2098-01-01" }), [
    "already-there",
  ]);
  assert.deepEqual(await decide({ ...about, decide: "lot", lot: "C 1", onward: true }), ["done"]);
  await tell(receipt("c4", "CHEESE", { value: 3, effectiveAt }));
  assert.equal((await get(`/system/v1/positions?item=${cheese}&location=east`)).positions[0].onHand, 15);
  assert.deepEqual(
    (await get("/system/v1/unresolved/lots")).lots.map((each: { lot: string; by: string }) => [
      each.lot,
      each.by,
    ]),
    [["C 1", "test"]],
  );
  assert.deepEqual(await decide({ ...about, decide: "heed" }, { ...about, decide: "heed" }), [
    "done",
    "unchanged",
  ]);
  assert.deepEqual((await get("/system/v1/unresolved/lots")).lots, []);
});
