import assert from "node:assert/strict";
import { test } from "node:test";
import { accountSource, itemId, locationId, quantity, snapshotPageId } from "@crossdock/canonical";
import { observeDrift } from "../../src/ledger/index.ts";
import { atMinute, openCore, stock, type Told, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
observeDrift(core);
const { ledger, governance } = core;
const [wms, shop] = [accountSource("wms-1"), accountSource("pos-1")];
const [north, south] = [locationId("north"), locationId("south")];
const [bolt, nut] = [itemId("bolt"), itemId("nut")];
const all = { from: new Date(atMinute(0)), to: new Date(atMinute(3_000)), sources: undefined };

let ids = 0;
const told = (minute: number, fact: Told["fact"], account = "wms-1"): Told => {
  ids += 1;
  return { id: `fact-${ids}`, minute, account, fact };
};

/** North has ten bolts and ten nuts; counts of its own and a snapshot find it otherwise, and a shop counts south a day later. */
async function countEverything(): Promise<void> {
  await governance.saveItems([plainItem("bolt"), plainItem("nut")]);
  await governance.saveCosts([{ itemId: "bolt", currency: "EUR", perUnit: "0.25" }]);
  await governance.saveLocations(
    ["north", "south"].map((id) => ({
      ...{ locationId: id, code: id, name: id, type: "warehouse" as const, timeZone: "UTC" },
    })),
  );
  await tell(core, [
    ...[bolt, nut].flatMap((item) => [
      told(1, stock.received(10, item, north)),
      told(1, stock.received(10, item, south)),
    ]),
    told(10, stock.counted(13, bolt, north)),
    told(1_500, stock.counted(6, bolt, south), "pos-1"),
  ]);
  await ledger.subscriber.drain();
  const rows = { items: [bolt, bolt, nut], counted: [8, 4, 9].map(quantity) };
  await tell(core, [
    {
      id: snapshotPageId({ snapshotId: "night", page: 1 }),
      ...{ minute: 20, account: "wms-1" },
      fact: {
        type: "StockSnapshotPage",
        data: {
          ...{ snapshotId: "night", location: north, scope: "full", conditions: true, page: 1, pages: 1 },
          ...{ ...rows, statuses: ["available", "damaged", "available"] },
        },
      },
    },
  ]);
  await ledger.snapshotSubscriber.drain();
  await ledger.snapshotWorker.drain();
}
await countEverything();

test("what counts and snapshots found is told by day, by place and by position; a change of condition alone is no drift", async () => {
  const { days, places, items } = await ledger.driftSummary(all);
  assert.deepEqual(days, [
    { day: "2026-03-02", source: wms, units_found: 3, units_missing: 2 },
    { day: "2026-03-03", source: shop, units_found: 0, units_missing: 4 },
  ]);
  assert.deepEqual(
    places.map(({ source, location_id, units_found, units_missing, value_missing, currency }) => [
      ...[source, location_id, units_found, units_missing, value_missing, currency],
    ]),
    [
      [shop, "south", 0, 4, "1", "EUR"],
      [wms, "north", 3, 1, "0.25", "EUR"],
      [wms, "north", 0, 1, null, null],
    ],
  );
  assert.deepEqual(
    items.map(({ item_id, location_id, counts }) => [item_id, location_id, counts]),
    [
      ["bolt", "north", 2],
      ["bolt", "south", 1],
      ["nut", "north", 1],
    ],
  );
});

test("it is told for a source, a place, and what a key may see", async () => {
  assert.deepEqual((await ledger.driftSummary({ ...all, source: shop })).days.length, 1);
  assert.deepEqual((await ledger.driftSummary({ ...all, locationId: "north" })).places.length, 2);
  assert.deepEqual((await ledger.driftSummary({ ...all, sources: [accountSource("nobody")] })).items, []);
  assert.deepEqual((await ledger.driftSummary({ ...all, to: all.from })).places, []);
});

test("the metrics show what waits and what the last day found, by source", async () => {
  const tolerance = { unitsMax: 1, percentMax: null, valueMax: null, acceptAfterHours: null };
  const scope = { source: undefined, locationId: "south", itemId: undefined };
  await governance.setCountTolerance({ ...scope, tolerance, by: "chief" });
  await tell(core, [told(1_600, stock.counted(99, nut, south), "pos-1")]);
  await ledger.subscriber.drain();
  core.clock.set(new Date(atMinute(1_700)));
  const text = await core.metrics.text();
  for (const line of [
    `crossdock_ledger_count_cases_open{source="${shop}"} 1`,
    `crossdock_ledger_drift_units{source="${shop}",direction="missing"} 4`,
    `crossdock_ledger_drift_value{source="${shop}",direction="missing",currency="EUR"} 1`,
  ])
    assert.ok(text.includes(line), `${line} in\n${text}`);
  assert.match(text, /crossdock_ledger_count_case_oldest_seconds\{source="\/accounts\/pos-1"\} \d/);
});
