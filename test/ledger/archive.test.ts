import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { accountId, type Fact, itemId, quantity, type Statement } from "@crossdock/canonical";
import { NUMBER_BLOCK_SIZE, STRETCH_NUMBERS } from "../../src/backbone/numbers.ts";
import { createIntegration, directConnector } from "../../src/integration/index.ts";
import { createMetrics, createSecretBox, type Queryable, silentLog, sql } from "../../src/platform/index.ts";
import { renderReport, verify } from "../../src/verify/index.ts";
import { verifier } from "../backbone/seal/verifier.ts";
import { openProgram } from "../commands/program.ts";
import { atMinute, stock, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { seedAccount } from "../support/seed.ts";
import { testSecretKey } from "../support/server.ts";
import { drain, happen, liveADay, openActivity } from "../verify/activity.ts";

const DAY_MS = 86_400_000;
const cluster = await testDatabase();
const { database } = cluster;
const program = await openProgram({ after }, cluster);
/** Runs a command with the key that the day's own facts were sealed with. */
const run = (args: readonly string[]) => program.run(args, { SECRET_KEY: testSecretKey });
const activity = await openActivity(database);
const folder = await mkdtemp(join(tmpdir(), "crossdock-archive-"));
after(() => rm(folder, { recursive: true }));
const first = join(folder, "stretch-000000000000001");

const archiveNow = (more: readonly string[] = []) =>
  run(["archive", "--before", "2026-10-01", "--to", folder, "--age-days", "1", ...more]);

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
  const rebuilt = await run(["rebuild", "--check"]);
  assert.equal(rebuilt.code, 0, rebuilt.stdout + rebuilt.stderr);
  const audit = await run(["audit", "verify"]);
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

const desk = accountId("desk");
await seedAccount(activity, desk);
const { submit } = createIntegration({
  ...activity,
  log: silentLog,
  metrics: createMetrics(),
  secretBox: createSecretBox(Buffer.alloc(32, 7)),
  connectors: [directConnector],
});

/** Tells the day's adjustment, of so many units, under the one id that its source gave it. */
async function tellAdjustment(delta: number) {
  const statement: Statement = {
    type: "StockAdjusted",
    id: "adjustment-1",
    effectiveAt: atMinute(3),
    data: {
      item: { scheme: "id", value: "widget" },
      location: { scheme: "id", value: "wh-1" },
      delta: { value: delta, unit: "EA" },
      reason: "found",
    },
  };
  const answer = await submit({ accountId: desk, statements: [statement], correlationId: "test" });
  assert.ok("outcomes" in answer);
  return answer.outcomes[0];
}

/** A page, or a row that comes late, of a snapshot that looked at one item at the start of it all. */
function counted(snapshotId: string, row?: number): Fact {
  return {
    type: "StockSnapshotPage",
    data: {
      ...{ snapshotId, location: warehouse, scope: "partial", conditions: false, page: 1, pages: 1 },
      ...{ items: [itemId("widget")], counted: [quantity(4)] },
      ...(row === undefined ? { unresolved: 1 } : { row }),
    },
  };
}

async function tellPage(snapshotId: string, row?: number): Promise<string> {
  const id = row === undefined ? snapshotId : `${snapshotId}-${row}`;
  await tell(activity, [{ id, minute: 1, fact: counted(snapshotId, row) }]);
  await readAll();
  return id;
}

async function snapshotNamed(snapshotId: string) {
  const listed = await activity.ledger.snapshots.page({
    ...{ before: Number.MAX_SAFE_INTEGER, limit: 100, sources: undefined, locationId: undefined },
  });
  return listed.find(({ record }) => record.snapshot_id === snapshotId);
}

/** Why a fact lies among the dead letters; afterwards it does not any more. */
async function buried(id: string): Promise<string | undefined> {
  const [letter] = await database.query<{ reason: string; number: number }>(sql`
    select d.reason, d.number from backbone.dead_letter d join backbone.told t using (number) where t.id = ${id}`);
  await database.execute(sql`
    update backbone.dead_letter set dismissed_at = now(), dismissed_because = 'a test' where number = ${letter?.number ?? 0}`);
  return letter?.reason;
}

test("a stretch stays while its numbers are still given out", async () => {
  await liveADay(activity);
  assert.equal((await tellAdjustment(3))?.is, "applied");
  await tellPage("taken-before");
  assert.equal((await snapshotNamed("taken-before"))?.record.state, "applied");
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
  const check = await run(["archive", "--check", first]);
  assert.equal(check.code, 0, check.stdout + check.stderr);
  const [key] = (await run(["audit", "key"])).stdout.split("\n");
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
  assert.match((await buried(id)) ?? "", /lie in the archive stretch-000000000000001: restore it/);
  await everythingHolds();
});

test("a snapshot that is dated before what has left is held until the archive is back, and can be dismissed", async () => {
  for (const snapshotId of ["dated-before", "given-up"]) {
    await tellPage(snapshotId);
    const held = await snapshotNamed(snapshotId);
    assert.equal(held?.record.state, "held");
    assert.deepEqual(
      [held?.hold?.reasons, held?.hold?.archive],
      [["past-archived"], "stretch-000000000000001"],
    );
  }
  assert.equal(await activity.ledger.snapshotWorker.drain(), 0, "it is not tried again");
  assert.equal(await decide("dated-before", "accepted"), "past-archived");
  assert.equal((await snapshotNamed("dated-before"))?.record.state, "held");
  assert.equal(await decide("given-up", "dismissed"), "settled");
  await everythingHolds();
});

async function decide(snapshotId: string, decision: "accepted" | "dismissed") {
  const snapshotNumber = (await snapshotNamed(snapshotId))?.record.snapshot_number ?? 0;
  const outcome = await activity.ledger.snapshots.decide({
    ...{ snapshotNumber, decision, because: "a test", by: "test" },
  });
  await readAll();
  return outcome;
}

test("a late row of a snapshot that was taken waits among the dead letters, and says what to restore", async () => {
  const id = await tellPage("taken-before", 7);
  assert.match(
    (await buried(id)) ?? "",
    /came after that was taken, .* archive stretch-000000000000001: restore/,
  );
  await everythingHolds();
});

test("what cannot be compared with its first telling any more is a duplicate that says so", async () => {
  for (const delta of [3, 5]) {
    assert.deepEqual(await tellAdjustment(delta), {
      ...{ is: "duplicate", kind: "StockAdjusted", archivedIn: "stretch-000000000000001" },
    });
  }
});

test("an export or a proof of what has left names the archive", async () => {
  const names = /lies in the archive stretch-000000000000001: check its events.ndjson.gz/;
  for (const args of [
    ["audit", "export"],
    ["audit", "export", "--first", "3", "--count", "2"],
    ["audit", "prove", "5"],
    ["audit", "prove", "adjustment-1", "--source", "/accounts/desk"],
  ]) {
    const asked = await run(args);
    assert.notEqual(asked.code, 0);
    assert.match(asked.stderr, names, args.join(" "));
  }
  const facts = JSON.parse(await readFile(join(first, "manifest.json"), "utf8")).facts;
  const later = await run(["audit", "export", "--first", String(facts)]);
  assert.equal(later.code, 0, later.stderr);
});

test("an archive that was touched is told from one that was not, and is not put back", async () => {
  const path = join(first, "transfers.ndjson.gz");
  const whole = await readFile(path);
  await writeFile(path, whole.subarray(0, -9));
  const check = await run(["archive", "--check", first]);
  assert.equal(check.code, 1);
  assert.match(check.stdout, /BROKEN transfers.ndjson.gz has \d+ bytes/);
  const restore = await run(["archive", "--restore", first]);
  assert.equal(restore.code, 1);
  assert.match(restore.stdout, /not restored: transfers.ndjson.gz/);
  await writeFile(path, whole);
});

test("an archive that is put back is byte for byte what left, refuses new facts, and leaves again", async () => {
  const restore = await run(["archive", "--restore", first]);
  assert.equal(restore.code, 0, restore.stdout + restore.stderr);
  assert.deepEqual(await dumpOld(), before);
  await everythingHolds();
  assert.equal(await decide("dated-before", "accepted"), "settled");
  assert.equal((await snapshotNamed("dated-before"))?.record.state, "applied");
  const contradicted = await tellAdjustment(5);
  assert.equal(contradicted?.is === "parked" ? contradicted.obstacle.reason : "", "contradicts-earlier");
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
