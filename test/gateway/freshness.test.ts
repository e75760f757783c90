import assert from "node:assert/strict";
import { test } from "node:test";
import { boltRequest, by, createWorld, type World } from "./world.ts";

const bolt = { scheme: "sku", value: "BOLT-M8" };
const reads = {
  now: { method: "GET", url: "/experience/v1/availability?channel=web&sku=BOLT-M8" },
  "by a day": { method: "GET", url: "/experience/v1/availability?channel=web&sku=BOLT-M8&by=2026-03-06" },
  "over time": { method: "GET", url: "/process/v1/atp?channel=web&sku=BOLT-M8" },
  query: {
    ...{ method: "POST", url: "/process/v1/availability/query?of=items" },
    payload: { channelId: "web", items: [bolt] },
  },
} as const;
const shop = { method: "GET", url: "/experience/v1/storefront?channel=web&sku=BOLT-M8" } as const;
const promises = {
  one: { method: "POST", url: "/process/v1/reservations?of=stock", payload: boltRequest(1) },
  many: {
    ...{ method: "POST", url: "/process/v1/reservations/bulk?of=stock" },
    payload: { requests: [{ do: "reserve", request: boltRequest(1) }] },
  },
} as const;
type Asked = (typeof reads)[keyof typeof reads] | (typeof promises)[keyof typeof promises] | typeof shop;

async function ask(world: World, { url, ...asked }: Asked, maxStaleness?: number) {
  const plain = url.replace(/\?of=\w+/, "");
  const more =
    maxStaleness === undefined ? "" : `${plain.includes("?") ? "&" : "?"}maxStaleness=${maxStaleness}`;
  return world.gateway.inject({ ...asked, url: plain + more, headers: by(world.key()) });
}

test("every answer of availability says how old what is known of its sources may be, and when something ships next", async () => {
  const world = await createWorld();
  for (const [name, asked] of Object.entries(reads)) {
    const { sources, shipping } = (await ask(world, asked)).json();
    assert.deepEqual([sources[0].source, sources[0].lagSeconds], ["/accounts/wms-berlin", 60], name);
    assert.equal(shipping[0].locationId, "berlin", name);
  }
  assert.equal(world.memory.freshness.exact, 0, "who sets no limit waits for no reading");
});

test("whoever sets a limit is answered within it, and beyond it told which source is too old and what to do, and nothing is done", async () => {
  const world = await createWorld();
  for (const [name, asked] of Object.entries({ ...reads, shop, ...promises })) {
    assert.ok((await ask(world, asked, 60)).statusCode < 300, name);
    const stood = world.memory.reservations.reservations.size;
    const late = await ask(world, asked, 59);
    const { code, source, lagSeconds, maxStaleness, locationIds, detail } = late.json();
    assert.deepEqual([late.statusCode, code], [503, "source-too-old"], name);
    assert.deepEqual(
      [source, lagSeconds, maxStaleness, locationIds],
      ["/accounts/wms-berlin", 60, 59, ["berlin"]],
    );
    assert.match(detail, /60 s old, and 59 s are allowed/);
    assert.equal(world.memory.reservations.reservations.size, stood, name);
  }
  assert.equal(world.memory.freshness.exact, 14);
});

test("a source that was never heard of, and a place that nobody owns, are within no limit", async () => {
  const world = await createWorld();
  world.memory.freshness.sources.splice(0, 1, { source: "/accounts/new", locationIds: [] });
  assert.match((await ask(world, reads.now, 86_400)).json().detail, /never heard of/);
  world.memory.freshness.sources.splice(0, 1, { locationIds: [] });
  assert.match((await ask(world, reads.now, 86_400)).json().detail, /Nobody is named as the owner/);
  assert.equal((await ask(world, reads.now)).statusCode, 200);
  assert.equal((await ask(world, reads.now, 0)).statusCode, 400);
});
