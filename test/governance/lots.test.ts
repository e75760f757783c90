import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { itemId, type MasterRecord, quantity, type StockFact } from "@crossdock/canonical";
import fc from "fast-check";
import { sql } from "../../src/platform/index.ts";
import { openCore, type Told, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { untilBlocked } from "../support/locks.ts";
import { plainItem } from "../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
const { lots } = core;
const steward = { by: "steward", correlationId: "test" };
await core.governance.saveOwnership([{ measure: "item-master", locationId: "", source: "/accounts/erp-1" }]);

const tracked = (id: string) => ({ ...plainItem(id), tracking: "lot" as const });
const received = (item: string, lot: string, expiresAt?: string): StockFact => ({
  type: "StockReceived",
  data: {
    ...{ item: itemId(item), location: warehouse, quantity: quantity(1), lot },
    ...(expiresAt === undefined ? {} : { expiresAt }),
  },
});
const receipt = (id: string, minute: number, fact: StockFact, account = "wms-1"): Told => ({
  ...{ id, minute, fact, account },
});
const state = (...records: MasterRecord[]) => core.governance.stateMaster(records, steward);
const lotRecord = (item: string, lot: string, days: { expiresOn?: string; madeOn?: string }) =>
  ({ kind: "lot", item: { scheme: "id", value: item }, lot, ...days }) as const;
const track = (item: string, tracking: "lot" | "none") =>
  state({ kind: "item", itemId: itemId(item), tracking });

async function lotsOf(item: string) {
  const rows = await core.governance.lotsOf(item, { after: "", limit: 10 });
  return rows.map(
    (row) => `${row.lot} ${row.expires_on ?? "?"} ${row.expiry_from_receipts ? "receipts" : "master"}`,
  );
}

async function open(item: string) {
  const rows = await lots.disagreements({ state: "open", itemId: item, after: 0, limit: 100 });
  return rows.map(({ lot, source, stated_on, kept_on }) => `${lot} ${source}: ${stated_on}, not ${kept_on}`);
}

async function hear(...told: readonly Told[]) {
  await tell(core, told);
  await lots.subscriber.drain();
}

describe("a lot that a receipt brings", () => {
  test("is made with the day as it was written, completed where it had none, and left alone where they agree", async () => {
    await core.governance.saveItems([tracked("milk")]);
    await hear(receipt("m-1", 1, received("milk", "L1", "2027-06-30T23:00:00-05:00")));
    await hear(receipt("m-2", 2, received("milk", "L2")));
    assert.deepEqual(await lotsOf("milk"), ["L1 2027-06-30 receipts", "L2 ? master"]);
    await hear(receipt("m-3", 3, received("milk", "L2", "2027-01-31T00:00:00Z")));
    await hear(receipt("m-4", 4, received("milk", "L1", "2027-06-30T00:00:00Z"), "wms-2"));
    assert.deepEqual(await lotsOf("milk"), ["L1 2027-06-30 receipts", "L2 2027-01-31 receipts"]);
    assert.deepEqual(await open("milk"), []);
    const [change] = await core.governance.masterHistory({ itemId: "milk", limit: 1 });
    assert.deepEqual([change?.what, change?.changed_by], ["lot", "lots"]);
  });

  test("keeps its day against another one, which is told with its source, its fact and its time", async () => {
    await core.governance.saveItems([tracked("rice")]);
    await hear(receipt("r-1", 5, received("rice", "L1", "2027-06-30T00:00:00Z")));
    await hear(receipt("r-2", 6, received("rice", "L1", "2027-07-31T00:00:00Z"), "wms-2"));
    const [found] = await lots.disagreements({ state: "open", itemId: "rice", after: 0, limit: 9 });
    assert.deepEqual(
      [found?.sku, found?.kept_on, found?.kept_source, found?.stated_on, found?.source, found?.fact_id],
      ["RICE", "2027-06-30", "/accounts/wms-1", "2027-07-31", "/accounts/wms-2", "r-2"],
    );
    assert.equal(found?.effective_at.toISOString(), "2026-03-02T00:06:00.000Z");
    await hear(receipt("r-3", 7, received("rice", "L1", "2027-07-31T00:00:00Z"), "wms-2"));
    assert.deepEqual(await open("rice"), ["L1 /accounts/wms-2: 2027-07-31, not 2027-06-30"]);
    // A late statement of an earlier time is what the lot would have begun with.
    await hear(receipt("r-0", 2, received("rice", "L1", "2027-07-31T00:00:00Z"), "wms-3"));
    assert.deepEqual(await lotsOf("rice"), ["L1 2027-07-31 receipts"]);
    assert.deepEqual(await open("rice"), ["L1 /accounts/wms-1: 2027-06-30, not 2027-07-31"]);
  });

  test("never takes a day before it was made", async () => {
    await core.governance.saveItems([tracked("salt")]);
    await state(lotRecord("salt", "L1", { madeOn: "2027-01-01" }));
    await hear(receipt("s-1", 1, received("salt", "L1", "2026-12-31T00:00:00Z")));
    assert.deepEqual(await lotsOf("salt"), ["L1 ? master"]);
    assert.deepEqual(await open("salt"), ["L1 /accounts/wms-1: 2026-12-31, not null"]);
    const [found] = await lots.disagreements({ state: "open", itemId: "salt", after: 0, limit: 1 });
    const number = found?.statement_number ?? 0;
    const taken = await lots.conclude({ number, take: true, because: "label", changer: steward });
    assert.equal(taken?.is, "refused");
    const kept = await lots.conclude({ number, take: false, because: "label", changer: steward });
    assert.deepEqual([kept?.is, await open("salt")], ["concluded", []]);
  });

  test("waits until its item has lots at all", async () => {
    await core.governance.saveItems([plainItem("soap")]);
    await hear(
      receipt("so-1", 1, received("soap", "L1", "2027-06-30T00:00:00Z")),
      receipt("so-2", 2, received("soap", "L1", "2028-06-30T00:00:00Z")),
    );
    assert.deepEqual([await lotsOf("soap"), await open("soap")], [[], []]);
    await track("soap", "lot");
    assert.deepEqual(await lotsOf("soap"), ["L1 2027-06-30 receipts"]);
    assert.deepEqual(await open("soap"), ["L1 /accounts/wms-1: 2028-06-30, not 2027-06-30"]);
  });
});

describe("a disagreement about a lot", () => {
  async function disagreeing(item: string) {
    await core.governance.saveItems([tracked(item)]);
    await hear(receipt(`${item}-1`, 1, received(item, "L1", "2027-06-30T00:00:00Z")));
    await hear(receipt(`${item}-2`, 2, received(item, "L1", "2027-07-31T00:00:00Z"), "wms-2"));
    const [found] = await lots.disagreements({ state: "open", itemId: item, after: 0, limit: 9 });
    return found?.statement_number ?? 0;
  }

  test("ends in our day, which no receipt changes any more", async () => {
    const number = await disagreeing("oats");
    const kept = await lots.conclude({ number, take: false, because: "label read", changer: steward });
    assert.deepEqual(
      [kept?.is, kept?.disagreement.concluded_by, kept?.disagreement.taken],
      ["concluded", "steward", false],
    );
    await hear(receipt("oats-0", 0, received("oats", "L1", "2027-08-31T00:00:00Z"), "wms-3"));
    assert.deepEqual(await lotsOf("oats"), ["L1 2027-06-30 master"]);
    assert.deepEqual(await open("oats"), ["L1 /accounts/wms-3: 2027-08-31, not 2027-06-30"]);
  });

  test("ends in theirs, in the name of who said so, and the second decision changes nothing", async () => {
    const number = await disagreeing("peas");
    await lots.conclude({ number, take: true, because: "the supplier says so", changer: steward });
    assert.deepEqual([await lotsOf("peas"), await open("peas")], [["L1 2027-07-31 master"], []]);
    const [change] = await core.governance.masterHistory({ itemId: "peas", limit: 1 });
    assert.deepEqual(
      [change?.changed_by, change?.before?.expires_on, change?.after?.expires_on],
      ["steward", "2027-06-30", "2027-07-31"],
    );
    const again = await lots.conclude({ number, take: false, because: "no", changer: { by: "other" } });
    assert.deepEqual([again?.is, await lotsOf("peas")], ["already", ["L1 2027-07-31 master"]]);
    const ended = await lots.disagreements({ state: "concluded", itemId: "peas", after: 0, limit: 9 });
    assert.deepEqual(
      ended.map(({ stated_on, taken, because }) => [stated_on, taken, because]),
      [
        ["2027-06-30", false, "the supplier says so"],
        ["2027-07-31", true, "the supplier says so"],
      ],
    );
  });

  test("is none any more once master data says the same", async () => {
    const number = await disagreeing("corn");
    await state(lotRecord("corn", "L1", { expiresOn: "2027-07-31" }));
    assert.deepEqual(await open("corn"), ["L1 /accounts/wms-1: 2027-06-30, not 2027-07-31"]);
    const late = await lots.conclude({ number, take: true, because: "late", changer: steward });
    assert.equal(late, undefined);
  });
});

const merge = async (from: string, into: string) =>
  database.transaction(async (tx) => {
    const asked = { itemId: from, into, since: core.clock.now(), changer: steward };
    const plan = await core.governance.planMerge(tx, asked);
    assert.deepEqual(plan.refusals, []);
    await plan.write();
  });

describe("lots of an item that has become another", () => {
  test("are lots of that one, and what is said of them is the same before and after", async () => {
    const ends: unknown[] = [];
    for (const [run, isEarly] of [true, false].entries()) {
      const [old, young] = [`old-${run}`, `new-${run}`];
      await core.governance.saveItems([tracked(old), tracked(young)]);
      if (!isEarly) await merge(old, young);
      await hear(
        receipt(`merged-${run}-1`, 5, received(old, "L1", "2027-06-30T00:00:00Z")),
        receipt(`merged-${run}-2`, 4, received(young, "L1", "2027-07-31T00:00:00Z")),
        receipt(`merged-${run}-3`, 3, received(old, "L2", "2027-05-31T00:00:00Z")),
        receipt(`merged-${run}-4`, 2, received(young, "L3")),
      );
      if (isEarly) await merge(old, young);
      ends.push([await lotsOf(young), await open(young)]);
    }
    assert.deepEqual(ends[0], [
      ["L1 2027-07-31 receipts", "L2 2027-05-31 receipts", "L3 ? master"],
      ["L1 /accounts/wms-1: 2027-06-30, not 2027-07-31"],
    ]);
    assert.deepEqual(ends[1], ends[0]);
  });
});

/** What is said and done about one lot, before it is put in an order. */
const history = fc.record({
  receipts: fc.array(
    fc.record({
      account: fc.constantFrom("wms-1", "wms-2", "erp-1"),
      minute: fc.integer({ min: 1, max: 4 }),
      day: fc.constantFrom(undefined, "2027-06-30", "2027-07-31", "2027-08-31"),
      isOfOld: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  stated: fc.constantFrom(undefined, "2027-06-30", "2027-09-30"),
  isTrackedLate: fc.boolean(),
  isMerged: fc.boolean(),
});
type History = typeof history extends fc.Arbitrary<infer Value> ? Value : never;
/** Six receipts twice, the item's tracking, its merging, and what master data states. */
const ACTS_MAX = 15;

test("any order and repetition of what is said of a lot ends in the same lot and the same disagreements", async () => {
  let runs = 0;
  /** Lives through a history in the order of the ranks, and gives what it ends in. */
  async function live(told: History, ranks: readonly number[]): Promise<unknown> {
    runs += 1;
    const [old, item] = [`gone-${runs}`, `lived-${runs}`];
    const like = told.isTrackedLate ? plainItem : tracked;
    await core.governance.saveItems([like(old), like(item)]);
    const says = told.receipts.map(({ account, minute, day, isOfOld }, index) => {
      const named = told.isMerged && isOfOld ? old : item;
      const fact = received(named, "L", day === undefined ? undefined : `${day}T00:00:00Z`);
      return () => hear(receipt(`lived-${runs}-${index}`, minute, fact, account));
    });
    const acts: (() => Promise<unknown>)[] = [...says, ...says];
    const statement = () => state(lotRecord(item, "L", { expiresOn: told.stated ?? "" }));
    if (told.isTrackedLate) acts.push(() => track(old, "lot").then(() => track(item, "lot")));
    else if (told.stated !== undefined) acts.push(statement);
    if (told.isMerged) acts.push(() => merge(old, item));
    const ordered = acts.map((act, index) => ({ act, rank: ranks[index] ?? 0 }));
    for (const { act } of ordered.toSorted((a, b) => a.rank - b.rank)) await act();
    return [await lotsOf(item), (await open(item)).toSorted()];
  }
  const ranks = fc.array(fc.integer(), { minLength: ACTS_MAX, maxLength: ACTS_MAX });
  await fc.assert(
    fc.asyncProperty(history, ranks, ranks, async (told, one, other) => {
      assert.deepEqual(await live(told, one), await live(told, other));
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 60) },
  );
});

test("a reader that dies in the middle of its batch has done nothing, and the next does all of it once", async () => {
  await core.governance.saveItems([tracked("beer")]);
  await tell(core, [
    receipt("b-1", 1, received("beer", "L1", "2027-06-30T00:00:00Z")),
    receipt("b-2", 2, received("beer", "L1", "2027-07-31T00:00:00Z")),
  ]);
  let reading: Promise<unknown> | undefined;
  await database.transaction(async (tx) => {
    await tx.query(sql`select from governance.change_turn for update`);
    reading = lots.subscriber.drain().catch((error: unknown) => error);
    await untilBlocked(database);
    await database.query(sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
  });
  await reading;
  assert.deepEqual(await lotsOf("beer"), []);
  await lots.subscriber.drain();
  assert.deepEqual(await lotsOf("beer"), ["L1 2027-06-30 receipts"]);
  assert.deepEqual(await open("beer"), ["L1 /accounts/wms-1: 2027-07-31, not 2027-06-30"]);
});
