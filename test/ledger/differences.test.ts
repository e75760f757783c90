import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountSource,
  isStockFact,
  itemId,
  type LocationId,
  locationId,
  quantity,
  type StockFact,
} from "@crossdock/canonical";
import fc from "fast-check";
import { plainItem } from "#test/seed.ts";
import type {
  DifferenceAsked,
  NamedDifference,
  NumberDifference,
  OpenStatement,
} from "../../src/ledger/index.ts";
import { sql } from "../../src/platform/index.ts";
import { atMinute, openCore, stock, type Told, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const erp = accountSource("erp");
const wms = accountSource("wms-1");
const bolt = itemId("bolt");
await core.governance.saveItems([
  plainItem("nut"),
  { ...plainItem("bolt"), units: [{ unit: "XCS", numerator: 12, denominator: 1 }] },
]);

async function settle(): Promise<void> {
  await core.ledger.subscriber.drain();
  await core.ledger.snapshotSubscriber.drain();
  await core.ledger.snapshotWorker.drain();
}

async function place(name: string): Promise<LocationId> {
  const id = locationId(name);
  await core.governance.saveLocations([
    { locationId: id, code: name.toUpperCase(), name, type: "warehouse", timeZone: "UTC" },
  ]);
  await core.governance.saveOwnership([{ measure: "physical-stock", locationId: id, source: wms }]);
  return id;
}

async function explained(
  at: LocationId,
  more: Partial<DifferenceAsked> = {},
  stated: readonly OpenStatement[] = [],
): Promise<NumberDifference> {
  const asked = { itemId: bolt, locationId: at, source: erp, measure: "on-hand", ...more } as const;
  const answer = await core.ledger.explainDifference(asked, stated);
  assert.equal(answer.is, "explained");
  assert.ok("difference" in answer);
  const { difference } = answer;
  const sum = difference.parts.reduce((all, { units }) => all + units, 0);
  assert.equal(sum, difference.ours - difference.said, "the parts add up to the difference");
  return difference;
}

const said = (parts: readonly NamedDifference[]) =>
  parts.map(({ name, reason, status, units }) => [reason ?? status ?? name, units]);
const unexplained = ({ parts }: NumberDifference) => parts.at(-1)?.units;

function parked(fact: StockFact, minute: number, more: Partial<OpenStatement> = {}): OpenStatement {
  const record = { messageId: "m", record: 0 };
  const open = { is: "parked", source: wms, sequence: undefined, factNumber: undefined, record } as const;
  return { ...open, fact, effectiveAt: atMinute(minute), ...more };
}

const counted = (at: LocationId, minute: number, units: number): Told => ({
  ...{ id: `erp-${at}-${minute}`, minute, account: "erp", fact: stock.counted(units, bolt, at) },
});

test("what moved since their number, what they do not count and what waits are told apart, and the rest is not hidden", async () => {
  const at = await place("wh-parts");
  await tell(core, [
    { id: "p-1", minute: 1, fact: stock.received(20, bolt, at) },
    {
      ...{ id: "p-2", minute: 2 },
      fact: {
        type: "StockStatusChanged",
        data: { item: bolt, location: at, quantity: quantity(3), from: "available", to: "quarantined" },
      },
    },
    counted(at, 10, 14),
    { id: "p-3", minute: 11, fact: stock.adjusted(-5, bolt, at) },
    { id: "p-4", minute: 12, fact: stock.received(2, bolt, at) },
  ]);
  await settle();
  const waiting = parked(stock.adjusted(-2, bolt, at), 9);
  const difference = await explained(at, { counted: ["available", "picked"] }, [waiting]);
  assert.deepEqual([difference.said, difference.ours, difference.oursThen], [14, 17, 20]);
  assert.deepEqual(said(difference.parts), [
    ["scrap", -5],
    ["receipt", 2],
    ["quarantined", 3],
    ["parked", 2],
    ["unexplained", 1],
  ]);
  const [scrap] = difference.parts;
  assert.deepEqual(
    scrap?.facts.map(({ source, type, units, because }) => [source, type, units, because]),
    [[wms, "StockAdjusted", -5, "test"]],
  );
  assert.equal(difference.word, "claim");
  const sellable = await explained(at, { measure: "available" });
  assert.deepEqual(said(sellable.parts), [
    ["scrap", -5],
    ["receipt", 2],
    ["quarantined", -3],
    ["unexplained", 6],
  ]);
});

test("a rest that something comes to exactly is hinted at, and stays a rest", async () => {
  const at = await place("wh-hints");
  await tell(core, [{ id: "h-1", minute: 1, fact: stock.received(36, bolt, at) }, counted(at, 10, 3)]);
  await settle();
  const inCases = await explained(at);
  assert.deepEqual([unexplained(inCases), inCases.hints], [33, [{ is: "unit", unit: "XCS" }]]);
  await tell(core, [counted(at, 11, 40)]);
  await settle();
  const twice = parked(stock.received(4, bolt, at), 2, { is: "suspect-duplicate" });
  const held = await explained(at, {}, [twice]);
  assert.equal(unexplained(held), -4);
  assert.deepEqual(
    held.hints.map((hint) => hint.is === "statement" && [hint.statement.state, hint.statement.units]),
    [["suspect-duplicate", -4]],
  );
});

test("of a system that tells what moved, what only one side has and what was told otherwise are named", async () => {
  const at = await place("wh-told");
  const receipt = (units: number, purchaseOrder: string, receiptLine: string): StockFact => ({
    type: "StockReceived",
    data: { item: bolt, location: at, quantity: quantity(units), purchaseOrder, receiptLine },
  });
  const both = (id: string, minute: number, fact: StockFact): Told[] => [
    { id: `o-${id}`, minute, fact },
    { id: `t-${id}`, minute: minute + 1, fact, account: "erp" },
  ];
  await tell(core, [
    ...both("1", 1, receipt(10, "PO-1", "1")),
    { id: "o-2", minute: 3, fact: receipt(8, "PO-1", "2") },
    { id: "t-2", minute: 4, fact: receipt(9, "PO-1", "2"), account: "erp" },
    { id: "o-3", minute: 5, fact: stock.adjusted(-1, bolt, at) },
    { id: "t-4", minute: 6, fact: stock.adjusted(-3, bolt, at), account: "erp" },
    counted(at, 20, 10 + 9 - 3 + 2),
  ]);
  await settle();
  const difference = await explained(at);
  assert.deepEqual(said(difference.parts).toSorted(), [
    ["only-ours", -1],
    ["only-theirs", 3],
    ["told-otherwise", -1],
    ["unexplained", -2],
  ]);
  assert.deepEqual(difference.toldSince, new Date(atMinute(2)));
});

test("a system that has said nothing is not explained, and a lot is asked about alone", async () => {
  const at = await place("wh-silent");
  await tell(core, [{ id: "s-1", minute: 1, fact: stock.received(5, bolt, at) }]);
  await settle();
  const asked = { itemId: bolt, locationId: at, source: erp, measure: "on-hand" } as const;
  assert.deepEqual(await core.ledger.explainDifference(asked, []), { is: "nothing-said" });
  const lot = (name: string, units: number): StockFact => ({
    type: "StockReceived",
    data: { item: bolt, location: at, lot: name, quantity: quantity(units) },
  });
  await tell(core, [
    { id: "s-2", minute: 2, fact: lot("A", 4) },
    { id: "s-3", minute: 2, fact: lot("B", 6) },
    counted(at, 5, 15),
  ]);
  await settle();
  const whole = await explained(at);
  assert.deepEqual(
    [whole.said, whole.ours, unexplained(whole)],
    [15, 15, 0],
    "a number without lots is of all",
  );
  assert.deepEqual(await core.ledger.explainDifference({ ...asked, lot: "A" }, []), { is: "nothing-said" });
});

test("what is on its way is theirs where they count it, and is hinted at where nobody said so", async () => {
  const [from, at] = [await place("wh-sends"), await place("wh-awaits")];
  await tell(core, [
    { id: "l-1", minute: 1, fact: stock.received(9, bolt, from) },
    {
      ...{ id: "l-2", minute: 2 },
      fact: { type: "TransferDispatched", data: { item: bolt, from, to: at, quantity: quantity(6) } },
    },
    {
      ...{ id: "l-3", minute: 3 },
      fact: { type: "TransferReceived", data: { item: bolt, from, to: at, quantity: quantity(2) } },
    },
    counted(at, 5, 6),
    {
      ...{ id: "l-4", minute: 6 },
      fact: { type: "TransferReceived", data: { item: bolt, from, to: at, quantity: quantity(4) } },
    },
  ]);
  await settle();
  const unsaid = await explained(at);
  assert.deepEqual([unexplained(unsaid), unsaid.hints], [-4, [{ is: "status", status: "in-transit" }]]);
  const whole = await explained(at, { counted: ["available", "in-transit"] });
  assert.deepEqual(said(whole.parts), [
    ["transfer-in", 4],
    ["in-transit", -4],
    ["unexplained", 0],
  ]);
});

test("a change of lot moves one lot's number and not the number of all", async () => {
  const at = await place("wh-lots");
  const lot = (name: string, units: number): StockFact => ({
    type: "StockReceived",
    data: { item: bolt, location: at, lot: name, quantity: quantity(units) },
  });
  const countedLot: Told = {
    ...{ id: "lot-c", minute: 5, account: "erp" },
    fact: { type: "StockCounted", data: { item: bolt, location: at, lot: "A", counted: quantity(8) } },
  };
  await tell(core, [
    { id: "lot-1", minute: 1, fact: lot("A", 8) },
    countedLot,
    {
      ...{ id: "lot-2", minute: 6 },
      fact: {
        type: "LotChanged",
        data: {
          item: bolt,
          location: at,
          fromLot: "A",
          toLot: "B",
          quantity: quantity(3),
          reason: "relabelled",
        },
      },
    },
  ]);
  await settle();
  const one = await explained(at, { lot: "A" });
  assert.deepEqual(said(one.parts), [
    ["lot-change", -3],
    ["unexplained", 0],
  ]);
  assert.equal(one.parts[0]?.facts[0]?.because, "relabelled");
  assert.deepEqual(said((await explained(at)).parts), [["unexplained", 0]]);
});

test("an owner's own count differs by what happened since, and by what it saw only by its watermark", async () => {
  const at = await place("wh-owner");
  const numbered = (number: number, minute: number, fact: StockFact): Told => ({
    ...{ id: `n-${number}`, minute, fact, sequence: { stream: "floor", number } },
  });
  await tell(core, [
    numbered(1, 1, stock.received(10, bolt, at)),
    numbered(2, 3, stock.adjusted(-1, bolt, at)),
  ]);
  await settle();
  await tell(core, [
    {
      ...{ id: "snap", minute: 5 },
      fact: {
        type: "StockSnapshotPage",
        data: {
          ...{ snapshotId: "snap", location: at, scope: "partial", conditions: false, page: 1, pages: 1 },
          ...{ items: [bolt], counted: [quantity(9)], watermark: { stream: "floor", number: 3 } },
        },
      },
    },
    numbered(3, 7, stock.adjusted(0 - 2, bolt, at)),
    numbered(4, 4, stock.received(5, bolt, at)),
  ]);
  await settle();
  const difference = await explained(at, { source: wms });
  assert.deepEqual([difference.word, difference.said, difference.ours], ["count", 9, 14]);
  assert.deepEqual(said(difference.parts), [
    ["receipt", 5],
    ["unexplained", 0],
  ]);
});

test("a count that nobody has accepted is named as what it is", async () => {
  const at = await place("wh-held");
  await tell(core, [{ id: "held-1", minute: 1, fact: stock.received(1000, bolt, at) }]);
  await settle();
  await core.governance.setDriftPolicy({
    ...{ source: undefined, locationId: at, by: "test" },
    policy: {
      unitsMissingPercentMax: 10,
      positionsDifferingPercentMax: 100,
      rowsFewerPercentMax: 100,
      positionsMin: 1,
    },
  });
  await tell(core, [
    {
      ...{ id: "held-snap", minute: 5 },
      fact: {
        type: "StockSnapshotPage",
        data: {
          ...{ snapshotId: "held", location: at, scope: "full", conditions: false, page: 1, pages: 1 },
          ...{ items: [bolt], counted: [quantity(3)] },
        },
      },
    },
  ]);
  await settle();
  const difference = await explained(at, { source: wms });
  assert.deepEqual([difference.word, difference.said], ["unaccepted", 3]);
  assert.deepEqual(said(difference.parts), [
    ["count-not-accepted", 997],
    ["unexplained", 0],
  ]);
});

test("a count that waits as a case is the word of who said it, and of the others in its snapshot each its own", async () => {
  const at = await place("wh-case");
  const nut = itemId("nut");
  await tell(core, [
    { id: "case-1", minute: 1, fact: stock.received(40, bolt, at) },
    { id: "case-2", minute: 1, fact: stock.received(7, nut, at) },
  ]);
  await settle();
  const tolerance = { unitsMax: 2, percentMax: null, valueMax: null, acceptAfterHours: null };
  await core.governance.setCountTolerance({
    ...{ source: undefined, locationId: at, itemId: undefined, tolerance, by: "test" },
  });
  await tell(core, [
    {
      ...{ id: "case-snap", minute: 5 },
      fact: {
        type: "StockSnapshotPage",
        data: {
          ...{ snapshotId: "case", location: at, scope: "full", conditions: false, page: 1, pages: 1 },
          ...{ items: [bolt, nut], counted: [quantity(4_000), quantity(6)] },
        },
      },
    },
  ]);
  await settle();
  const beyond = await explained(at, { source: wms });
  assert.deepEqual([beyond.word, beyond.said, beyond.ours], ["unaccepted", 4_000, 40]);
  assert.deepEqual(said(beyond.parts), [
    ["count-not-accepted", -3_960],
    ["unexplained", 0],
  ]);
  const within = await explained(at, { source: wms, itemId: nut });
  assert.deepEqual([within.word, within.said, within.ours, unexplained(within)], ["count", 6, 6, 0]);
});

test("a fact that our books could not take is named once; one that a person gave up is hinted at", async () => {
  const at = await place("wh-dead");
  await tell(core, [{ id: "dead-1", minute: 1, fact: stock.received(10, bolt, at) }, counted(at, 5, 8)]);
  await settle();
  await tell(core, [{ id: "dead-2", minute: 2, fact: stock.adjusted(-2, bolt, at) }]);
  await database.execute(sql`
    insert into backbone.dead_letter (subscriber, number, reason, first_failed_at)
    select 'ledger', number, 'it is too much', now() from backbone.event where id = 'dead-2'`);
  const dead = await explained(at);
  assert.deepEqual(said(dead.parts), [
    ["dead-letter", 2],
    ["unexplained", 0],
  ]);
  await database.execute(sql`
    update backbone.dead_letter set dismissed_at = now(), dismissed_because = 'it was a test'
    where number = (select number from backbone.event where id = 'dead-2')`);
  const refused = await explained(at);
  assert.equal(unexplained(refused), 2);
  assert.deepEqual(
    refused.hints.map((hint) => hint.is === "statement" && [hint.statement.state, hint.statement.units]),
    [["refused", 2]],
  );
});

const happenings = fc.array(
  fc.record({
    minute: fc.integer({ min: 1, max: 20 }),
    what: fc.oneof(
      fc.record({ is: fc.constant("moves" as const), units: fc.integer({ min: -9, max: 9 }) }),
      fc.record({ is: fc.constant("quarantine" as const), units: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ is: fc.constant("count" as const) }),
    ),
    fate: fc.constantFrom("read" as const, "read" as const, "parked" as const, "not-read" as const),
  }),
  { maxLength: 10 },
);
type Happening = typeof happenings extends fc.Arbitrary<readonly (infer Each)[]> ? Each : never;

/** What is on hand at the end of a minute, and how much of it is quarantined, whoever has heard of it. */
function truthAt(history: readonly Happening[], minute: number): { onHand: number; quarantined: number } {
  let [onHand, quarantined] = [100, 0];
  for (const { minute: at, what } of history) {
    if (at > minute) continue;
    if (what.is === "moves") onHand += what.units;
    if (what.is === "quarantine") quarantined += what.units;
  }
  return { onHand, quarantined };
}

function factOf(history: readonly Happening[], { minute, what }: Happening, at: LocationId): StockFact {
  switch (what.is) {
    case "moves":
      return stock.adjusted(what.units, bolt, at);
    case "quarantine":
      return {
        type: "StockStatusChanged",
        data: {
          item: bolt,
          location: at,
          quantity: quantity(what.units),
          from: "available",
          to: "quarantined",
        },
      };
    case "count":
      return stock.counted(truthAt(history, minute).onHand, bolt, at);
    default:
      return what satisfies never;
  }
}

test("for any history, whatever was read, parked or counted in between, only what really went missing is unexplained", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      happenings,
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: -3, max: 3 }),
      fc.boolean(),
      async (history, minute, stolen, leavesOut) => {
        run += 1;
        const at = await place(`wh-any-${run}`);
        const told = history.map((each, index) => {
          // A count that was not heard of could not have told what is there.
          const fate = each.what.is === "count" ? "read" : each.fate;
          return { fate, id: `${at}-${index}`, minute: each.minute, fact: factOf(history, each, at) };
        });
        const truth = truthAt(history, minute);
        const theirs = truth.onHand - (leavesOut ? truth.quarantined : 0) + stolen;
        fc.pre(theirs >= 0);
        await tell(core, [
          { id: `${at}-first`, minute: 0, fact: stock.received(100, bolt, at) },
          ...told.filter(({ fate }) => fate === "read"),
          counted(at, minute, theirs),
        ]);
        await settle();
        await tell(
          core,
          told.filter(({ fate }) => fate === "not-read"),
        );
        const open = told
          .filter(({ fate }) => fate === "parked")
          .map((each) => parked(each.fact, each.minute));
        const counts = leavesOut ? (["available"] as const) : undefined;
        const difference = await explained(at, counts === undefined ? {} : { counted: counts }, open);
        assert.ok(open.every(({ fact }) => isStockFact(fact)));
        assert.equal(unexplained(difference), 0 - stolen);
      },
    ),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) },
  );
});

const movements = fc.array(
  fc.record({
    minute: fc.integer({ min: 1, max: 20 }),
    units: fc.integer({ min: 1, max: 9 }),
    paper: fc.option(fc.constantFrom("PO-1", "PO-2", "PO-3"), { nil: undefined }),
    /** What the system tells of it: the same, one more, nothing; or something that we have never heard of. */
    told: fc.constantFrom("same" as const, "more" as const, "not" as const, "alone" as const),
    isParked: fc.boolean(),
  }),
  { maxLength: 10 },
);

test("whatever a system tells otherwise, later or not at all, only what it did not tell is unexplained", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(movements, fc.integer({ min: -3, max: 3 }), async (history, stolen) => {
      run += 1;
      const at = await place(`wh-tells-${run}`);
      const receipt = (units: number, paper: string | undefined): StockFact => ({
        type: "StockReceived",
        data: {
          ...{ item: bolt, location: at, quantity: quantity(units) },
          ...(paper === undefined ? {} : { purchaseOrder: paper }),
        },
      });
      const toldUnits = ({ told, units }: (typeof history)[number]) => {
        if (told === "not") return 0;
        return told === "more" ? units + 1 : units;
      };
      const first = receipt(50, "PO-0");
      const ours = history.filter(({ told }) => told !== "alone");
      await tell(core, [
        { id: `${at}-first`, minute: 0, fact: first },
        { id: `${at}-theirs`, minute: 0, account: "erp", fact: first },
        ...ours
          .filter(({ isParked }) => !isParked)
          .map((each, index): Told => {
            return { id: `${at}-o-${index}`, minute: each.minute, fact: receipt(each.units, each.paper) };
          }),
        ...history
          .filter((each) => toldUnits(each) > 0)
          .map((each, index): Told => {
            const fact = receipt(toldUnits(each), each.paper);
            return { id: `${at}-t-${index}`, minute: each.minute, account: "erp", fact };
          }),
        counted(at, 30, 50 + history.reduce((sum, each) => sum + toldUnits(each), 0) + stolen),
      ]);
      await settle();
      const open = ours
        .filter(({ isParked }) => isParked)
        .map((each) => parked(receipt(each.units, each.paper), each.minute));
      assert.equal(unexplained(await explained(at, {}, open)), 0 - stolen);
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) },
  );
});
