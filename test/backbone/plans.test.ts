import assert from "node:assert/strict";
import { test } from "node:test";
import { STRETCH_NUMBERS } from "../../src/backbone/numbers.ts";
import {
  existsEventAfter,
  openStretch,
  selectEnd,
  selectEventOfSource,
  selectEventsByNumber,
  selectPageAfter,
  subscriberLags,
} from "../../src/backbone/store.ts";
import { script, sql, type Transaction } from "../../src/platform/index.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();

const FACTS = 20_000;
const STRETCHES = 4;
const end = { transaction: FACTS, number: STRETCHES * STRETCH_NUMBERS };

for (let opened = 1; opened < STRETCHES; opened += 1) {
  await openStretch(database, opened * STRETCH_NUMBERS + 1);
}
// Writers hold blocks of several stretches at once, so that facts of all of them stand between each other in the order.
await database.execute(sql`
  insert into backbone.event (number, transaction, source, id, type, effective_at, recorded_at, correlation_id, data)
  select n + (n % ${STRETCHES}) * ${STRETCH_NUMBERS}::bigint, n, '/crossdock', n::text, 'StockReserved', now(), now(), 'plan', '{}' from generate_series(1, ${FACTS}) as n`);
await database.execute(sql`
  insert into backbone.subscriber (name, transaction, number) values ('caught-up', ${end.transaction}, ${end.number})`);
await database.execute(script("analyze backbone.event"));

/** A plan is kept after it was made for five sets of values; what counts is what is kept. */
const UNTIL_THE_PLAN_IS_KEPT = 8;

const reads: readonly (readonly [what: string, read: (tx: Transaction) => Promise<unknown>])[] = [
  ["asking whether anything stands after the end", (tx) => existsEventAfter(tx, end)],
  [
    "reading a page at the end",
    (tx) => selectPageAfter(tx, { after: end, limit: 100, types: [], wantedMax: 100, elsewhere: [] }),
  ],
  [
    "reading a page at the end of what is settled here",
    (tx) => selectPageAfter(tx, { after: end, limit: 100, types: [], wantedMax: 100, elsewhere: ["7"] }),
  ],
  ["finding the end", (tx) => selectEnd(tx, [])],
  ["looking facts up by number", (tx) => selectEventsByNumber(tx, [7, 8, 3 * STRETCH_NUMBERS + 9])],
  ["looking a fact up by its source", (tx) => selectEventOfSource(tx, "/accounts/wms", "7")],
  ["measuring how far readers are behind", (tx) => subscriberLags(tx)],
];

/** Scans of the log so far that began at its beginning; the server counts some of earlier transactions as well. */
async function scansOf(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ seq_scan: number }>(sql`
    select sum(seq_scan)::bigint as seq_scan from pg_stat_xact_user_tables
    where schemaname = 'backbone' and relname like 'event%'`);
  return row?.seq_scan ?? 0;
}

for (const [what, read] of reads) {
  test(`${what} does not read the log from its beginning`, async () => {
    const scans = await database.transaction(async (tx) => {
      const before = await scansOf(tx);
      for (let times = 0; times < UNTIL_THE_PLAN_IS_KEPT; times += 1) await read(tx);
      return (await scansOf(tx)) - before;
    });
    assert.equal(scans, 0);
  });
}
