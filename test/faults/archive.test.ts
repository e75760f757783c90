import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { itemId } from "@crossdock/canonical";
import { NUMBER_BLOCK_SIZE, STRETCH_NUMBERS } from "../../src/backbone/numbers.ts";
import { sql, type Transaction } from "../../src/platform/index.ts";
import { renderReport, verify } from "../../src/verify/index.ts";
import { openProgram } from "../commands/program.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { untilBlocked } from "../support/locks.ts";

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const ITEMS = 300;

const cluster = await testDatabase();
const { database, url } = cluster;
const program = await openProgram({ after }, cluster);
const core = openCore(database);
const folder = await mkdtemp(join(tmpdir(), "crossdock-archive-"));
after(() => rm(folder, { recursive: true }));
const command = ["archive", "--before", "2026-10-01", "--to", folder, "--age-days", "1"];

await tell(
  core,
  Array.from({ length: ITEMS }, (_, place) => ({
    id: `receipt-${place}`,
    minute: place % 60,
    fact: stock.received(1 + (place % 40), itemId(`item-${place}`)),
  })),
);
await core.ledger.subscriber.drain();
core.clock.advance(25 * 3_600_000);
await database.query(
  sql`select setval('backbone.event_number_block', ${STRETCH_NUMBERS / NUMBER_BLOCK_SIZE + 1}, false)`,
);
await tell(core, [{ id: "later", minute: 2_000, fact: stock.received(1, itemId("item-1")) }]);
await core.ledger.subscriber.drain();
await core.ledger.snapshotSubscriber.drain();

async function factsHere(): Promise<number> {
  const [row] = await database.query<{ count: number }>(sql`
    select count(*) as count from backbone.event where number <= ${STRETCH_NUMBERS}`);
  return row?.count ?? 0;
}

/** Resolves when the killed run's lease has ended, so that the next is not turned away. */
async function untilForgotten(): Promise<void> {
  for (;;) {
    const rows = await database.query(sql`
      select 1 as one from platform.lease where name = 'ledger.archive' and until > clock_timestamp()`);
    if (rows.length === 0) return;
  }
}

/** Where a run is held up, by what somebody else has locked, and killed there. */
const moments: readonly { readonly at: string; hold(tx: Transaction): Promise<unknown> }[] = [
  {
    at: "while it closes",
    hold: (tx) => tx.query(sql`select 1 from backbone.stretch where first_number = 1 for update`),
  },
  { at: "while it sums", hold: (tx) => tx.query(sql`lock table ledger.archived_total in share mode`) },
  {
    at: "while it makes checkpoints",
    hold: (tx) => tx.query(sql`select 1 from ledger.position where item_id = 'item-299' for update`),
  },
  {
    at: "while it writes its files",
    hold: (tx) => tx.query(sql`lock table backbone.seal_place in access exclusive mode`),
  },
  { at: "while it drops", hold: (tx) => tx.query(sql`lock table ledger.transfer in access share mode`) },
];

for (const { at, hold } of moments) {
  test(`kill -9 ${at}: nothing is lost, and everything still holds`, async () => {
    const facts = await factsHere();
    await database.transaction(async (tx) => {
      await hold(tx);
      const child = spawn(process.execPath, [main, ...command], {
        env: {
          PATH: process.env.PATH,
          DATABASE_URL: url,
          CROSSDOCK_DATA_DIR: program.dataDir,
          CROSSDOCK_TEST_UNSAFE_DATABASE: "1",
        },
        stdio: "ignore",
      });
      const ended = once(child, "exit");
      await untilBlocked(database);
      child.kill("SIGKILL");
      await ended;
    });
    await untilForgotten();
    assert.equal(await factsHere(), facts);
    const report = await verify(database, { now: core.clock.now() });
    assert.equal(report.failed, 0, renderReport(report));
  });
}

test("the next run finishes what was killed, and the archive is whole", async () => {
  const last = await program.run(command);
  assert.match(last.stdout, /archived in/, last.stderr);
  assert.equal(await factsHere(), 0);
  const check = await program.run(["archive", "--check", join(folder, "stretch-000000000000001")]);
  assert.equal(check.code, 0, check.stdout + check.stderr);
  const report = await verify(database, { now: core.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
});
