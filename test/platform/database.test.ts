import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "#test/database.ts";
import { isUniqueViolation, script, sql } from "../../src/platform/index.ts";

const { database } = await testDatabase();
await database.execute(script("create table stock (sku text primary key, quantity bigint not null)"));

test("a transaction that resolves is kept, also when its statements were not awaited", async () => {
  await database.transaction(async (tx) => {
    tx.send(sql`insert into stock values ('A', 1)`);
    tx.send(sql`insert into stock values ('B', 2)`);
  });
  const rows = await database.query<{ sku: string; quantity: number }>(sql`select * from stock order by sku`);
  assert.deepEqual(
    rows.map((row) => ({ ...row })),
    [
      { sku: "A", quantity: 1 },
      { sku: "B", quantity: 2 },
    ],
  );
});

test("a statement that fails without being awaited takes its transaction with it", async () => {
  const work = database.transaction(async (tx) => {
    tx.send(sql`insert into stock values ('C', 1)`);
    tx.send(sql`insert into stock values ('A', 1)`);
    tx.send(sql`insert into stock values ('D', 1)`);
  });
  await assert.rejects(work, (error) => isUniqueViolation(error, "stock_pkey"));
  assert.deepEqual(await database.query(sql`select 1 from stock where sku in ('C', 'D')`), []);
});
