import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "../../../src/platform/index.ts";
import { testDatabase } from "../../support/database.ts";
import { openShop } from "./past.ts";

const { database } = await testDatabase();
const shop = await openShop(database);
const { whatIf } = shop.core.availability;
const asItWas = { is: "as-it-was" } as const;
const who = { by: "mara", correlationId: "test" };
const from = shop.begin();
await shop.receive("nut", 5, "wh-1");
await shop.hold({ channel: "web", lines: [{ item: "nut", units: 4 }] });
await shop.hold({ channel: "retail", lines: [{ item: "nut", units: 4 }] });
shop.pass(10);

const asked = { from, to: undefined, rules: { is: "version", version: 1 }, beside: asItWas, ...who } as const;

test("a run waits, is played, and is kept with its result; the same question is the same run", async () => {
  const first = await whatIf.start(asked);
  const again = await whatIf.start(asked);
  assert.ok(first.is === "started" && again.is === "started");
  assert.equal(first.run.run_id, again.run.run_id);
  assert.equal(first.run.state, "waiting");
  await whatIf.drain();
  const done = await whatIf.run(first.run.run_id);
  assert.equal(done?.state, "done");
  assert.deepEqual(done?.result?.reproduced, { exactly: 2, not: 0, whys: {}, samples: [] });
  assert.equal(done?.transfers, done?.transfers_total);
  assert.deepEqual(
    await whatIf.differences(first.run.run_id, { after: 0, limit: 10, channelId: undefined }),
    [],
  );
  const listed = await whatIf.runs({ before: undefined, limit: 10 });
  assert.deepEqual(
    listed.map((run) => [run.run_id, run.result]),
    [[first.run.run_id, null]],
  );
  const later = await whatIf.start(asked);
  assert.ok(later.is === "started" && later.run.run_id !== first.run.run_id, "what has ended is asked anew");
  assert.equal(await whatIf.cancel(later.run.run_id), true);
  assert.equal(await whatIf.cancel(later.run.run_id), false);
  await whatIf.drain();
  assert.equal((await whatIf.run(later.run.run_id))?.state, "cancelled");
});

test("a run that a process left half-way is played from its beginning by the next", async () => {
  const started = await whatIf.start({ ...asked, rules: asItWas });
  assert.ok(started.is === "started");
  await database.execute(
    sql`update availability.what_if_run set state = 'playing' where run_id = ${started.run.run_id}`,
  );
  await whatIf.drain();
  assert.equal((await whatIf.run(started.run.run_id))?.state, "done");
});

test("windows that are none, rules that there are not, and too many that wait are refused", async () => {
  assert.equal((await whatIf.start({ ...asked, to: from })).is, "no-window");
  assert.equal(
    (await whatIf.start({ ...asked, to: new Date(shop.begin().getTime() + 60_000) })).is,
    "no-window",
  );
  assert.equal((await whatIf.start({ ...asked, from: new Date(0) })).is, "no-window");
  const none = await whatIf.start({ ...asked, rules: { is: "draft", draftId: "none" } });
  assert.equal(none.is, "no-rules");
  const answers: string[] = [];
  for (let each = 0; each < 12; each += 1) {
    shop.pass(1);
    answers.push((await whatIf.start(asked)).is);
  }
  assert.deepEqual(answers.slice(-2), ["too-many", "too-many"]);
});
