import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "../../src/platform/index.ts";
import { renderReport, verify } from "../../src/verify/index.ts";
import { stock } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { drain, happen, openActivity, order, shipment } from "../verify/activity.ts";

const { database } = await testDatabase();
const papers: { key: string; kind: string }[] = [];
const activity = await openActivity(database, {
  supports: async (_account, kind) => kind === "warehouse-release",
  async enqueue(_tx, { key, kind }) {
    papers.push({ key, kind });
  },
});

async function standing(id: string) {
  const found = await activity.orders.order(id);
  const [line] = found?.lines ?? [];
  return [found?.order.state, line?.ordered, line?.promised, line?.shipped];
}

/** Lets what came be offered to those who wait, and orders hear of it. */
async function offer(): Promise<void> {
  await activity.availability.backorders.subscriber.drain();
  await activity.availability.backorders.offer();
  await drain(activity);
}

test("an order that waits is promised what comes, part by part, shipped, and stands in the books as it was told", async () => {
  await happen(activity, stock.received(3));
  await order(activity, "b-1", [{ id: "1", item: "widget", units: 8 }]);
  await order(activity, "b-2", [{ id: "1", item: "widget", units: 2 }]);
  assert.deepEqual(await standing("b-1"), ["promised", 8, 3, 0]);
  assert.deepEqual(await standing("b-2"), ["on-hold", 2, 0, 0]);
  await happen(activity, stock.received(4));
  await offer();
  assert.deepEqual(await standing("b-1"), ["promised", 8, 7, 0]);
  await happen(activity, stock.received(5));
  await offer();
  assert.deepEqual(await standing("b-1"), ["promised", 8, 8, 0]);
  assert.deepEqual(await standing("b-2"), ["promised", 2, 2, 0]);
  const added = await database.query<{ id: string; units: number }>(sql`
    select data ->> 'orderId' as id, (data #>> '{lines,0,added}')::int as units from backbone.event
    where type = 'OrderReplenished' order by number`);
  assert.deepEqual(
    added.map(({ id, units }) => [id, units]),
    [
      ["b-1", 4],
      ["b-1", 1],
      ["b-2", 2],
    ],
  );
  await happen(activity, shipment("b-1", [{ item: "widget", units: 8 }]));
  assert.deepEqual(await standing("b-1"), ["shipped", 8, 8, 8]);
  const report = await verify(database, { now: activity.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
});
