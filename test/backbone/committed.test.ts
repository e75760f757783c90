import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId, locationId, quantity } from "@crossdock/canonical";
import { type CommitMoment, createFactLog } from "../../src/backbone/index.ts";
import { localWakeup, silentLog, sql, systemIds, type Transaction } from "../../src/platform/index.ts";
import { manualClock } from "../support/clock.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const clock = manualClock();
const log = createFactLog({ database, clock, ids: systemIds(), wakeup: localWakeup(), log: silentLog });
const TYPES = ["StockReceived"];

const received = (units: number) => ({
  fact: {
    type: "StockReceived" as const,
    data: { item: itemId("widget"), location: locationId("wh-1"), quantity: quantity(units) },
  },
  at: clock.now(),
  correlationId: "test",
});

/** Appends a fact in a transaction that goes on until it is told to end. */
async function begin(units: number) {
  const facts = await log.number([received(units)]);
  const written = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const ended = database.transaction(async (tx) => {
    log.append(tx, facts);
    await tx.query(sql`select 1`);
    written.resolve();
    await end.promise;
  });
  await written.promise;
  return {
    number: facts[0]?.number ?? 0,
    async commit() {
      end.resolve();
      await ended;
    },
  };
}

const look = (since: CommitMoment | undefined, except: readonly number[] = [], factsMax = 100) =>
  database.transaction(
    (tx: Transaction) => log.committedSince(tx, since, { types: TYPES, factsMax, except }),
    { isolation: "repeatable read", readOnly: true },
  );

const units = (facts: Awaited<ReturnType<typeof look>>["facts"]) =>
  facts === "all"
    ? facts
    : facts.flatMap((fact) => (fact.type === "StockReceived" ? [Number(fact.data.quantity)] : [])).toSorted();

test("each look has what was committed since the last one, once, however long others have been running", async () => {
  const first = await look(undefined);
  assert.equal(first.facts, "all");
  const slow = await begin(1);
  const quick = await begin(2);
  await quick.commit();
  const second = await look(first.moment);
  assert.deepEqual(units(second.facts), [2], "it does not wait for the one that goes on");
  const late = await begin(3);
  await late.commit();
  await slow.commit();
  const third = await look(second.moment);
  assert.deepEqual(units(third.facts), [1, 3], "and what was running then is in the next");
  assert.deepEqual(units((await look(third.moment)).facts), []);
});

test("what is known already is not read, and too many are said to be", async () => {
  const { moment } = await look(undefined);
  const own = await begin(4);
  await own.commit();
  const other = await begin(5);
  await other.commit();
  assert.deepEqual(units((await look(moment, [own.number])).facts), [5]);
  assert.equal((await look(moment, [], 2)).facts, "all");
});

test("a moment of another past says nothing of what has happened since", async () => {
  const { moment } = await look(undefined);
  assert.equal((await look({ ...moment, epoch: moment.epoch + 1 })).facts, "all");
  assert.equal((await look({ ...moment, next: moment.next + 1_000_000 })).facts, "all");
});

test("who listens hears of facts after their commit and before their writer goes on", async () => {
  const heard: number[] = [];
  log.onAppended((facts) => heard.push(...facts.map(({ number }) => number)));
  const one = await begin(6);
  assert.deepEqual(heard, []);
  await one.commit();
  assert.deepEqual(heard, [one.number]);
  const [lost] = await log.number([received(7)]);
  assert.ok(lost);
  await assert.rejects(
    database.transaction(async (tx) => {
      log.append(tx, [lost]);
      throw new Error("given up");
    }),
  );
  assert.deepEqual(heard, [one.number]);
});
