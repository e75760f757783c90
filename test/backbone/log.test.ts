import assert from "node:assert/strict";
import { test } from "node:test";
import { type Fact, itemId } from "@crossdock/canonical";
import fc from "fast-check";
import {
  createDeadLetters,
  createFactLog,
  type FactLog,
  LOG_START,
  type LoggedFact,
  raiseEpoch,
} from "../../src/backbone/index.ts";
import { readPage } from "../../src/backbone/service.ts";
import {
  type Database,
  localWakeup,
  silentLog,
  sql,
  systemIds,
  type Transaction,
} from "../../src/platform/index.ts";
import { manualClock } from "../support/clock.ts";
import { stock } from "../support/core.ts";
import { emptyDatabase, testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const clock = manualClock();

function openLog(over: Database): FactLog {
  return createFactLog({ database: over, clock, ids: systemIds(), wakeup: localWakeup(), log: silentLog });
}

const log = openLog(database);
const fact = (units: number): Fact => stock.received(units, itemId("log-item"));

async function numbered(units: number) {
  const [ready] = await log.number([{ fact: fact(units), at: clock.now(), correlationId: "test" }]);
  assert.ok(ready);
  return ready;
}

/** A transaction that is held open until it is told to end. */
function openTransaction(): {
  append: (units: number) => Promise<void>;
  end: (commit: boolean) => Promise<void>;
} {
  let resolveTx: (tx: Transaction) => void = () => undefined;
  const ready = new Promise<Transaction>((resolve) => {
    resolveTx = resolve;
  });
  let finish: (commit: boolean) => void = () => undefined;
  const ended = new Promise<boolean>((resolve) => {
    finish = resolve;
  });
  const done = database
    .transaction(async (tx) => {
      resolveTx(tx);
      if (!(await ended)) throw new Error("rolled back on purpose");
    })
    .catch(() => undefined);
  return {
    async append(units) {
      const tx = await ready;
      log.append(tx, [await numbered(units)]);
      // An answer to anything sent after it shows that the fact has been written.
      await tx.query(sql`select 1`);
    },
    async end(commit) {
      finish(commit);
      await done;
    },
  };
}

let ends = 0;

/** The end of the log once everything on it is settled. */
async function settledEnd() {
  ends += 1;
  const name = `end-${ends}`;
  await log.subscribe({ name, types: [], rewindable: true, handle: async () => undefined }).drain();
  return (await log.read({ after: LOG_START, limit: 100_000 })).end;
}

const unitsOf = (taken: LoggedFact): number => (taken.type === "StockReceived" ? taken.data.quantity : 0);

test("a reader never skips a fact of a transaction that commits late", async () => {
  const seen: number[] = [];
  const reader = log.subscribe({
    name: "late",
    types: ["StockReceived"],
    rewindable: true,
    handle: async (_tx, facts) => {
      seen.push(...facts.map(unitsOf));
    },
  });
  const early = openTransaction();
  const late = openTransaction();
  await early.append(1);
  await late.append(2);
  await late.end(true);
  // Nothing may be read yet: the earlier transaction could still put a fact before it.
  const page = await log.read({ after: LOG_START, limit: 10 });
  assert.deepEqual(page.facts.map(unitsOf), []);
  await early.append(3);
  await early.end(true);
  await reader.drain();
  assert.deepEqual(seen, [1, 3, 2]);
});

test("a transaction of another database holds no reader back, and one of this database does", async () => {
  const neighbour = await emptyDatabase();
  const from = await settledEnd();
  const seen: number[] = [];
  const reader = log.subscribe({
    name: "beside-a-neighbour",
    types: ["StockReceived"],
    rewindable: true,
    handle: async (_tx, facts) => {
      seen.push(...facts.map(unitsOf));
    },
  });
  await reader.rewind(from);
  await neighbour.database.transaction(async (tx) => {
    await tx.execute(sql`create table batch (line integer)`);
    const ours = openTransaction();
    await ours.append(51);
    await database.transaction(async (other) => log.append(other, [await numbered(52)]));
    assert.deepEqual((await log.read({ after: from, limit: 10 })).facts, []);
    await ours.end(true);
    await reader.drain();
    assert.deepEqual(seen, [51, 52]);
    assert.deepEqual((await log.read({ after: from, limit: 10 })).facts.map(unitsOf), [51, 52]);
    const near = await readPage(database, { after: from, limit: 10, near: true });
    assert.deepEqual(near.facts, [], "what is cheap to know stays on the safe side");
  });
});

const interleaving = fc.array(
  fc.record({
    transaction: fc.nat(4),
    action: fc.constantFrom("append", "append", "commit", "rollback", "read"),
  }),
  { minLength: 5, maxLength: 40 },
);

test("whatever the interleaving, a reader sees every committed fact once and no other, in one order", async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(interleaving, async (actions) => {
      runs += 1;
      const seen: number[] = [];
      const from = await settledEnd();
      const reader = log.subscribe({
        name: `interleaved-${runs}`,
        types: ["StockReceived"],
        batchFacts: 2,
        rewindable: true,
        handle: async (_tx, facts) => {
          seen.push(...facts.map(unitsOf));
        },
      });
      await reader.rewind(from);
      const committed = await play(actions, runs * 1_000, reader.drain);
      await reader.drain();
      assert.deepEqual(
        seen.toSorted((a, b) => a - b),
        committed.toSorted((a, b) => a - b),
      );
      const page = await log.read({ after: from, limit: 10_000 });
      assert.deepEqual(page.facts.map(unitsOf), seen, "what was read live is the order that is read later");
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) },
  );
});

test("a reader of rare facts passes the others in full pages, and takes few of its own at once", async () => {
  let runs = 0;
  const mixture = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
  const property = fc.asyncProperty(mixture, fc.integer({ min: 1, max: 5 }), async (wanted, wantedFacts) => {
    runs += 1;
    const from = await settledEnd();
    const facts = wanted.map((isWanted, index) =>
      isWanted ? fact(index + 1) : stock.counted(index + 1, itemId("log-item")),
    );
    const numbers = await log.number(
      facts.map((each) => ({ fact: each, at: clock.now(), correlationId: "rare" })),
    );
    await database.transaction(async (tx) => log.append(tx, numbers));
    const batches: number[][] = [];
    const reader = log.subscribe({
      name: `rare-${runs}`,
      types: ["StockReceived"],
      wantedFacts,
      rewindable: true,
      handle: async (_tx, taken) => {
        batches.push(taken.map(unitsOf));
      },
    });
    await reader.rewind(from);
    await reader.drain();
    const rare = wanted.flatMap((isWanted, index) => (isWanted ? [index + 1] : []));
    const pages = Math.ceil(rare.length / wantedFacts);
    const expected = Array.from({ length: pages }, (_, page) =>
      rare.slice(page * wantedFacts, (page + 1) * wantedFacts),
    );
    assert.deepEqual(batches, expected, "full batches in order, however many others stand between");
  });
  await fc.assert(property, { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) });
});

/** Plays appends, commits and rollbacks of several transactions against each other; gives what was committed. */
async function play(
  actions: readonly { transaction: number; action: string }[],
  base: number,
  read: () => Promise<unknown>,
): Promise<number[]> {
  const open = new Map<number, { held: ReturnType<typeof openTransaction>; units: number[] }>();
  const committed: number[] = [];
  let units = base;
  for (const { transaction, action } of actions) {
    const known = open.get(transaction) ?? { held: openTransaction(), units: [] };
    open.set(transaction, known);
    if (action === "append") {
      units += 1;
      await known.held.append(units);
      known.units.push(units);
    } else if (action === "read") {
      // A reader that is held back by an open transaction has to return, so it takes one page and no more.
      await log.read({ after: LOG_START, limit: 1 });
    } else {
      await known.held.end(action === "commit");
      if (action === "commit") committed.push(...known.units);
      open.delete(transaction);
      if (open.size === 0) await read();
    }
  }
  for (const { held, units: rest } of open.values()) {
    await held.end(true);
    committed.push(...rest);
  }
  return committed;
}

test("a fact from outside stands on the log once, however often it is told", async () => {
  const tellOnce = async () => {
    const [ready] = await log.number([{ fact: fact(7), at: clock.now(), correlationId: "test" }]);
    assert.ok(ready);
    return database.transaction((tx) =>
      log.appendFromOutside(tx, [{ ...ready, source: "/accounts/wms", id: "told-7" }]),
    );
  };
  const told = await Promise.all([tellOnce(), tellOnce(), tellOnce()]);
  assert.equal(
    told.reduce((sum, numbers) => sum + numbers.size, 0),
    1,
  );
});

test("an effect and its cursor commit together, so a reader that fails repeats nothing and loses nothing", async () => {
  let fail = true;
  await database.execute(sql`create table effect (units bigint primary key)`);
  const from = await settledEnd();
  const reader = log.subscribe({
    name: "failing",
    types: ["StockReceived"],
    rewindable: true,
    async handle(tx, facts) {
      for (const taken of facts) await tx.execute(sql`insert into effect values (${unitsOf(taken)})`);
      if (fail) {
        fail = false;
        throw new Error("after the effect, before the commit");
      }
    },
  });
  await reader.rewind(from);
  await database.transaction(async (tx) => log.append(tx, [await numbered(901), await numbered(902)]));
  await reader.drain();
  assert.deepEqual(await database.query(sql`select units from effect order by units`), [
    { units: 901 },
    { units: 902 },
  ]);
});

test("whoever drains waits for what another process has begun to take under the same name", async () => {
  const from = await settledEnd();
  const [begun, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const taken: number[] = [];
  const named = (handle: (facts: readonly LoggedFact[]) => Promise<void>) =>
    openLog(database).subscribe({
      name: "shared",
      types: ["StockReceived"],
      rewindable: true,
      handle: (_tx, facts) => handle(facts),
    });
  const elsewhere = named(async (facts) => {
    begun.resolve();
    await finish.promise;
    taken.push(...facts.map(unitsOf));
  });
  await elsewhere.rewind(from);
  await database.transaction(async (tx) => log.append(tx, [await numbered(905)]));
  const other = elsewhere.drain();
  await begun.promise;
  const drained = named(async () => assert.fail("taken twice"))
    .drain()
    .then(() => [...taken]);
  // Room enough for a drain that does not wait to end.
  for (let round = 0; round < 5; round += 1) await database.query(sql`select 1`);
  finish.resolve();
  await other;
  assert.deepEqual(await drained, [905]);
});

test("a fact that a reader cannot take goes to the dead letters and does not stop its neighbours", async () => {
  const seen: number[] = [];
  let mended = false;
  const from = await settledEnd();
  const reader = log.subscribe({
    name: "choosy",
    types: ["StockReceived"],
    rewindable: true,
    async handle(_tx, facts) {
      if (!mended && facts.some((taken) => unitsOf(taken) === 666)) throw new Error("cannot take 666");
      seen.push(...facts.map(unitsOf));
    },
  });
  await reader.rewind(from);
  await database.transaction(async (tx) =>
    log.append(tx, [await numbered(661), await numbered(666), await numbered(667)]),
  );
  await reader.drain();
  assert.deepEqual(seen, [661, 667]);
  mended = true;
  assert.deepEqual(await reader.retryDeadLetters(10), { taken: 1, failed: 0 });
  assert.deepEqual(seen, [661, 667, 666]);
});

test("a dead letter is dismissed for a reason, and of two who retry it one hands it over", async () => {
  const taken: number[] = [];
  let mended = false;
  const from = await settledEnd();
  const reader = log.subscribe({
    name: "picky",
    types: ["StockReceived"],
    rewindable: true,
    async handle(_tx, facts) {
      if (!mended) throw new Error("not yet");
      taken.push(...facts.map(unitsOf));
    },
  });
  await reader.rewind(from);
  await database.transaction(async (tx) => log.append(tx, [await numbered(777)]));
  await reader.drain();
  const letters = createDeadLetters({ database, clock });
  const ofReader = { subscriber: "picky", limit: 10 };
  const [letter] = await letters.page({ ...ofReader, state: "open" });
  assert.ok(letter !== undefined);
  const { number } = letter;
  const failed = await reader.retryDeadLetter(number);
  assert.equal(failed.is, "failed");
  const id = { subscriber: "picky", number };
  assert.equal((await letters.find(id))?.attempts, 2);
  assert.equal((await letters.dismiss({ ...id, because: "nobody needs it" }))?.already, false);
  const again = await letters.dismiss({ ...id, because: "another reason" });
  assert.deepEqual([again?.already, again?.letter.dismissed_because], [true, "nobody needs it"]);
  assert.deepEqual(await letters.page({ ...ofReader, state: "open" }), []);
  assert.deepEqual(await reader.retryDeadLetters(10), { taken: 0, failed: 0 });
  mended = true;
  const both = await Promise.all([reader.retryDeadLetter(number), reader.retryDeadLetter(number)]);
  assert.deepEqual(both.map(({ is }) => is).toSorted(), ["settled", "taken"]);
  assert.deepEqual(taken, [777]);
  const late = await letters.dismiss({ ...id, because: "too late" });
  assert.deepEqual([late?.already, late?.letter.state], [true, "taken"]);
  assert.equal(
    await letters.dismiss({ subscriber: "picky", number: number + 1, because: "none" }),
    undefined,
  );
});

test("the log ends where its last page ends, and not before what is settled", async () => {
  await database.transaction(async (tx) => log.append(tx, [await numbered(13)]));
  const end = await settledEnd();
  assert.deepEqual(await log.end(), end);
  assert.deepEqual(await log.read({ after: end, limit: 10 }), { facts: [], end, isLast: true });
});

test("a replay from a time reads what was recorded since, and a reader whose effects left the house cannot be rewound", async () => {
  clock.set("2026-04-01T12:00:00Z");
  await database.transaction(async (tx) => log.append(tx, [await numbered(12)]));
  await settledEnd();
  const position = await log.positionBefore(new Date("2026-04-01T11:00:00Z"));
  assert.ok(position);
  const page = await log.read({ after: position, limit: 10 });
  assert.deepEqual(page.facts.map(unitsOf), [12]);
  const reader = log.subscribe({
    name: "outgoing",
    types: ["StockReceived"],
    rewindable: false,
    handle: async () => undefined,
  });
  await assert.rejects(reader.rewind(LOG_START), /cannot be rewound/);
});

test("the order goes on rising after a restore into a cluster whose transaction ids are lower", async () => {
  await database.execute(sql`update backbone.epoch set transaction_offset = 0`);
  await database.execute(sql`update backbone.event set transaction = transaction + 1000000`);
  assert.deepEqual(await raiseEpoch(database), { raised: true });
  const end = await settledEnd();
  await database.transaction(async (tx) => log.append(tx, [await numbered(77)]));
  await settledEnd();
  const page = await log.read({ after: end, limit: 10 });
  assert.deepEqual(page.facts.map(unitsOf), [77]);
  assert.deepEqual(await raiseEpoch(database), { raised: false });
});

test("a reader takes as many facts in one transaction as it says, and the next transaction goes on after them", async () => {
  const start = await settledEnd();
  await database.transaction(async (tx) => {
    for (const units of [1, 2, 3, 4, 5]) log.append(tx, [await numbered(units)]);
  });
  await settledEnd();
  const batches: number[][] = [];
  const reader = log.subscribe({
    name: "takes-two",
    types: ["StockReceived"],
    rewindable: true,
    // None would be no progress, so at least one is taken.
    batchOf: (facts) => (batches.length === 1 ? 0 : Math.min(2, facts.length)),
    handle: async (_tx, facts) => {
      batches.push(facts.map((one) => (one.type === "StockReceived" ? one.data.quantity : 0)));
    },
  });
  await reader.rewind(start);
  await reader.drain();
  assert.deepEqual(batches, [[1, 2], [3], [4, 5]]);
});
