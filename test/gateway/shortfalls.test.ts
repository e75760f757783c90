import assert from "node:assert/strict";
import { test } from "node:test";
import { channel } from "./ports.ts";
import { by, createWorld } from "./world.ts";

const path = "/process/v1/shortfalls";
const policies = "/process/v1/shortfall-policies";

test("a shortfall names the promises that it hits, and is gone where nothing is missing", async () => {
  const world = await createWorld();
  const headers = by(world.key());
  const [found] = (await world.gateway.inject({ url: path, headers })).json().shortfalls;
  assert.deepEqual([found.missing, found.promised, found.hits[0].orderNumber], [3, 9, "<4712>"]);
  assert.deepEqual((await world.gateway.inject({ url: `${path}/17`, headers })).json(), found);
  assert.equal((await world.gateway.inject({ url: `${path}/18`, headers })).json().code, "not-found");
  assert.equal(
    (await world.gateway.inject({ url: `${path}?after=soon`, headers })).json().code,
    "invalid-cursor",
  );
});

test("a key for some accounts sees no shortfall, because it names orders of all", async () => {
  const world = await createWorld();
  const key = world.key({ accounts: ["shop-1"] });
  for (const url of [path, `${path}/17`]) {
    const answer = await world.gateway.inject({ url, headers: by(key) });
    assert.deepEqual([answer.statusCode, answer.json().code], [403, "account-not-granted"]);
  }
});

test("how promises of a channel yield is said by whoever may approve rules, and stays on record", async () => {
  const world = await createWorld();
  const payload = { rank: 10, yields: ["held-first", "latest-ship-date"], because: "the shop can wait" };
  const put = (channelId: string, body: object, key = world.key()) =>
    world.gateway.inject({ method: "PUT", url: `${policies}/${channelId}`, headers: by(key), payload: body });
  assert.deepEqual((await put(channel, payload)).json(), payload);
  assert.equal((await put(channel, { ...payload, rank: 20 })).statusCode, 200);
  assert.equal((await put("mars", payload)).json().code, "unknown-channel");
  assert.equal((await put(channel, { ...payload, yields: ["by-price"] })).statusCode, 400);
  assert.equal((await put(channel, payload, world.key({ scopes: ["rules:write"] }))).statusCode, 403);
  const read = async (url: string) =>
    (await world.gateway.inject({ url, headers: by(world.key()) })).json().policies;
  assert.deepEqual(
    (await read(policies)).map((each: { rank: number }) => each.rank),
    [20],
  );
  assert.deepEqual(
    (await read(`${policies}/changes`)).map((each: { rank: number }) => each.rank),
    [20, 10],
  );
});

test("the page of shortfalls says what is missing, whom it hits, and escapes what others wrote", async () => {
  const world = await createWorld();
  const authorization = `Basic ${Buffer.from(`me:${world.key()}`).toString("base64")}`;
  const answer = await world.gateway.inject({ url: "/stock/shortfalls", headers: { authorization } });
  assert.equal(answer.statusCode, 200);
  assert.match(answer.body, /3 of 9 promised are not there/);
  assert.match(answer.body, /&lt;4712&gt;/);
  assert.match(answer.body, /BOLT-M8/);
});

test("the page says that everything is there only where no page was before it", async () => {
  const { memory } = await createWorld();
  const empty = { page: async () => ({ rows: [], next: undefined }) };
  const quiet = await createWorld({ replace: { shortfalls: { ...memory.shortfalls, ...empty } } });
  const own = `Basic ${Buffer.from(`me:${quiet.key()}`).toString("base64")}`;
  const ask = async (url: string) =>
    (await quiet.gateway.inject({ url, headers: { authorization: own } })).body;
  assert.match(await ask("/stock/shortfalls"), /Everything that is promised is there/);
  assert.match(await ask("/stock/shortfalls?after=17"), /There are no more/);
});

test("a proposal is carried out as it was made, once a key, and refused where something has changed", async () => {
  const world = await createWorld();
  const headers = by(world.key(), { "idempotency-key": "there-1" });
  const of = "/process/v1/reservations/r-2";
  const found = (await world.gateway.inject({ url: `${of}/proposals?units=3`, headers })).json();
  assert.deepEqual([found.offers[0].locationId, found.offers[0].units], ["hamburg", 3]);
  const ask = (payload: object, key: string, path = of) =>
    world.gateway.inject({
      method: "POST",
      url: `${path}/reallocate`,
      headers: { ...headers, "idempotency-key": key },
      payload,
    });
  const wanted = { locationId: "hamburg", units: 3, versions: found.versions, because: "a loss" };
  const first = await ask(wanted, "there-1");
  assert.deepEqual([first.statusCode, first.json().made[0].quantity], [200, 3]);
  assert.equal((await ask(wanted, "there-1")).body, first.body);
  const late = await ask({ ...wanted, versions: [{ positionId: 18, version: 1 }] }, "there-2");
  assert.equal(late.json().code, "reservation-change-not-possible");
  assert.match(late.json().detail, /position 18 has changed/);
  const nobody = "/process/v1/reservations/r-9";
  assert.equal((await ask(wanted, "there-3", nobody)).json().code, "not-found");
  assert.equal(
    (await world.gateway.inject({ url: `${nobody}/proposals`, headers })).json().code,
    "not-found",
  );
});
