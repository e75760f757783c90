import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AccountId,
  accountId,
  itemId,
  locationId,
  type MessageId,
  quantity,
  type StockStatement,
} from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import fc from "fast-check";
import { manualClock } from "#test/clock.ts";
import { testDatabase } from "#test/database.ts";
import { fingerprintOf } from "../../src/integration/fingerprint.ts";
import type { DuplicateRules } from "../../src/integration/index.ts";
import { sql } from "../../src/platform/index.ts";
import {
  type Bench,
  createPartner,
  deliver,
  factsOf,
  openBench,
  saveMaster,
  sku,
  stock,
  taken,
} from "./partner.ts";

const { database } = await testDatabase();
const clock = manualClock();
const bench = openBench(database, { clock });
const { integration } = bench;
await saveMaster(bench, ["widget", "gadget"]);

const DAY_MS = 24 * 60 * 60 * 1_000;
const reason = "suspect-duplicate";

type Receipt = Extract<StockStatement, { readonly type: "StockReceived" }>;

const MORNING = "2026-03-02T08:00:00Z";

/** Goods that came in, under the papers given. */
function goodsIn(id: string, papers: Partial<Receipt["data"]>, effectiveAt = MORNING): MappedRecord {
  const location = { scheme: "code", value: "WH1" };
  const data = { item: sku("widget"), location, quantity: { value: 24, unit: "EA" }, ...papers };
  return stock({ type: "StockReceived", id, effectiveAt, data });
}

/** A line of a goods receipt. Whoever changes nothing but the id tells the same line under another id. */
function receiptLine(
  id: string,
  differs: Partial<Receipt["data"]> = {},
  effectiveAt = MORNING,
): MappedRecord {
  return goodsIn(id, { receiptNumber: "GR-1", receiptLine: "1", ...differs }, effectiveAt);
}

let messages = 0;

/** Delivers records as a message of their own, and gives its id once everything is mapped. */
async function tell(account: AccountId, records: readonly MappedRecord[]): Promise<MessageId> {
  messages += 1;
  const [id] = taken(await deliver(bench, account, [{ key: `m${messages}`, records }])).messageIds;
  await integration.drain();
  assert.ok(id !== undefined);
  return id;
}

async function countsOf(id: MessageId) {
  const status = await integration.message(id);
  assert.ok(status !== undefined);
  const { records, applied, duplicates, ignored, parked } = status;
  assert.equal(records, applied + duplicates + ignored + parked);
  return { applied, duplicates, ignored, parked };
}

const idsOf = async (account: AccountId, from: Bench = bench) =>
  (await factsOf(from, account)).map(({ id }) => id).toSorted();

async function withRules(id: string, duplicates: DuplicateRules): Promise<AccountId> {
  const account = await createPartner(bench, id);
  const answer = await integration.accounts.change(account, { duplicates });
  assert.ok("changed" in answer, JSON.stringify(answer));
  return account;
}

test("the same receipt line under a new id is held, and names what it looks like", async () => {
  const account = await createPartner(bench, "held");
  const first = await tell(account, [receiptLine("r1")]);
  const second = await tell(account, [receiptLine("r2", {}, "2026-03-02T09:00:00Z")]);
  assert.deepEqual(await countsOf(first), { applied: 1, duplicates: 0, ignored: 0, parked: 0 });
  assert.deepEqual(await countsOf(second), { applied: 0, duplicates: 0, ignored: 0, parked: 1 });
  const [record] = (await integration.message(second))?.parkedRecords ?? [];
  assert.equal(record?.reason, reason);
  assert.match(record?.detail ?? "", /r2 says what r1 said/);
  assert.ok(record?.detail.includes(first), "the message that counted is named");
  assert.deepEqual(await idsOf(account), ["r1"]);
});

test("a person who retries what is held says that it is another one, and it counts once", async () => {
  const account = await createPartner(bench, "released");
  await tell(account, [receiptLine("r1")]);
  const messageId = await tell(account, [receiptLine("r2")]);
  const id = { messageId, record: 0 };
  assert.equal((await integration.retry(id))?.state, "applied");
  assert.equal((await integration.retry(id))?.already, true);
  assert.deepEqual(await countsOf(messageId), { applied: 1, duplicates: 0, ignored: 0, parked: 0 });
  assert.deepEqual(await idsOf(account), ["r1", "r2"]);
  // Told again under its own id it is what it is: a duplicate, and no suspect.
  assert.deepEqual(await countsOf(await tell(account, [receiptLine("r2")])), {
    applied: 0,
    duplicates: 1,
    ignored: 0,
    parked: 0,
  });
  const third = await tell(account, [receiptLine("r3")]);
  assert.equal((await countsOf(third)).parked, 1);
});

test("a person who drops what is held says that it is the same: it is a duplicate, with the reason", async () => {
  const account = await createPartner(bench, "same");
  await tell(account, [receiptLine("r1")]);
  const messageId = await tell(account, [receiptLine("r2")]);
  const answer = await integration.drop({ messageId, record: 0, because: "the scanner was restarted" });
  assert.equal(answer?.state, "duplicate");
  assert.deepEqual(await countsOf(messageId), { applied: 0, duplicates: 1, ignored: 0, parked: 0 });
  const record = await integration.parkedRecord({ messageId, record: 0 });
  assert.equal(record?.settledBecause, "the scanner was restarted");
});

test("what differs in anything that makes a receipt line is another line", async () => {
  const account = await createPartner(bench, "others");
  const id = await tell(account, [
    receiptLine("r1"),
    receiptLine("r2", { receiptLine: "2" }),
    receiptLine("r3", { receiptNumber: "GR-2" }),
    receiptLine("r4", { item: sku("gadget") }),
    receiptLine("r5", { location: { scheme: "code", value: "WH2" } }),
    receiptLine("r6", { quantity: { value: 25, unit: "EA" } }),
    receiptLine("r7", { lot: "L1" }),
    receiptLine("r8", { status: "damaged" }),
    receiptLine("r9", { purchaseOrder: "PO-1" }),
  ]);
  assert.deepEqual(await countsOf(id), { applied: 9, duplicates: 0, ignored: 0, parked: 0 });
  // Two cases of twelve are the same 24 units.
  const again = await tell(account, [receiptLine("r10", { quantity: { value: 2, unit: "XCS" } })]);
  assert.deepEqual(await countsOf(again), { applied: 0, duplicates: 0, ignored: 0, parked: 1 });
});

test("without a line, two equal amounts of one document are the same only at the same moment", async () => {
  const account = await createPartner(bench, "moments");
  const pallet = (id: string, at: string) => goodsIn(id, { purchaseOrder: "PO-7" }, at);
  const id = await tell(account, [
    pallet("p1", "2026-03-02T08:00:00Z"),
    pallet("p2", "2026-03-02T08:05:00Z"),
    pallet("p3", "2026-03-02T09:00:00+01:00"),
  ]);
  assert.deepEqual(await countsOf(id), { applied: 2, duplicates: 0, ignored: 0, parked: 1 });
  assert.deepEqual(await idsOf(account), ["p1", "p2"]);
});

test("what names no document is never a suspect", async () => {
  const account = await createPartner(bench, "nameless");
  const id = await tell(account, [goodsIn("n1", {}), goodsIn("n2", {})]);
  assert.deepEqual(await countsOf(id), { applied: 2, duplicates: 0, ignored: 0, parked: 0 });
});

test("an account may have its doubts accepted or dropped, kind by kind, and both are counted", async () => {
  const accepting = await withRules("accepts", { StockReceived: { policy: "accept", windowDays: 30 } });
  await tell(accepting, [receiptLine("r1")]);
  const accepted = await tell(accepting, [receiptLine("r2")]);
  assert.deepEqual(await countsOf(accepted), { applied: 1, duplicates: 0, ignored: 0, parked: 0 });
  const dropping = await withRules("drops", { StockReceived: { policy: "drop", windowDays: 30 } });
  await tell(dropping, [receiptLine("r1")]);
  const dropped = await tell(dropping, [receiptLine("r2"), receiptLine("r1")]);
  assert.deepEqual(await countsOf(dropped), { applied: 0, duplicates: 2, ignored: 0, parked: 0 });
  const text = await bench.metricsText();
  const line = (labels: string) => `crossdock_integration_duplicates_total{${labels}} 1`;
  assert.ok(
    text.includes(line(`account="accepts",kind="StockReceived",layer="fingerprint",outcome="accepted"`)),
    text,
  );
  assert.ok(
    text.includes(line(`account="drops",kind="StockReceived",layer="fingerprint",outcome="duplicate"`)),
    text,
  );
  assert.ok(text.includes(line(`account="drops",kind="StockReceived",layer="id",outcome="duplicate"`)), text);
  const off = await withRules("off", { StockReceived: { policy: "hold", windowDays: 0 } });
  const unseen = await tell(off, [receiptLine("r1"), receiptLine("r2")]);
  assert.deepEqual(await countsOf(unseen), { applied: 2, duplicates: 0, ignored: 0, parked: 0 });
  const wrong = await integration.accounts.change(off, {
    duplicates: { StockCounted: { policy: "drop", windowDays: 1 } },
  });
  assert.ok("refused" in wrong && wrong.refused.reason === "wrong-duplicates");
});

test("beyond the window the same counts as something new", async () => {
  const account = await createPartner(bench, "window");
  await tell(account, [receiptLine("r1")]);
  clock.advance(30 * DAY_MS);
  const later = await tell(account, [receiptLine("r2")]);
  assert.equal((await countsOf(later)).applied, 1);
  const soon = await tell(account, [receiptLine("r3")]);
  const [held] = (await integration.message(soon))?.parkedRecords ?? [];
  assert.match(held?.detail ?? "", /r3 says what r2 said/);
});

test("what has fallen out of its window is forgotten in batches, by one process at a time", async () => {
  const account = await createPartner(bench, "forgotten");
  await tell(account, [receiptLine("f1"), receiptLine("f2", { receiptLine: "2" })]);
  const remembered = async () =>
    (await integration.intake(account))?.rules.find(({ kind }) => kind === "StockReceived")?.remembered;
  assert.equal(await remembered(), 2);
  clock.advance(29 * DAY_MS);
  await integration.forgetFingerprints();
  assert.equal(await remembered(), 2);
  const [lease] = await bench.leases.take(["integration/forgetting"]);
  clock.advance(1 * DAY_MS);
  assert.equal(await openBench(database, { clock }).integration.forgetFingerprints(), 0, "somebody is at it");
  await lease?.giveBack();
  assert.ok((await integration.forgetFingerprints()) >= 2);
  assert.equal(await remembered(), 0);
  assert.match(await bench.metricsText(), /crossdock_integration_fingerprint_oldest_seconds /);
});

test("an account's intake adds up, whatever became of what it sent", async () => {
  const account = await createPartner(bench, "adds-up");
  await tell(account, [receiptLine("r1"), receiptLine("r2"), receiptLine("r3"), receiptLine("r1")]);
  const messageId = await tell(account, [receiptLine("r4", { item: sku("nobody-knows") })]);
  await integration.drop({ messageId, record: 0, because: "a test" });
  const again = { key: "told-twice", records: [receiptLine("r5", { receiptLine: "5" })] };
  await deliver(bench, account, [again]);
  await deliver(bench, account, [again]);
  await deliver(bench, account, [{ key: "told-twice", records: [] }]);
  await integration.drain();
  await deliver(bench, account, [{ key: "not-yet-mapped", records: [] }]);
  const intake = await integration.intake(account);
  assert.deepEqual(intake?.equation, {
    received: 9,
    applied: 2,
    duplicate: 2,
    waiting: 1,
    parked: 3,
    deadLettered: 0,
    ignored: 0,
    dismissed: 1,
  });
  assert.equal(intake?.isBalanced, true);
  assert.deepEqual(intake?.duplicates, {
    delivery: 1,
    id: 1,
    fingerprint: { held: 2, released: 0, duplicate: 0, accepted: 0 },
  });
  assert.equal(await integration.intake("nobody" as AccountId), undefined);
  await integration.drain();
});

test("an attempt that did not count stands in nobody's way", async () => {
  const account = await createPartner(bench, "failed-first");
  // r1 waits for a name, and so says nothing yet; r2 says it with a name that is known.
  const waiting = await tell(account, [receiptLine("r1", { item: sku("not-yet") })]);
  const second = await tell(account, [receiptLine("r2")]);
  assert.equal((await countsOf(second)).applied, 1);
  await bench.governance.saveAliases([
    { kind: "item", scheme: "sku", scope: "", value: "not-yet", target: "widget" },
  ]);
  await integration.drain();
  // By now r1 is the later of the two.
  const [held] = (await integration.message(waiting))?.parkedRecords ?? [];
  assert.equal(held?.reason, reason);
  assert.match(held?.detail ?? "", /r1 says what r2 said/);
});

test("an id that contradicts itself claims nothing for what it says second", async () => {
  const account = await createPartner(bench, "contradicts");
  await tell(account, [receiptLine("r1", { receiptLine: "9" })]);
  // In one message the contradiction stands before the honest one that says the same.
  const id = await tell(account, [receiptLine("r1"), receiptLine("r2"), receiptLine("r3")]);
  assert.deepEqual(await countsOf(id), { applied: 1, duplicates: 0, ignored: 0, parked: 2 });
  assert.deepEqual(await idsOf(account), ["r1", "r2"]);
});

test("a transaction that is rolled back leaves no fingerprint", async () => {
  const account = await createPartner(bench, "rolled-back");
  const broken = openBench(database, {
    clock,
    factLog: {
      ...bench.factLog,
      async appendFromOutside(tx, facts) {
        await bench.factLog.appendFromOutside(tx, facts);
        throw new Error("the process ends here");
      },
    },
  });
  taken(await deliver(bench, account, [{ key: "a", records: [receiptLine("r1")] }]));
  await broken.integration.drain();
  assert.deepEqual(await idsOf(account), []);
  messages += 1;
  taken(await deliver(bench, account, [{ key: `m${messages}`, records: [receiptLine("r2")] }]));
  await integration.drain();
  assert.deepEqual(await idsOf(account), ["r2"]);
});

test("of many processes that are told the same under ids of their own, one counts it", async () => {
  const account = await createPartner(bench, "races");
  const processes = Array.from({ length: 4 }, () => openBench(database, { clock }));
  for (let turn = 0; turn < 10; turn += 1) {
    const outcomes = await Promise.all(
      processes.map((process, place) => {
        const { statement } = statementIn(receiptLine(`t${turn}-${place}`, { receiptNumber: `GR-${turn}` }));
        return process.integration.submit({
          accountId: account,
          statements: [statement],
          correlationId: "race",
        });
      }),
    );
    const kinds = outcomes.flatMap((answer) =>
      "outcomes" in answer ? answer.outcomes.map(({ is }) => is) : [],
    );
    assert.deepEqual(kinds.toSorted(), ["applied", "parked", "parked", "parked"]);
  }
  assert.equal((await idsOf(account)).length, 10);
});

function statementIn(record: MappedRecord): { readonly statement: StockStatement } {
  if (record.is !== "stock") throw new Error("no stock statement");
  return record;
}

const property = fc.record({
  tellings: fc.array(
    fc.record({ line: fc.integer({ min: 1, max: 3 }), id: fc.integer({ min: 1, max: 4 }) }),
    { minLength: 1, maxLength: 12 },
  ),
  split: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
});

test("however tellings are split and repeated, each line counts once and everything is accounted for", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(property, async ({ tellings, split }) => {
      run += 1;
      const account = await createPartner(bench, `property-${run}`);
      // An id always says the same: the line that it is of.
      const records = tellings.map(({ line, id }) =>
        receiptLine(`l${line}-${id}`, { receiptLine: String(line) }),
      );
      let batch: MappedRecord[] = [];
      const told: MessageId[] = [];
      for (const [index, record] of records.entries()) {
        batch.push(record);
        if (split[index] !== true && index + 1 < records.length) continue;
        told.push(await tell(account, batch));
        batch = [];
      }
      const counted = await idsOf(account);
      const lines = [...new Set(tellings.map(({ line }) => line))].toSorted();
      assert.deepEqual(
        counted.map((id) => Number(id.slice(1, 2))),
        lines,
      );
      const counts = await Promise.all(told.map(countsOf));
      assert.equal(
        counts.reduce((sum, one) => sum + one.applied, 0),
        lines.length,
      );
      // What repeats the id that counted is a duplicate, what says the same under another is held.
      const expected = records.filter((_, index) => {
        const { line, id } = tellings[index] ?? { line: 0, id: 0 };
        return !counted.includes(`l${line}-${id}`);
      });
      assert.equal(
        counts.reduce((sum, one) => sum + one.parked, 0),
        expected.length,
      );
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) },
  );
});

test("no fingerprint is there whose fact is not on the log", async () => {
  const strangers = await database.query<{ fact_id: string }>(sql`
    select f.fact_id from integration.fingerprint f
    left join backbone.event e on e.source = '/accounts/' || f.account_id and e.id = f.fact_id
    where e.number is null`);
  assert.deepEqual(strangers, []);
});

test("every change of a rule is written down with who made it, and stays", async () => {
  const account = await withRules("audited", { StockReceived: { policy: "drop", windowDays: 3 } });
  const by = { clientId: "ann", correlationId: "c-1" };
  const rule = { policy: "accept", windowDays: 3 } as const;
  await integration.accounts.change(account, { duplicates: { StockReceived: rule }, by });
  await integration.accounts.change(account, { duplicates: { StockReceived: rule }, by });
  const changes = await integration.accounts.ruleChanges({
    accountId: account,
    before: undefined,
    limit: 10,
  });
  assert.deepEqual(
    changes.map(({ kind, before, after, changed_by }) => [kind, before?.policy, after?.policy, changed_by]),
    [
      ["StockReceived", "drop", "accept", "ann"],
      ["StockReceived", undefined, "drop", "set-up"],
    ],
  );
  await assert.rejects(
    database.execute(sql`delete from integration.duplicate_rule_change`),
    /what was decided stays decided/,
  );
});

test("a fingerprint stays what it is: those that are remembered must be recognised by the next version", () => {
  const data = {
    item: itemId("bolt"),
    location: locationId("wh-1"),
    quantity: quantity(4),
    purchaseOrder: "PO-1",
  };
  const told = { type: "StockReceived", data, effectiveAt: "2026-03-02T09:00:00.000Z" } as const;
  assert.equal(fingerprintOf(accountId("wms-1"), told), "75c67be3362270eb61880dce420fead5");
});
