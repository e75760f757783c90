import assert from "node:assert/strict";
import { test } from "node:test";
import { channelId, checker, itemId } from "@crossdock/canonical";
import { Type } from "typebox";
import { ALL_SCOPES } from "../../src/gateway/index.ts";
import { createSecretBox, localWakeup, silentLog } from "../../src/platform/index.ts";
import { openProduct } from "../../src/product.ts";
import { type EventReader, openEvents } from "../gateway/event-reader.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { type Cleanup, testDatabase } from "../support/database.ts";
import { plainItem, seedShop } from "../support/seed.ts";

const readFigures = checker(
  Type.Object({
    availability: Type.Array(Type.Object({ itemId: Type.String(), availableToPromise: Type.Integer() })),
  }),
);

/** A product that works behind its real interface, with lamps and hinges in its warehouse. */
async function openShop(t: Cleanup) {
  const { database, url: databaseUrl } = await testDatabase(t);
  const core = openCore(database);
  await seedShop(core);
  await core.governance.saveItems([
    plainItem("lamp"),
    plainItem("hinge"),
    { ...plainItem("set"), units: [], components: [{ itemId: "lamp", quantity: 2 }] },
  ]);
  const secretBox = createSecretBox(Buffer.alloc(32, 7));
  const product = await openProduct({
    database,
    databaseUrl,
    secretBox,
    log: silentLog,
    wakeup: localWakeup(),
  });
  t.after(() => product.close());
  const { url } = await product.gateway.listen({ host: "127.0.0.1", port: 0 });
  const { text: key } = await product.apiKeys.issue({ clientId: "shop", name: "shop", scopes: ALL_SCOPES });
  const headers = { authorization: `Bearer ${key}` };
  let told = 0;
  return {
    product,
    url,
    /** Receives units of an item and lets the ledger take them. */
    async receive(item: string, units: number) {
      told += 1;
      await tell(core, [{ id: `receipt-${told}`, minute: told, fact: stock.received(units, itemId(item)) }]);
      await product.drain();
    },
    async reserve(item: string, units: number) {
      const line = {
        lineId: "1",
        item: { scheme: "id", value: item },
        quantity: { value: units, unit: "EA" },
      };
      const response = await fetch(`${url}/process/v1/reservations`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ channelId: "web", lines: [line] }),
      });
      assert.equal(response.status, 201, await response.text());
    },
    watch: (query: string, more: Record<string, string> = {}) =>
      openEvents(`${url}/experience/v1/availability/changes?channel=web&${query}`, { ...headers, ...more }),
  };
}

/** The figures of the next event, by item. */
async function figures(reader: EventReader): Promise<Record<string, number>> {
  const event = await reader.next();
  if (event?.event === "start") return figures(reader);
  assert.equal(event?.event, "availability", event?.data);
  const checked = readFigures(JSON.parse(event.data));
  assert.ok(checked.ok);
  return Object.fromEntries(checked.value.availability.map((each) => [each.itemId, each.availableToPromise]));
}

/** Reads until items have figures. */
async function until(reader: EventReader, wanted: Record<string, number>): Promise<void> {
  const seen: Record<string, number> = {};
  while (Object.entries(wanted).some(([id, units]) => seen[id] !== units))
    Object.assign(seen, await figures(reader));
}

test("a watcher is told every figure at first, and then those that change, a kit's with its components'", async (t) => {
  const shop = await openShop(t);
  await shop.receive("lamp", 9);
  const reader = await shop.watch("item=lamp&item=hinge&item=set&sku=GONE");
  assert.equal(reader.status, 200);
  const start = await reader.next();
  assert.deepEqual(JSON.parse(start?.data ?? ""), {
    channelId: "web",
    unknown: [{ scheme: "sku", value: "GONE" }],
    // Nobody is named as the owner of stock here.
    sources: [{ locationIds: ["wh-1", "wh-2"] }],
    shipping: [],
  });
  assert.deepEqual(await figures(reader), { lamp: 9, hinge: 0, set: 4 });
  await shop.reserve("lamp", 2);
  assert.deepEqual(await figures(reader), { lamp: 7, set: 3 });
  await shop.receive("hinge", 5);
  assert.deepEqual(await figures(reader), { hinge: 5 });
});

test("whoever was cut off and comes again with the last id is told exactly what changed since", async (t) => {
  const shop = await openShop(t);
  await shop.receive("lamp", 9);
  await shop.receive("hinge", 9);
  const query = "item=lamp&item=hinge";
  const before = await shop.watch(query);
  await until(before, { lamp: 9, hinge: 9 });
  const id = before.lastId() ?? "";
  before.cut();
  await shop.reserve("hinge", 4);
  const again = await shop.watch(query, { "last-event-id": id });
  assert.deepEqual(await figures(again), { hinge: 5 });
  // A cursor of another watch says nothing about these items: all of them are told.
  const other = await shop.watch("item=lamp", { "last-event-id": id });
  assert.deepEqual(await figures(other), { lamp: 9 });
  const ahead = await shop.watch(query, { "last-event-id": id.replace(/^\d+/, "999999999") });
  assert.deepEqual(await figures(ahead), { lamp: 9, hinge: 5 });
});

test("many readers hear of one change, while one that does not read costs them nothing and hears the newest alone", async (t) => {
  const shop = await openShop(t);
  await shop.receive("lamp", 100);
  const watching = shop.product.availability.watching;
  const asked = { channelId: channelId("web"), itemIds: ["lamp"] };
  const slow = await watching.open(asked);
  await slow.next();
  const readers = await Promise.all(Array.from({ length: 20 }, () => shop.watch("item=lamp")));
  await Promise.all(readers.map((reader) => until(reader, { lamp: 100 })));
  const tooMany = await shop.watch("item=lamp");
  assert.equal(tooMany.status, 429, "a key has so many streams and no more");
  tooMany.cut();
  for (let left = 99; left >= 90; left -= 1) await shop.reserve("lamp", 1);
  await Promise.all(readers.map((reader) => until(reader, { lamp: 90 })));
  const round = await slow.next();
  assert.deepEqual(
    round?.figures.map((figure) => figure.availableToPromise),
    [90],
  );
  slow.close();
  assert.equal(await slow.next(), undefined);
  for (const reader of readers) reader.cut();
});

test("streams end when the server stops, and the server with them", async (t) => {
  const shop = await openShop(t);
  await shop.receive("lamp", 5);
  const reader = await shop.watch("item=lamp");
  await until(reader, { lamp: 5 });
  const closing = shop.product.gateway.close();
  assert.equal(await reader.next(), undefined);
  await closing;
});
