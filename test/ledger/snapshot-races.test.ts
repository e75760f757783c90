import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { itemId, type LocationId, locationId, quantity, snapshotPageId } from "@crossdock/canonical";
import { sql, type Transaction } from "../../src/platform/index.ts";
import { atMinute, openCore, stock, type Told, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);

async function settle(): Promise<void> {
  await core.ledger.subscriber.drain();
  await core.ledger.snapshotSubscriber.drain();
  await core.ledger.snapshotWorker.drain();
}

async function onHand(location: string, item: string): Promise<number> {
  const [row] = await core.ledger.positionsOf(database, [item], [location]);
  return row?.available ?? 0;
}

/** A full snapshot of the tenth minute in one page. */
function fullSnapshot(id: string, location: LocationId, counted: Readonly<Record<string, number>>): Told {
  const items = Object.keys(counted).map(itemId);
  return {
    id: snapshotPageId({ snapshotId: id, page: 1 }),
    minute: 10,
    fact: {
      type: "StockSnapshotPage",
      data: {
        ...{ snapshotId: id, location, scope: "full", conditions: false, page: 1, pages: 1, items },
        counted: Object.values(counted).map(quantity),
      },
    },
  };
}

/** Announces a snapshot while a transaction runs that has not heard of it; gives what ends that transaction and lets the snapshot be taken. */
async function announcedBeside(pages: readonly Told[], work: (tx: Transaction) => Promise<void>) {
  await tell(core, pages);
  await core.ledger.snapshotSubscriber.drain();
  const [{ resolve: end, promise: ended }, { resolve: begin, promise: begun }] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
  ];
  const running = database.transaction(async (tx) => {
    await tx.query(sql`select pg_current_xact_id()`);
    begin();
    await ended;
    await work(tx);
  });
  await begun;
  const taken = core.ledger.snapshotWorker.drain();
  const isAnnounced = async () =>
    (await database.query(sql`select from ledger.snapshot where state = 'ready' and pass > 0`)).length > 0;
  while (!(await isAnnounced())) await turn();
  return {
    taken,
    end: async () => {
      end();
      await running;
    },
  };
}

test("a movement that was being posted when a snapshot was announced is held against it all the same", async () => {
  const location = locationId("wh-beside");
  await tell(core, [{ id: "b-1", minute: 1, fact: stock.received(5, itemId("b-a"), location) }]);
  await settle();
  const snapshot = [fullSnapshot("beside", location, { "b-a": 5 })];
  // What the ledger does for a receipt of two at the fifth minute, by a process that has looked for counts already.
  const { taken, end } = await announcedBeside(snapshot, async (tx) => {
    await tx.execute(sql`
      insert into ledger.transfer (from_position_id, from_status, to_position_id, to_status, quantity, reason, effective_at, recorded_at,
                                   event_number)
      select s.position_id, 'available', p.position_id, 'available', 2, 'receipt', ${atMinute(5)}, now(), 1
      from ledger.position p join ledger.position s on s.item_id = p.item_id and s.location_id = 'supplier'
      where p.location_id = ${location} and p.item_id = 'b-a'`);
    await tx.execute(sql`
      update ledger.position set available = available + case location_id when 'supplier' then -2 else 2 end, version = version + 1,
             uncovered = greatest(0, case location_id when 'supplier' then 2 - available else 0 end)
      where item_id = 'b-a' and location_id in ('supplier', ${location})`);
  });
  await end();
  await taken;
  assert.deepEqual([await onHand(location, "b-a"), await onHand("count-variance", "b-a")], [5, 2]);
});

test("what a crash of the server takes away between comparing and taking is compared again", async () => {
  const location = locationId("wh-lost");
  const snapshot = [fullSnapshot("lost", location, { "l-a": 4 })];
  const { taken, end } = await announcedBeside(snapshot, async () => undefined);
  await database.execute(sql`truncate ledger.snapshot_columns, ledger.snapshot_slice`);
  await end();
  await assert.rejects(taken, /compared again/);
  assert.equal(await onHand(location, "l-a"), 0);
  await settle();
  assert.equal(await onHand(location, "l-a"), 4);
});

test("a snapshot whose rows sum to more than can be read exactly posts nothing, and says the sum to the unit", async () => {
  const location = locationId("wh-beyond");
  const page = fullSnapshot("beyond", location, { "x-a": 1 });
  if (page.fact.type !== "StockSnapshotPage") throw new Error("a page was expected");
  // One unit more than 2 ** 53, which a sum in floating point loses.
  const counted = [...Array.from({ length: 9_007 }, () => 1_000_000_000_000), 199_254_740_993].map(quantity);
  const items = counted.map(() => itemId("x-a"));
  await tell(core, [{ ...page, fact: { ...page.fact, data: { ...page.fact.data, items, counted } } }]);
  await settle();
  const [snapshot] = await core.ledger.snapshots.page({
    ...{ before: Number.MAX_SAFE_INTEGER, limit: 1, sources: undefined, locationId: location },
  });
  assert.equal(snapshot?.record.state, "held");
  assert.deepEqual(snapshot.hold?.too_many, { itemId: "x-a", lot: "", units: "9007199254740993" });
  assert.equal(await onHand(location, "x-a"), 0);
});
