import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld } from "./world.ts";

const path = "/process/v1/hold-limits";

test("limits are set with a reason, and listed", async () => {
  const world = await createWorld();
  const headers = by(world.key());
  const set = (of: string, payload: object) =>
    world.gateway.inject({ method: "PUT", url: `${path}/${of}`, headers, payload });
  const answer = await set("client/shop", { openHoldsMax: 3, because: "carts" });
  assert.deepEqual([answer.statusCode, answer.json()], [200, { subject: "client:shop", openHoldsMax: 3 }]);
  assert.equal((await set("client/shop", { openHoldsMax: 3 })).statusCode, 400);
  assert.equal((await set("person/shop", { because: "nobody knows" })).statusCode, 400);
  const listed = await world.gateway.inject({ url: path, headers });
  assert.deepEqual(listed.json(), { limits: [answer.json()] });
});
