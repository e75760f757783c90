import assert from "node:assert/strict";
import { test } from "node:test";
import { manualClock } from "#test/clock.ts";
import { testDatabase } from "#test/database.ts";
import { holderOf, lapse } from "#test/lease.ts";
import { untilBlocked } from "#test/locks.ts";
import { type Leases, openLeases, silentLog, sql, systemIds } from "../../src/platform/index.ts";
import { LEASE_MS } from "../../src/platform/lease.ts";

const { database } = await testDatabase();

const openProcess = (monotonicMs?: () => number): Leases =>
  openLeases({
    database,
    ids: systemIds(),
    log: silentLog,
    ...(monotonicMs === undefined ? {} : { monotonicMs }),
  });

const TRIES_MAX = 5;

async function takeOne(leases: Leases, name: string) {
  const [lease] = await leases.take([name]);
  assert.ok(lease !== undefined, `${name} was not to be had`);
  return lease;
}

test("what one process holds no other has, nor itself twice, until it is given back", async (t) => {
  const [one, other] = [openProcess(), openProcess()];
  t.after(() => Promise.all([one.close(), other.close()]));
  const lease = await takeOne(one, "shop");
  assert.deepEqual(await other.take(["shop"]), []);
  assert.deepEqual(await one.take(["shop"]), []);
  assert.ok(lease.isHeld() && (await lease.confirm(database)));
  await lease.giveBack();
  await lease.giveBack();
  assert.ok(!lease.isHeld() && lease.ended.aborted);
  await takeOne(other, "shop");
});

test("a process that closes leaves nothing behind", async () => {
  const leases = openProcess();
  const taken = await leases.take(["a", "b", "c"]);
  assert.equal(taken.length, 3);
  await leases.close();
  assert.equal(await holderOf(database, "b"), undefined);
  assert.ok(taken.every((lease) => !lease.isHeld()));
});

test("of many that want the same leases at once, each goes to one, in whatever order they are wanted", async (t) => {
  const processes = Array.from({ length: 8 }, () => openProcess());
  t.after(() => Promise.all(processes.map((leases) => leases.close())));
  const names = Array.from({ length: 40 }, (_, index) => `many-${index}`);
  for (let round = 0; round < 10; round += 1) {
    const wanted = (index: number) => (index % 2 === 0 ? names : names.toReversed());
    const taken = await Promise.all(processes.map((leases, index) => leases.take(wanted(index))));
    const all = taken.flat();
    assert.deepEqual(all.map((lease) => lease.name).toSorted(), names.toSorted());
    await Promise.all(all.map((lease) => lease.giveBack()));
  }
});

test("no more are taken than asked for, the first ones first", async (t) => {
  const leases = openProcess();
  t.after(() => leases.close());
  const taken = await leases.take(["z", "y", "x"], 2);
  assert.deepEqual(taken.map((lease) => lease.name).toSorted(), ["y", "z"]);
});

test("a lease is renewed for as long as it is held", async (t) => {
  const leases = openProcess();
  t.after(() => leases.close());
  const end = async () => {
    const [row] = await database.query<{ until: Date }>(
      sql`select until from platform.lease where name = 'renewed'`,
    );
    return row?.until.getTime() ?? 0;
  };
  const isRenewed = async () => {
    const lease = await takeOne(leases, "renewed");
    const first = await end();
    while (lease.isHeld()) if ((await end()) > first) return true;
    await lease.giveBack();
    return false;
  };
  // Whoever is held up for as long as a lease lasts loses it, and rightly; no machine is that busy every time.
  let tries = 1;
  while (!(await isRenewed())) {
    assert.ok(tries < TRIES_MAX, `it ended before it was renewed, ${tries} times`);
    tries += 1;
  }
});

test("who was paused for too long knows it before anything tells, and cannot spoil the next holder's lease", async (t) => {
  const clock = manualClock();
  const [paused, next] = [openProcess(() => clock.now().getTime()), openProcess()];
  t.after(() => Promise.all([paused.close(), next.close()]));
  const lease = await takeOne(paused, "paused");
  clock.advance(LEASE_MS);
  assert.equal(lease.isHeld(), false, "no timer has run, and yet the time is over");
  assert.ok(lease.ended.aborted);
  await lapse(database, "paused");
  const taken = await takeOne(next, "paused");
  assert.equal(await lease.confirm(database), false);
  await lease.giveBack();
  assert.ok(await taken.confirm(database), "the late one gave back what was another's");
});

test("who has lost a lease without knowing it is told when it asks", async (t) => {
  const [one, other] = [openProcess(), openProcess()];
  t.after(() => Promise.all([one.close(), other.close()]));
  const lost = await takeOne(one, "lost");
  await lapse(database, "lost");
  const taken = await takeOne(other, "lost");
  assert.equal(await lost.confirm(database), false);
  assert.ok(lost.ended.aborted && taken.isHeld());
});

test("nobody takes a lease over while its holder finishes what it confirmed in a transaction", async (t) => {
  const [one, other] = [openProcess(), openProcess()];
  t.after(() => Promise.all([one.close(), other.close()]));
  const lease = await takeOne(one, "confirmed");
  const ends: string[] = [];
  let taking: Promise<unknown> | undefined;
  await database.transaction(async (tx) => {
    assert.ok(await lease.confirm(tx));
    taking = takeAfterLapse(other).then(() => ends.push("taken over"));
    await untilBlocked(database);
    ends.push("finished");
  });
  await taking;
  assert.deepEqual(ends, ["finished", "taken over"]);
});

async function takeAfterLapse(other: Leases): Promise<void> {
  await lapse(database, "confirmed");
  await takeOne(other, "confirmed");
}
