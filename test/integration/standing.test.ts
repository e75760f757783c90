import assert from "node:assert/strict";
import { test } from "node:test";
import { testDatabase } from "#test/database.ts";
import { createPartner, deliver, note, openBench, received, saveMaster, taken } from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database);
const { integration, clock } = bench;
await saveMaster(bench, ["widget"]);

const sample = async (name: string, labels = "") => {
  const text = await bench.metricsText();
  const line = text.split("\n").find((row) => row.startsWith(`crossdock_integration_${name}${labels} `));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
};

test("each numbered stream says how much of it is missing and for how long, until nothing is", async () => {
  const account = await createPartner(bench, "numbered");
  const labels = '{account="numbered",stream="events"}';
  const bring = async (...numbers: readonly number[]) => {
    for (const number of numbers) {
      const records = [received(`event-${number}`, { number })];
      taken(await deliver(bench, account, [{ key: `m-${number}`, records }]));
    }
    await integration.drain();
  };
  await bring(1, 2);
  assert.equal(await sample("missing_numbers", labels), 0);
  assert.equal(await sample("oldest_gap_seconds", labels), 0);
  await bring(5);
  const since = clock.now();
  clock.advance(60_000);
  await bring(9);
  clock.advance(30_000);
  assert.equal(await sample("missing_numbers", labels), 5);
  assert.equal(await sample("oldest_gap_seconds", labels), 90);
  const [first] = await integration.streams();
  assert.deepEqual(first, {
    accountId: account,
    stream: "events",
    lowest: 1,
    highest: 9,
    missing: 5,
    missingSince: since,
  });
  await bring(3, 4);
  assert.equal(await sample("missing_numbers", labels), 3);
  assert.equal(await sample("oldest_gap_seconds", labels), 30);
  await bring(6, 7, 8);
  assert.equal(await sample("missing_numbers", labels), 0);
  assert.equal(await sample("oldest_gap_seconds", labels), 0);
});

test("what came in and is not mapped, and what is queued and has not left, is a backlog", async () => {
  const account = await createPartner(bench, "busy");
  assert.deepEqual(await integration.backlog(), { messages: 0, documents: 0 });
  taken(await deliver(bench, account, [{ key: "a" }, { key: "b" }]));
  await database.transaction((tx) =>
    integration.enqueue(tx, {
      accountId: account,
      kind: "reply",
      key: "a",
      document: note("a"),
      correlationId: "c",
    }),
  );
  assert.deepEqual(await integration.backlog(), { messages: 2, documents: 1 });
  assert.equal(await sample("unmapped_messages"), 2);
  assert.equal(await sample("unsent_documents"), 1);
  await integration.drain();
  assert.deepEqual(await integration.backlog(), { messages: 0, documents: 0 });
});

test("messages that a person must decide about are counted by what is the matter with them", async () => {
  const account = await createPartner(bench, "troubled");
  assert.deepEqual(
    [
      await sample("troubled_messages", '{state="suspect"}'),
      await sample("troubled_messages", '{state="dead"}'),
    ],
    [0, 0],
  );
  taken(await deliver(bench, account, [{ key: "a", records: [received("t1")] }]));
  taken(await deliver(bench, account, [{ key: "a", records: [received("t2")] }]));
  await deliver(bench, account, [{ key: "b", records: [received("t3")], reply: "\u0000" }]);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await integration.drain();
    clock.advance(60_000);
  }
  assert.equal(await sample("troubled_messages", '{state="suspect"}'), 1);
  assert.equal(await sample("troubled_messages", '{state="dead"}'), 1);
});

test("of an account's keys that begin alike, the one of the highest padded number is found", async () => {
  const account = await createPartner(bench, "keys");
  const other = await createPartner(bench, "other-keys");
  taken(await deliver(bench, account, [{ key: "ISA:000000009" }, { key: "ISA:000000010" }, { key: "Z:1" }]));
  taken(await deliver(bench, other, [{ key: "ISA:000000099" }]));
  assert.equal(await integration.greatestKey(account, "ISA:"), "ISA:000000010");
  assert.equal(await integration.greatestKey(account, "GS:"), undefined);
});
