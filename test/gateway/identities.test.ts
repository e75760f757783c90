import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld, type World } from "./world.ts";

const merge = (item: string) => `/system/v1/items/${item}/merge`;

function posting(world: World, url: string, payload: object, headers: Record<string, string> = {}) {
  return world.gateway.inject({ method: "POST", url, payload, headers: by(world.key(), headers) });
}

test("a merge is answered with what has moved, and a repeated key with the first answer", async () => {
  const world = await createWorld();
  const headers = { "idempotency-key": "merge-1" };
  const body = { into: "item-nut", reason: "the same thing" };
  const first = await posting(world, merge("item-old"), body, headers);
  assert.equal(first.statusCode, 200);
  assert.deepEqual([first.json().outcome, first.json().moves[0].becomes], ["done", 5]);
  const again = await posting(world, merge("item-old"), body, headers);
  assert.equal(again.body, first.body);
  assert.equal(again.headers["idempotent-replayed"], "true");
});

test("a refusal says why, and a preview shows the same without being one", async () => {
  const world = await createWorld();
  const body = { into: "item-nut", reason: "the same thing" };
  const refused = await posting(world, merge("item-bolt"), body);
  assert.deepEqual([refused.statusCode, refused.json().code], [409, "item-identity-refused"]);
  assert.deepEqual(refused.json().refusals, [
    { reason: "tracking-differs", detail: "Item item-bolt is tracked by lot." },
  ]);
  const shown = await posting(world, merge("item-bolt"), { ...body, preview: true });
  assert.deepEqual([shown.statusCode, shown.json().outcome], [200, "previewed"]);
});

test("a split names an item that is there or a new one, and units of at least one", async () => {
  const world = await createWorld();
  const url = "/system/v1/items/item-old/split";
  const unit = { locationId: "wh-1", quantity: 2 };
  const body = { into: { sku: "NEW" }, names: [], units: [unit], reason: "two things" };
  assert.equal((await posting(world, url, body)).json().into, "item-made");
  assert.equal((await posting(world, url, { ...body, into: { itemId: "item-b" } })).json().into, "item-b");
  for (const wrong of [{ into: {} }, { units: [{ ...unit, quantity: 0 }] }, { reason: "" }])
    assert.equal((await posting(world, url, { ...body, ...wrong })).statusCode, 400);
});

test("merging needs the right to write master data", async () => {
  const world = await createWorld();
  const headers = by(world.key({ scopes: ["master-data:read"] }));
  const payload = { into: "item-nut", reason: "the same thing" };
  const answer = await world.gateway.inject({ method: "POST", url: merge("item-old"), payload, headers });
  assert.equal(answer.statusCode, 403);
});
