import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId, quantity, type StockFact } from "@crossdock/canonical";
import { renderReport, verify } from "../../src/verify/index.ts";
import { stock, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { drain, happen, openActivity, order, ordered, shipment } from "../verify/activity.ts";

const { database } = await testDatabase();
const activity = await openActivity(database);
const { itemIdentities } = activity.availability;
const like = { description: "", baseUnit: "EA", tracking: "none" as const, units: [], components: [] };
const box = { unit: "BX", numerator: 6, denominator: 1 };

let made = 0;

/** Two items that are one thing, with stock of both; a unit of the first is so many of the other. */
async function pair(units: number): Promise<readonly [string, string]> {
  made += 1;
  const [old, kept] = [`old-${made}`, `kept-${made}`];
  await activity.governance.saveItems([
    { ...like, itemId: old, sku: old, baseUnit: units === 1 ? "EA" : "BX" },
    { ...like, itemId: kept, sku: kept, units: units === 1 ? [] : [box] },
  ]);
  for (const item of [old, kept]) await happen(activity, stock.received(60, itemId(item)));
  return [old, kept];
}

async function merge(from: string, into: string): Promise<void> {
  const command = { reason: "one thing", preview: false, by: "test", correlationId: "merge" };
  const answer = await itemIdentities.merge({ ...command, itemId: from, into });
  assert.equal(answer.is, "done", JSON.stringify(answer.refusals));
  await drain(activity);
}

const picked = (id: string, item: string, units: number): StockFact => ({
  type: "StockPicked",
  data: { item: itemId(item), location: warehouse, quantity: quantity(units), orderLine: ordered(id) },
});

async function standing(id: string) {
  const found = await activity.orders.order(id);
  const [line] = found?.lines ?? [];
  return [found?.order.state, line?.ordered, line?.promised, line?.shipped];
}

async function isQuiet(): Promise<void> {
  await itemIdentities.follow();
  await drain(activity);
  const report = await verify(database, { now: activity.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
}

test("an order of a merged item is shipped whole, some of it under its old name and some under the new", async () => {
  const [old, kept] = await pair(1);
  await order(activity, "m-1", [{ id: "1", item: old, units: 5 }]);
  await happen(activity, picked("m-1", old, 5));
  await merge(old, kept);
  await happen(activity, shipment("m-1", [{ item: kept, units: 2 }]));
  assert.deepEqual(await standing("m-1"), ["partly-shipped", 5, 5, 2]);
  await happen(activity, shipment("m-1", [{ item: old, units: 3 }]));
  assert.deepEqual(await standing("m-1"), ["shipped", 5, 5, 5]);
  await isQuiet();
});

test("an ordered box has left when all its pieces have", async () => {
  const [old, kept] = await pair(6);
  await order(activity, "m-2", [{ id: "1", item: old, units: 3 }]);
  await happen(activity, shipment("m-2", [{ item: old, units: 1 }]));
  await merge(old, kept);
  await happen(activity, shipment("m-2", [{ item: kept, units: 7 }]));
  assert.deepEqual(await standing("m-2"), ["partly-shipped", 3, 3, 2]);
  await happen(activity, shipment("m-2", [{ item: kept, units: 5 }]));
  assert.deepEqual(await standing("m-2"), ["shipped", 3, 3, 3]);
  await isQuiet();
});

test("what an item has become twice still answers to its first name", async () => {
  const [old, kept] = await pair(1);
  const [other] = await pair(1);
  await order(activity, "m-3", [{ id: "1", item: old, units: 4 }]);
  await merge(old, kept);
  await merge(kept, other);
  await happen(activity, shipment("m-3", [{ item: old, units: 1 }]));
  await happen(activity, shipment("m-3", [{ item: kept, units: 1 }]));
  await happen(activity, shipment("m-3", [{ item: other, units: 2 }]));
  assert.deepEqual(await standing("m-3"), ["shipped", 4, 4, 4]);
  await isQuiet();
});

test("an order that comes after the merge takes what was told of it by the old name, before it and later", async () => {
  const [old, kept] = await pair(1);
  await happen(activity, shipment("m-4", [{ item: old, units: 1 }]));
  await merge(old, kept);
  await order(activity, "m-4", [{ id: "1", item: kept, units: 3 }]);
  assert.deepEqual(await standing("m-4"), ["partly-shipped", 3, 3, 1]);
  await happen(activity, shipment("m-4", [{ item: old, units: 2 }]));
  assert.deepEqual(await standing("m-4"), ["shipped", 3, 3, 3]);
  await isQuiet();
});

test("a merge that is undone leaves orders with the item that they were moved to", async () => {
  const [old, kept] = await pair(1);
  await order(activity, "m-5", [{ id: "1", item: old, units: 2 }]);
  await merge(old, kept);
  const undo = { reason: "two after all", preview: false, by: "test", correlationId: "split" };
  const answer = await itemIdentities.split({
    ...undo,
    itemId: kept,
    into: { itemId: old },
    names: [],
    units: [],
  });
  assert.equal(answer.is, "done", JSON.stringify(answer.refusals));
  await happen(activity, shipment("m-5", [{ item: kept, units: 2 }]));
  assert.deepEqual(await standing("m-5"), ["shipped", 2, 2, 2]);
  await isQuiet();
});
