import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId, orderId, quantity, type StockFact } from "@crossdock/canonical";
import { runVerify } from "../../src/verify/index.ts";
import { openCore, stock, type Told, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);

type Happened = { readonly minute: number; readonly fact: StockFact };

/** Ten units of which three were not found, and what is said beside that, in the order given. Gives how many may be sold and are quarantined. */
async function after(name: string, happened: readonly Happened[]): Promise<readonly [number, number]> {
  const item = itemId(name);
  const told = happened.map(({ minute, fact }, index): Told => {
    const data = { ...fact.data, item };
    return { id: `${name}-${index}`, minute, fact: Object.assign({}, fact, { data }) };
  });
  for (const one of told) {
    await tell(core, [one]);
    await core.ledger.subscriber.drain();
  }
  const [row] = await core.ledger.positionsOf(database, [item], [warehouse]);
  assert.ok(row);
  return [row.available, row.quarantined];
}

const received: Happened = { minute: 1, fact: stock.received(10) };
const pickedShort: Happened = {
  minute: 20,
  fact: {
    type: "StockPickedShort",
    data: {
      ...{ item: itemId("any"), location: warehouse, quantity: quantity(3) },
      orderLine: { orderId: orderId("o-1"), lineId: "1" },
    },
  },
};
const released: Happened = {
  minute: 90,
  fact: {
    type: "StockStatusChanged",
    data: {
      ...{ item: itemId("any"), location: warehouse, quantity: quantity(3) },
      ...{ from: "quarantined", to: "available" },
    },
  },
};
const counted = (units: number, quarantined?: number): Happened => ({
  minute: 60,
  fact: {
    type: "StockCounted",
    data: {
      ...{ item: itemId("any"), location: warehouse, counted: quantity(units) },
      ...(quarantined === undefined
        ? {}
        : { conditions: { quarantined: quantity(quarantined), damaged: quantity(0) } }),
    },
  },
});

const cases: readonly (readonly [string, readonly Happened[], readonly [number, number]])[] = [
  ["a plain count is of all that is on hand", [received, pickedShort, counted(7)], [4, 3]],
  ["after it what was set aside is released", [received, pickedShort, counted(7), released], [7, 0]],
  ["when all is found again, too", [received, pickedShort, counted(10), released], [10, 0]],
  ["a count with conditions settles it at once", [received, pickedShort, counted(7, 0)], [7, 0]],
  ["also when all is found again", [received, pickedShort, counted(10, 0)], [10, 0]],
  ["what is still doubtful stays set aside", [received, pickedShort, counted(8, 1)], [7, 1]],
  ["a short pick that is told late was in the count", [received, counted(7, 0), pickedShort], [7, 0]],
  ["so was a receipt", [pickedShort, counted(7, 0), received], [7, 0]],
];
for (const [index, [says, happened, end]] of cases.entries()) {
  test(`${says}: ${end[0]} may be sold, ${end[1]} are quarantined`, async () => {
    assert.deepEqual(await after(`c-${index}`, happened), end);
  });
}

test("after all of it the laws hold", async () => {
  const { report, text } = await runVerify({ database, now: core.clock.now() });
  const failed = report.laws.flatMap((law) => law.checks.filter((check) => check.total > 0));
  assert.deepEqual(
    failed.map((check) => check.name),
    [],
    text,
  );
});
