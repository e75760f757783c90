import assert from "node:assert/strict";
import { test } from "node:test";
import { type FactData, type ItemId, itemId, locationId, quantity } from "@crossdock/canonical";
import fc from "fast-check";
import { createRebuild } from "../../src/ledger/index.ts";
import { differenceText } from "../../src/ledger/rebuild.ts";
import { type Came, openLines, type SupplyLine } from "../../src/ledger/supply/open.ts";
import { settle } from "../../src/ledger/supply/settle.ts";
import { SETTLED_AFTER_MS } from "../../src/ledger/supply/settle-service.ts";
import { silentLog, sql } from "../../src/platform/index.ts";
import { atMinute, openCore, type Told, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const HERE = "wh-1";
const THERE = "wh-2";
/** Before this moment things are old. */
const HORIZON = 100;

const line = (more: Partial<SupplyLine> & Pick<SupplyLine, "document" | "line">): SupplyLine => ({
  ...{
    source: "erp",
    kind: "purchase-order",
    itemId: "nut",
    locationId: HERE,
    quantity: 10,
    basis: "ordered",
  },
  ...{ expectedAt: 50, asOf: 5, firstAsOf: 5, ...more },
});
const came = (quantity: number, more: Partial<Came> = {}): Came => ({
  ...{
    kind: "receipt",
    itemId: "nut",
    locationId: HERE,
    document: "",
    line: "",
    arrivedAt: 20,
    quantity,
    ...more,
  },
});

/** What is left of old arrivals and lines once they are settled. */
function settled(lines: readonly SupplyLine[], old: readonly Came[]) {
  const found = settle(lines, old);
  const units = new Map(found.lines.map((each) => [each.line, each.settled]));
  const left = new Map(found.arrivals.map((each) => [each.arrival, each.left]));
  return {
    lines: lines.map((each) => ({ ...each, settled: units.get(each) ?? each.settled ?? 0 })),
    old: old.flatMap((each) => {
      const quantity = left.get(each) ?? each.quantity;
      return quantity === 0 ? [] : [{ ...each, quantity }];
    }),
  };
}

const opens = (lines: readonly SupplyLine[], arrivals: readonly Came[]) =>
  openLines(lines, arrivals)
    .map(
      (each) =>
        `${each.line.document} ${each.line.line} ${each.line.locationId} ${each.open} ${each.arrived}`,
    )
    .toSorted();

test("an order that has come whole keeps what came of it and lets its receipts go; what it did not want stays", () => {
  const [one, two] = [line({ document: "A", line: "1" }), line({ document: "A", line: "2", quantity: 4 })];
  const exact = came(10, { document: "A", line: "1" });
  const found = settle([one, two], [exact, came(6, { document: "A", arrivedAt: 21 })]);
  assert.deepEqual(
    found.lines.map((each) => [each.line.line, each.settled]),
    [
      ["1", 10],
      ["2", 4],
    ],
  );
  assert.deepEqual(
    found.arrivals.map(({ arrival, left }) => [arrival.quantity, left]),
    [
      [10, 0],
      [6, 2],
    ],
  );
});

test("what may still be of a line that wants something stays, and so does all that this hangs on; what nothing can be of goes", () => {
  const open = line({ document: "B", line: "1", quantity: 30 });
  const [whole, other] = [
    line({ document: "A", line: "1" }),
    line({ document: "C", line: "1", locationId: THERE }),
  ];
  const loose = came(3);
  const found = settle(
    [open, whole, other],
    [
      came(10, { document: "A", line: "1" }),
      loose,
      came(10, { locationId: THERE }),
      came(8, { document: "Z" }),
    ],
  );
  assert.deepEqual(
    found.arrivals.map(({ arrival }) => arrival.document || arrival.locationId),
    ["Z", THERE],
  );
  assert.deepEqual(
    found.lines.map((each) => each.line.document),
    ["C"],
  );
});

test("where two sources speak of the same, nothing is settled: which of them is believed may change", () => {
  const twin = line({ document: "A", line: "1", source: "wms" });
  const found = settle([line({ document: "A", line: "1" }), twin], [came(20, { document: "A", line: "1" })]);
  assert.deepEqual([found.lines, found.arrivals], [[], []]);
});

const papers = fc.constantFrom(
  {},
  { document: "A" },
  { document: "A", line: "1" },
  { document: "B", line: "2" },
  { document: "Z" },
);
const arrival = (min: number, max: number) =>
  fc
    .record({
      units: fc.integer({ min: 1, max: 9 }),
      at: fc.integer({ min, max }),
      papers,
      place: fc.constantFrom(HERE, THERE),
    })
    .map(({ units, at, papers: own, place }) => came(units, { ...own, locationId: place, arrivedAt: at }));
const stated = (documents: readonly string[], min: number, max: number) =>
  fc
    .record({
      document: fc.constantFrom(...documents),
      line: fc.constantFrom("1", "2"),
      quantity: fc.integer({ min: 0, max: 9 }),
      basis: fc.constantFrom("ordered" as const, "open" as const),
      asOf: fc.integer({ min, max }),
      locationId: fc.constantFrom(HERE, THERE),
      expectedAt: fc.integer({ min: 1, max: 400 }),
    })
    .map((each) => line({ ...each, firstAsOf: each.asOf }));
const unique = { selector: (each: SupplyLine) => `${each.document} ${each.line}` };

test("settling changes no figure, whatever came before it, comes late, comes later, is ordered later or is made larger", () => {
  const history = fc.record({
    lines: fc.uniqueArray(stated(["A", "B", "C"], 1, HORIZON - 1), { ...unique, maxLength: 5 }),
    old: fc.array(arrival(1, HORIZON - 1), { maxLength: 7 }),
    late: fc.array(arrival(1, HORIZON - 1), { maxLength: 2 }),
    after: fc.array(arrival(HORIZON, 300), { maxLength: 4 }),
    ordered: fc.uniqueArray(stated(["D", "E"], HORIZON, 300), { ...unique, maxLength: 2 }),
    larger: fc.integer({ min: 0, max: 9 }),
  });
  let went = 0;
  fc.assert(
    fc.property(history, ({ lines, old, late, after, ordered, larger }) => {
      const now = settled(lines, old);
      went += old.length - now.old.length;
      const raise = (all: readonly SupplyLine[]) =>
        all.map((each, place) =>
          place === 0 && each.basis === "ordered" ? { ...each, quantity: each.quantity + larger } : each,
        );
      const all = [...late, ...after];
      assert.deepEqual(
        opens([...now.lines, ...ordered], [...now.old, ...all]),
        opens([...lines, ...ordered], [...old, ...all]),
      );
      if (lines.length === 1) assert.deepEqual(opens(raise(now.lines), now.old), opens(raise(lines), old));
      const again = settled(now.lines, now.old);
      assert.deepEqual(opens(again.lines, again.old), opens(lines, old));
    }),
    { numRuns: 3_000 },
  );
  assert.ok(went > 500, `only ${went} arrivals were settled, so the property says little`);
});

const { database } = await testDatabase();
const core = openCore(database);
await core.governance.saveLocations([
  { locationId: warehouse, code: "wh-1", name: "1", type: "warehouse", timeZone: "UTC" },
]);
const rebuild = createRebuild({ ...core, log: silentLog });
let told = 0;

const says = (
  item: ItemId,
  units: number,
  minute: number,
  more: Partial<FactData<"SupplyExpected">> = {},
): Told => {
  told += 1;
  const data: FactData<"SupplyExpected"> = {
    ...{ kind: "purchase-order", number: `PO-${item}`, item, location: locationId(warehouse) },
    ...{ quantity: quantity(units), counts: "ordered", expectedAt: atMinute(50), ...more },
  };
  return { id: `said-${told}`, minute, account: "erp", fact: { type: "SupplyExpected", data } };
};
const receives = (item: ItemId, units: number, minute: number, purchaseOrder?: string): Told => {
  told += 1;
  const data = { item, location: locationId(warehouse), quantity: quantity(units) };
  const papers = purchaseOrder === undefined ? {} : { purchaseOrder };
  return { id: `came-${told}`, minute, fact: { type: "StockReceived", data: { ...data, ...papers } } };
};
async function hear(...facts: readonly Told[]): Promise<void> {
  await tell(core, facts);
  await core.ledger.subscriber.drain();
  await core.ledger.supply.subscriber.drain();
}
const due = async (item: ItemId) =>
  (await core.ledger.supply.dueSupply(database, [item], core.clock.now())).map(({ open, arrived }) => [
    open,
    arrived,
  ]);
const arrivalsOf = async (item: ItemId) =>
  (
    await database.query<{ quantity: number }>(sql`
    select quantity from ledger.supply_arrival where item_id = ${item} order by event_number`)
  ).map((row) => row.quantity);

test("after 400 days receipts go, their orders stay right when they are told anew, and a rebuild agrees", async () => {
  const [done, over, open, plain] = ["done", "over", "open", "plain"].map(itemId) as [
    ItemId,
    ItemId,
    ItemId,
    ItemId,
  ];
  const old = [
    ...[says(done, 5, 1), receives(done, 3, 10, "PO-done"), receives(done, 2, 11, "PO-done")],
    ...[says(over, 5, 1), receives(over, 8, 10, "PO-over")],
    ...[says(open, 5, 1), receives(open, 2, 10, "PO-open")],
    receives(plain, 7, 10),
  ];
  await hear(...old);
  core.clock.set(new Date(Date.parse(atMinute(20)) + SETTLED_AFTER_MS - 1_200_000));
  assert.equal(await core.ledger.supply.settle(), 0, "not a day earlier");
  core.clock.advance(1_200_000);
  assert.equal(await core.ledger.supply.settle(), 3);
  assert.deepEqual(await Promise.all([done, over, open, plain].map(arrivalsOf)), [[], [3], [2], []]);
  assert.equal(await core.ledger.supply.settle(), 0, "again it finds nothing");
  assert.deepEqual(await due(open), [[3, 2]]);
  const minute = 600_000;
  await hear(says(done, 5, minute, { revision: 1 }), says(over, 9, minute, { revision: 1 }));
  assert.deepEqual([await due(done), await due(over)], [[], [[1, 8]]]);
  await hear(says(done, 4, minute + 1, { counts: "open", revision: 2 }));
  assert.deepEqual(await due(done), [[4, 0]], "what is open now is what is to come now");
  assert.equal((await rebuild.check(() => undefined)).differences, 0);
  await database.execute(sql`update ledger.supply_line set settled = 500 where item_id = ${over}`);
  const found: string[] = [];
  await rebuild.check((difference) => found.push(differenceText(difference)));
  assert.equal(found.length, 1);
  assert.match(found[0] ?? "", /what was settled of item over/);
});
