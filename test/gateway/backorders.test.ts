import assert from "node:assert/strict";
import { test } from "node:test";
import { waitingBackorder } from "./backorder-port.ts";
import { by, createWorld } from "./world.ts";

const path = "/process/v1/backorders";

test("what waits is listed, read and changed", async () => {
  const world = await createWorld();
  const headers = by(world.key());
  const list = await world.gateway.inject({ url: `${path}?itemId=itm-1`, headers });
  assert.deepEqual([list.statusCode, list.json().backorders], [200, [waitingBackorder]]);
  const bad = await world.gateway.inject({ url: `${path}?after=bad`, headers });
  assert.deepEqual([bad.statusCode, bad.json().code], [400, "invalid-cursor"]);
  const one = await world.gateway.inject({ url: `${path}/bko-1`, headers });
  assert.equal(one.json().quantity, 36);
  assert.equal((await world.gateway.inject({ url: `${path}/bko-9`, headers })).statusCode, 404);
  const payload = { because: "bought elsewhere" };
  const cancel = { method: "POST", url: `${path}/bko-1/cancel`, headers, payload } as const;
  const first = (await world.gateway.inject(cancel)).json();
  assert.deepEqual([first.backorder.state, first.already], ["cancelled", false]);
  assert.equal((await world.gateway.inject(cancel)).json().already, true);
  const unknown = await world.gateway.inject({ ...cancel, url: `${path}/bko-9/cancel` });
  assert.equal(unknown.statusCode, 404);
});

test("the page says who waits for what since when, and for which day", async () => {
  const world = await createWorld();
  const authorization = `Basic ${Buffer.from(`me:${world.key()}`).toString("base64")}`;
  const answer = await world.gateway.inject({ url: "/stock/backorders", headers: { authorization } });
  assert.equal(answer.statusCode, 200);
  for (const text of ["web", "ord-1", "24"]) assert.ok(answer.body.includes(text), text);
});
