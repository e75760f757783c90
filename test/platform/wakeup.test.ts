import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "#test/database.ts";
import { localWakeup, openWakeup, sql, type Wakeup } from "../../src/platform/index.ts";

const { database, url } = await testDatabase();

// Far longer than any wake-up takes: a test that gets here has failed.
const tooLongMs = 20_000;

/** Resolves at the next wake-up of the topic. */
function woken(wakeup: Wakeup, topic: string): Promise<void> {
  return new Promise((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`${topic} was not woken`)), tooLongMs);
    const stop = wakeup.listen(topic, () => {
      clearTimeout(timer);
      stop();
      done();
    });
  });
}

/** Signals until the other side hears: it may not be connected yet, and nobody is told when it is. */
async function heard(from: Wakeup, to: Wakeup, topic: string): Promise<void> {
  const hearing = woken(to, topic);
  const timer = setInterval(() => from.signal(topic), 20);
  await hearing;
  clearInterval(timer);
}

async function withTwo(work: (here: Wakeup, there: Wakeup) => Promise<void>): Promise<void> {
  const [here, there] = [openWakeup(url), openWakeup(url)];
  try {
    await heard(here, there, "connected");
    await heard(there, here, "connected");
    await work(here, there);
  } finally {
    await Promise.all([here.close(), there.close()]);
  }
}

test("a reader in the same process is woken at once, connected or not", async () => {
  const wakeup = openWakeup("postgres://nobody@127.0.0.1:1/nowhere");
  let times = 0;
  wakeup.listen("log", () => {
    times += 1;
  });
  wakeup.signal("log");
  wakeup.signal("other");
  assert.equal(times, 1);
  await wakeup.close();
});

test("a reader in another process is woken", async () => {
  await withTwo(async (here, there) => {
    const hearing = woken(there, "log");
    here.signal("log");
    await hearing;
  });
});

test("many signals become few notifications", async () => {
  await withTwo(async (here, there) => {
    let times = 0;
    there.listen("log", () => {
      times += 1;
    });
    for (let signal = 0; signal < 1_000; signal += 1) here.signal("log");
    const last = woken(there, "last");
    here.signal("last");
    await last;
    assert.ok(times <= 2, `${times} notifications for 1,000 signals`);
  });
});

test("a lost connection is made again, and what may have been missed is made up for", async () => {
  await withTwo(async (here, there) => {
    const hearing = woken(there, "log");
    await database.execute(
      sql`select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'crossdock-wakeup' and datname = current_database()`,
    );
    await hearing;
    await heard(here, there, "again");
  });
});

test("what is signalled between a look and a wait ends the wait at once", async () => {
  const wakeup = localWakeup();
  const waiter = new AbortController().signal;
  wakeup.signal("log");
  await wakeup.wait("log", tooLongMs, waiter);
  const waiting = wakeup.wait("log", tooLongMs, waiter);
  wakeup.signal("log");
  await waiting;
  wakeup.signal("log");
  await wakeup.wait("log", tooLongMs, waiter);
});

test("a wait ends by itself, and when it is aborted", async () => {
  const wakeup = localWakeup();
  await wakeup.wait("log", 1);
  const stopping = new AbortController();
  const waiting = wakeup.wait("log", tooLongMs, stopping.signal);
  stopping.abort();
  await waiting;
  await wakeup.wait("log", tooLongMs, stopping.signal);
});
