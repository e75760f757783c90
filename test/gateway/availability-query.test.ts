import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld, type World } from "./world.ts";

const bolt = { scheme: "sku", value: "BOLT-M8" };
const pair = { scheme: "sku", value: "PAIR" };
const gone = { scheme: "gtin", value: "04012345678901" };

const query = (world: World, payload: object, key = world.key()) =>
  world.gateway.inject({ method: "POST", url: "/process/v1/availability/query", headers: by(key), payload });

test("a query tells items, locations and what is unknown of them, and explains only when asked to", async () => {
  const world = await createWorld();
  const locations = [
    { scheme: "id", value: "berlin" },
    { scheme: "gln", value: "4012345000009" },
  ];
  const asked = { channelId: "web", items: [bolt, pair, gone, bolt], locations };
  const body = (await query(world, asked)).json();
  assert.deepEqual(
    body.items.map((each: { sku: string; availableToPromise: number }) => [
      each.sku,
      each.availableToPromise,
    ]),
    [
      ["BOLT-M8", 5],
      ["PAIR", 2],
    ],
  );
  assert.deepEqual(body.items[0].locations, [{ locationId: "berlin", availableToPromise: 5 }]);
  assert.deepEqual(body.unknownItems, [gone]);
  assert.deepEqual(body.unknownLocations, [locations[1]]);
  assert.ok(body.items.every((each: object) => !("formula" in each) && !("kit" in each)));
  const explained = (await query(world, { ...asked, explain: true })).json();
  assert.equal(explained.items[0].formula.buffer, 2);
  assert.equal(explained.items[1].kit.limitedBy, "item-bolt");
});

test("a query has limits, needs its scope, and names the channel that there is not", async () => {
  const world = await createWorld();
  const many = Array.from({ length: 101 }, (_, at) => ({ scheme: "sku", value: `S${at}` }));
  assert.equal((await query(world, { channelId: "web", items: many })).statusCode, 400);
  assert.equal((await query(world, { channelId: "web", items: [bolt], locations: many })).statusCode, 400);
  const key = world.key({ scopes: ["reservations:read"] });
  assert.equal((await query(world, { channelId: "web", items: [bolt] }, key)).statusCode, 403);
  const nowhere = await query(world, { channelId: "nowhere", items: [bolt] });
  assert.equal(nowhere.json().code, "unknown-channel");
});
