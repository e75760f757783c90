import assert from "node:assert/strict";
import { test } from "node:test";
import { accountSource } from "@crossdock/canonical";
import { manualClock } from "#test/clock.ts";
import { testDatabase } from "#test/database.ts";
import { driftCauses } from "../../src/ports/drift-causes.ts";
import { createPartner, deliver, openBench, received, saveMaster, sku, stock } from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database, { clock: manualClock() });
await saveMaster(bench, ["widget"]);

/** A goods receipt of one item under its papers. */
const receipt = (id: string, item = "widget") =>
  stock({
    type: "StockReceived",
    id,
    effectiveAt: "2026-03-02T08:00:00Z",
    data: {
      item: sku(item),
      location: { scheme: "code", value: "WH1" },
      quantity: { value: 24, unit: "EA" },
      receiptNumber: "GR-1",
      receiptLine: item,
    },
  });

test("what is open at the intake of a snapshot's source is named as what may have made it differ", async () => {
  const account = await createPartner(bench, "drifting");
  const source = accountSource(account);
  assert.deepEqual(await driftCauses(bench.integration, { source, rows_unresolved: 0 }), []);
  await deliver(bench, account, [{ key: "m1", records: [receipt("r1"), receipt("r2")] }]);
  await deliver(bench, account, [{ key: "m2", records: [receipt("r3", "nobody-knows")] }]);
  await bench.integration.drain();
  assert.deepEqual(await driftCauses(bench.integration, { source, rows_unresolved: 4 }), [
    { cause: "rows-unresolved", count: 4 },
    { cause: "records-waiting", count: 1 },
    { cause: "duplicates-held", count: 1 },
  ]);
});

test("numbers that have not come are named with their stream", async () => {
  const account = await createPartner(bench, "numbered");
  const records = [received("n1", { number: 1 }), received("n5", { number: 5 })];
  await deliver(bench, account, [{ key: "n", records }]);
  await bench.integration.drain();
  const asked = { source: accountSource(account), rows_unresolved: 0 };
  const [{ since: _, ...missing } = {}, ...more] = await driftCauses(bench.integration, asked);
  assert.deepEqual(missing, { cause: "numbers-missing", count: 3, stream: "events", first: 2, last: 4 });
  assert.deepEqual(more, []);
});

test("a source without an account has no intake, only the rows of its snapshot", async () => {
  const source = "/operators";
  assert.deepEqual(await driftCauses(bench.integration, { source, rows_unresolved: 1 }), [
    { cause: "rows-unresolved", count: 1 },
  ]);
});
