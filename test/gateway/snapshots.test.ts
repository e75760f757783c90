import assert from "node:assert/strict";
import { test } from "node:test";
import { EXAMPLES } from "../../src/gateway/examples.ts";
import { shop, warehouse } from "./ports.ts";
import { by, createWorld } from "./world.ts";

const url = "/system/v1/inventory/snapshots";
const upload = { ...EXAMPLES.uploadSnapshot?.request, accountId: warehouse };

test("pages of a snapshot are answered one by one, and a page that came before is a duplicate", async () => {
  const world = await createWorld();
  const send = () => world.gateway.inject({ method: "POST", url, headers: by(world.key()), payload: upload });
  assert.deepEqual((await send()).json().pages, [{ page: 1, outcome: "accepted" }]);
  assert.deepEqual((await send()).json().pages, [{ page: 1, outcome: "duplicate" }]);
});

test("a key that may not act for an account neither uploads its snapshots nor sees them", async () => {
  const world = await createWorld();
  const headers = by(world.key({ accounts: [shop] }));
  const refused = await world.gateway.inject({ method: "POST", url, headers, payload: upload });
  assert.equal(refused.json().code, "account-not-granted");
  assert.deepEqual((await world.gateway.inject({ url, headers })).json().snapshots, []);
  for (const path of ["/1", "/1/drift"]) {
    assert.equal((await world.gateway.inject({ url: url + path, headers })).json().code, "not-found");
  }
});

test("a snapshot says which pages it waits for, and what it found", async () => {
  const world = await createWorld();
  const headers = by(world.key());
  const [listed] = (await world.gateway.inject({ url, headers })).json().snapshots;
  assert.deepEqual(listed.pages, { come: 2, count: 3, missing: [2] });
  const { drift } = (await world.gateway.inject({ url: `${url}/1/drift`, headers })).json();
  assert.equal(drift[0].difference, -2);
});
