import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccountId, messageId, type Reference } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import { testDatabase } from "#test/database.ts";
import { sql } from "../../src/platform/index.ts";
import {
  createPartner,
  deliver,
  factsOf,
  openBench,
  ordered,
  partner,
  received,
  saveMaster,
  sku,
  taken,
} from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database);
const { integration, governance } = bench;
await saveMaster(bench, ["widget"]);

const factIds = async (account: AccountId) => (await factsOf(bench, account)).map((fact) => fact.id);

const alias = (value: string, target = "widget") =>
  governance.saveAliases([{ kind: "item", scheme: "sku", scope: "", value, target }]);

test("what waits for a name goes on when the name appears; what does not, waits on", async () => {
  const account = await createPartner(bench, "waits");
  const [id] = taken(
    await deliver(bench, account, [
      {
        key: "a",
        records: [received("w1"), received("w2", { item: "new-1" }), received("w3", { item: "new-2" })],
      },
    ]),
  ).messageIds;
  assert.ok(id !== undefined);
  await integration.drain();
  assert.deepEqual(await factIds(account), ["w1"]);
  await alias("new-1");
  await integration.drain();
  assert.deepEqual(await factIds(account), ["w1", "w2"]);
  const status = await integration.message(id);
  assert.deepEqual([status?.records, status?.applied, status?.parked], [3, 2, 1]);
  assert.deepEqual(
    status?.parkedRecords.map((row) => [row.record, row.state, row.attempts, row.settledAt !== undefined]),
    [
      [1, "applied", 2, true],
      [2, "waiting", 1, false],
    ],
  );
});

test("saving master data wakes the work by itself, in this process and by a topic in others", async (t) => {
  const account = await createPartner(bench, "woken");
  const [id] = taken(
    await deliver(bench, account, [{ key: "a", records: [received("k1", { item: "new-3" })] }]),
  ).messageIds;
  assert.ok(id !== undefined);
  const { promise: resumed, resolve } = Promise.withResolvers<void>();
  const { promise: parked, resolve: isParked } = Promise.withResolvers<void>();
  const stopListening = bench.wakeup.listen("messages-mapped", isParked);
  const watched = openBench(database, {
    ...bench,
    clock: bench.clock,
    factLog: {
      ...bench.factLog,
      async appendFromOutside(tx, facts) {
        if (facts.some((fact) => fact.id === "k1")) tx.afterCommit(resolve);
        return bench.factLog.appendFromOutside(tx, facts);
      },
    },
  });
  watched.integration.start();
  t.after(async () => {
    stopListening();
    await watched.integration.stop();
  });
  await parked;
  await alias("new-3");
  await resumed;
  assert.deepEqual(await factIds(account), ["k1"]);
});

test("an order with two unknown lines waits for one name after the other, and is taken once", async () => {
  const account = await createPartner(bench, "two-names");
  taken(
    await deliver(bench, account, [
      {
        key: "a",
        records: [
          ordered("o1", [
            { item: "new-4", units: 1 },
            { item: "new-5", units: 1 },
          ]),
        ],
      },
    ]),
  );
  await integration.drain();
  await alias("new-4");
  await integration.drain();
  assert.deepEqual(await factIds(account), []);
  const [open] = await integration.parkedPage({ accountIds: [account], limit: 10 });
  assert.deepEqual(open?.waitsFor, { kind: "item", reference: "sku:new-5" });
  await alias("new-5");
  await integration.drain();
  assert.deepEqual(await factIds(account), ["o1"]);
});

test("a unit that is added lets what was stated in it go on", async () => {
  const account = await createPartner(bench, "units");
  taken(await deliver(bench, account, [{ key: "a", records: [received("u1", { unit: "XPX", units: 2 })] }]));
  await integration.drain();
  assert.deepEqual(await factIds(account), []);
  await governance.saveItems([
    {
      itemId: "widget",
      sku: "widget",
      description: "widget",
      baseUnit: "EA",
      tracking: "none",
      units: [{ unit: "XPX", numerator: 480, denominator: 1 }],
      components: [],
    },
  ]);
  await integration.drain();
  const [fact] = await factsOf(bench, account);
  assert.deepEqual(fact?.type === "StockReceived" && fact.data.quantity, 960);
});

test("each statement is read as of its own time, and waits until somebody says what its name meant then", async () => {
  const account = await createPartner(bench, "times");
  const [first, then] = ["2026-02-01T08:00:00Z", "2026-03-01T08:00:00Z"];
  const march = { kind: "item", scheme: "sku", scope: "", value: "case-1", target: "widget" } as const;
  await governance.saveAliases([{ ...march, validFrom: new Date("2026-03-01T00:00:00Z") }]);
  await governance.saveItems([
    {
      ...{ itemId: "widget", sku: "widget", description: "widget", baseUnit: "EA", tracking: "none" },
      units: [{ unit: "XBX", numerator: 12, denominator: 1, validTo: new Date("2026-02-15T00:00:00Z") }],
      components: [],
    },
  ]);
  const records = [
    received("t1", { item: "case-1", effectiveAt: first }),
    received("t2", { item: "case-1", effectiveAt: then }),
    received("t3", { unit: "XBX", effectiveAt: first }),
    received("t4", { unit: "XBX", effectiveAt: then }),
  ];
  taken(await deliver(bench, account, [{ key: "a", records }]));
  await integration.drain();
  assert.deepEqual((await factIds(account)).toSorted(), ["t2", "t3"]);
  // What is known for another time wakes nothing: neither record was tried again.
  await integration.drain();
  const open = await integration.parkedPage({ accountIds: [account], limit: 10 });
  assert.deepEqual(
    open.map(({ state, attempts }) => [state, attempts]),
    [
      ["waiting", 1],
      ["waiting", 1],
    ],
  );
  await governance.saveAliases([{ ...march, validTo: new Date("2026-03-01T00:00:00Z") }]);
  await governance.saveItems([
    {
      ...{ itemId: "widget", sku: "widget", description: "widget", baseUnit: "EA", tracking: "none" },
      units: [{ unit: "XBX", numerator: 10, denominator: 1, validFrom: new Date("2026-02-15T00:00:00Z") }],
      components: [],
    },
  ]);
  await integration.drain();
  const facts = await factsOf(bench, account);
  assert.deepEqual(
    facts.map((fact) => [fact.id, fact.type === "StockReceived" && fact.data.quantity]).toSorted(),
    [
      ["t1", 1],
      ["t2", 1],
      ["t3", 12],
      ["t4", 10],
    ],
  );
});

test("a record that resumes after its fact came in another message is a duplicate", async () => {
  const account = await createPartner(bench, "late");
  const { messageIds } = taken(
    await deliver(bench, account, [{ key: "a", records: [received("l1", { item: "new-6" })] }]),
  );
  await integration.drain();
  taken(await deliver(bench, account, [{ key: "b", records: [received("l1", { item: "widget" })] }]));
  await integration.drain();
  await alias("new-6");
  await integration.drain();
  assert.deepEqual(await factIds(account), ["l1"]);
  const [status] = await integration.messages(messageIds);
  assert.deepEqual([status?.applied, status?.duplicates, status?.parked], [0, 1, 0]);
});

test("many that wait for one name all go on, in pages, whoever else resumes them", async () => {
  const account = await createPartner(bench, "many");
  const records = Array.from({ length: 1_200 }, (_, index) => received(`m${index}`, { item: "new-7" }));
  taken(await deliver(bench, account, [{ key: "a", records }]));
  await integration.drain();
  await alias("new-7");
  const other = openBench(database, { clock: bench.clock });
  await Promise.all([integration.drain(), other.integration.drain()]);
  await integration.drain();
  assert.equal((await factIds(account)).length, 1_200);
  assert.deepEqual(await integration.parkedPage({ accountIds: [account], limit: 1 }), []);
});

test("a person may retry, and learns what still stands in the way; or drop, for a reason, once", async () => {
  const account = await createPartner(bench, "desk");
  const [id] = taken(
    await deliver(bench, account, [
      { key: "a", records: [received("p1", { item: "new-8" }), received("p2")] },
    ]),
  ).messageIds;
  assert.ok(id !== undefined);
  await integration.drain();
  const again = await integration.retry({ messageId: id, record: 0 });
  assert.deepEqual([again?.state, again?.already, again?.reason], ["waiting", false, "unknown-item"]);
  const dropped = await integration.drop({
    messageId: id,
    record: 0,
    because: "a test order of the warehouse",
  });
  assert.deepEqual([dropped?.state, dropped?.already], ["dropped", false]);
  const twice = await integration.drop({ messageId: id, record: 0, because: "again" });
  assert.deepEqual([twice?.state, twice?.already], ["dropped", true]);
  const record = await integration.parkedRecord({ messageId: id, record: 0 });
  assert.equal(record?.settledBecause, "a test order of the warehouse");
  const status = await integration.message(id);
  assert.deepEqual([status?.applied, status?.ignored, status?.parked], [1, 1, 0]);
  await alias("new-8");
  await integration.drain();
  assert.deepEqual(await factIds(account), ["p2"], "what was dropped stays dropped");
  assert.equal(await integration.retry({ messageId: messageId("none"), record: 0 }), undefined);
});

test("a record that the connector could not read is mapped again on a retry, by what the connector has learnt", async () => {
  const account = await createPartner(bench, "learner");
  const invalid = { is: "invalid", at: "/r1", reason: "no-such-event", message: "Unknown event." } as const;
  const [id] = taken(await deliver(bench, account, [{ key: "a", records: [invalid] }])).messageIds;
  assert.ok(id !== undefined);
  await integration.drain();
  const still = await integration.retry({ messageId: id, record: 0 });
  assert.deepEqual([still?.state, still?.reason], ["parked", "no-such-event"]);
  const { intake } = partner;
  assert.ok(intake !== undefined);
  const learnt = openBench(database, {
    clock: bench.clock,
    connectors: [
      { ...partner, intake: { ...intake, map: () => ({ records: [{ ...received("r1"), at: "/r1" }] }) } },
    ],
  });
  const applied = await learnt.integration.retry({ messageId: id, record: 0 });
  assert.equal(applied?.state, "applied");
  assert.deepEqual(await factIds(account), ["r1"]);
});

test("the list of open records goes by pages, and by account, reason and state", async () => {
  const account = await createPartner(bench, "lists");
  const items = ["list-1", "list-2", "list-3", "list-4"];
  taken(
    await deliver(bench, account, [
      { key: "a", records: items.map((item) => received(`i-${item}`, { item })) },
      { key: "b", records: [{ is: "invalid", at: "", reason: "unreadable", message: "Send it again." }] },
    ]),
  );
  await integration.drain();
  const seen: string[] = [];
  let after: { messageId: ReturnType<typeof messageId>; record: number; parkedAt: Date } | undefined;
  for (let page = 0; page < 10; page += 1) {
    const rows = await integration.parkedPage({ accountIds: [account], limit: 2, after });
    seen.push(...rows.map((row) => row.waitsFor?.reference ?? row.reason));
    after = rows.at(-1);
    if (rows.length < 2) break;
  }
  assert.deepEqual(seen.toSorted(), [...items.map((item) => `sku:${item}`), "unreadable"].toSorted());
  const parked = await integration.parkedPage({ accountIds: [account], state: "parked", limit: 10 });
  assert.deepEqual(
    parked.map((row) => row.reason),
    ["unreadable"],
  );
  const unknown = await integration.parkedPage({ accountIds: [account], reason: "unknown-item", limit: 10 });
  assert.equal(unknown.length, 4);
  assert.deepEqual((await integration.rawMessage(parked[0]?.messageId ?? messageId("none")))?.kind, "lines");
});

test("after all this, every message's counts still make up its records", async () => {
  const wrong = await database.query(sql`
    select m.message_id from integration.message m
    where m.records <> m.applied + m.duplicates + m.ignored + m.parked
       or m.applied <> (select count(*) from backbone.event e where e.causation_id = m.message_id)
       or m.parked <> (select count(*) from integration.parked p
                       where p.message_id = m.message_id and p.state in ('waiting', 'parked'))`);
  assert.deepEqual(wrong, []);
});

test("statements in our own form are kept as a message and answered one by one", async () => {
  const account = await createPartner(bench, "direct");
  const statements = [
    received("s1"),
    received("s1"),
    received("s2", { item: "not-here" }),
    ordered("so", [{ item: "widget", units: 3 }]),
  ].flatMap((record) => (record.is === "stock" || record.is === "order" ? [record.statement] : []));
  const answer = await integration.submit({ accountId: account, statements, correlationId: "c-1" });
  assert.ok("outcomes" in answer);
  assert.deepEqual(
    answer.outcomes.map((outcome) => (outcome.is === "parked" ? outcome.obstacle.reason : outcome.is)),
    ["applied", "duplicate", "unknown-item", "applied"],
  );
  const [order] = answer.outcomes.slice(-1);
  assert.ok(order?.is === "applied" && order.orderId !== undefined);
  const status = await integration.message(answer.messageId);
  assert.deepEqual([status?.state, status?.records, status?.applied, status?.parked], ["mapped", 4, 2, 1]);
  await alias("not-here");
  await integration.drain();
  assert.deepEqual((await factIds(account)).toSorted(), ["s1", "s2", "so"]);
});

/** An order of one line whose item goes by several names. */
function namedOrder(id: string, item: Reference, names: readonly Reference[]): MappedRecord {
  const record = ordered(id, [{ item: "widget", units: 1 }]);
  if (record.is !== "order") throw new Error("an order was made as something else");
  const lines = record.statement.data.lines.map((line) => ({ ...line, item, names: [...names] }));
  return { ...record, statement: { ...record.statement, data: { ...record.statement.data, lines } } };
}

const variant = (value: string): Reference => ({ scheme: "shop-variant", value, scope: "names" });

test("a line goes by the first of its names that is known, and waits for any of them", async () => {
  const account = await createPartner(bench, "names");
  const [id] = taken(
    await deliver(bench, account, [
      {
        key: "a",
        records: [
          namedOrder("o1", variant("11"), [variant("11"), sku("widget")]),
          namedOrder("o2", variant("12"), [variant("12"), sku("late-1"), sku("late-2")]),
          // The same first name with another list is another thing to wait for.
          namedOrder("o3", variant("12"), [variant("12"), sku("late-3")]),
        ],
      },
    ]),
  ).messageIds;
  assert.ok(id !== undefined);
  await integration.drain();
  assert.deepEqual(await factIds(account), ["o1"]);
  const [waiting] = (await integration.message(id))?.parkedRecords ?? [];
  assert.deepEqual(waiting?.waitsFor, {
    kind: "item",
    reference: "shop-variant:12@names or sku:late-1 or sku:late-2",
  });
  await alias("late-2");
  await integration.drain();
  assert.deepEqual(await factIds(account), ["o1", "o2"]);
  await alias("late-3");
  await integration.drain();
  assert.deepEqual(await factIds(account), ["o1", "o2", "o3"]);
  const [first] = await factsOf(bench, account);
  assert.equal(first?.type, "OrderReceived");
  if (first?.type !== "OrderReceived") return;
  assert.deepEqual(
    first.data.lines[0]?.names,
    [variant("11"), sku("widget")],
    "the papers give all names back",
  );
});

test("names of one line that lead to different items park the order, and both are told", async () => {
  const account = await createPartner(bench, "disagreeing");
  await saveMaster(bench, ["left", "right"]);
  const [id] = taken(
    await deliver(bench, account, [
      { key: "a", records: [namedOrder("o1", sku("left"), [sku("left"), sku("nowhere"), sku("right")])] },
    ]),
  ).messageIds;
  assert.ok(id !== undefined);
  await integration.drain();
  const [parked] = (await integration.message(id))?.parkedRecords ?? [];
  assert.deepEqual([parked?.state, parked?.reason], ["parked", "names-disagree"]);
  assert.match(parked?.detail ?? "", /sku:left is item left, and sku:right is item right/);
  assert.deepEqual(await factIds(account), []);
});

test("a record with many long names waits for as many of them as an index takes", async () => {
  const account = await createPartner(bench, "long-names");
  const names = Array.from({ length: 12 }, (_, index) => sku(`${index}-${"\u{1F4E6}".repeat(95)}`));
  const [first] = names;
  assert.ok(first !== undefined);
  const [id] = taken(
    await deliver(bench, account, [{ key: "a", records: [namedOrder("o1", first, names)] }]),
  ).messageIds;
  assert.ok(id !== undefined);
  await integration.drain();
  const status = await integration.message(id);
  assert.deepEqual([status?.state, status?.parked], ["mapped", 1]);
});
