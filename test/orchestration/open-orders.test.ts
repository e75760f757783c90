import assert from "node:assert/strict";
import { test } from "node:test";
import { stock } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { happen, openActivity, order, shipment } from "../verify/activity.ts";

test("orders that have not ended are counted by state, those on hold as well, and those that have are not", async () => {
  const { database } = await testDatabase();
  const activity = await openActivity(database);
  const shown = async () => {
    const text = await activity.metrics.text();
    const rows = text.matchAll(/^crossdock_orchestration_open_orders\{state="([a-z-]+)"\} (\d+)$/gm);
    return Object.fromEntries([...rows].map(([, state, orders]) => [state, Number(orders)]));
  };
  const none = { received: 0, promised: 0, "on-hold": 0, "partly-shipped": 0 };
  assert.deepEqual(await shown(), none);
  await happen(activity, stock.received(10));
  await order(activity, "o-1", [{ id: "1", item: "widget", units: 4 }]);
  await order(activity, "o-2", [{ id: "1", item: "widget", units: 3 }]);
  await order(activity, "o-3", [{ id: "1", item: "cork", units: 1 }]);
  assert.deepEqual(await shown(), { ...none, promised: 2, "on-hold": 1 });
  await happen(activity, shipment("o-1", [{ item: "widget", units: 1 }]));
  assert.deepEqual(await shown(), { ...none, promised: 1, "on-hold": 1, "partly-shipped": 1 });
  await happen(activity, shipment("o-1", [{ item: "widget", units: 3 }]));
  assert.deepEqual(await shown(), { ...none, promised: 1, "on-hold": 1 });
});
