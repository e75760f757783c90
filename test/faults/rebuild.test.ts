import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Queryable, sql } from "../../src/platform/index.ts";
import { openProgram } from "../commands/program.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { untilBlocked } from "../support/locks.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const ITEMS = 1_500;

const cluster = await testDatabase();
const { database, url } = cluster;
const core = openCore(database);
const item = (place: number) =>
  `item-${String(place).padStart(4, "0")}` as Parameters<typeof stock.received>[1];
await tell(
  core,
  Array.from({ length: ITEMS }, (_, place) => ({
    id: `receipt-${place}`,
    minute: place % 600,
    fact: stock.received(1 + (place % 40), item(place)),
  })),
);
await core.ledger.subscriber.drain();

async function dump(queryable: Queryable): Promise<string> {
  const [row] = await queryable.query<{ text: string }>(
    sql`select string_agg(p::text, chr(10) order by position_id) as text from ledger.position p`,
  );
  return row?.text ?? "";
}

async function wrongPositions(): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    sql`select count(*)::int as count from ledger.position where damaged <> 0`,
  );
  return row?.count ?? 0;
}

test("kill -9 in the middle of a rebuild: what was repaired stays, and the next run repairs the rest", async (t) => {
  const live = await dump(database);
  await database.execute(sql`update ledger.position set damaged = 1`);
  // Somebody's lock on the last position holds the rebuild up in its last slice, and there it is killed.
  await database.transaction(async (tx) => {
    await tx.query(sql`
      select 1 from ledger.position where position_id = (select max(position_id) from ledger.position) for update`);
    const child = spawn(process.execPath, [main, "rebuild"], {
      env: { PATH: process.env.PATH, DATABASE_URL: url, CROSSDOCK_TEST_UNSAFE_DATABASE: "1" },
      stdio: "ignore",
    });
    const ended = once(child, "exit");
    await untilBlocked(database);
    child.kill("SIGKILL");
    await ended;
  });
  const left = await wrongPositions();
  assert.ok(left > 0 && left < ITEMS, `${left} positions are left to repair`);
  const program = await openProgram(t, cluster);
  const check = await program.run(["rebuild", "--check"]);
  assert.equal(check.code, 1, check.stderr);
  const again = await program.run(["rebuild"]);
  assert.equal(again.code, 0, again.stdout.slice(-500) + again.stderr);
  assert.equal(await dump(database), live);
  const end = await program.run(["rebuild", "--check"]);
  assert.equal(end.code, 0, end.stdout);
  assert.match(end.stdout, /nothing differs/);
});
