import assert from "node:assert/strict";
import { test } from "node:test";
import { channelId, type ItemId, itemId, lineId, locationId, type PromisePolicy } from "@crossdock/canonical";
import { sql } from "../../../src/platform/index.ts";
import { type Core, openCore, stock, tell, warehouse } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
/** Another process over the same database. */
const other = openCore(database, { clock: core.clock });
await core.availability.saveChannels([
  { channelId: "web", name: "Web", locationIds: ["wh-1"] },
  { channelId: "retail", name: "Retail", locationIds: ["wh-1", "wh-2"] },
]);

let made = 0;

/** A fresh item of which nothing is there. */
async function freshItem(components: readonly { itemId: ItemId; quantity: number }[] = []): Promise<ItemId> {
  made += 1;
  const id = itemId(`item-${made}`);
  const item = { itemId: id, sku: id, description: id, baseUnit: "EA", tracking: "none" as const };
  await core.governance.saveItems([
    { ...item, units: [{ unit: "XCS", numerator: 4, denominator: 1 }], components: [...components] },
  ]);
  return id;
}

let told = 0;

/** Units come; nobody has looked at the queues since. */
async function receive(item: ItemId, units: number, at = warehouse): Promise<void> {
  told += 1;
  await tell(core, [{ id: `fact-${told}`, minute: told, fact: stock.received(units, item, at) }]);
  await core.ledger.subscriber.drain();
}

type Ask = {
  readonly channel?: string;
  readonly policy?: PromisePolicy;
  readonly unit?: string;
  readonly by?: Core;
  readonly waitUntil?: string;
};

async function ask(item: ItemId, units: number, of: Ask = {}) {
  const { channel = "web", policy = "backorder", unit = "EA", by = core, waitUntil } = of;
  const line = {
    lineId: lineId("1"),
    item: { scheme: "id", value: item },
    quantity: { value: units, unit },
    ...(waitUntil === undefined ? {} : { waitUntil }),
  };
  const request = { channelId: channelId(channel), policy, ttlSeconds: 600, lines: [line] };
  const answer = await by.availability.reserve(request, { clientId: "till", correlationId: "test" });
  assert.ok("answer" in answer);
  return answer.answer;
}

/** Lets the readers hear of everything, and offers what came. */
async function offer(): Promise<number> {
  await core.availability.backorders.subscriber.drain();
  return core.availability.backorders.offer();
}

const standing = async (item: ItemId) => {
  const { rows } = await core.availability.backorders.page({
    after: 0,
    limit: 100,
    itemId: item,
    withEnded: true,
  });
  return rows.map((row) => [row.channelId, row.quantity, row.served, row.state]);
};
const why = { by: "test", because: "a test", correlationId: "test" };

test("what is missing waits, the rest is reserved, and the caller is told of both", async () => {
  const item = await freshItem();
  await receive(item, 3);
  const answer = await ask(item, 5);
  assert.deepEqual(
    [answer.outcome, answer.reservations.map((each) => each.quantity), answer.rejections],
    ["backordered", [3], []],
  );
  assert.deepEqual(
    answer.backorders?.map((each) => [each.quantity, each.served, each.state]),
    [[2, 0, "waiting"]],
  );
  assert.deepEqual(await standing(item), [["web", 2, 0, "waiting"]]);
});

test("units that come are for those who wait, and who asks later gets what they leave", async () => {
  const item = await freshItem();
  await ask(item, 4);
  await receive(item, 6);
  assert.equal((await ask(item, 3, { policy: "all-or-nothing" })).outcome, "rejected");
  assert.equal((await ask(item, 3, { policy: "all-or-nothing", by: other })).outcome, "rejected");
  assert.equal((await ask(item, 2, { policy: "all-or-nothing", channel: "retail" })).outcome, "reserved");
  assert.equal(await offer(), 1);
  assert.deepEqual(await standing(item), [["web", 4, 4, "served"]]);
  assert.equal((await ask(item, 1, { policy: "all-or-nothing" })).outcome, "rejected");
});

test("those who wait are served in the order in which they came, and what is not enough for one is his part", async () => {
  const item = await freshItem();
  await ask(item, 4);
  await ask(item, 4, { channel: "retail" });
  await receive(item, 5);
  await offer();
  assert.deepEqual(await standing(item), [
    ["web", 4, 4, "served"],
    ["retail", 4, 1, "waiting"],
  ]);
  await receive(item, 9);
  await offer();
  assert.deepEqual((await standing(item)).at(1), ["retail", 4, 4, "served"]);
  assert.equal((await ask(item, 6, { policy: "all-or-nothing" })).outcome, "reserved");
});

test("what one who waits may not have, others may", async () => {
  const item = await freshItem();
  await core.availability.saveRules([
    { channelId: channelId("retail"), itemId: item, buffer: 0, cap: null, protected: 5 },
  ]);
  await ask(item, 2);
  await receive(item, 5);
  assert.equal((await ask(item, 5, { policy: "all-or-nothing", channel: "retail" })).outcome, "reserved");
  await offer();
  assert.deepEqual(await standing(item), [["web", 2, 0, "waiting"]]);
});

test("units elsewhere than where one who waits may be served from are nobody's but who asks", async () => {
  const item = await freshItem();
  await ask(item, 2);
  await receive(item, 5, locationId("wh-2"));
  assert.equal((await ask(item, 5, { policy: "all-or-nothing", channel: "retail" })).outcome, "reserved");
});

test("a case waits for a whole case, and the pieces meanwhile are sold", async () => {
  const item = await freshItem();
  await ask(item, 2, { unit: "XCS" });
  await receive(item, 3);
  assert.equal((await ask(item, 3, { policy: "all-or-nothing" })).outcome, "reserved");
  await receive(item, 5);
  await offer();
  assert.deepEqual(await standing(item), [["web", 8, 4, "waiting"]]);
});

test("a kit that waits keeps the parts that have come for it", async () => {
  const [frame, wheel] = [await freshItem(), await freshItem()];
  const bicycle = await freshItem([
    { itemId: frame, quantity: 1 },
    { itemId: wheel, quantity: 2 },
  ]);
  await ask(bicycle, 2);
  await receive(wheel, 5);
  assert.equal((await ask(wheel, 2, { policy: "partial" })).reservations[0]?.quantity, 1);
  await receive(frame, 1);
  await offer();
  assert.deepEqual(await standing(bicycle), [["web", 2, 1, "waiting"]]);
  assert.equal((await ask(wheel, 1, { policy: "partial" })).outcome, "rejected");
});

test("what was cancelled waits no longer, and a second time says so", async () => {
  const item = await freshItem();
  const { backorders = [] } = await ask(item, 4);
  const [waiting] = backorders;
  assert.ok(waiting);
  const { change } = core.availability.backorders;
  const reduced = await change(waiting.backorderId, { kind: "reduce", waiting: 3 }, why);
  assert.deepEqual([reduced.done, reduced.done && reduced.backorder.quantity], [true, 3]);
  assert.equal((await change(waiting.backorderId, { kind: "reduce", waiting: 4 }, why)).done, false);
  const first = await change(waiting.backorderId, { kind: "cancel" }, why);
  assert.deepEqual([first.done, first.done && first.already], [true, false]);
  const second = await change(waiting.backorderId, { kind: "cancel" }, why);
  assert.deepEqual([second.done, second.done && second.already], [true, true]);
  await receive(item, 2);
  assert.equal((await ask(item, 2, { policy: "all-or-nothing" })).outcome, "reserved");
  assert.deepEqual(
    await database.query(sql`select item_id from availability.backorder_queue where item_id = ${item}`),
    [],
  );
});

test("whose time is over waits no longer, swept or not", async () => {
  const item = await freshItem();
  const until = new Date(core.clock.now().getTime() + 60_000).toISOString();
  await ask(item, 4, { waitUntil: until });
  core.clock.advance(61_000);
  await receive(item, 2);
  assert.deepEqual(await standing(item), [["web", 4, 0, "expired"]]);
  assert.equal((await ask(item, 2, { policy: "all-or-nothing" })).outcome, "reserved");
  assert.equal(await core.availability.backorders.endOverdue(), 1);
  assert.equal(await core.availability.backorders.endOverdue(), 0);
});

test("a figure does not count what is for those who wait, and says so", async () => {
  const item = await freshItem();
  await ask(item, 4, { channel: "retail" });
  await receive(item, 3);
  await receive(item, 3, locationId("wh-2"));
  const figureOf = async (channel: string) => {
    const [figure] = (await core.availability.availability(channelId(channel), [item])) ?? [];
    return [figure?.availableToPromise, figure?.formula?.available, figure?.formula?.waitingAhead];
  };
  const [web] = await figureOf("web");
  assert.equal(
    (await ask(item, 9, { policy: "partial" })).reservations.reduce((sum, each) => sum + each.quantity, 0),
    web,
  );
  assert.deepEqual(await figureOf("retail"), [2, 6, 4]);
  await offer();
  assert.deepEqual(await figureOf("retail"), [2, 2, undefined]);
});
