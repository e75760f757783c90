import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId, locationId } from "@crossdock/canonical";
import { sql } from "../../src/platform/index.ts";
import { type Report, renderReport, runVerify, verify } from "../../src/verify/index.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { happen, openActivity, order, reserve, step } from "./activity.ts";

const { database } = await testDatabase();
const activity = await openActivity(database);
const { clock } = activity;

const judge = () => verify(database, { now: clock.now() });
const assertPasses = (report: Report) => assert.equal(report.failed, 0, renderReport(report));

test("an empty database keeps every law", async () => {
  assertPasses(await judge());
});

test("facts that no reader has come to are not yet read, and no offence", async () => {
  await tell(activity, [
    { id: "late-1", minute: 1, fact: stock.received(5) },
    { id: "late-2", minute: 2, fact: stock.counted(4) },
  ]);
  const before = await judge();
  assertPasses(before);
  assert.deepEqual(before.whereabouts.stockFacts, { told: 2, applied: 0, claims: 0, dead: 0, unread: 2 });
  await activity.ledger.subscriber.drain();
  const after = await judge();
  assertPasses(after);
  assert.deepEqual(after.whereabouts.stockFacts, { told: 2, applied: 2, claims: 0, dead: 0, unread: 0 });
});

test("a fact that the ledger could not take is a dead letter, and no offence", async () => {
  // A count of what counts differ by is a fact that no transfer can express.
  const impossible = stock.counted(3, itemId("bolt"), locationId("count-variance"));
  await happen(activity, impossible);
  const report = await judge();
  assertPasses(report);
  assert.equal(report.whereabouts.stockFacts?.dead, 1);
  assert.equal(report.whereabouts.readers.find(({ name }) => name === "ledger")?.dead_letters, 1);
});

test("a ledger that was rewound has read nothing twice, and nothing is missing", async () => {
  await activity.ledger.subscriber.rewind({ transaction: 0, number: 0 });
  assertPasses(await judge());
  await activity.ledger.subscriber.drain();
  assertPasses(await judge());
});

test("the judgement is right while two processes promise, tell and release", async () => {
  const other = { ...activity, ...openCore(database, { clock }) };
  await happen(activity, stock.received(60));
  const reports: Report[] = [];
  const work = [activity, other].map(async (process, place) => {
    for (let round = 0; round < 12; round += 1) {
      const id = `live-${place}-${round}`;
      const [made] = await Promise.all([
        reserve(process, "widget", 3, { key: id }),
        reserve(process, "widget", 1, { key: `shared-${round}` }),
        tell(process, [
          { id, minute: round, fact: round % 3 === 0 ? stock.counted(40) : stock.adjusted(-2) },
        ]),
      ]);
      if (round % 2 === 0) await step(process, made, "release");
      await process.ledger.subscriber.drain();
    }
  });
  const judging = (async () => {
    for (let round = 0; round < 6; round += 1) reports.push(await judge());
  })();
  await Promise.all([...work, judging]);
  for (const report of [...reports, await judge()]) assertPasses(report);
});

test("the oracle holds no reader of the log back", async () => {
  await database.transaction(
    async (tx) => {
      await tx.query(sql`select count(*) from ledger.transfer`);
      await order(activity, "o-live", [{ id: "1", item: "widget", units: 1 }]);
      assert.notEqual(await activity.orders.order("o-live"), undefined);
    },
    { isolation: "repeatable read", readOnly: true },
  );
});

test("the command prints the report or its JSON, and says whether a law was broken", async () => {
  const now = clock.now();
  const { report, text } = await runVerify({ database, now });
  assert.match(text, new RegExp(`\\n${report.passed} passed, 0 failed$`));
  const { text: json } = await runVerify({ database, now, json: true });
  assert.equal(JSON.parse(json).passed, report.passed);
  const { text: marked } = await runVerify({ database, now, terminal: true });
  assert.match(marked, /✓ No fact is of a transaction/);
});
