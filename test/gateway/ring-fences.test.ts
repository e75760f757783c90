import assert from "node:assert/strict";
import { test } from "node:test";
import { berlin, channel } from "./ports.ts";
import { by, createWorld, type World } from "./world.ts";

const path = "/process/v1/ring-fences";

const fence = (value: number, more: object = {}) => ({
  channelId: channel,
  item: { scheme: "sku", value: "BOLT-M8" },
  locationId: berlin,
  quantity: { value, unit: "EA" },
  reason: "launch",
  ...more,
});

function posting(world: World, url: string, payload: object, headers: Record<string, string> = {}) {
  return world.gateway.inject({ method: "POST", url, payload, headers: by(world.key(), headers) });
}

test("stock is set aside, listed and given back", async () => {
  const world = await createWorld();
  const set = await posting(world, path, fence(6));
  assert.equal(set.statusCode, 200);
  assert.deepEqual([set.json().channelId, set.json().quantity], [channel, 6]);
  const listed = await world.gateway.inject({ url: path, headers: by(world.key()) });
  assert.deepEqual(listed.json().ringFences, [set.json()]);
  assert.equal((await posting(world, `${path}/give-back`, fence(2))).json().quantity, 4);
  assert.equal(
    (await world.gateway.inject({ url: `${path}?after=soon`, headers: by(world.key()) })).statusCode,
    400,
  );
});

test("a repeated key sets nothing aside a second time", async () => {
  const world = await createWorld();
  const headers = { "idempotency-key": "launch-1" };
  const first = await posting(world, path, fence(3), headers);
  const again = await posting(world, path, fence(3), headers);
  assert.equal(again.body, first.body);
  assert.equal(again.headers["idempotent-replayed"], "true");
  assert.equal(world.memory.ringFences.units(), 3);
  assert.equal((await posting(world, path, fence(4), headers)).json().code, "idempotency-key-reused");
});

const refusals = [
  { payload: fence(10), code: "insufficient-stock" },
  { payload: fence(1, { channelId: "nowhere" }), code: "unknown-channel" },
  { payload: fence(1, { item: { scheme: "sku", value: "GONE" } }), code: "unresolvable-lines" },
  { payload: fence(1, { reason: "" }), code: "invalid-request" },
];

for (const { payload, code } of refusals) {
  test(`what cannot be set aside is refused with ${code}`, async () => {
    assert.equal((await posting(await createWorld(), path, payload)).json().code, code);
  });
}
