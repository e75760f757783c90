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
