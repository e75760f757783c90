import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { Transaction } from "../../src/platform/index.ts";
import { type Report, renderReport, verify, verifyWithin } from "../../src/verify/index.ts";
import { testDatabase } from "../support/database.ts";
import { liveADay, openActivity } from "./activity.ts";
import { conservationPlants } from "./plants/conservation.ts";
import { exactlyOncePlants } from "./plants/exactly-once.ts";
import { logPlants } from "./plants/log.ts";
import { noOversellPlants } from "./plants/no-oversell.ts";
import { nothingDisappearsPlants } from "./plants/nothing-disappears.ts";
import { nothingLostPlants } from "./plants/nothing-lost.ts";
import { orderFreePlants } from "./plants/order-free.ts";
import type { Plant } from "./plants/plant.ts";

const { database } = await testDatabase();
const activity = await openActivity(database);
await liveADay(activity, { isSealed: true });
const now = activity.clock.now();

const plants: readonly Plant[] = [
  ...logPlants,
  ...noOversellPlants,
  ...conservationPlants,
  ...exactlyOncePlants,
  ...orderFreePlants,
  ...nothingLostPlants,
  ...nothingDisappearsPlants,
];

const checksOf = (report: Report) => report.laws.flatMap((law) => law.checks);
const failedOf = (report: Report) => checksOf(report).filter((found) => found.total > 0);

test("a day of real activity keeps every law, and every check has something to look at", async () => {
  const report = await verify(database, { now });
  assert.equal(report.failed, 0, renderReport(report));
  assert.deepEqual(
    checksOf(report).filter((found) => found.examined === 0 && found.of !== "dead letters"),
    [],
  );
});

/** Thrown to end a transaction without keeping anything of it. */
class RollBack extends Error {}

/** Gives what `work` gives, and leaves the database as it was. */
async function withoutTrace<Value>(work: (tx: Transaction) => Promise<Value>): Promise<Value> {
  let value: { readonly given: Value } | undefined;
  const attempt = database.transaction(async (tx) => {
    value = { given: await work(tx) };
    throw new RollBack();
  });
  await assert.rejects(attempt, (error) => error instanceof RollBack || assert.ifError(error));
  assert.ok(value !== undefined);
  return value.given;
}

describe("each check sees the violation it is for, and only that one fails", () => {
  const seen = new Set<string>();

  for (const { check, says, also = [], total = 1, plant } of plants) {
    test(`${check}: ${says}`, async () => {
      const { expected, report } = await withoutTrace(async (tx) => ({
        expected: await plant(tx),
        report: await verifyWithin(tx, { now }),
      }));
      const failed = failedOf(report);
      assert.deepEqual(
        failed.map(({ name }) => name).toSorted(),
        [check, ...also].toSorted(),
        renderReport(report),
      );
      const found = failed.find(({ name }) => name === check);
      assert.equal(found?.total, total);
      assert.partialDeepStrictEqual(found?.offences[0]?.row, expected);
      seen.add(check);
    });
  }

  after(async () => {
    const report = await verify(database, { now });
    const unseen = checksOf(report).filter(({ name }) => !seen.has(name));
    assert.deepEqual(unseen, [], "every check has a violation planted for it");
    assert.equal(report.failed, 0, "nothing of what was planted is left");
  });
});
