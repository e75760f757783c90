import assert from "node:assert/strict";
import { test } from "node:test";
import { type FactData, type ItemId, itemId, locationId, quantity } from "@crossdock/canonical";
import fc from "fast-check";
import { createRebuild } from "../../src/ledger/index.ts";
import { silentLog } from "../../src/platform/index.ts";
import { renderReport, verify } from "../../src/verify/index.ts";
import { atMinute, openCore, type Told, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const { governance, ledger } = core;
const { itemIdentities } = core.availability;
const other = locationId("wh-2");
const PIECES_PER_BOX = 12;
const context = { reason: "the same thing", preview: false, by: "test", correlationId: "merge-test" };

let made = 0;

/** Boxes, which will turn out to be twelve pieces of the other item each. */
async function pair(): Promise<{ readonly boxes: ItemId; readonly pieces: ItemId }> {
  made += 1;
  const item = (
    id: ItemId,
    baseUnit: string,
    units: { unit: string; numerator: number; denominator: number }[],
  ) => ({
    ...{ itemId: id, sku: id, description: id, baseUnit, tracking: "none" as const, units, components: [] },
  });
  const [boxes, pieces] = [itemId(`boxes-${made}`), itemId(`pieces-${made}`)];
  const box = { unit: "BX", numerator: PIECES_PER_BOX, denominator: 1 };
  await governance.saveItems([item(boxes, "BX", []), item(pieces, "EA", [box])]);
  return { boxes, pieces };
}

/** Something that is told, of boxes or of pieces. */
type Said = { readonly ofBoxes: boolean; readonly units: number; readonly minute: number } & (
  | {
      readonly is: "line";
      readonly line: string;
      readonly counts: "ordered" | "open";
      readonly revision: number;
    }
  | { readonly is: "receipt"; readonly papers: Partial<FactData<"StockReceived">> }
  | { readonly is: "left" | "arrived" }
);

function factOf(each: Said, item: ItemId, units: number): Told["fact"] {
  const data = { item, quantity: quantity(units) };
  switch (each.is) {
    case "line": {
      const { line, counts, revision } = each;
      const named = { kind: "purchase-order", number: "PO-1", line, location: warehouse } as const;
      const said = { ...data, ...named, counts, revision, expectedAt: atMinute(9_000) };
      return { type: "SupplyExpected", data: said };
    }
    case "receipt":
      return { type: "StockReceived", data: { ...data, location: warehouse, ...each.papers } };
    case "left":
      return {
        type: "TransferDispatched",
        data: { ...data, from: warehouse, to: other, transferNumber: "T-1" },
      };
    case "arrived":
      return {
        type: "TransferReceived",
        data: { ...data, from: warehouse, to: other, transferNumber: "T-1" },
      };
    default:
      return each satisfies never;
  }
}

/** What is told, of the two items, or all of it of pieces, as it would be if there had never been boxes. */
function toldOf(
  world: string,
  said: readonly Said[],
  items: { boxes: ItemId; pieces: ItemId } | ItemId,
): readonly Told[] {
  return said.map((each, index): Told => {
    const told = { id: `${world}-${index}`, minute: each.minute, account: `erp-${world}` };
    if (typeof items === "string") {
      return { ...told, fact: factOf(each, items, each.units * (each.ofBoxes ? PIECES_PER_BOX : 1)) };
    }
    return { ...told, fact: factOf(each, each.ofBoxes ? items.boxes : items.pieces, each.units) };
  });
}

async function tellAll(facts: readonly Told[]): Promise<void> {
  await tell(core, facts);
  await ledger.subscriber.drain();
  await ledger.supply.subscriber.drain();
}

/** What is to come of an item, whoever says so. */
const dueOf = async (item: ItemId) =>
  (await ledger.supply.dueSupply(database, [item], core.clock.now()))
    .map(({ itemId: _item, source: _source, ...due }) => due)
    .toSorted((a, b) => (`${a.kind} ${a.document} ${a.line}` < `${b.kind} ${b.document} ${b.line}` ? -1 : 1));

const merge = ({ boxes, pieces }: { readonly boxes: ItemId; readonly pieces: ItemId }) =>
  itemIdentities.merge({ ...context, itemId: boxes, into: pieces });

const about = {
  ofBoxes: fc.boolean(),
  units: fc.integer({ min: 1, max: 20 }),
  minute: fc.integer({ min: 1, max: 9 }),
};
const anything: fc.Arbitrary<Said> = fc.oneof(
  fc.record({
    ...about,
    is: fc.constant("line" as const),
    line: fc.constantFrom("1", "2"),
    counts: fc.constantFrom("ordered" as const, "open" as const),
    // No two statements of a line are of one instant and one revision here: which of them has the greater id is chance.
    revision: fc.integer({ min: 0, max: 1_000_000 }),
  }),
  fc.record({
    ...about,
    is: fc.constant("receipt" as const),
    papers: fc.constantFrom({}, { purchaseOrder: "PO-1" }, { purchaseOrder: "PO-1", receiptLine: "2" }),
  }),
  fc.record({ ...about, is: fc.constantFrom("left" as const, "arrived" as const) }),
);

test("what is to come of two items that turn out to be one is what it would be if they had always been, in any order", async () => {
  const plans = fc
    .array(anything, { minLength: 1, maxLength: 9 })
    .chain((said) =>
      fc.tuple(
        fc.constant(said),
        fc.shuffledSubarray([...said.keys()], { minLength: said.length }),
        fc.nat(said.length),
      ),
    );
  core.clock.set(atMinute(300));
  await fc.assert(
    fc.asyncProperty(plans, async ([said, order, mergedAfter]) => {
      const [two, always] = [await pair(), await pair()];
      await tellAll(toldOf(`one-${made}`, said, always.pieces));
      const facts = toldOf(`two-${made}`, said, two);
      for (const [place, index] of order.entries()) {
        if (place === mergedAfter) assert.equal((await merge(two)).is, "done");
        await tellAll(facts.slice(index, index + 1));
      }
      if (mergedAfter === said.length) assert.equal((await merge(two)).is, "done");
      await itemIdentities.follow();
      assert.deepEqual(await dueOf(two.pieces), await dueOf(always.pieces));
      assert.deepEqual(await dueOf(two.boxes), []);
    }),
    { numRuns: 8 },
  );
  const report = await verify(database, { now: core.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
  const differences: unknown[] = [];
  await createRebuild({ ...core, log: silentLog }).check((difference) => differences.push(difference));
  assert.deepEqual(differences, []);
});

test("lists of what is to come and of what is overdue name the item that another has become, and no other after a split", async () => {
  const two = await pair();
  const said: Said = {
    is: "line",
    ofBoxes: true,
    units: 3,
    minute: 5,
    line: "1",
    counts: "ordered",
    revision: 1,
  };
  await tellAll(toldOf("listed", [said], two));
  const page = { after: "", limit: 10_000 };
  const now = new Date(atMinute(20_000));
  const listed = async () => {
    const supply = await ledger.supply.itemsWithSupply(database, page);
    const late = await ledger.supply.itemsPastDue(database, { ...page, now });
    return [two.boxes, two.pieces].map((item) => [supply.includes(item), late.includes(item)]);
  };
  assert.deepEqual(await listed(), [
    [true, true],
    [false, false],
  ]);
  await merge(two);
  assert.deepEqual(await listed(), [
    [false, false],
    [true, true],
  ]);
  assert.deepEqual(
    (await dueOf(two.pieces)).map(({ stated, open }) => [stated, open]),
    [[36, 36]],
  );
  const { sku } = { sku: { scheme: "sku", value: two.boxes } };
  core.clock.advance(60_000);
  const asked = { ...context, itemId: two.pieces, into: { itemId: two.boxes }, names: [sku], units: [] };
  assert.equal((await itemIdentities.split(asked)).is, "done");
  assert.deepEqual(
    (await dueOf(two.boxes)).map(({ open }) => open),
    [3],
  );
  assert.deepEqual(await dueOf(two.pieces), []);
});
