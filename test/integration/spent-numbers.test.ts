import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccountId, accountSource, type Sequence } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import { testDatabase } from "#test/database.ts";
import { sql } from "../../src/platform/index.ts";
import { verify } from "../../src/verify/index.ts";
import { createPartner, deliver, openBench, received, saveMaster, taken } from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database);
await saveMaster(bench, ["widget"]);
const account = await createPartner(bench, "numbered");
await bench.governance.saveOwnership([
  { measure: "item-master", locationId: "", source: accountSource(account) },
]);

let deliveries = 0;
async function send(to: AccountId, ...records: readonly MappedRecord[]) {
  deliveries += 1;
  taken(await deliver(bench, to, [{ key: `d${deliveries}`, records }]));
  await bench.integration.drain();
}

const sequence = (number: number): Sequence => ({ stream: "events", number });
const item = (number: number): MappedRecord => ({
  is: "master",
  at: `/${number}`,
  statement: {
    ...{
      type: "MasterDataStated",
      id: `m${number}`,
      effectiveAt: "2026-03-02T08:00:00Z",
      sequence: sequence(number),
    },
    data: { kind: "item", sku: `item-${number}` },
  },
});
const spent = () =>
  database.query<{ numbers: string }>(sql`
    select first || '-' || last as numbers from integration.spent_number where account_id = ${account} order by first`);
const numbers = async () => (await spent()).map((row) => row.numbers);
async function holes(): Promise<readonly string[]> {
  const report = await verify(database, { now: bench.clock.now() });
  const checks = report.laws
    .flatMap((law) => law.checks)
    .filter(({ name }) => name === "holes-are-reported" || name === "gaps-are-missing");
  assert.equal(checks.length, 2);
  return checks.flatMap(({ offences }) => offences.map(({ says }) => says));
}

test("each number that came with what nothing carries is kept, once", async () => {
  await bench.integration.ignoreName({
    ...{ accountId: account, kind: "item", waitsFor: "sku:fee", because: "a fee", by: "anna" },
  });
  await send(
    account,
    item(1),
    received("a", { number: 2 }),
    // The same once more, under its own number and under another.
    received("a", { number: 2 }),
    received("a", { number: 3 }),
    received("fee", { item: "fee", number: 4 }),
    received("unknown", { item: "unknown", number: 5 }),
    item(8),
  );
  assert.deepEqual(await numbers(), ["1-1", "3-4", "8-8"]);
  await send(account, item(1), received("a", { number: 3 }), received("b", { number: 9 }));
  assert.deepEqual(await numbers(), ["1-1", "3-4", "8-8"]);
  assert.deepEqual(await holes(), []);
  // 6 and 7 are missing; one of them comes with what is known already.
  await send(account, received("a", { number: 7 }));
  assert.deepEqual(await numbers(), ["1-1", "3-4", "7-7", "8-8"]);
  assert.deepEqual(await holes(), []);
});

test("a gap that was forgotten is found however many numbers an account has spent", async () => {
  await database.transaction((tx) =>
    tx.execute(sql`delete from integration.gap where account_id = ${account}`),
  );
  assert.deepEqual(await holes(), [
    "stream events of numbered lacks 1 numbers that nothing accounts for: {[6,7)}",
  ]);
  await database.transaction((tx) =>
    tx.execute(sql`
      insert into integration.gap (account_id, stream, first, last, seen_at) values (${account}, 'events', 6, 7, now())`),
  );
  assert.deepEqual(await holes(), [
    "gap 6 to 7 in stream events of numbered is not missing: a number of it came, with what is carried nowhere",
  ]);
});
