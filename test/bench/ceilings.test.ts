import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId } from "@crossdock/canonical";
import { measureCeilings } from "../../bench/b3/ceilings.ts";
import { sql } from "../../src/platform/index.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database, url } = await testDatabase();
const core = openCore(database);

test("the ceilings of the firehose are those of the tables as they are", async () => {
  await tell(core, [{ id: "receipt", minute: 1, fact: stock.received(5, itemId("shelved")) }]);
  await core.ledger.subscriber.drain();
  const ceilings = await measureCeilings({ url, postgresPid: process.pid, ms: 1 });
  assert.ok(ceilings.copy.rate > 0);
  assert.deepEqual(
    ceilings.unnest.map(({ batch }) => batch),
    [100, 1_000, 5_000],
  );
  const [written] = await database.query<{ facts: number; told: number; transfers: number }>(sql`
    select (select count(*) from backbone.event where id like 'ceiling-%')::int as facts,
           (select count(*) from backbone.told where id like 'ceiling-%')::int as told,
           (select count(*) from ledger.transfer t join backbone.event e on e.number = t.event_number
            where e.id like 'ceiling-%')::int as transfers`);
  const { facts = 0, told, transfers } = written ?? {};
  assert.ok(facts >= 2 * (100 + 1_000 + 5_000), `${facts} facts`);
  assert.deepEqual({ told, transfers }, { told: facts, transfers: facts });
});
