import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fact, itemId } from "@crossdock/canonical";
import { createFactLog, type FactLog, LOG_START } from "../../src/backbone/index.ts";
import { NUMBER_BLOCK_SIZE, STRETCH_NUMBERS } from "../../src/backbone/numbers.ts";
import {
  type Database,
  localWakeup,
  migrate,
  readMigrations,
  script,
  silentLog,
  sql,
  systemIds,
} from "../../src/platform/index.ts";
import { manualClock } from "../support/clock.ts";
import { stock } from "../support/core.ts";
import { emptyDatabase, testDatabase } from "../support/database.ts";

const clock = manualClock();

/** A log as a process of its own would open it: with numbers of its own. */
function openLog(database: Database): FactLog {
  return createFactLog({ database, clock, ids: systemIds(), wakeup: localWakeup(), log: silentLog });
}

const fact = (units: number): Fact => stock.received(units, itemId("stretched"));

async function append(database: Database, log: FactLog, units: number): Promise<number> {
  const [ready] = await log.number([{ fact: fact(units), at: clock.now(), correlationId: "test" }]);
  assert.ok(ready);
  await database.transaction(async (tx) => log.append(tx, [ready]));
  return ready.number;
}

/** Tells a fact from outside; gives whether it was new. */
async function tellOnce(database: Database, log: FactLog, id: string): Promise<boolean> {
  const [ready] = await log.number([{ fact: fact(1), at: clock.now(), correlationId: "test" }]);
  assert.ok(ready);
  const told = await database.transaction((tx) =>
    log.appendFromOutside(tx, [{ ...ready, source: "/accounts/wms", id }]),
  );
  return told.size === 1;
}

/** Has the next block be the one that holds a number. */
async function goOnFrom(database: Database, number: number): Promise<void> {
  const block = Math.ceil(number / NUMBER_BLOCK_SIZE);
  await database.query(sql`select setval('backbone.event_number_block', ${block}, false)`);
}

function openedStretches(database: Database) {
  return database.query<{ first_number: number; end_number: number }>(
    sql`select first_number, end_number from backbone.stretch order by first_number`,
  );
}

async function unitsOnLog(log: FactLog): Promise<number[]> {
  await log
    .subscribe({ name: "settled", types: [], rewindable: true, handle: async () => undefined })
    .drain();
  const { facts } = await log.read({ after: LOG_START, limit: 1_000 });
  return facts.map((taken) => (taken.type === "StockReceived" ? taken.data.quantity : 0));
}

test("a log reads in its order, whichever stretches its writers hold numbers of", async (t) => {
  const { database } = await testDatabase(t);
  const [old, young] = [openLog(database), openLog(database)];
  await append(database, old, 1);
  await goOnFrom(database, STRETCH_NUMBERS + 1);
  assert.ok((await append(database, young, 2)) > STRETCH_NUMBERS);
  assert.ok((await append(database, old, 3)) < STRETCH_NUMBERS);
  await append(database, young, 4);
  assert.deepEqual(await unitsOnLog(old), [1, 2, 3, 4]);
});

test("a stretch is opened before it is needed, once, whoever comes first", async (t) => {
  const { database } = await testDatabase(t);
  await append(database, openLog(database), 1);
  assert.equal((await openedStretches(database)).length, 1, "far from its end nothing is opened");
  await goOnFrom(database, STRETCH_NUMBERS - 8 * NUMBER_BLOCK_SIZE);
  const logs = Array.from({ length: 6 }, () => openLog(database));
  await Promise.all(logs.map((log, index) => append(database, log, index)));
  const middle = STRETCH_NUMBERS + 1;
  assert.deepEqual(await openedStretches(database), [
    { first_number: 1, end_number: middle },
    { first_number: middle, end_number: middle + STRETCH_NUMBERS },
  ]);
});

test("writers that need a stretch which nobody has opened yet wait for one of them to open it", async (t) => {
  const { database } = await testDatabase(t);
  await goOnFrom(database, 3 * STRETCH_NUMBERS - NUMBER_BLOCK_SIZE);
  const logs = Array.from({ length: 6 }, () => openLog(database));
  await Promise.all(logs.map((log, index) => append(database, log, index)));
  assert.deepEqual(
    (await unitsOnLog(openLog(database))).toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4, 5],
  );
  const bounds = (await openedStretches(database)).map((stretch) => stretch.first_number);
  assert.deepEqual(bounds, [0, 1, 2, 3].map((place) => place * STRETCH_NUMBERS + 1).slice(0, bounds.length));
  assert.ok(bounds.length >= 4);
});

test("a fact that was told in one stretch is recognised in the next", async (t) => {
  const { database } = await testDatabase(t);
  assert.equal(await tellOnce(database, openLog(database), "receipt-1"), true);
  await goOnFrom(database, STRETCH_NUMBERS + 1);
  const later = openLog(database);
  assert.equal(await tellOnce(database, later, "receipt-1"), false);
  assert.equal(await tellOnce(database, later, "receipt-2"), true);
});

test("a log that was written before there were stretches becomes the first of them, as it lies", async (t) => {
  const { database } = await emptyDatabase(t);
  const migrations = await readMigrations();
  const cut = migrations.findIndex(({ name }) => name === "log-stretches");
  await migrate(database, migrations.slice(0, cut));
  await database.execute(script(writtenBefore));
  await migrate(database, migrations);
  assert.deepEqual(await openedStretches(database), [
    { first_number: 1, end_number: 3 * STRETCH_NUMBERS + 1 },
  ]);
  const log = openLog(database);
  assert.equal(await tellOnce(database, log, "old-1"), false, "what was told before counts once");
  assert.equal(await tellOnce(database, log, "new-1"), true);
  assert.deepEqual(await unitsOnLog(log), [5, 6, 1]);
  const [moved] = await database.query(sql`
    insert into ledger.transfer (from_position_id, from_status, to_position_id, to_status, quantity, reason, effective_at,
                                 recorded_at, event_number)
    select min(position_id), 'available', max(position_id), 'available', 1, 'receipt', now(), now(), 1 from ledger.position
    returning transfer_id`);
  assert.deepEqual(moved, { transfer_id: 2 }, "transfers go on counting");
});

const writtenBefore = `
  select setval('backbone.event_number_block', 2100);
  insert into backbone.event (number, transaction, source, id, type, effective_at, recorded_at, correlation_id, data)
  values (1, 1, '/accounts/wms', 'old-1', 'StockReceived', now(), now(), 'c', '{"item": "a", "location": "b", "quantity": 5}'),
         (20000001, 2, '/crossdock', 'own-1', 'StockReceived', now(), now(), 'c', '{"item": "a", "location": "b", "quantity": 6}');
  insert into ledger.position (item_id, location_id) values ('a', 'supplier'), ('a', 'b');
  insert into ledger.transfer (from_position_id, from_status, to_position_id, to_status, quantity, reason, effective_at,
                               recorded_at, event_number)
  select min(position_id), 'available', max(position_id), 'available', 5, 'receipt', now(), now(), 1 from ledger.position;
  insert into ledger.fact_outcome (event_number, outcome, recorded_at) values (1, 'applied', now())`;
