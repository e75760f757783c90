import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId, locationId, quantity } from "@crossdock/canonical";
import { createRebuild, type Difference, differenceText } from "../../src/ledger/index.ts";
import { silentLog, sql } from "../../src/platform/index.ts";
import { verify } from "../../src/verify/index.ts";
import { stock, type Told, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { liveADay, openActivity, reserve } from "../verify/activity.ts";

const { database } = await testDatabase();
const activity = await openActivity(database);
await liveADay(activity);
const rebuild = createRebuild({ ...activity, log: silentLog });

/** The whole of the positions as text, every column of every row. */
async function dump(): Promise<string> {
  const [row] = await database.query<{ text: string }>(
    sql`select string_agg(p::text, chr(10) order by position_id) as text from ledger.position p`,
  );
  return row?.text ?? "";
}

async function look(how: "check" | "repair") {
  const found: Difference[] = [];
  const report = await rebuild[how]((difference) => found.push(difference));
  return { report, found, texts: found.map(differenceText) };
}

const spoilAll = sql`
  update ledger.position set available = 7, held = 1, allocated = 2, picked = 3, channel_reserved = 4, quarantined = 5,
                             damaged = 6, in_transit = 8, uncovered = 9, version = 1`;

test("a day of real activity is rebuilt byte for byte", async () => {
  const { report, texts } = await look("check");
  assert.deepEqual(texts, []);
  assert.ok(report.facts > 10);
  const live = await dump();
  await database.execute(spoilAll);
  const spoilt = await look("repair");
  assert.equal(spoilt.report.repaired, spoilt.report.differences);
  assert.ok(spoilt.report.repaired > 10);
  assert.equal(await dump(), live);
  await activity.ledger.subscriber.drain();
  assert.equal((await verify(database, { now: activity.clock.now() })).failed, 0);
  assert.deepEqual((await look("check")).texts, []);
});

test("several connections look at one moment, each at its part, and find together what one finds", async () => {
  await database.execute(sql`update ledger.position set picked = picked + 1`);
  const three = createRebuild({ ...activity, log: silentLog, connections: 3 });
  const found: Difference[] = [];
  await three.check((difference) => found.push(difference));
  const byId = (differences: readonly Difference[]) => differences.map(differenceText).toSorted();
  assert.deepEqual(byId(found), byId((await look("check")).found));
  await look("repair");
});

test("a check reports every difference, and repairs none", async () => {
  await database.execute(sql`
    update ledger.position set damaged = damaged + 2, version = version + 1
    where item_id = 'widget' and location_id = 'wh-1' and lot = ''`);
  const before = await dump();
  const { report, found, texts } = await look("check");
  assert.equal(report.repaired, 0);
  assert.equal(found.length, 1);
  assert.match(
    texts[0] ?? "",
    /^position \d+ \(widget at wh-1\): damaged \d+, by its transfers \d+; version/,
  );
  assert.equal(await dump(), before);
  assert.equal((await look("repair")).report.repaired, 1);
});

test("a claim that was lost is made again from its fact", async () => {
  const [lost] = await database.query<{ event_number: number }>(
    sql`delete from ledger.claim returning event_number`,
  );
  assert.deepEqual((await look("check")).texts, [
    `claim of fact ${lost?.event_number}: it was not kept, and the outcome says claim`,
  ]);
  assert.equal((await look("repair")).report.repaired, 1);
  assert.equal((await verify(database, { now: activity.clock.now() })).failed, 0);
});

test("what other systems say is made again byte for byte, from counts and from snapshots, whatever came in between", async () => {
  const at = locationId("wh-2");
  const page = (id: string, minute: number, rows: Readonly<Record<string, number>>, page = 1): Told => ({
    ...{ id: `${id}-${page}`, minute, account: "erp" },
    fact: {
      type: "StockSnapshotPage",
      data: {
        ...{ snapshotId: id, location: at, scope: "full", conditions: false, page, pages: 2 },
        ...{ items: Object.keys(rows).map(itemId), counted: Object.values(rows).map(quantity) },
      },
    },
  });
  await tell(activity, [
    page("night-2", 700, { widget: 4 }, 2),
    page("night-2", 700, { widget: 3, nut: 2 }),
    { id: "erp-late", minute: 650, account: "erp", fact: stock.counted(99, itemId("nut"), at) },
    { id: "erp-last", minute: 710, account: "erp", fact: stock.counted(8, itemId("bolt"), at) },
    page("night-1", 690, { tin: 5 }),
    page("night-1", 690, { nut: 1 }, 2),
    page("night-3", 720, { widget: 1 }),
  ]);
  await activity.ledger.subscriber.drain();
  await activity.ledger.snapshotSubscriber.drain();
  await activity.ledger.snapshotWorker.drain();
  const said = async (): Promise<string> => {
    const [row] = await database.query<{ text: string }>(sql`
      select string_agg(line, chr(10) order by line) as text
      from (select q::text as line from ledger.claimed_quantity q union all select l::text from ledger.claimed_location l) as lines`);
    return row?.text ?? "";
  };
  assert.deepEqual((await look("check")).texts, []);
  const live = await said();
  assert.ok(live.split("\n").length >= 5, live);
  await database.execute(sql`delete from ledger.claimed_quantity where item_id = 'widget'`);
  await database.execute(sql`update ledger.claimed_quantity set on_hand = on_hand + 1 where item_id = 'nut'`);
  await database.execute(sql`update ledger.claimed_location set said_at = said_at + interval '1 hour'`);
  await database.execute(sql`
    insert into ledger.claimed_quantity (location_id, item_id, lot, source, said_at, in_order, on_hand, event_number)
    values ('wh-2', 'cork', '', '/accounts/erp', now(), 'x', 1, 1)`);
  const { texts } = await look("check");
  assert.equal(texts.length, 4, texts.join("\n"));
  assert.match(
    texts.join("\n"),
    /what \/accounts\/erp says of widget at wh-2: nothing is kept, by the log 7 as of/,
  );
  assert.equal((await look("repair")).report.repaired, 4);
  assert.equal(await said(), live);
});

test("transfers that are not what their fact says are reported, and left for a person", async () => {
  const change = (by: number) => sql`
    update ledger.transfer set quantity = quantity + ${by}
    where transfer_id = (select min(transfer_id) from ledger.transfer where reason = 'receipt')
    returning event_number, quantity`;
  const [row] = await database.query<{ event_number: number; quantity: number }>(change(3));
  assert.ok(row);
  const { report, texts } = await look("repair");
  const says = `says ${row.quantity - 3}, moved ${row.quantity}`;
  assert.ok(
    texts.some((text) => text.startsWith(`fact ${row.event_number}, `) && text.endsWith(says)),
    texts.join("\n"),
  );
  assert.equal(report.differences - report.repaired, 1);
  await database.execute(change(-3));
  await look("repair");
  assert.deepEqual((await look("check")).texts, []);
});

test("a rebuild beside live traffic finds nothing where nothing is wrong, and repairs what is", async () => {
  const stopped = new AbortController();
  const traffic = (async () => {
    for (let round = 0; !stopped.signal.aborted; round += 1) {
      await Promise.all([
        reserve(activity, "widget", 1, { key: `beside-${round}` }),
        tell(activity, [{ id: `beside-${round}`, minute: 600 + (round % 60), fact: stock.received(2) }]),
      ]);
      await activity.ledger.subscriber.drain();
    }
  })();
  for (let round = 0; round < 5; round += 1) assert.deepEqual((await look("check")).texts, []);
  await database.transaction(async (tx) => {
    const ids = await tx.query<{ position_id: number }>(sql`select position_id from ledger.position`);
    await activity.ledger.lockPositions(
      tx,
      ids.map((row) => row.position_id),
    );
    await tx.execute(sql`update ledger.position set quarantined = quarantined + 1`);
  });
  await look("repair");
  stopped.abort();
  await traffic;
  assert.deepEqual((await look("check")).texts, []);
  assert.equal((await verify(database, { now: activity.clock.now() })).failed, 0);
});
