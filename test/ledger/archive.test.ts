import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { itemId } from "@crossdock/canonical";
import { NUMBER_BLOCK_SIZE, STRETCH_NUMBERS } from "../../src/backbone/numbers.ts";
import { type Queryable, sql } from "../../src/platform/index.ts";
import { renderReport, verify } from "../../src/verify/index.ts";
import { verifier } from "../backbone/seal/verifier.ts";
import { openProgram } from "../commands/program.ts";
import { stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { drain, happen, liveADay, openActivity } from "../verify/activity.ts";

const DAY_MS = 86_400_000;
const cluster = await testDatabase();
const { database } = cluster;
const program = await openProgram({ after }, cluster);
const activity = await openActivity(database);
const folder = await mkdtemp(join(tmpdir(), "crossdock-archive-"));
after(() => rm(folder, { recursive: true }));
const first = join(folder, "stretch-000000000000001");

const archiveNow = (more: readonly string[] = []) =>
  program.run(["archive", "--before", "2026-10-01", "--to", folder, "--age-days", "1", ...more]);

/** Everything in the first stretch, as text. */
async function dumpOld(): Promise<readonly (string | undefined)[]> {
  const [row] = await database.query<{ events: string; transfers: string; outcomes: string }>(sql`
    select (select string_agg(e::text, chr(10) order by number) from backbone.event e where number <= ${STRETCH_NUMBERS}) as events,
           (select string_agg(t::text, chr(10) order by transfer_id) from ledger.transfer t
            where event_number <= ${STRETCH_NUMBERS}) as transfers,
           (select string_agg(o::text, chr(10) order by event_number) from ledger.fact_outcome o
            where event_number <= ${STRETCH_NUMBERS}) as outcomes`);
  return [row?.events, row?.transfers, row?.outcomes];
}

let before: readonly (string | undefined)[] = [];

async function everythingHolds(): Promise<void> {
  const report = await verify(database, { now: new Date() });
  assert.equal(report.failed, 0, renderReport(report));
  const rebuilt = await program.run(["rebuild", "--check"]);
  assert.equal(rebuilt.code, 0, rebuilt.stdout + rebuilt.stderr);
  const audit = await program.run(["audit", "verify"]);
  assert.equal(audit.code, 0, audit.stdout + audit.stderr);
}

async function factsIn(queryable: Queryable): Promise<number> {
  const [row] = await queryable.query<{ count: number }>(sql`
    select count(*) as count from backbone.event where number <= ${STRETCH_NUMBERS}`);
  return row?.count ?? 0;
}

/** Lets every reader of this process take what is on the log. */
async function readAll(): Promise<void> {
  await drain(activity);
  await activity.ledger.snapshotSubscriber.drain();
  await activity.ledger.snapshotWorker.drain();
  await activity.ledger.subscriber.drain();
  await activity.orders.subscriber.drain();
}

/** A day is over, and the numbers of the next stretch are given out. */
async function nextStretch(): Promise<void> {
  activity.clock.advance(DAY_MS + 1_000);
  await database.query(
    sql`select setval('backbone.event_number_block', ${STRETCH_NUMBERS / NUMBER_BLOCK_SIZE + 1}, false)`,
  );
}

test("a stretch stays while its numbers are still given out", async () => {
  await liveADay(activity);
  await readAll();
  // The inbox was filled by the database's clock, and the log by the test's.
  await database.execute(sql`update integration.message set received_at = ${activity.clock.now()}`);
  const held = await archiveNow();
  assert.equal(held.code, 0, held.stderr);
  assert.match(held.stdout, /facts are still given its numbers/);
});

test("a stretch stays while one of its facts waits for a person among the dead letters", async () => {
  await nextStretch();
  await happen(activity, stock.received(7, itemId("widget")));
  await readAll();
  const held = await archiveNow();
  assert.match(held.stdout, /1 of its facts lie among the open dead letters/);
  await database.execute(sql`
    update backbone.dead_letter set dismissed_at = now(), dismissed_because = 'a test' where resolved_at is null`);
});

test("an old stretch leaves, and everything that is left still holds", async () => {
  const facts = await factsIn(database);
  assert.ok(facts > 50, `${facts} facts`);
  before = await dumpOld();
  const left = await archiveNow();
  assert.equal(left.code, 0, left.stderr);
  assert.match(left.stdout, new RegExp(`${facts} fact\\(s\\).*archived in`));
  assert.equal(await factsIn(database), 0);
  await everythingHolds();
});

test("the archive is what left: by its manifest, the database, the seal, and the offline verifier", async () => {
  const check = await program.run(["archive", "--check", first]);
  assert.equal(check.code, 0, check.stdout + check.stderr);
  const [key] = (await program.run(["audit", "key"])).stdout.split("\n");
  const events = gunzipSync(await readFile(join(first, "events.ndjson.gz")));
  assert.match(
    verifier.checkExport(events, [verifier.readKey(key ?? "")]),
    /^facts 0 to \d+ are \d+ of the \d+ that/,
  );
  assert.deepEqual(await readdir(folder), ["stretch-000000000000001"]);
});

test("what arrives again is a duplicate, what arrives late still posts, and nothing lands in an archived stretch", async () => {
  await tell(activity, [{ id: "fact-0001", minute: 1, fact: stock.received(3, itemId("widget")) }]);
  await readAll();
  assert.equal(await factsIn(database), 0);
  await happen(activity, stock.received(2, itemId("widget")), { minute: 1 });
  await everythingHolds();
  const [lost] = await activity.factLog.number([
    { fact: stock.received(1, itemId("widget")), at: activity.clock.now(), correlationId: "test" },
  ]);
  assert.ok(lost);
  await assert.rejects(
    database.transaction(async (tx) => activity.factLog.append(tx, [{ ...lost, number: 5 }])),
    /no partition of relation "event" found for row/,
  );
});

test("the past that has left is said to have, what comes after it is exact, and an explanation still adds up", async () => {
  const [position] = await activity.ledger.positionPage({
    itemId: "widget",
    locationId: "wh-1",
    after: 0,
    limit: 1,
  });
  assert.ok(position);
  const id = position.position_id;
  const explained = await activity.ledger.explain(id, { limit: 100 });
  assert.equal(explained?.balanced, true);
  const [past] = explained?.archived ?? [];
  assert.equal(past?.archive, "stretch-000000000000001");
  assert.ok(past);
  const early = await activity.ledger.archiveOf([id], { at: new Date(past.until.getTime() - 1) });
  assert.equal(early?.archive, past.archive);
  assert.equal(await activity.ledger.archiveOf([id], { at: past.until }), undefined);
  const later = await activity.ledger.position(id, { at: new Date("2026-10-01") });
  assert.deepEqual(later, position);
  const believed = await activity.ledger.archiveOf([id], { believedAt: new Date("2026-03-01") });
  assert.equal(believed?.archive, past.archive);
});

test("a count that is dated before what has left waits among the dead letters, and says what to restore", async () => {
  const id = await happen(activity, stock.counted(4, itemId("widget")), { minute: 1 });
  const [letter] = await database.query<{ reason: string; number: number }>(sql`
    select d.reason, d.number from backbone.dead_letter d join backbone.told t using (number) where t.id = ${id}`);
  assert.match(letter?.reason ?? "", /lie in the archive stretch-000000000000001: restore it/);
  await database.execute(sql`
    update backbone.dead_letter set dismissed_at = now(), dismissed_because = 'a test' where number = ${letter?.number ?? 0}`);
  await everythingHolds();
});

test("an archive that was touched is told from one that was not, and is not put back", async () => {
  const path = join(first, "transfers.ndjson.gz");
  const whole = await readFile(path);
  await writeFile(path, whole.subarray(0, -9));
  const check = await program.run(["archive", "--check", first]);
  assert.equal(check.code, 1);
  assert.match(check.stdout, /BROKEN transfers.ndjson.gz has \d+ bytes/);
  const restore = await program.run(["archive", "--restore", first]);
  assert.equal(restore.code, 1);
  assert.match(restore.stdout, /not restored: transfers.ndjson.gz/);
  await writeFile(path, whole);
});

test("an archive that is put back is byte for byte what left, refuses new facts, and leaves again", async () => {
  const restore = await program.run(["archive", "--restore", first]);
  assert.equal(restore.code, 0, restore.stdout + restore.stderr);
  assert.deepEqual(await dumpOld(), before);
  await everythingHolds();
  const [lost] = await activity.factLog.number([
    { fact: stock.received(1, itemId("widget")), at: activity.clock.now(), correlationId: "test" },
  ]);
  assert.ok(lost);
  await assert.rejects(
    database.transaction(async (tx) => activity.factLog.append(tx, [{ ...lost, number: 5 }])),
    /stretch_is_closed/,
  );
  const again = await archiveNow();
  assert.match(again.stdout, /archived in/, again.stderr);
  await everythingHolds();
});
