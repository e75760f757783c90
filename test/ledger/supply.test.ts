import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AccountId,
  accountSource,
  type FactData,
  type ItemId,
  itemId,
  locationId,
  quantity,
} from "@crossdock/canonical";
import fc from "fast-check";
import { createRebuild } from "../../src/ledger/index.ts";
import { silentLog, sql } from "../../src/platform/index.ts";
import { atMinute, openCore, stock, type Told, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const other = locationId("wh-2");
await core.governance.saveLocations(
  [warehouse, other].map((id) => ({
    ...{ locationId: id, code: id, name: id },
    type: "warehouse",
    timeZone: "UTC",
  })),
);
const rebuild = createRebuild({ ...core, log: silentLog });
let told = 0;

type Line = FactData<"SupplyExpected">;

const order = (item: ItemId, units: number, more: Partial<Line> = {}): Line => ({
  ...{ kind: "purchase-order", number: "PO-1", line: "1", item, location: warehouse },
  ...{ quantity: quantity(units), counts: "ordered", expectedAt: atMinute(6_000), ...more },
});

/** Each item has an ERP of its own, because a line is one line whatever item it is of. */
const says = (data: Line, minute: number, account = `erp-${data.item}`): Told => {
  told += 1;
  return { id: `said-${told}`, minute, account, fact: { type: "SupplyExpected", data } };
};

const receives = (
  item: ItemId,
  units: number,
  minute: number,
  more: Partial<FactData<"StockReceived">> = {},
): Told => {
  told += 1;
  const data = { item, location: warehouse, quantity: quantity(units), ...more };
  return { id: `came-${told}`, minute, fact: { type: "StockReceived", data } };
};

async function tellAll(facts: readonly Told[]): Promise<void> {
  await tell(core, facts);
  await core.ledger.subscriber.drain();
  await core.ledger.supply.subscriber.drain();
}

const due = async (item: ItemId) =>
  (await core.ledger.supply.dueSupply(database, [item], core.clock.now()))
    .map(({ kind, document, line, open, arrived, locationId: place, expectedAt }) => ({
      ...{ kind, document, line, open, arrived, place, expectedAt: expectedAt?.toISOString() },
    }))
    .toSorted((a, b) => (`${a.document} ${a.line}` < `${b.document} ${b.line}` ? -1 : 1));

const open = async (item: ItemId) => (await due(item)).map((each) => [each.document, each.line, each.open]);

test("the highest revision of a line counts, and of these the latest, whatever came first", async () => {
  const item = itemId("revised");
  await tellAll([
    says(order(item, 5, { revision: 2 }), 10),
    says(order(item, 9, { revision: 1 }), 20),
    says(order(item, 7, { revision: 2, number: "PO-2" }), 30),
    says(order(item, 8, { revision: 2, number: "PO-2" }), 20),
  ]);
  assert.deepEqual(await open(item), [
    ["PO-1", "1", 5],
    ["PO-2", "1", 7],
  ]);
});

test("a line of nothing, or a cancelled one, is not to come any more, and what comes for it is taken from no other", async () => {
  const item = itemId("ended");
  const second = order(item, 6, { line: "2" });
  await tellAll([says(order(item, 5), 10), says(second, 10)]);
  await tellAll([says(order(item, 5, { cancelled: true }), 20)]);
  assert.deepEqual(await open(item), [["PO-1", "2", 6]]);
  await tellAll([receives(item, 4, 30, { purchaseOrder: "PO-1", receiptLine: "1" })]);
  assert.deepEqual(await open(item), [["PO-1", "2", 6]]);
  await tellAll([says({ ...second, quantity: quantity(0) }, 20)]);
  assert.deepEqual(await open(item), []);
});

test("a receipt takes from its own line; without a line that is known, from its order, what is due first first", async () => {
  const item = itemId("received");
  const late = order(item, 4, { line: "10", expectedAt: atMinute(9_000) });
  await tellAll([says(late, 10), says(order(item, 5, { line: "20" }), 10)]);
  await tellAll([receives(item, 3, 20, { purchaseOrder: "PO-1", receiptLine: "10" })]);
  assert.deepEqual(await open(item), [
    ["PO-1", "10", 1],
    ["PO-1", "20", 5],
  ]);
  // The warehouse numbers the lines of its receipts otherwise.
  await tellAll([receives(item, 2, 30, { purchaseOrder: "PO-1", receiptLine: "7" })]);
  assert.deepEqual(await open(item), [
    ["PO-1", "10", 1],
    ["PO-1", "20", 3],
  ]);
  await tellAll([receives(item, 9, 40, { purchaseOrder: "PO-nobody-knows" })]);
  assert.deepEqual((await open(item)).length, 2);
  await tellAll([receives(item, 3, 50)]);
  assert.deepEqual(await open(item), [["PO-1", "10", 1]], "without papers, what is due first is taken from");
});

test("from an open quantity only what comes after its moment is taken, from an ordered one everything", async () => {
  const [item, whole] = [itemId("netted"), itemId("whole")];
  const papers = { purchaseOrder: "PO-1", receiptLine: "1" };
  await tellAll([receives(item, 4, 20, papers), receives(whole, 4, 20, papers)]);
  await tellAll([says(order(item, 6, { counts: "open" }), 30), says(order(whole, 10), 30)]);
  assert.deepEqual([await open(item), await open(whole)], [[["PO-1", "1", 6]], [["PO-1", "1", 6]]]);
  await tellAll([receives(item, 2, 40, papers), receives(whole, 2, 40, papers)]);
  assert.deepEqual([await open(item), await open(whole)], [[["PO-1", "1", 4]], [["PO-1", "1", 4]]]);
});

test("what was received elsewhere than it was ordered to is not to come any more", async () => {
  const item = itemId("diverted");
  await tellAll([says(order(item, 6), 10)]);
  await tellAll([receives(item, 6, 20, { purchaseOrder: "PO-1", location: other })]);
  assert.deepEqual(await open(item), []);
});

test("a transfer that leaves is in transit instead, due when it was expected, until it has arrived", async () => {
  const item = itemId("moved");
  const planned = order(item, 8, { kind: "transfer", number: "T-1", from: warehouse, location: other });
  await tellAll([says(planned, 10)]);
  const lane = { item, from: warehouse, to: other, transferNumber: "T-1" };
  const dispatched = { type: "TransferDispatched", data: { ...lane, quantity: quantity(5) } } as const;
  await tellAll([{ id: "left", minute: 20, fact: dispatched }]);
  const expectedAt = atMinute(6_000);
  assert.deepEqual(await due(item), [
    { kind: "in-transit", document: "T-1", line: "", open: 5, arrived: 0, place: other, expectedAt },
    { kind: "transfer", document: "T-1", line: "1", open: 3, arrived: 5, place: other, expectedAt },
  ]);
  const received = { type: "TransferReceived", data: { ...lane, quantity: quantity(5) } } as const;
  await tellAll([{ id: "arrived", minute: 30, fact: received }]);
  assert.deepEqual(await open(item), [["T-1", "1", 3]]);
});

test("only what the owner of purchase orders says counts, from the moment that it is the owner", async () => {
  const item = itemId("owned");
  await tellAll([says(order(item, 5), 10, "erp"), says(order(item, 7, { number: "PO-2" }), 10, "wms-1")]);
  assert.equal((await open(item)).length, 2, "without an owner whoever speaks is believed");
  const source = accountSource("erp" as AccountId);
  await core.governance.saveOwnership([{ measure: "purchase-orders", locationId: warehouse, source }]);
  assert.deepEqual(await open(item), [["PO-1", "1", 5]]);
  await database.execute(sql`delete from governance.ownership where measure = 'purchase-orders'`);
});

const anything = fc.oneof(
  fc.record({
    is: fc.constant("said" as const),
    line: fc.constantFrom("1", "2"),
    units: fc.integer({ min: 0, max: 9 }),
    counts: fc.constantFrom("ordered" as const, "open" as const),
    revision: fc.integer({ min: 0, max: 1 }),
    day: fc.integer({ min: 1, max: 3 }),
    minute: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({
    is: fc.constant("came" as const),
    papers: fc.constantFrom({}, { purchaseOrder: "PO-1" }, { purchaseOrder: "PO-1", receiptLine: "2" }),
    units: fc.integer({ min: 1, max: 9 }),
    minute: fc.integer({ min: 1, max: 9 }),
  }),
);
type Anything = typeof anything extends fc.Arbitrary<infer Value> ? Value : never;
let worlds = 0;

function toTold(world: string, each: Anything, index: number): Told {
  const item = itemId(world);
  const id = `${world}-${index}`;
  if (each.is === "came") return { ...receives(item, each.units, each.minute, each.papers), id };
  const { line, units, counts, revision, day, minute } = each;
  const data = order(item, units, { line, counts, revision, expectedAt: atMinute(day * 1_440) });
  return { ...says({ ...data, number: "PO-1" }, minute, world), id };
}

test("any order and repetition of the same statements and receipts leaves the same to come", async () => {
  const mixed = fc
    .array(anything, { minLength: 1, maxLength: 8 })
    .chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray([...all.keys(), ...all.keys()], { minLength: all.length * 2 }),
      ),
    );
  await fc.assert(
    fc.asyncProperty(mixed, async ([all, order]) => {
      worlds += 1;
      const [one, two] = [`w${worlds}a`, `w${worlds}b`];
      await tellAll(all.map((each, index) => toTold(one, each, index)));
      for (const index of order) {
        const each = all[index];
        if (each !== undefined) await tellAll([toTold(two, each, index)]);
      }
      assert.deepEqual(await due(itemId(two)), await due(itemId(one)));
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) },
  );
});

test("what is kept of supply is what the log makes of it, and a rebuild repairs what is not", async () => {
  assert.equal((await rebuild.check(() => undefined)).differences, 0);
  const item = itemId("rebuilt");
  await tellAll([says(order(item, 5), 10), receives(item, 2, 20, { purchaseOrder: "PO-1" })]);
  await database.execute(sql`update ledger.supply_line set quantity = 50 where item_id = ${item}`);
  await database.execute(sql`delete from ledger.supply_arrival where item_id = ${item}`);
  assert.deepEqual(await open(item), [["PO-1", "1", 50]]);
  const kinds: string[] = [];
  assert.deepEqual((await rebuild.repair(({ kind }) => kinds.push(kind))).repaired, 2);
  assert.deepEqual(kinds, ["supply", "supply"]);
  assert.deepEqual(await open(item), [["PO-1", "1", 3]]);
  assert.equal((await rebuild.check(() => undefined)).differences, 0);
});

test("what we turn into another item ourselves brings nothing of what was expected", async () => {
  const [item, made] = [itemId("old"), itemId("new")];
  await tellAll([
    { id: "stocked", minute: 1, fact: stock.received(4, item) },
    says(order(made, 5, { kind: "production" }), 10),
  ]);
  await database.transaction(async (tx) => {
    const positions = await core.ledger.stockOf(tx, [item, made]);
    await core.ledger.lockPositions(
      tx,
      positions.map((row) => row.position_id),
    );
    const [from, to] = [
      { item, quantity: quantity(4) },
      { item: made, quantity: quantity(4) },
    ];
    const data = { location: warehouse, from, to, reason: "merged" };
    const fact = { type: "StockConverted", data } as const;
    await core.ledger.convert(tx, [{ fact, at: core.clock.now() }], { correlationId: "merge" });
  });
  assert.deepEqual(await open(made), [["PO-1", "1", 5]]);
});
