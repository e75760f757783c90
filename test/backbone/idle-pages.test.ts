import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId } from "@crossdock/canonical";
import { createFactLog } from "../../src/backbone/index.ts";
import { type Database, localWakeup, silentLog, systemIds } from "../../src/platform/index.ts";
import { manualClock } from "../support/clock.ts";
import { stock } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const clock = manualClock();
const item = itemId("idle-item");

test("pages without a wanted fact are passed by in one transaction", async () => {
  let transactions = 0;
  const counting: Database = {
    ...database,
    transaction(work, options) {
      transactions += 1;
      return database.transaction(work, options);
    },
  };
  const log = createFactLog({
    ...{ database: counting, clock, ids: systemIds(), wakeup: localWakeup(), log: silentLog },
  });
  const facts = Array.from({ length: 40 }, (_, index) => stock.received(index + 1, item));
  const told = [...facts, stock.counted(7, item), ...facts];
  const ready = await log.number(told.map((fact) => ({ fact, at: clock.now(), correlationId: "idle" })));
  await database.transaction(async (tx) => log.append(tx, ready));
  const taken: string[] = [];
  const reader = log.subscribe({
    name: "counts-only",
    types: ["StockCounted"],
    batchFacts: 5,
    rewindable: true,
    async handle(_tx, batch) {
      taken.push(...batch.map(({ type }) => type));
    },
  });
  assert.equal(await reader.drain(), 1);
  assert.deepEqual(taken, ["StockCounted"]);
  // Seventeen pages: eight before the count's own, eight behind it, and the end.
  assert.ok(transactions <= 4, `${transactions} transactions`);
});
