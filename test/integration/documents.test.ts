import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccountId, documentId, locationId, orderId } from "@crossdock/canonical";
import { testDatabase } from "#test/database.ts";
import { lapse } from "#test/lease.ts";
import { sql } from "../../src/platform/index.ts";
import {
  type Bench,
  createPartner,
  deliver,
  type Listener,
  listen,
  note,
  openBench,
  received,
  saveMaster,
  taken,
} from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database, { random: { next: () => 0 } });
const { integration, clock } = bench;
await saveMaster(bench, ["widget"]);

const queue = (account: AccountId, key: string, text = key, own: Bench = bench) =>
  database.transaction((tx) =>
    own.integration.enqueue(tx, {
      accountId: account,
      kind: "reply",
      key,
      document: note(text),
      correlationId: `c-${key}`,
    }),
  );

/** A partner who takes everything. */
async function willing(t: { after(run: () => Promise<void>): void }): Promise<Listener> {
  const listener = await listen(({ response }) => response.writeHead(202).end());
  t.after(listener.close);
  return listener;
}

const textOf = (body: string) => /"text":"([^"]+)"/.exec(body)?.[1];
const numberOf = (body: string) => Number(body.split(" ")[0]);

test("a document is queued once under its key, in its writer's transaction", async () => {
  const account = await createPartner(bench, "once");
  const first = await queue(account, "a");
  const second = await queue(account, "a", "other words");
  assert.deepEqual([first.already, second.already], [false, true]);
  assert.equal(second.documentId, first.documentId);
  await assert.rejects(
    database.transaction(async (tx) => {
      await integration.enqueue(tx, {
        accountId: account,
        kind: "reply",
        key: "b",
        document: note("b"),
        correlationId: "c",
      });
      throw new Error("the writer failed");
    }),
  );
  const rows = await database.query(sql`select key from integration.document where account_id = 'once'`);
  assert.equal(rows.length, 1);
});

test("documents of an account leave in their order, rendered once, with gapless numbers, from two senders at once", async (t) => {
  const listener = await willing(t);
  const accounts = await Promise.all(
    ["left", "right"].map((name) => createPartner(bench, name, { url: `${listener.url}/${name}` })),
  );
  for (let index = 0; index < 60; index += 1) {
    for (const account of accounts) await queue(account, `${account}-${String(index).padStart(3, "0")}`);
  }
  const other = openBench(database, { clock });
  await Promise.all([integration.drain(), other.integration.drain()]);
  for (const account of accounts) {
    const bodies = listener.bodies.filter((body) => textOf(body)?.startsWith(account));
    assert.deepEqual(
      bodies.map(numberOf),
      Array.from({ length: 60 }, (_, index) => index + 1),
    );
    assert.deepEqual(bodies.map(textOf), bodies.map(textOf).toSorted());
  }
  const states = await database.query(sql`
    select state, count(*) as documents, sum(attempts) as attempts from integration.document
    where account_id in ('left', 'right') group by state`);
  assert.deepEqual({ ...(states[0] ?? {}) }, { state: "delivered", documents: 120, attempts: 120 });
});

test("what cannot be rendered is refused for a person, and its number goes to the next", async (t) => {
  const listener = await willing(t);
  const account = await createPartner(bench, "words", { url: listener.url });
  await queue(account, "a");
  const bad = await queue(account, "b", "unsayable");
  await queue(account, "c");
  await integration.drain();
  assert.deepEqual(listener.bodies.map(numberOf), [1, 2]);
  const [refused] = await integration.refusedDocuments({ accountIds: [account], limit: 10 });
  assert.equal(refused?.documentId, bad.documentId);
  assert.equal(refused?.problem, "there is no word for it");
  assert.equal(refused?.controlNumber, undefined);
});

test("a document of a kind that the connector cannot send is refused, and supports() says so beforehand", async () => {
  const account = await createPartner(bench, "kinds");
  assert.equal(await integration.supports(account, "reply"), true);
  assert.equal(await integration.supports(account, "inventory-advice"), false);
  const { documentId: id } = await database.transaction((tx) =>
    integration.enqueue(tx, {
      accountId: account,
      kind: "inventory-advice",
      key: "a",
      document: { kind: "inventory-advice", asOf: "2026-03-02T09:00:00Z", rows: [] },
      correlationId: "c",
    }),
  );
  await integration.drain();
  assert.equal((await integration.document(id))?.state, "refused");
});

test("a partner who is down is tried again, later and later, with the same bytes, before anything behind it", async (t) => {
  let isUp = false;
  const listener = await listen(({ response }) => response.writeHead(isUp ? 200 : 503).end());
  t.after(listener.close);
  const account = await createPartner(bench, "down", { url: listener.url });
  const first = await queue(account, "a");
  await queue(account, "b");
  // The random part is 0 here, so a wait is half of what it may be: 500 ms, 1 s, 2 s, 4 s.
  for (const waitMs of [500, 1_000, 2_000, 4_000]) {
    await integration.drain();
    clock.advance(waitMs - 1);
    await integration.drain();
    clock.advance(1);
  }
  assert.deepEqual(listener.bodies.map(textOf), ["a", "a", "a", "a"]);
  isUp = true;
  await integration.drain();
  assert.deepEqual(listener.bodies.map(textOf), ["a", "a", "a", "a", "a", "b"]);
  assert.equal(new Set(listener.bodies.slice(0, 5)).size, 1, "every attempt carries the same bytes");
  const status = await integration.document(first.documentId);
  assert.deepEqual([status?.state, status?.attempts, status?.deliveries], ["delivered", 5, 1]);
  assert.equal(status?.reference, "R-P000000001");
});

test("a partner who says when to come back is not asked before", async (t) => {
  let calls = 0;
  const listener = await listen(({ response }) => {
    calls += 1;
    response.writeHead(calls === 1 ? 503 : 200, { "retry-after": "120" }).end();
  });
  t.after(listener.close);
  const account = await createPartner(bench, "later", { url: listener.url });
  await queue(account, "a");
  await integration.drain();
  clock.advance(119_000);
  await integration.drain();
  assert.equal(calls, 1);
  clock.advance(1_000);
  await integration.drain();
  assert.equal(calls, 2);
});

test("an outcome that is unknown is tried again; a refusal is for a person, who may send it again", async (t) => {
  let answer: "hang up" | number = "hang up";
  const listener = await listen(({ request, response }) => {
    if (answer === "hang up") request.socket.destroy();
    else response.writeHead(answer).end();
  });
  t.after(listener.close);
  const account = await createPartner(bench, "moody", { url: listener.url });
  const { documentId: id } = await queue(account, "a");
  await integration.drain();
  const unknown = await integration.document(id);
  assert.equal(unknown?.state, "rendered");
  assert.match(unknown?.problem ?? "", /^The outcome is unknown/);
  answer = 422;
  clock.advance(60_000);
  await integration.drain();
  assert.deepEqual((await integration.document(id))?.state, "refused");
  answer = 200;
  assert.equal(await integration.retryDocument(id), true);
  assert.equal(await integration.retryDocument(id), false);
  await integration.drain();
  assert.equal((await integration.document(id))?.state, "delivered");
  assert.equal(new Set(listener.bodies).size, 1);
});

test("a partner who fetches finds the documents in order, and the same bytes however often they are fetched", async () => {
  const account = await createPartner(bench, "fetcher");
  const stranger = await createPartner(bench, "stranger");
  for (const key of ["a", "b", "c"]) await queue(account, key);
  await integration.drain();
  const waiting = await integration.outbox(account, { limit: 2 });
  assert.deepEqual(
    waiting.map((document) => document.name),
    ["P000000001", "P000000002"],
  );
  const rest = await integration.outbox(account, { limit: 2, after: waiting[1]?.documentId });
  assert.deepEqual(
    rest.map((document) => document.name),
    ["P000000003"],
  );
  const id = waiting[0]?.documentId ?? documentId("none");
  assert.equal(await integration.fetchDocument(id, { accountId: stranger }), undefined);
  const fetched = await integration.fetchDocument(id, { accountId: account });
  assert.match(new TextDecoder().decode(fetched?.body), /^1 .*"text":"a"/);
  assert.equal(fetched?.state, "delivered");
  const again = await integration.fetchDocument(id);
  assert.deepEqual(again?.body, fetched?.body);
  assert.equal((await integration.document(id))?.deliveries, 1);
  assert.equal((await integration.outbox(account, { limit: 9 })).length, 2);
});

test("a slow partner holds up nobody else", async (t) => {
  const held: (() => void)[] = [];
  const slow = await listen(({ response }) => held.push(() => response.writeHead(200).end()));
  const quick = await willing(t);
  t.after(slow.close);
  const slowAccount = await createPartner(bench, "slow", { url: slow.url });
  const quickAccount = await createPartner(bench, "quick", { url: quick.url });
  await queue(slowAccount, "s1");
  await queue(slowAccount, "s2");
  for (let index = 0; index < 5; index += 1) await queue(quickAccount, `q${index}`);
  const drained = integration.drain();
  await Promise.all([slow.called(1), quick.called(5)]);
  assert.deepEqual(slow.bodies.map(textOf), ["s1"], "one document of an account is on its way at a time");
  for (const release of held.splice(0)) release();
  await slow.called(2);
  for (const release of held.splice(0)) release();
  await drained;
});

test("a reply goes out again, byte for byte, for every delivery of its message that comes after it", async (t) => {
  const listener = await willing(t);
  const account = await createPartner(bench, "polite", { url: listener.url });
  const message = { key: "m1", records: [received("r1")], reply: { text: "thanks" } };
  taken(await deliver(bench, account, [message]));
  taken(await deliver(bench, account, [message]));
  await integration.drain();
  assert.equal(listener.bodies.length, 1, "deliveries before the reply share it");
  taken(await deliver(bench, account, [message]));
  await integration.drain();
  taken(await deliver(bench, account, [message, { key: "m2" }]));
  await integration.drain();
  assert.equal(listener.bodies.length, 3);
  assert.equal(new Set(listener.bodies).size, 1);
});

test("what a partner says of our documents is kept on the log and beside them, the worst of it", async (t) => {
  const listener = await willing(t);
  const account = await createPartner(bench, "judge", { url: listener.url });
  const { documentId: id } = await database.transaction((tx) =>
    integration.enqueue(tx, {
      accountId: account,
      kind: "warehouse-release",
      key: "a",
      document: {
        kind: "warehouse-release",
        orderId: orderId("o-1"),
        orderNumber: "PO-1",
        locationId: locationId("wh-1"),
        lines: [],
      },
      correlationId: "c",
    }),
  );
  await integration.drain();
  const acknowledge = (key: string, controlNumber: string, verdict: "accepted" | "rejected") =>
    deliver(bench, account, [
      { key, records: [{ is: "acknowledgement", at: "AK1", acknowledgement: { controlNumber, verdict } }] },
    ]);
  taken(await acknowledge("k1", "P000000001", "rejected"));
  await integration.drain();
  taken(await acknowledge("k2", "000000001", "accepted"));
  await integration.drain();
  assert.equal((await integration.document(id))?.acknowledged, "rejected");
  const facts = await database.query(sql`
    select data ->> 'verdict' as verdict from backbone.event
    where source = '/accounts/judge' and type = 'DocumentAcknowledged' order by number`);
  assert.deepEqual(
    facts.map((fact) => ({ ...(fact as object) })),
    [{ verdict: "rejected" }, { verdict: "accepted" }],
  );
});

test("a sender that dies on the way is followed by another, with the same bytes and the same number", async (t) => {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const held: (() => void)[] = [];
  const listener = await listen(({ response }) => {
    const answer = () => response.writeHead(200).end();
    if (held.push(answer) > 1) answer();
    else resolve();
  });
  t.after(listener.close);
  const account = await createPartner(bench, "relay", { url: listener.url });
  const { documentId: id } = await queue(account, "a");
  await queue(account, "b");
  const mortal = openBench(database, { clock });
  const stalled = mortal.integration.drain();
  await reached;
  await integration.drain();
  assert.equal(listener.bodies.length, 1, "while its turn lasts, nobody else sends for the account");
  await lapse(database, "sending/relay");
  await integration.drain();
  assert.deepEqual(listener.bodies.map(textOf), ["a", "a", "b"]);
  assert.equal(listener.bodies[0], listener.bodies[1]);
  held[0]?.();
  await stalled;
  const status = await integration.document(id);
  assert.deepEqual(
    [status?.state, status?.deliveries],
    ["delivered", 1],
    "an outcome that comes too late counts no more",
  );
});

test("once started, what arrives is mapped and answered without being asked for, until it is stopped", async (t) => {
  const listener = await willing(t);
  const account = await createPartner(bench, "live", { url: listener.url });
  const live = openBench(database, { clock });
  live.integration.start();
  taken(await deliver(live, account, [{ key: "m1", records: [received("live-1")], reply: { text: "one" } }]));
  await listener.called(1);
  taken(await deliver(live, account, [{ key: "m2", records: [received("live-2")], reply: { text: "two" } }]));
  await listener.called(2);
  await live.integration.stop();
  const { messageIds } = taken(await deliver(live, account, [{ key: "m3", reply: { text: "three" } }]));
  assert.deepEqual(
    (await integration.messages(messageIds)).map((message) => message.state),
    ["stored"],
  );
  assert.deepEqual(listener.bodies.map(textOf), ["one", "two"]);
});

test("control numbers have no gap and no twin after all this", async () => {
  const rows = await database.query(sql`
    select account_id from integration.document join integration.control_number using (account_id)
    group by account_id, last
    having count(control_number) <> last or max(control_number) <> last or count(distinct control_number) <> last`);
  assert.deepEqual(rows, []);
});
