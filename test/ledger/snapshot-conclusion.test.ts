import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ItemId,
  itemId,
  type LocationId,
  locationId,
  quantity,
  snapshotPageId,
} from "@crossdock/canonical";
import { sql } from "../../src/platform/index.ts";
import { runVerify } from "../../src/verify/index.ts";
import { openCore, stock, type Told, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const { ledger, governance } = core;

async function settle(): Promise<void> {
  await ledger.subscriber.drain();
  await ledger.snapshotSubscriber.drain();
  await ledger.snapshotWorker.drain();
}

type Page = {
  readonly id: string;
  readonly location: LocationId;
  readonly counted: Readonly<Record<string, number>>;
  readonly scope?: "full" | "partial";
  readonly unresolved?: number;
  /** Absent: the page itself. */
  readonly row?: number;
};

const pageOf = ({ id, location, counted, scope = "full", unresolved, row }: Page): Told => ({
  id: snapshotPageId({ snapshotId: id, page: 1, ...(row === undefined ? {} : { row }) }),
  ...{ minute: 60, account: "wms-1" },
  fact: {
    type: "StockSnapshotPage",
    data: {
      ...{ snapshotId: id, location, scope, conditions: false, page: 1 },
      ...(row === undefined ? { pages: 1 } : { row }),
      ...(unresolved === undefined ? {} : { unresolved }),
      items: Object.keys(counted).map(itemId),
      counted: Object.values(counted).map(quantity),
    },
  },
});

async function onHand(location: LocationId, item: string): Promise<number> {
  const [row] = await ledger.positionsOf(database, [item], [location]);
  return row === undefined ? 0 : row.available;
}

async function conclude(id: string) {
  const [row] = await database.query<{ snapshot_number: number }>(sql`
    select snapshot_number from ledger.snapshot where snapshot_id = ${id}`);
  const decided = { by: "clerk", because: "the sample shelf is no stock" };
  return ledger.snapshots.conclude({ ...decided, snapshotNumber: row?.snapshot_number ?? 0 });
}

/** Ten each of two items, and a full snapshot that counts nine of the first and has a row that names something unknown. */
async function waiting(name: string): Promise<readonly [LocationId, ItemId, ItemId]> {
  const [location, a, b] = [locationId(name), itemId(`${name}-a`), itemId(`${name}-b`)];
  const receipts = [a, b].map(
    (item): Told => ({
      ...{ id: `${item}-in`, minute: 1, account: "wms-1", fact: stock.received(10, item, location) },
    }),
  );
  await tell(core, [...receipts, pageOf({ id: name, location, counted: { [a]: 9 }, unresolved: 1 })]);
  await settle();
  return [location, a, b];
}

test("while a row is unknown what a full snapshot lacks is left alone; once it is left out, it is not there", async () => {
  const [location, a, b] = await waiting("left-out");
  assert.deepEqual([await onHand(location, a), await onHand(location, b)], [9, 10]);
  assert.equal(await conclude("left-out"), "concluded");
  await settle();
  assert.deepEqual([await onHand(location, a), await onHand(location, b)], [9, 0]);
  assert.equal(await conclude("left-out"), "already-concluded");
  await tell(core, [
    { id: "left-out-late", minute: 30, account: "wms-1", fact: stock.adjusted(-2, b, location) },
    { id: "left-out-after", minute: 90, account: "wms-1", fact: stock.received(4, b, location) },
  ]);
  await settle();
  assert.equal(await onHand(location, b), 4);
});

test("a row that becomes known after all is counted", async () => {
  const [location, a, b] = await waiting("known");
  await conclude("known");
  await settle();
  await tell(core, [pageOf({ id: "known", location, counted: { [b]: 7 }, row: 0 })]);
  await settle();
  assert.deepEqual([await onHand(location, a), await onHand(location, b)], [9, 7]);
});

test("what it lacks is judged by its tolerance: beyond it, it waits for a decision", async () => {
  await governance.saveLocations([
    { locationId: "judged", code: "judged", name: "judged", type: "warehouse", timeZone: "UTC" },
  ]);
  const tolerance = { unitsMax: 3, percentMax: null, valueMax: null, acceptAfterHours: null };
  await governance.setCountTolerance({
    ...{ source: undefined, locationId: "judged", itemId: undefined, tolerance, by: "chief" },
  });
  const [location, , b] = await waiting("judged");
  await conclude("judged");
  await settle();
  assert.equal(await onHand(location, b), 10);
  const list = { before: Number.MAX_SAFE_INTEGER, limit: 10, sources: undefined, locationId: "judged" };
  const [opened, ...more] = await ledger.countCases.page(list);
  assert.deepEqual(more, []);
  assert.deepEqual([opened?.item_id, opened?.counted, opened?.expected], [b, 0, 10]);
  const decided = { decision: "accepted", by: "clerk", because: "gone" } as const;
  await ledger.countCases.decide({
    ...{ ...decided, caseNumber: opened?.case_number ?? 0, correlationId: "test" },
  });
  assert.equal(await onHand(location, b), 0);
});

test("only a full snapshot that was taken and waits for rows can be concluded, and it is listed until it is, or a later one came", async () => {
  const location = locationId("others");
  await tell(core, [
    pageOf({ id: "whole", location, counted: { "others-a": 1 } }),
    pageOf({ id: "part", location, counted: { "others-a": 1 }, scope: "partial", unresolved: 1 }),
  ]);
  await tell(core, [
    { ...pageOf({ id: "come", location, counted: { "others-a": 1 }, unresolved: 1 }), minute: 61 },
  ]);
  assert.equal(await conclude("come"), "not-taken");
  await settle();
  assert.deepEqual([await conclude("whole"), await conclude("part")], ["nothing-missing", "nothing-missing"]);
  const unfinished = async () => {
    const list = { before: Number.MAX_SAFE_INTEGER, limit: 10, sources: undefined, locationId: "others" };
    return (await ledger.snapshots.page({ ...list, isUnfinished: true })).map(
      (one) => one.record.snapshot_id,
    );
  };
  assert.deepEqual(await unfinished(), ["come"]);
  await tell(core, [{ ...pageOf({ id: "next", location, counted: { "others-a": 1 } }), minute: 70 }]);
  await settle();
  assert.deepEqual(await unfinished(), []);
  assert.equal(await conclude("nowhere"), "not-taken");
});

test("after all of it the laws hold", async () => {
  const { report, text } = await runVerify({ database, now: core.clock.now() });
  const failed = report.laws.flatMap((law) => law.checks.filter((check) => check.total > 0));
  assert.deepEqual(
    failed.map((check) => check.name),
    [],
    text,
  );
});
