import assert from "node:assert/strict";
import { test } from "node:test";
import { accountSource } from "@crossdock/canonical";
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
  const payload = { because: "counted again" };
  const decided = await world.gateway.inject({ method: "POST", url: `${url}/1/dismiss`, headers, payload });
  assert.equal(decided.json().code, "not-found");
  for (const path of ["/1", "/1/drift", "/1/causes"]) {
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

test("a decision about a snapshot that is not held says so, and needs a reason", async () => {
  const world = await createWorld();
  const accept = (payload: object) =>
    world.gateway.inject({ method: "POST", url: `${url}/1/accept`, headers: by(world.key()), payload });
  assert.equal((await accept({ because: "seen" })).json().outcome, "not-held");
  assert.equal((await accept({})).json().code, "invalid-request");
});

test("a key for some accounts says how much their snapshots may differ, and nobody else's", async () => {
  const world = await createWorld();
  const policies = "/system/v1/inventory/drift-policies";
  const policy = {
    unitsMissingPercentMax: 10,
    positionsDifferingPercentMax: 30,
    rowsFewerPercentMax: 10,
    positionsMin: 50,
  };
  const set = (payload: object, accounts = [shop]) =>
    world.gateway.inject({ method: "PUT", url: policies, headers: by(world.key({ accounts })), payload });
  assert.equal((await set({ policy })).json().code, "account-not-granted");
  assert.equal((await set({ source: accountSource(warehouse), policy })).json().code, "account-not-granted");
  assert.deepEqual((await set({ source: accountSource(shop), policy })).json().policy, policy);
  const nowhere = { source: accountSource(shop), locationId: "nowhere", policy };
  assert.equal((await set(nowhere)).json().code, "invalid-request");
  const { changes } = (await world.gateway.inject({ url: policies, headers: by(world.key()) })).json();
  assert.deepEqual([changes.length, changes[0].after], [1, policy]);
});

test("a snapshot says what may have made it differ", async () => {
  const world = await createWorld();
  const answer = await world.gateway.inject({ url: `${url}/1/causes`, headers: by(world.key()) });
  assert.deepEqual(answer.json(), { causes: [{ cause: "rows-unresolved", count: 1 }] });
});

test("a trend covers a quarter of a year at most, and ends after it begins", async () => {
  const world = await createWorld();
  const ask = async (from: string, to: string) => {
    const query = `location=berlin&from=${from}T00:00:00Z&to=${to}T00:00:00Z`;
    const drift = `/system/v1/inventory/drift?${query}`;
    return (await world.gateway.inject({ url: drift, headers: by(world.key()) })).json();
  };
  assert.deepEqual(await ask("2026-01-01", "2026-04-03"), { days: [], items: [] });
  assert.equal((await ask("2026-01-01", "2026-04-04")).code, "invalid-request");
  assert.equal((await ask("2026-01-02", "2026-01-02")).code, "invalid-request");
});

test("leaving unknown rows out of a snapshot says what it came to, and is decided once a key", async () => {
  const world = await createWorld();
  const headers = { ...by(world.key()), "idempotency-key": "conclude-1" };
  const conclude = (number: number, payload: object) =>
    world.gateway.inject({ method: "POST", url: `${url}/${number}/conclude`, headers, payload });
  assert.equal((await conclude(1, { because: "samples are no stock" })).json().outcome, "not-taken");
  assert.equal((await conclude(1, { because: "another reason" })).json().code, "idempotency-key-reused");
  const plain = { method: "POST", headers: by(world.key()), payload: { because: "seen" } } as const;
  assert.equal((await world.gateway.inject({ ...plain, url: `${url}/2/conclude` })).json().code, "not-found");
});

test("a list is limited to the snapshots that wait for rows by saying so in the address", async () => {
  const world = await createWorld();
  const list = async (query: string) =>
    (await world.gateway.inject({ url: `${url}?${query}`, headers: by(world.key()) })).json();
  assert.deepEqual((await list("unfinished=true")).snapshots, []);
  assert.equal((await list("unfinished=false")).snapshots.length, 1);
  assert.equal((await list("unfinished=maybe")).code, "invalid-request");
});
