import assert from "node:assert/strict";
import { test } from "node:test";
import { accountSource } from "@crossdock/canonical";
import { REPLAYED_FIELD } from "../../src/gateway/idempotency.ts";
import { bolt, shop, warehouse } from "./ports.ts";
import { by, createWorld } from "./world.ts";

const url = "/system/v1/inventory/count-cases";
const because = "counted the shelf again";

test("a count that waits says what it found, what the books have, and what the difference is worth", async () => {
  const world = await createWorld();
  const headers = by(world.key());
  const listed = (await world.gateway.inject({ url: `${url}?state=open&location=berlin`, headers })).json();
  assert.deepEqual(
    listed.cases.map((one: { difference: number; money: object }) => [one.difference, one.money]),
    [[-30, { currency: "EUR", amount: "-37.5" }]],
  );
  const none = (await world.gateway.inject({ url: `${url}?state=rejected`, headers })).json();
  assert.deepEqual(none.cases, []);
  assert.equal((await world.gateway.inject({ url: `${url}/2`, headers })).json().code, "not-found");
});

test("the second decision says what the first was, and a repeated request gets the first answer", async () => {
  const world = await createWorld();
  const headers = { ...by(world.key()), "idempotency-key": "decide-1" };
  const accept = (key: string) =>
    world.gateway.inject({
      method: "POST",
      url: `${url}/1/accept`,
      headers: { ...headers, "idempotency-key": key },
      payload: { because },
    });
  assert.equal((await accept("one")).json().outcome, "settled");
  const again = await accept("one");
  assert.deepEqual([again.json().outcome, again.headers[REPLAYED_FIELD]], ["settled", "true"]);
  assert.equal((await accept("two")).json().outcome, "already-accepted");
  const reject = { method: "POST", url: `${url}/1/reject`, headers: by(world.key()), payload: {} } as const;
  assert.equal((await world.gateway.inject(reject)).json().code, "invalid-request");
});

test("many decisions are taken one by one, and each says what it came to", async () => {
  const world = await createWorld();
  const payload = {
    decisions: [
      { caseNumber: "9", decision: "accepted", because },
      { caseNumber: "1", decision: "rejected", because },
      { caseNumber: "1", decision: "accepted", because },
    ],
  };
  const headers = by(world.key());
  const answer = await world.gateway.inject({ method: "POST", url: `${url}/decisions`, headers, payload });
  assert.deepEqual(answer.json().results, [
    { caseNumber: "9", outcome: "not-found" },
    { caseNumber: "1", outcome: "settled" },
    { caseNumber: "1", outcome: "already-rejected" },
  ]);
  const snapshots = {
    decisions: [
      { snapshotNumber: "1", decision: "dismissed", because },
      { snapshotNumber: "2", decision: "accepted", because },
    ],
  };
  const path = "/system/v1/inventory/snapshots/decisions";
  const held = await world.gateway.inject({ method: "POST", url: path, headers, payload: snapshots });
  assert.deepEqual(held.json().results, [
    { snapshotNumber: "1", outcome: "not-held" },
    { snapshotNumber: "2", outcome: "not-found" },
  ]);
});

test("a key for other accounts neither sees nor decides a case, and sets no tolerance but its own", async () => {
  const world = await createWorld();
  const headers = by(world.key({ accounts: [shop] }));
  assert.deepEqual((await world.gateway.inject({ url, headers })).json().cases, []);
  const accept = { method: "POST", url: `${url}/1/accept`, headers, payload: { because } } as const;
  assert.equal((await world.gateway.inject(accept)).json().code, "not-found");
  const set = async (payload: object) => {
    const path = "/system/v1/inventory/count-tolerances";
    return (await world.gateway.inject({ method: "PUT", url: path, headers, payload })).json();
  };
  const tolerance = { unitsMax: 3, valueMax: { currency: "EUR", amount: "250" } };
  assert.equal((await set({ tolerance })).code, "account-not-granted");
  assert.equal((await set({ source: accountSource(warehouse), tolerance })).code, "account-not-granted");
  const own = { source: accountSource(shop), tolerance };
  assert.deepEqual(await set(own), own);
  assert.equal((await set({ ...own, locationId: "nowhere" })).code, "invalid-request");
  assert.equal((await set({ ...own, itemId: "nothing" })).code, "invalid-request");
  assert.match((await set({ ...own, itemClass: "Bulk" })).detail, /No item is of class Bulk/);
  assert.match((await set({ ...own, itemClass: "bulk", itemId: bolt })).detail, /not of both/);
  const classed = { ...own, itemClass: "bulk" };
  assert.deepEqual(await set(classed), classed);
  const path = "/system/v1/inventory/count-tolerances";
  const { changes } = (await world.gateway.inject({ url: path, headers })).json();
  assert.deepEqual([changes.length, changes[0].after, changes[0].itemClass], [2, tolerance, "bulk"]);
});
