import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId, messageId } from "@crossdock/canonical";
import { testDatabase } from "#test/database.ts";
import { openDatabase, sql } from "../../src/platform/index.ts";
import { createPartner, deliver, openBench, partner, received, saveMaster, taken } from "./partner.ts";

const { database, url } = await testDatabase();
const bench = openBench(database);
const { integration } = bench;
await saveMaster(bench, ["widget"]);

test("what is acknowledged is stored: another connection sees the bytes as they arrived", async (t) => {
  const account = await createPartner(bench, "stored");
  const body = Buffer.from('{"key":"a",  "records":[]}\n');
  const receipt = taken(
    await integration.receive({
      accountId: account,
      headers: { "x-token": "token of stored", "x-topic": "orders", cookie: "c", "x-shop-hmac-sha256": "h" },
      body,
    }),
  );
  assert.equal(receipt.answer, "stored");
  const other = await openDatabase(url, { allowUnsafeDurability: true, poolMax: 1 });
  t.after(() => other.close());
  const rows = await other.query<{ body: Buffer; headers: unknown; state: string; correlation_id: string }>(
    sql`select body, headers, state, correlation_id from integration.message where message_id = ${receipt.messageIds[0] ?? ""}`,
  );
  assert.equal(rows.length, 1);
  assert.deepEqual(rows[0]?.body, body);
  assert.deepEqual(rows[0]?.headers, { "x-topic": "orders" }, "what authenticates is not kept");
  assert.equal(rows[0]?.correlation_id, receipt.correlationId);
});

test("a delivery that cannot be stored is not acknowledged", async () => {
  const account = await createPartner(bench, "half");
  const broken = openBench({
    ...database,
    transaction: (work, options) =>
      database.transaction(async (tx) => {
        await work(tx);
        throw new Error("the power went");
      }, options),
  });
  await assert.rejects(deliver(broken, account, [{ key: "a" }, { key: "b" }]), /the power went/);
  assert.deepEqual(
    await database.query(sql`select 1 from integration.message where account_id = 'half'`),
    [],
  );
});

test("the same bytes under the same key are one message, counted and answered alike", async () => {
  const account = await createPartner(bench, "again");
  const first = taken(await deliver(bench, account, [{ key: "a", records: [received("r1")] }]));
  const second = taken(await deliver(bench, account, [{ key: "a", records: [received("r1")] }]));
  assert.equal(second.answer, "duplicate");
  assert.deepEqual(second.messageIds, first.messageIds);
  assert.equal(second.correlationId, first.correlationId);
  const status = await integration.message(first.messageIds[0] ?? messageId("none"));
  assert.equal(status?.deliveries, 2);
});

test("forty deliveries at the same moment store one message", async () => {
  const account = await createPartner(bench, "crowd");
  const messages = [{ key: "a" }, { key: "b" }, { key: "c" }];
  const receipts = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      deliver(bench, account, index % 2 === 0 ? messages : messages.toReversed()),
    ),
  );
  const answers = receipts.flatMap((receipt) =>
    taken(receipt).parts.map((part) => `${part.key} ${part.answer}`),
  );
  assert.deepEqual(answers.filter((answer) => answer.endsWith("stored")).toSorted(), [
    "a stored",
    "b stored",
    "c stored",
  ]);
  const rows = await database.query<{ delivery_count: number }>(
    sql`select delivery_count from integration.message where account_id = 'crowd'`,
  );
  assert.deepEqual(
    rows.map((row) => row.delivery_count),
    [40, 40, 40],
  );
});

test("the same key with other bytes is suspect: kept, never applied by itself, and released by a person", async () => {
  const account = await createPartner(bench, "forger");
  const genuine = taken(await deliver(bench, account, [{ key: "a", records: [received("g1")] }]));
  const forged = taken(
    await deliver(bench, account, [{ key: "a", records: [received("f1", { units: 900 })] }]),
  );
  const repeated = taken(
    await deliver(bench, account, [{ key: "a", records: [received("f1", { units: 900 })] }]),
  );
  assert.deepEqual([genuine.answer, forged.answer, repeated.answer], ["stored", "suspect", "suspect"]);
  assert.deepEqual(repeated.messageIds, forged.messageIds);
  await integration.drain();
  const [id] = forged.messageIds;
  assert.ok(id !== undefined);
  const before = await integration.message(id);
  assert.deepEqual([before?.state, before?.applied, before?.deliveries], ["suspect", 0, 2]);
  assert.match(before?.problem ?? "", /same key and other bytes/);
  const troubled = await integration.troubledMessages({ limit: 10 });
  assert.ok(troubled.some((message) => message.messageId === id));

  assert.equal(await integration.releaseMessage(id), true);
  assert.equal(await integration.releaseMessage(id), false, "a second release changes nothing");
  await integration.drain();
  const after = await integration.message(id);
  assert.deepEqual([after?.state, after?.applied], ["mapped", 1]);
  const third = taken(await deliver(bench, account, [{ key: "a", records: [received("x1")] }]));
  assert.equal(third.answer, "suspect", "the key still belongs to the message that had it first");
});

test("a dismissed message never counts, keeps its bytes and its reason, and can still be released", async () => {
  const account = await createPartner(bench, "dismissing");
  await deliver(bench, account, [{ key: "a", records: [received("d1")] }]);
  const forged = await deliver(bench, account, [{ key: "a", records: [received("d2", { units: 900 })] }]);
  const [id] = taken(forged).messageIds;
  assert.ok(id !== undefined);
  assert.equal(
    await integration.dismissMessage({ messageId: id, because: "a test\u0000 of the partner's" }),
    true,
  );
  assert.equal(await integration.dismissMessage({ messageId: id, because: "again" }), false);
  await integration.drain();
  const dismissed = await integration.message(id);
  assert.deepEqual([dismissed?.state, dismissed?.records], ["dismissed", 0]);
  assert.equal(dismissed?.dismissed?.because, "a test\ufffd of the partner's");
  const kept = await integration.rawMessage(id);
  assert.match(Buffer.from(kept?.body ?? []).toString(), /900/);
  assert.deepEqual(await integration.troubledMessages({ accountIds: [account], limit: 10 }), []);
  const again = taken(
    await deliver(bench, account, [{ key: "a", records: [received("d2", { units: 900 })] }]),
  );
  assert.deepEqual([again.answer, again.messageIds], ["duplicate", [id]], "decided once, for ever");

  assert.equal(await integration.releaseMessage(id), true);
  await integration.drain();
  const released = await integration.message(id);
  assert.deepEqual([released?.state, released?.applied], ["mapped", 1]);
  assert.ok(released?.dismissed !== undefined, "what was once decided is kept");
  assert.equal(await integration.dismissMessage({ messageId: id, because: "too late" }), false);
});

test("a dead message that is dismissed gives up its key, and still counts when it is released after that", async () => {
  const account = await createPartner(bench, "deadkey");
  const [id] = taken(await deliver(bench, account, [{ key: "a", records: [received("k1")] }])).messageIds;
  assert.ok(id !== undefined);
  await database.execute(
    sql`update integration.message set state = 'dead', problem = 'it cannot be read' where message_id = ${id}`,
  );
  assert.equal(await integration.dismissMessage({ messageId: id, because: "sent again" }), true);
  const right = taken(
    await deliver(bench, account, [
      { key: "a", records: [received("k2")] },
      { key: "b", records: [] },
    ]),
  );
  assert.equal(right.answer, "stored", "the source may send the right one under the same key");
  assert.equal(await integration.releaseMessage(id), true);
  await integration.drain();
  assert.equal((await integration.message(id))?.applied, 1);
});

test("what died without an effect is tried again when its sender sends it again", async () => {
  const account = await createPartner(bench, "revived");
  const parts = [{ key: "a", records: [received("r1")] }];
  const [id] = taken(await deliver(bench, account, parts)).messageIds;
  assert.ok(id !== undefined);
  await database.execute(
    sql`update integration.message set state = 'dead', problem = 'it cannot be read', attempts = 3 where message_id = ${id}`,
  );
  const again = taken(await deliver(bench, account, parts));
  assert.deepEqual([again.answer, again.messageIds], ["stored", [id]]);
  await integration.drain();
  const revived = await integration.message(id);
  assert.deepEqual([revived?.state, revived?.applied, revived?.deliveries], ["mapped", 1, 2]);
  assert.equal(taken(await deliver(bench, account, parts)).answer, "duplicate", "it had its effect");
});

test("a part repeated within one delivery is a duplicate of the first, and other bytes under its key are suspect", async () => {
  const account = await createPartner(bench, "stutter");
  const receipt = taken(
    await deliver(bench, account, [
      { key: "a" },
      { key: "a" },
      { key: "a", records: [received("s1")] },
      { key: "b" },
    ]),
  );
  assert.deepEqual(
    receipt.parts.map((part) => part.answer),
    ["stored", "duplicate", "suspect", "stored"],
  );
  assert.equal(receipt.answer, "suspect");
});

test("what is not genuine, not known or too large is refused and not stored", async () => {
  const account = await createPartner(bench, "strict");
  const wrong = await integration.receive({
    accountId: account,
    headers: {},
    body: Buffer.from('{"key":"a"}'),
  });
  assert.deepEqual(wrong, { refused: "not-genuine", reason: "x-token is not the token of this account" });
  const nobody = await integration.receive({
    accountId: accountId("nobody"),
    headers: {},
    body: Buffer.alloc(1),
  });
  assert.equal("refused" in nobody && nobody.refused, "unknown-account");
  const large = await integration.receive({
    accountId: account,
    headers: {},
    body: Buffer.alloc(17 * 1024 * 1024),
  });
  assert.equal("refused" in large && large.refused, "too-large");
  await integration.accounts.change(account, { enabled: false });
  const closed = await deliver(bench, account, [{ key: "a" }]);
  assert.equal("refused" in closed && closed.refused, "unknown-account");
  assert.deepEqual(
    await database.query(sql`select 1 from integration.message where account_id = 'strict'`),
    [],
  );
});

test("a message that proves nothing by itself is taken only from a caller whom the transport has proved", async () => {
  const { intake } = partner;
  assert.ok(intake !== undefined);
  const unsigned = {
    ...partner,
    manifest: { ...partner.manifest, name: "unsigned" },
    intake: { ...intake, vouchedBy: "transport" as const, authenticate: () => ({ genuine: true }) as const },
  };
  const own = openBench(database, { connectors: [unsigned] });
  const account = accountId("unsigned");
  await own.integration.accounts.create({
    accountId: account,
    connector: "unsigned",
    settings: {},
    secrets: {},
  });
  const delivery = { accountId: account, headers: {}, body: Buffer.from('{"key":"a"}') };
  const anybody = await own.integration.receive(delivery);
  assert.equal("refused" in anybody && anybody.refused, "not-genuine");
  const known = await own.integration.receive({ ...delivery, isVouchedFor: true });
  assert.equal(taken(known).answer, "stored");
});

test("a signature that says when it was made is taken for five minutes, and not from the future", async () => {
  const { intake } = partner;
  assert.ok(intake !== undefined);
  const own = openBench(database, {
    clock: bench.clock,
    connectors: [
      {
        ...partner,
        manifest: { ...partner.manifest, name: "dated" },
        intake: {
          ...intake,
          authenticate: ({ headers }) => ({
            genuine: true,
            signedAt: new Date(headers["x-signed-at"] ?? ""),
          }),
        },
      },
    ],
  });
  const account = accountId("dated");
  await own.integration.accounts.create({
    accountId: account,
    connector: "dated",
    settings: {},
    secrets: { token: "t" },
  });
  const signed = (secondsAgo: number) =>
    own.integration.receive({
      accountId: account,
      headers: { "x-signed-at": new Date(bench.clock.now().getTime() - secondsAgo * 1_000).toISOString() },
      body: Buffer.from(`{"key":"${secondsAgo}"}`),
    });
  for (const fresh of [0, 300, -300]) assert.equal(taken(await signed(fresh)).answer, "stored");
  for (const [seconds, says] of [
    [301, /301 s ago/],
    [-301, /301 s ahead/],
  ] as const) {
    const refused = await signed(seconds);
    assert.ok("refused" in refused && refused.refused === "not-genuine");
    assert.match(refused.reason, says);
  }
});

test("who waits for a message to be mapped is told when it is, and not later than asked", async () => {
  const account = await createPartner(bench, "patient");
  const [id] = taken(await deliver(bench, account, [{ key: "a", records: [received("p1")] }])).messageIds;
  assert.ok(id !== undefined);
  const [early] = await integration.waitUntilMapped([id], 1);
  assert.equal(early?.state, "stored");
  const waiting = integration.waitUntilMapped([id], 60_000);
  await integration.drain();
  assert.deepEqual(
    (await waiting).map((message) => message.state),
    ["mapped"],
  );
});
