import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountId,
  accountSource,
  itemId,
  QUANTITY_MAX,
  quantity,
  snapshotPageId,
} from "@crossdock/canonical";
import { script, sql } from "../../src/platform/index.ts";
import { runVerify } from "../../src/verify/index.ts";
import { atMinute, openCore, type Told, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { seedShop } from "../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
await seedShop(core);
const { ledger } = core;

/** So many rows of the largest quantity sum to more than 2^53. */
const ROWS = 9_500;

type Page = {
  readonly id: string;
  readonly minute: number;
  readonly items: readonly string[];
  readonly scope?: "full" | "partial";
};

/** A snapshot whose rows each count the largest quantity, a thousand a page. */
function pagesOf({ id, minute, items, scope = "full" }: Page, counted: number = QUANTITY_MAX): Told[] {
  const pages = Math.ceil(items.length / 1_000);
  return Array.from({ length: pages }, (_, at) => {
    const own = items.slice(at * 1_000, (at + 1) * 1_000);
    const rows = { items: own.map((item) => itemId(item)), counted: own.map(() => quantity(counted)) };
    const whole = { snapshotId: id, location: warehouse, scope, conditions: false };
    const data = { ...whole, page: at + 1, pages, ...rows };
    return {
      ...{ id: snapshotPageId({ snapshotId: id, page: at + 1 }), minute, account: "wms-1" },
      fact: { type: "StockSnapshotPage", data },
    };
  });
}

async function settle(): Promise<void> {
  await ledger.subscriber.drain();
  await ledger.snapshotSubscriber.drain();
  await ledger.snapshotWorker.drain();
}

async function found(id: string) {
  const [row] = await database.query<{ snapshot_number: number }>(
    sql`select snapshot_number from ledger.snapshot where snapshot_id = ${id}`,
  );
  return (await ledger.snapshots.find(row?.snapshot_number ?? 0)) ?? assert.fail(`${id} is not there`);
}

const decide = async (id: string, decision: "accepted" | "dismissed") =>
  ledger.snapshots.decide({
    ...{ snapshotNumber: (await found(id)).record.snapshot_number, decision },
    ...{ by: "clerk", because: "looked at it" },
  });

for (const { what, id, items, tooMany } of [
  {
    what: "one position",
    id: "one",
    items: Array.from({ length: ROWS }, () => "sand"),
    tooMany: { itemId: "sand", lot: "", units: "9500000000000000" },
  },
  {
    what: "all positions together",
    id: "all",
    items: Array.from({ length: ROWS }, (_, at) => `grain-${at}`),
    tooMany: { itemId: null, lot: null, units: "9500000000000000" },
  },
]) {
  test(`a snapshot that counts more than a number is exact for is held for good: ${what}`, async () => {
    core.clock.advance(60_000);
    await tell(core, [
      ...pagesOf({ id, minute: 10, items }),
      ...pagesOf({ id: `after-${id}`, minute: 11, items: ["bolt"] }, 5),
    ]);
    await settle();
    const { record, hold } = await found(id);
    assert.equal(record.state, "held");
    assert.deepEqual(hold?.reasons, ["too-many-units"]);
    assert.deepEqual(hold?.too_many, tooMany);
    assert.equal((await found(`after-${id}`)).record.state, "applied", "the worker went on to the next");
    assert.equal(await decide(id, "accepted"), "too-many-units");
    assert.equal((await found(id)).record.state, "held");
    assert.equal(await decide(id, "dismissed"), "settled");
    assert.equal(await decide(id, "accepted"), "already-dismissed");
    await settle();
    const [bolt] = await ledger.positionsOf(database, ["bolt"], [warehouse]);
    assert.equal(bolt?.available, 5);
    const { report, text } = await runVerify({ database, now: core.clock.now() });
    assert.equal(report.failed, 0, text);
  });

  test(`a rehearsal says that it would be held: ${what}`, async () => {
    const pages = pagesOf({ id: `shown-${id}`, minute: 20, items });
    async function* each() {
      for (const { fact } of pages) if (fact.type === "StockSnapshotPage") yield fact.data;
    }
    const asked = {
      source: accountSource(accountId("wms-1")),
      takenAt: new Date(atMinute(20)),
      pages: each(),
    };
    const [rehearsed] = await ledger.snapshots.rehearse(asked);
    assert.deepEqual(rehearsed?.holdReasons, ["too-many-units"]);
  });
}

test("a snapshot that fails does not stand in the way of the others", async () => {
  await tell(core, [
    ...pagesOf({ id: "broken", minute: 30, items: ["nut"] }, 3),
    ...pagesOf({ id: "whole", minute: 31, items: ["washer"] }, 4),
  ]);
  await ledger.subscriber.drain();
  await ledger.snapshotSubscriber.drain();
  await database.query(
    script(
      `alter table ledger.coverage add constraint broken check (counted_at <> '${atMinute(30)}') not valid`,
    ),
  );
  await assert.rejects(ledger.snapshotWorker.drain(), /broken/);
  await assert.rejects(ledger.snapshotWorker.drain(), /broken/);
  assert.equal((await found("whole")).record.state, "applied");
  await database.query(sql`alter table ledger.coverage drop constraint broken`);
  assert.equal(await ledger.snapshotWorker.drain(), 1);
  assert.equal((await found("broken")).record.state, "applied");
});

test("a late row that would bring a snapshot that was taken to more than a number is exact for is refused, and the rest stays", async () => {
  const grains = ["washer", ...Array.from({ length: 9_004 }, (_, at) => `grain-${at}`)];
  const pages = pagesOf({ id: "late", minute: 40, items: grains });
  const row = (at: number): Told => {
    const whole = { snapshotId: "late", location: warehouse, scope: "full" as const, conditions: false };
    const rows = { items: [itemId(`late-${at}`)], counted: [quantity(QUANTITY_MAX)] };
    return {
      ...{ id: snapshotPageId({ snapshotId: "late", page: 1, row: at }), minute: 40, account: "wms-1" },
      fact: { type: "StockSnapshotPage", data: { ...whole, page: 1, row: at, ...rows } },
    };
  };
  const [first, ...others] = pages;
  assert.ok(first?.fact.type === "StockSnapshotPage");
  const waiting = { ...first, fact: { ...first.fact, data: { ...first.fact.data, unresolved: 3 } } };
  await tell(core, [waiting, ...others]);
  await settle();
  assert.equal((await found("late")).record.state, "applied");

  const next = pagesOf({ id: "after-late", minute: 41, items: ["bolt"], scope: "partial" }, 6);
  await tell(core, [row(1), row(2), row(3), ...next]);
  await settle();
  const { record, hold } = await found("late");
  assert.deepEqual([record.state, record.rows_unresolved, hold], ["applied", 1, undefined]);
  assert.equal((await found("after-late")).record.state, "applied");
  const letters = await database.query<{ reason: string }>(sql`
    select reason from backbone.dead_letter where subscriber = 'ledger-snapshots'`);
  assert.equal(letters.length, 1);
  assert.match(
    letters[0]?.reason ?? "",
    /late of .* brings it to more than 9007199254740991 units, .*: dismiss it/,
  );
  const taken = await ledger.positionsOf(database, ["late-1", "late-2", "late-3"], [warehouse]);
  assert.deepEqual(
    taken.map(({ item_id, available }) => [item_id, available]).toSorted(),
    ["late-1", "late-2"].map((item) => [item, QUANTITY_MAX]),
  );
  const { report, text } = await runVerify({ database, now: core.clock.now() });
  assert.equal(report.failed, 0, text);
});
