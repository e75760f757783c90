import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Fact, itemId, quantity, snapshotPageId } from "@crossdock/canonical";
import { type Database, sql, systemClock } from "../../src/platform/index.ts";
import { runVerify } from "../../src/verify/index.ts";
import { openCore, type Told, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { seedShop } from "../support/seed.ts";
import { startServer } from "../support/server.ts";

const KILLS = Number(process.env.KILLS ?? 2);
const PAGES = 12;
const ROWS = 1_000;

const { database, url: databaseUrl } = await testDatabase();
const core = openCore(database);
await seedShop(core);

const page = (number: number): Told => {
  const items = Array.from({ length: ROWS }, (_, row) => itemId(`part-${number}-${row}`));
  const fact: Fact = {
    type: "StockSnapshotPage",
    data: {
      snapshotId: "night",
      location: warehouse,
      scope: "full",
      conditions: false,
      page: number,
      pages: PAGES,
      items,
      counted: items.map((_, row) => quantity(row + 1)),
    },
  };
  return { id: snapshotPageId({ snapshotId: "night", page: number }), minute: 60, fact };
};

type Progress = { readonly state: string; readonly positions_changed: number };

async function progress(of: Database): Promise<Progress | undefined> {
  const [row] = await of.query<Progress>(sql`select state, positions_changed from ledger.snapshot`);
  return row;
}

/** Waits until a snapshot has been brought further than before, or has come to its end. */
async function furtherThan(before: number): Promise<Progress> {
  for (;;) {
    const now = await progress(database);
    if (now !== undefined && (now.positions_changed > before || now.state === "applied")) return now;
    await turn();
  }
}

test(`kill -9 in the middle of a snapshot, ${KILLS} times: the next life finishes it, and the laws hold`, async (t) => {
  await tell(
    core,
    Array.from({ length: PAGES }, (_, index) => page(index + 1)),
  );
  let changed = 0;
  let cutShort = 0;
  for (let life = 0; life < KILLS; life += 1) {
    const server = await startServer({ databaseUrl });
    await furtherThan(changed);
    await server.kill();
    const left = await progress(database);
    changed = left?.positions_changed ?? 0;
    if (left?.state !== "applied") cutShort += 1;
  }
  t.diagnostic(`${cutShort} of ${KILLS} kills came before the end, the last after ${changed} positions`);
  assert.ok(cutShort > 0, "no kill came in the middle");
  const server = await startServer({ databaseUrl });
  await furtherThan(PAGES * ROWS);
  assert.equal(await server.stop(), 0);
  const [sum] = await database.query(sql`
    select count(*) as positions, sum(available)::bigint as units from ledger.position where location_id = ${warehouse}`);
  assert.deepEqual(sum, { positions: PAGES * ROWS, units: (PAGES * ROWS * (ROWS + 1)) / 2 });
  const { report, text } = await runVerify({ database, now: systemClock.now() });
  assert.equal(report.failed, 0, text);
});
