import assert from "node:assert/strict";
import { test } from "node:test";
import { openHouse } from "./company.ts";

test("master data over HTTP: stated in batches, answered row by row, repeatable, read back and explained", async (t) => {
  const house = await openHouse(t);
  const headers = { authorization: `Bearer ${house.key}`, "content-type": "application/json" };
  const post = async (payload: object, more: Record<string, string> = {}) => {
    const url = "/system/v1/master-data";
    const answer = await house.product.gateway.inject({
      ...{ method: "POST", url, headers: { ...headers, ...more }, payload },
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
  };
  const get = async (url: string) => (await house.product.gateway.inject({ url, headers })).json();

  const sku = (value: string) => ({ scheme: "sku", value });
  const records = [
    { kind: "item", itemId: "rope", sku: "ROPE-8", baseUnit: "MTR" },
    { kind: "item-unit", item: sku("ROPE-8"), unit: "XRO", factor: "100" },
    { kind: "item-name", item: sku("ROPE-8"), scheme: "gtin", value: "4006381333931" },
    { kind: "item-name", item: sku("ROPE-8"), scheme: "gtin", value: "4006381333932" },
    { kind: "item-cost", item: sku("ROPE-8"), currency: "EUR", perUnit: "0.55" },
    { kind: "rope" },
  ];
  const first = await post({ records }, { "idempotency-key": "load-1" });
  assert.equal(first.status, 200);
  assert.deepEqual(
    first.body.results.map(({ outcome }: { outcome: string }) => outcome),
    ["created", "created", "created", "refused", "created", "invalid"],
  );
  assert.equal(first.body.results[3].reason, "bad-check-digit");
  const repeated = await post({ records }, { "idempotency-key": "load-1" });
  assert.equal(repeated.headers["idempotent-replayed"], "true");
  assert.deepEqual(repeated.body, first.body);
  const again = await post({ records });
  assert.deepEqual([again.body.created, again.body.changed, again.body.unchanged], [0, 0, 4]);

  const item = await get("/system/v1/items/rope");
  assert.deepEqual(item, {
    ...{ itemId: "rope", sku: "ROPE-8", description: "", baseUnit: "MTR", tracking: "none" },
    names: [
      { scheme: "gtin", value: "4006381333931" },
      { scheme: "sku", value: "ROPE-8" },
    ],
    units: [{ unit: "XRO", factor: "100" }],
    components: [],
    costs: [{ currency: "EUR", perUnit: "0.55" }],
  });
  const { changes } = await get("/system/v1/master-data/changes?item=rope&limit=100");
  assert.deepEqual(
    changes.map(({ what, by }: { what: string; by: string }) => `${what} by ${by}`).toSorted(),
    ["alias by test", "alias by test", "item by test", "item_cost by test", "item_unit by test"],
  );
  const page = await get("/system/v1/items?limit=2");
  assert.equal(page.items.length, 2);
  const rest = await get(`/system/v1/items?limit=1000&after=${page.next}`);
  assert.ok(rest.items.some(({ itemId }: { itemId: string }) => itemId === "rope"));

  const nobody = await get("/system/v1/items/nobody");
  assert.equal(nobody.code, "not-found");
  assert.equal((await post({ records: [{ kind: "rope" }] })).status, 400);
});

test("items over HTTP are of a class, and are listed by it", async (t) => {
  const house = await openHouse(t);
  const headers = { authorization: `Bearer ${house.key}`, "content-type": "application/json" };
  const get = async (url: string) => (await house.product.gateway.inject({ url, headers })).json();
  const rope = { itemId: "rope", sku: "ROPE-8", itemClass: "by the metre" };
  const url = "/system/v1/master-data";
  const payload = { records: [{ kind: "item", ...rope }] };
  await house.product.gateway.inject({ method: "POST", url, headers, payload });
  assert.equal((await get("/system/v1/items/rope")).itemClass, "by the metre");
  assert.deepEqual(await get("/system/v1/items?itemClass=by%20the%20metre"), {
    items: [{ ...rope, description: "" }],
  });
  assert.deepEqual(await get("/system/v1/items?itemClass=A"), { items: [] });
  assert.equal((await get("/system/v1/items?itemClass=")).code, "invalid-request");
});
