import assert from "node:assert/strict";
import { test } from "node:test";
import { type AccountId, lineId, messageId } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import fc from "fast-check";
import { testDatabase } from "#test/database.ts";
import { type Database, platformErrors, Retryable, sql } from "../../src/platform/index.ts";
import {
  type Bench,
  createPartner,
  deliver,
  factsOf,
  openBench,
  ordered,
  type PartnerMessage,
  received,
  saveMaster,
  sku,
  stock,
  taken,
} from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database);
const { integration } = bench;
await saveMaster(bench, ["widget", "gadget"]);

async function mapped({ integration: own }: Bench, account: AccountId, messages: readonly PartnerMessage[]) {
  const { messageIds } = taken(await deliver({ ...bench, integration: own }, account, messages));
  await own.drain();
  return own.messages(messageIds);
}

test("a record becomes a fact of its account, in base units, with the message that caused it", async () => {
  const account = await createPartner(bench, "plain");
  const receipt = taken(
    await deliver(bench, account, [
      { key: "a", records: [received("p1", { units: 3, unit: "XCS", number: 7 })] },
    ]),
  );
  await integration.drain();
  const [fact] = await factsOf(bench, account);
  assert.deepEqual(
    { ...fact, position: undefined, recordedAt: undefined, number: undefined },
    {
      type: "StockReceived",
      data: { item: "widget", location: "wh-1", quantity: 36 },
      id: "p1",
      source: "/accounts/plain",
      effectiveAt: "2026-03-02T08:00:00.000Z",
      sequence: { stream: "events", number: 7 },
      correlationId: receipt.correlationId,
      causationId: receipt.messageIds[0],
      position: undefined,
      recordedAt: undefined,
      number: undefined,
    },
  );
});

test("three deliveries of everything, in any order, give every fact once", async () => {
  const account = await createPartner(bench, "thrice");
  const messages = Array.from({ length: 12 }, (_, index) => ({
    key: `k${index}`,
    // Neighbouring messages say the same thing under two keys as well.
    records: [received(`t${index}`), received(`t${index + 1}`)],
  }));
  const order = [...messages, ...messages, ...messages].toSorted((a, b) => hash(a.key) - hash(b.key));
  for (const message of order) {
    await deliver(bench, account, [message]);
    if (hash(message.key) % 3 === 0) await integration.drain();
  }
  await integration.drain();
  const facts = await factsOf(bench, account);
  assert.deepEqual(
    facts.map((fact) => fact.id).toSorted(),
    Array.from({ length: 13 }, (_, index) => `t${index}`).toSorted(),
  );
});

const hash = (text: string) => [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 997, 7);

test("a fact id that a message says twice counts once and is a duplicate once", async () => {
  const account = await createPartner(bench, "echo");
  const [status] = await mapped(bench, account, [
    { key: "a", records: [received("e1"), received("e1"), { is: "ignored", at: "/2", reason: "a comment" }] },
  ]);
  assert.deepEqual(
    [status?.records, status?.applied, status?.duplicates, status?.ignored, status?.parked],
    [3, 1, 1, 1, 0],
  );
});

const moved = (id: string, value: string | number, unit = "EA") =>
  stock({
    type: "StockPicked",
    id,
    effectiveAt: "2026-03-02T08:00:00Z",
    data: { item: sku("widget"), location: { scheme: "code", value: "WH1" }, quantity: { value, unit } },
  });
const counted = (id: string, value: number) =>
  stock({
    type: "StockCounted",
    id,
    effectiveAt: "2026-03-02T08:00:00Z",
    data: { item: sku("widget"), location: { scheme: "code", value: "WH1" }, counted: { value, unit: "EA" } },
  });

test("what cannot be a fact is parked with its reason and what to do, and its neighbours go on", async () => {
  const account = await createPartner(bench, "mixed");
  const [status] = await mapped(bench, account, [
    {
      key: "a",
      records: [
        received("m1"),
        received("m2", { item: "nothing-we-know" }),
        moved("m3", 0),
        moved("m4", "-2"),
        moved("m5", "0.5", "EA"),
        moved("m6", 1, "KGM"),
        { is: "invalid", at: "/6", reason: "no-such-event", message: "Send a known event." },
        counted("m8", 0),
        stock({
          type: "StockReceived",
          id: "m9",
          effectiveAt: "2026-03-02T08:00:00Z",
          data: {
            item: sku("widget"),
            location: { scheme: "id", value: "supplier" },
            quantity: { value: 1, unit: "EA" },
          },
        }),
        received("m10"),
      ],
    },
  ]);
  assert.deepEqual([status?.records, status?.applied, status?.parked], [10, 3, 7]);
  assert.deepEqual((await factsOf(bench, account)).map((fact) => fact.id).toSorted(), ["m1", "m10", "m8"]);
  const parked = (await integration.message(status?.messageId ?? ("" as never)))?.parkedRecords ?? [];
  assert.deepEqual(
    parked.map((row) => [row.record, row.reason, row.state, row.waitsFor?.reference]),
    [
      [1, "unknown-item", "waiting", "sku:nothing-we-know"],
      [2, "quantity-not-positive", "parked", undefined],
      [3, "quantity-not-positive", "parked", undefined],
      [4, "unit-lossy", "parked", undefined],
      [5, "unknown-unit", "waiting", "sku:widget/KGM"],
      [6, "no-such-event", "parked", undefined],
      [8, "virtual-location", "parked", undefined],
    ],
  );
  for (const row of parked)
    assert.match(row.detail, /\b(Make|Have|have|Add|Correct|Send|Check)\b/, row.reason);
});

test("a shipment with one unknown line is parked whole", async () => {
  const account = await createPartner(bench, "cartons");
  const shipment = (id: string, items: readonly string[]) =>
    stock({
      type: "ShipmentDispatched",
      id,
      effectiveAt: "2026-03-02T08:00:00Z",
      data: {
        location: { scheme: "code", value: "WH1" },
        shipmentNumber: id,
        cartons: items.map((item) => ({ lines: [{ item: sku(item), quantity: { value: 1, unit: "XCS" } }] })),
      },
    });
  const [status] = await mapped(bench, account, [
    { key: "a", records: [shipment("s1", ["widget", "gadget"]), shipment("s2", ["widget", "stranger"])] },
  ]);
  assert.deepEqual([status?.applied, status?.parked], [1, 1]);
  const [fact] = await factsOf(bench, account);
  assert.deepEqual(fact?.type === "ShipmentDispatched" && fact.data.cartons, [
    { lines: [{ item: "widget", quantity: 12 }] },
    { lines: [{ item: "gadget", quantity: 12 }] },
  ]);
});

test("an order is taken whole under an id of its own, and a second statement of it is a duplicate", async () => {
  const account = await createPartner(bench, "buyer");
  const statuses = await mapped(bench, account, [
    { key: "a", records: [ordered("o1", [{ item: "widget", units: 2 }])] },
    { key: "b", records: [ordered("o1", [{ item: "widget", units: 2 }])] },
    {
      key: "c",
      records: [
        ordered("o2", [
          { item: "widget", units: 2 },
          { item: "stranger", units: 1 },
        ]),
      ],
    },
  ]);
  assert.deepEqual(
    statuses.map((status) => [status.applied, status.duplicates, status.parked]),
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  );
  const [fact, ...others] = await factsOf(bench, account);
  assert.deepEqual(others, []);
  assert.ok(fact?.type === "OrderReceived");
  assert.equal(fact.id, "o1");
  assert.match(fact.data.orderId, /^ord-[0-9a-f]{24}$/);
  assert.equal(fact.data.channelId, "edi");
  assert.deepEqual(fact.data.lines, [
    {
      lineId: lineId("1"),
      names: [sku("widget")],
      itemId: "widget",
      ordered: { value: 2, unit: "EA" },
      quantity: 2,
    },
  ]);
});

test("a message whose mapping throws is dead after three attempts, and everything else goes on", async () => {
  const account = await createPartner(bench, "brittle");
  const statuses = await mapped(bench, account, [
    { key: "a", records: [received("b1")] },
    { key: "b", breaks: "cannot read this" },
    { key: "c", records: [received("b2")] },
  ]);
  assert.deepEqual(
    statuses.map((status) => [status.state, status.attempts]),
    [
      ["mapped", 0],
      ["stored", 1],
      ["mapped", 0],
    ],
  );
  for (let attempt = 0; attempt < 3; attempt += 1) {
    bench.clock.advance(60_000);
    await integration.drain();
  }
  const [, broken] = await integration.messages(statuses.map((status) => status.messageId));
  assert.deepEqual([broken?.state, broken?.attempts], ["dead", 3]);
  assert.match(broken?.problem ?? "", /cannot read this/);
});

test("a message that the database refuses is found and put aside; its neighbours in the claim are applied", async () => {
  const account = await createPartner(bench, "poison");
  // A reply with a NUL is a breach of the kit's laws, and PostgreSQL does not take it.
  const { messageIds } = taken(
    await deliver(bench, account, [
      { key: "a", records: [received("x1")] },
      { key: "b", records: [moved("x2", 1)], reply: "\u0000" },
      { key: "c", records: [received("x3")] },
    ]),
  );
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await integration.drain();
    bench.clock.advance(60_000);
  }
  const statuses = await integration.messages(messageIds);
  assert.deepEqual(
    statuses.map((status) => status.state),
    ["mapped", "dead", "mapped"],
  );
  assert.deepEqual((await factsOf(bench, account)).map((fact) => fact.id).toSorted(), ["x1", "x3"]);
});

const unstorable: readonly { readonly says: string; readonly change: object }[] = [
  { says: "an id with a NUL", change: { id: "n\u0000" } },
  { says: "an id with half of a surrogate pair", change: { id: "\ud800" } },
  { says: "a moment that no calendar has", change: { effectiveAt: "2026-02-31T08:00:00Z" } },
  { says: "an offset that no clock has", change: { effectiveAt: "2026-03-01T08:00:00+23:59" } },
];

for (const [index, { says, change }] of unstorable.entries()) {
  test(`a record with ${says} is parked alone, whether a connector or its sender made it`, async () => {
    const account = await createPartner(bench, `unstorable-${index}`);
    const good = moved("good", 1);
    const bad = moved("bad", 1);
    assert.ok(bad.is === "stock" && good.is === "stock");
    const broken = { ...bad, statement: { ...bad.statement, ...change } };
    const [status] = await mapped(bench, account, [{ key: "a", records: [received("first"), broken] }]);
    assert.deepEqual([status?.state, status?.applied, status?.parked], ["mapped", 1, 1]);
    const statements = [good.statement, broken.statement];
    const answer = await integration.submit({ accountId: account, statements, correlationId: "c" });
    assert.ok("outcomes" in answer);
    assert.deepEqual(
      answer.outcomes.map((outcome) => (outcome.is === "parked" ? outcome.obstacle.reason : outcome.is)),
      ["applied", "unstorable"],
    );
  });
}

test("an id that says something else than before is parked, and one that says the same is a duplicate", async () => {
  const account = await createPartner(bench, "contradictory");
  await mapped(bench, account, [{ key: "a", records: [received("c1", { units: 1 })] }]);
  const [status] = await mapped(bench, account, [
    {
      key: "b",
      records: [
        received("c1", { units: 1 }),
        received("c1", { units: 2 }),
        received("c2"),
        received("c2", { item: "gadget" }),
      ],
    },
  ]);
  assert.deepEqual([status?.applied, status?.duplicates, status?.parked], [1, 1, 2]);
  const message = await integration.message(status?.messageId ?? messageId("none"));
  assert.deepEqual(
    message?.parkedRecords.map(({ record, state, reason }) => [record, state, reason]),
    [
      [1, "parked", "contradicts-earlier"],
      [3, "parked", "contradicts-earlier"],
    ],
  );
  assert.equal((await factsOf(bench, account)).length, 2, "the first telling stands");
});

test("an order that comes again with other content is parked with what differs, and with the same it is a duplicate", async () => {
  const account = await createPartner(bench, "reordering");
  const lines = (units: number) => [{ item: "widget", units }];
  await mapped(bench, account, [{ key: "a", records: [ordered("r1", lines(5))] }]);
  const [status] = await mapped(bench, account, [
    { key: "b", records: [ordered("r1", lines(5)), ordered("r1", lines(8))] },
  ]);
  assert.deepEqual([status?.applied, status?.duplicates, status?.parked], [0, 1, 1]);
  const [parked] = (await integration.message(status?.messageId ?? messageId("none")))?.parkedRecords ?? [];
  assert.deepEqual([parked?.record, parked?.state, parked?.reason], [1, "parked", "contradicts-earlier"]);
  assert.match(parked?.detail ?? "", /Order PO-r1 .*lines\/0\/ordered\/value was 5 and is 8/);
  assert.equal((await factsOf(bench, account)).length, 1, "the first telling is the order");
});

test("a movement of a day to come, or of a date that was never set, is parked until its time has come", async () => {
  const account = await createPartner(bench, "calendar");
  const at = (id: string, effectiveAt: string): MappedRecord => {
    const record = received(id);
    return record.is === "stock" ? { ...record, statement: { ...record.statement, effectiveAt } } : record;
  };
  const now = bench.clock.now().getTime();
  const ahead = (hours: number) => new Date(now + hours * 3_600_000).toISOString();
  const [status] = await mapped(bench, account, [
    {
      key: "a",
      records: [
        at("skewed", ahead(23)),
        at("future", ahead(25)),
        at("never", "9999-12-31T23:59:59Z"),
        at("unset", "0001-01-01T00:00:00Z"),
      ],
    },
  ]);
  assert.deepEqual([status?.applied, status?.parked], [1, 3]);
  const id = status?.messageId ?? messageId("none");
  const parked = (await integration.message(id))?.parkedRecords;
  assert.deepEqual(
    parked?.map(({ reason }) => reason),
    ["effective-in-future", "effective-in-future", "effective-long-ago"],
  );
  bench.clock.advance(2 * 3_600_000);
  assert.equal((await integration.retry({ messageId: id, record: 1 }))?.state, "applied");
  assert.equal((await integration.retry({ messageId: id, record: 2 }))?.state, "parked");
});

test("a process that dies before its commit leaves nothing half done; after its commit, nothing is done twice", async () => {
  const account = await createPartner(bench, "mortal");
  const messages = Array.from({ length: 5 }, (_, index) => ({
    key: `k${index}`,
    records: [received(`d${index}`, { number: index }), received(`u${index}`, { item: "unknown-for-now" })],
    reply: { to: index },
  }));
  taken(await deliver(bench, account, messages));
  const before = await census(database);
  for (const dies of ["before the commit", "after the commit"] as const) {
    const mortal = openBench(dying(database, dies), { clock: bench.clock });
    await assert.rejects(mortal.integration.drain(), /killed/);
    const after = await census(database);
    if (dies === "before the commit") assert.deepEqual(after, before);
    else assert.notDeepEqual(after, before);
  }
  await integration.drain();
  assert.equal((await factsOf(bench, account)).length, 5);
  const counts = await database.query<{ applied: number; parked: number; replies: number }>(sql`
    select sum(applied) as applied, sum(parked) as parked,
           (select count(*) from integration.document where account_id = 'mortal') as replies
    from integration.message where account_id = 'mortal'`);
  assert.deepEqual({ ...counts[0] }, { applied: 5, parked: 5, replies: 5 });
});

/** The same database for a process that is killed around its first commit, and does nothing after it. */
function dying(alive: Database, dies: "before the commit" | "after the commit"): Database {
  const killed = () => new Retryable(platformErrors.databaseConnectionLost, "killed");
  let isDead = false;
  const whileAlive = <Value>(work: () => Promise<Value>) => (isDead ? Promise.reject(killed()) : work());
  return {
    ...alive,
    query: (statement) => whileAlive(() => alive.query(statement)),
    execute: (statement) => whileAlive(() => alive.execute(statement)),
    transaction: (work, options) =>
      whileAlive(async () => {
        await alive.transaction(async (tx) => {
          await work(tx);
          isDead = true;
          if (dies === "before the commit") throw killed();
        }, options);
        throw killed();
      }),
  };
}

async function census(from: Database): Promise<unknown> {
  return from.query(sql`
    select (select count(*) from backbone.event) as events, (select count(*) from integration.parked) as parked,
           (select count(*) from integration.document) as documents, (select count(*) from integration.gap) as gaps,
           (select count(*) from integration.message where state = 'mapped') as mapped`);
}

test("two processes share the messages and map each once", async () => {
  const account = await createPartner(bench, "shared");
  const other = openBench(database, { clock: bench.clock });
  const messages = Array.from({ length: 200 }, (_, index) => ({
    key: `k${index}`,
    records: [received(`w${index % 150}`, { number: index })],
  }));
  for (let start = 0; start < messages.length; start += 20) {
    taken(await deliver(bench, account, messages.slice(start, start + 20)));
  }
  await Promise.all([integration.drain(), other.integration.drain()]);
  assert.equal((await factsOf(bench, account)).length, 150);
  const [sums] = await database.query<{ applied: number; duplicates: number; open: number }>(sql`
    select sum(applied) as applied, sum(duplicates) as duplicates, count(*) filter (where state <> 'mapped') as open
    from integration.message where account_id = 'shared'`);
  assert.deepEqual({ ...sums }, { applied: 150, duplicates: 50, open: 0 });
  assert.deepEqual(await integration.gaps({ accountId: account, limit: 10 }), []);
});

test("numbers that are missing are told with their age, and close when they arrive", async () => {
  const account = await createPartner(bench, "numbered");
  await mapped(bench, account, [
    { key: "a", records: [received("n1", { number: 1 }), received("n5", { number: 5 })] },
  ]);
  bench.clock.advance(90_000);
  await mapped(bench, account, [{ key: "b", records: [received("n3", { number: 3, item: "not-known" })] }]);
  const gaps = await integration.gaps({ accountId: account, limit: 10 });
  assert.deepEqual(
    gaps.map((gap) => [gap.stream, gap.first, gap.last, gap.ageSeconds]),
    [
      ["events", 2, 2, 90],
      ["events", 4, 4, 90],
    ],
    "a parked record's number has arrived all the same",
  );
  await mapped(bench, account, [
    { key: "c", records: [received("n4", { number: 4 }), received("n2", { number: 2 })] },
  ]);
  assert.deepEqual(await integration.gaps({ accountId: account, limit: 10 }), []);
});

const someRecord = fc.oneof(
  fc.integer({ min: 0, max: 30 }).map((id) => received(`g${id}`)),
  fc.integer({ min: 0, max: 30 }).map((id) => received(`q${id}`, { item: `unknown-${id % 4}` })),
  fc.integer({ min: 0, max: 30 }).map((id) => moved(`z${id}`, 0)),
  fc.constant<MappedRecord>({ is: "ignored", at: "", reason: "a comment" }),
  fc.constant<MappedRecord>({ is: "invalid", at: "", reason: "unreadable", message: "Send it again." }),
);

test("every record of every mix is applied, a duplicate, ignored or parked, and every fact has its record", async () => {
  const account = await createPartner(bench, "law");
  let key = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(someRecord, { maxLength: 12 }), { minLength: 1, maxLength: 4 }),
      async (mix) => {
        const messages = mix.map((records) => ({ key: `k${key++}`, records }));
        const statuses = await mapped(bench, account, messages);
        for (const [index, status] of statuses.entries()) {
          assert.equal(status.state, "mapped");
          assert.equal(status.records, mix[index]?.length);
          assert.equal(status.records, status.applied + status.duplicates + status.ignored + status.parked);
        }
        const [books] = await database.query<{
          applied: number;
          parked: number;
          facts: number;
          open: number;
        }>(sql`
        select sum(m.applied) as applied, sum(m.parked) as parked,
               (select count(*) from backbone.event where source = '/accounts/law') as facts,
               (select count(*) from integration.parked p join integration.message n using (message_id)
                where n.account_id = 'law' and p.state in ('waiting', 'parked')) as open
        from integration.message m where m.account_id = 'law'`);
        assert.equal(books?.applied, books?.facts);
        assert.equal(books?.parked, books?.open);
      },
    ),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) },
  );
});

test("what was counted can be read by a monitor", async () => {
  const text = await bench.metricsText();
  assert.match(text, /crossdock_integration_messages_total\{connector="partner",answer="stored"\} \d+/);
  assert.match(text, /crossdock_integration_records_total\{outcome="applied"\} \d+/);
  assert.match(text, /crossdock_integration_parked_records \d+/);
});
