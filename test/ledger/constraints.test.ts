import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId } from "@crossdock/canonical";
import { type Statement, script, sql } from "../../src/platform/index.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);

await tell(core, [{ id: "receipt", minute: 1, fact: stock.received(5, itemId("kept")) }]);
await core.ledger.subscriber.drain();

/** A transfer of one unit to a position that may not be there. */
const transferTo = (position: number): Statement => sql`
  insert into ledger.transfer (from_position_id, from_status, to_position_id, to_status, quantity, reason, effective_at,
                               recorded_at, event_number)
  select position_id, 'available', ${position}, 'damaged', 1, 'test', now(), now(), 1
  from ledger.position where item_id = 'kept' limit 1`;

const refused: readonly (readonly [rule: string, statement: Statement, constraint: string])[] = [
  ["a transfer names positions that exist", transferTo(987_654), "transfer_positions_exist"],
  [
    "a transfer's places never change",
    sql`update ledger.transfer set from_position_id = to_position_id, to_position_id = from_position_id`,
    "transfer_places_are_final",
  ],
  ["a position is never deleted", sql`delete from ledger.position`, "position_is_kept"],
  ["positions are never emptied out", script("truncate ledger.position cascade"), "positions_are_kept"],
];

for (const [rule, statement, constraint] of refused) {
  test(rule, async () => {
    await assert.rejects(database.execute(statement), (error: unknown) => {
      assert.ok(error instanceof Error);
      const cause: unknown = error.cause ?? error;
      assert.ok(typeof cause === "object" && cause !== null && "constraint" in cause);
      assert.equal(cause.constraint, constraint);
      return true;
    });
  });
}

test("no index of the positions hangs on what a posting changes", async () => {
  const hung = await database.query<{ column: string }>(sql`
    select distinct a.attname::text as column
    from pg_index i
    join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = i.indrelid and d.refobjsubid > 0
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = d.refobjsubid
    where i.indrelid = 'ledger.position'::regclass
    union
    select a.attname::text from pg_index i join pg_constraint c on c.conindid = i.indexrelid
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (c.conkey)
    where i.indrelid = 'ledger.position'::regclass
    order by 1`);
  // A posting that changes one of them writes an entry into every index of the table; `is_short` changes with a shortfall only.
  assert.deepEqual(
    hung.map(({ column }) => column),
    ["is_short", "item_id", "location_id", "lot", "position_id"],
  );
});

test("an account that stock comes from is below zero and not short", async () => {
  const accounts = await database.query<{ is_short: boolean }>(
    sql`select is_short from ledger.position where uncovered > 0`,
  );
  assert.deepEqual(
    accounts.map((account) => account.is_short),
    [false],
  );
});
