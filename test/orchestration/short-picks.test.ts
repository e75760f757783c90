import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId, quantity, type StockFact } from "@crossdock/canonical";
import { sql } from "../../src/platform/index.ts";
import { stock, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { happen, openActivity, order, ordered, shipment } from "../verify/activity.ts";

const { database } = await testDatabase();
const activity = await openActivity(database);
await happen(activity, stock.received(100));
await happen(activity, stock.received(100, itemId("tin")));

const on = (
  type: "StockPicked" | "StockPickedShort",
  id: string,
  units: number,
  item = "widget",
): StockFact => ({
  type,
  data: { item: itemId(item), location: warehouse, quantity: quantity(units), orderLine: ordered(id) },
});

async function standing(id: string) {
  const found = await activity.orders.order(id);
  const [line] = found?.lines ?? [];
  return [found?.order.state, line?.ordered, line?.promised, line?.shipped];
}

/** What the log has told of orders that are short. */
async function told(id: string) {
  const rows = await database.query<{ state: string; promised: number; short: number }>(sql`
    select data ->> 'state' as state, (data #>> '{lines,0,promised}')::int as promised, (data #>> '{lines,0,short}')::int as short
    from backbone.event where type = 'OrderShort' and data ->> 'orderId' = ${id} order by number`);
  return rows.map((row) => [row.state, row.promised, row.short]);
}

test("an order whose rest was not found is shipped with what was", async () => {
  await order(activity, "s-1", [{ id: "1", item: "widget", units: 5 }]);
  await happen(activity, on("StockPickedShort", "s-1", 2));
  assert.deepEqual(await standing("s-1"), ["promised", 5, 3, 0]);
  await happen(activity, shipment("s-1", [{ item: "widget", units: 3 }]));
  assert.deepEqual(await standing("s-1"), ["shipped", 5, 3, 3]);
  assert.deepEqual(await told("s-1"), [["promised", 3, 2]]);
});

test("the rest may be given up after what was found has left", async () => {
  await order(activity, "s-2", [{ id: "1", item: "widget", units: 5 }]);
  await happen(activity, shipment("s-2", [{ item: "widget", units: 3 }]));
  assert.deepEqual(await standing("s-2"), ["partly-shipped", 5, 5, 3]);
  await happen(activity, on("StockPickedShort", "s-2", 2));
  assert.deepEqual(await standing("s-2"), ["shipped", 5, 3, 3]);
});

test("an order of which nothing was found is on hold, until some of it is found after all", async () => {
  await order(activity, "s-3", [{ id: "1", item: "widget", units: 2 }]);
  await happen(activity, on("StockPickedShort", "s-3", 2));
  assert.deepEqual(await standing("s-3"), ["on-hold", 2, 0, 0]);
  await happen(activity, on("StockPicked", "s-3", 2));
  assert.deepEqual(await standing("s-3"), ["promised", 2, 2, 0]);
  assert.deepEqual(await told("s-3"), [
    ["on-hold", 0, 2],
    ["promised", 2, 0],
  ]);
});

test("a short pick that is heard of before its order shortens the order when it comes", async () => {
  await happen(activity, on("StockPickedShort", "s-4", 2));
  await order(activity, "s-4", [{ id: "1", item: "widget", units: 5 }]);
  assert.deepEqual(await standing("s-4"), ["promised", 5, 3, 0]);
});

test("a kit is short of as many as cannot be made", async () => {
  await order(activity, "s-5", [{ id: "1", item: "box", units: 4 }]);
  await happen(activity, on("StockPickedShort", "s-5", 3, "tin"));
  assert.deepEqual(await standing("s-5"), ["promised", 4, 2, 0]);
});
