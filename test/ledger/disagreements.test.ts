import assert from "node:assert/strict";
import { test } from "node:test";
import { accountSource, itemId, locationId, quantity } from "@crossdock/canonical";
import fc from "fast-check";
import { plainItem } from "#test/seed.ts";
import { atMinute, openCore, stock, type Told, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const erp = accountSource("erp");
const ITEMS = ["a", "b", "c"];
await core.governance.saveItems(ITEMS.map(plainItem));

async function settle(): Promise<void> {
  await core.ledger.subscriber.drain();
  await core.ledger.snapshotSubscriber.drain();
  await core.ledger.snapshotWorker.drain();
}

async function place(name: string) {
  const id = locationId(name);
  await core.governance.saveLocations([
    { locationId: id, code: name.toUpperCase(), name, type: "warehouse", timeZone: "UTC" },
  ]);
  await core.governance.saveOwnership([
    { measure: "physical-stock", locationId: id, source: accountSource("wms-1") },
  ]);
  return id;
}

const listOf = (locationIdText: string, more: { sortBy?: "units" | "money"; unitsMin?: number } = {}) =>
  core.ledger.disagreements({
    ...{ locationId: locationIdText, sortBy: "units", unitsMin: 1, after: undefined, limit: 100 },
    ...more,
  });

function snapshot(
  at: string,
  told: { id: string; minute: number; rows: Readonly<Record<string, number>> },
): Told {
  const location = locationId(at);
  return {
    id: told.id,
    minute: told.minute,
    account: "erp",
    fact: {
      type: "StockSnapshotPage",
      data: {
        ...{ snapshotId: told.id, location, scope: "full", conditions: false, page: 1, pages: 1 },
        items: Object.keys(told.rows).map(itemId),
        counted: Object.values(told.rows).map(quantity),
      },
    },
  };
}

test("a claim is held against what we had at its time, in units and in money, and a full one says zero of the rest", async () => {
  const at = await place("wh-report");
  await core.governance.saveCosts([{ itemId: "a", currency: "EUR", perUnit: "2.5" }]);
  await tell(core, [
    { id: "r-1", minute: 10, fact: stock.received(10, itemId("a"), at) },
    { id: "r-2", minute: 10, fact: stock.received(4, itemId("b"), at) },
    { id: "r-3", minute: 50, fact: stock.adjusted(-3, itemId("a"), at) },
    snapshot(at, { id: "night", minute: 30, rows: { a: 12 } }),
  ]);
  await settle();
  const [first, second] = await listOf(at);
  assert.deepEqual(
    [first?.item_id, first?.said, first?.ours_then, first?.ours_now, first?.difference, first?.amount],
    ["b", 0, 4, 4, -4, null],
  );
  assert.deepEqual(
    [second?.item_id, second?.said, second?.ours_then, second?.ours_now, second?.difference, second?.amount],
    ["a", 12, 10, 7, 2, "5"],
  );
  assert.deepEqual([second?.currency, second?.said_at, second?.source], ["EUR", new Date(atMinute(30)), erp]);
  const byMoney = await listOf(at, { sortBy: "money" });
  assert.deepEqual(
    byMoney.map((row) => row.item_id),
    ["a", "b"],
    "what has no cost comes last",
  );
  assert.equal((await listOf(at, { unitsMin: 3 })).length, 1);
  const next = await core.ledger.disagreements({
    ...{ locationId: at, sortBy: "units", unitsMin: 1, limit: 100 },
    after: { size: first?.size ?? "", locationId: at, itemId: "b", lot: "", source: erp },
  });
  assert.deepEqual(next, [second]);
});

const claims = fc.array(
  fc.oneof(
    fc.record({
      is: fc.constant("count" as const),
      minute: fc.integer({ min: 1, max: 6 }),
      item: fc.constantFrom(...ITEMS),
      units: fc.integer({ min: 0, max: 9 }),
    }),
    fc.record({
      is: fc.constant("snapshot" as const),
      minute: fc.integer({ min: 1, max: 6 }),
      rows: fc.dictionary(fc.constantFrom(...ITEMS), fc.integer({ min: 0, max: 9 }), { maxKeys: 3 }),
    }),
  ),
  { minLength: 1, maxLength: 6 },
);

test("any order and repetition of claims ends in the same disagreements", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(claims, fc.infiniteStream(fc.nat()), async (told, chance) => {
      run += 1;
      const outcomes: unknown[] = [];
      for (const variant of ["straight", "shuffled"]) {
        const at = await place(`wh-${run}-${variant}`);
        const stocked = ITEMS.map(
          (item): Told => ({ id: `${at}-${item}`, minute: 0, fact: stock.received(5, itemId(item), at) }),
        );
        await tell(core, stocked);
        const facts = told.map((claim, index): Told => {
          const { minute } = claim;
          const id = `${index}-${at}`;
          return claim.is === "snapshot"
            ? snapshot(at, { id, minute, rows: claim.rows })
            : { id, minute, account: "erp", fact: stock.counted(claim.units, itemId(claim.item), at) };
        });
        const shuffled = [...facts, ...facts]
          .map((fact) => ({ fact, place: Number(chance.next().value) }))
          .toSorted((a, b) => a.place - b.place)
          .map(({ fact }) => fact);
        for (const fact of variant === "straight" ? facts : shuffled) {
          await tell(core, [fact]);
          await settle();
        }
        const rows = await listOf(at);
        outcomes.push(rows.map((row) => [row.item_id, row.said, row.said_at.getTime(), row.difference]));
      }
      assert.deepEqual(outcomes[1], outcomes[0]);
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) },
  );
});
