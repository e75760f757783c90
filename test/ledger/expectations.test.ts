import assert from "node:assert/strict";
import { test } from "node:test";
import { type ItemId, itemId, locationId, quantity, type StockFact } from "@crossdock/canonical";
import fc from "fast-check";
import { expectationsPort } from "../../src/ports/expectations.ts";
import { atMinute, openCore, type Told, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const other = locationId("wh-2");
const page = { after: 0, limit: 1_000 };
let told = 0;

async function tellAll(facts: readonly Told[]): Promise<void> {
  await tell(core, facts);
  await core.ledger.subscriber.drain();
}

const numbered = (facts: readonly StockFact[]): readonly Told[] =>
  facts.map((fact) => {
    told += 1;
    return { id: `fact-${told}`, minute: told, fact };
  });

const receipt = (item: ItemId, units: number, expected: number, more: object = {}): StockFact => ({
  type: "StockReceived",
  data: {
    item,
    location: warehouse,
    quantity: quantity(units),
    expected: quantity(expected),
    purchaseOrder: "PO-1",
    receiptNumber: "R-1",
    receiptLine: "1",
    ...more,
  },
});

const lane = (
  type: "TransferDispatched" | "TransferReceived" | "TransferLost",
  item: ItemId,
  units: number,
) => {
  const data = { item, from: warehouse, to: other, quantity: quantity(units), transferNumber: "T-1" };
  return type === "TransferDispatched"
    ? { type, data: { ...data, expectedAt: atMinute(60) } }
    : { type, data };
};

const differences = async (item: ItemId) =>
  (await core.ledger.receiptDifferences(page))
    .filter((row) => row.item_id === item)
    .map((row) => [row.expected, row.received, row.difference]);

const onTheWay = async (item: ItemId) =>
  (await core.ledger.openTransfers({ ...page, locationId: other }))
    .filter((row) => row.item_id === item)
    .map((row) => [row.dispatched, row.received, row.lost, row.outstanding, row.overdue]);

test("a receipt line that brought more or less is listed until the rest has come", async () => {
  const item = itemId("line");
  await tellAll(numbered([receipt(item, 6, 10, { lot: "A" })]));
  assert.deepEqual(await differences(item), [[10, 6, -4]]);
  await tellAll(numbered([receipt(item, 4, 10, { lot: "B" })]));
  assert.deepEqual(await differences(item), []);
  await tellAll(numbered([receipt(item, 1, 10)]));
  assert.deepEqual(await differences(item), [[10, 11, 1]]);
  await tellAll(numbered([receipt(item, 1, 0, { receiptLine: "2" })]));
  assert.deepEqual(await differences(item), [
    [10, 11, 1],
    [0, 1, 1],
  ]);
});

test("a transfer says what is on its way, what was lost, and when it is overdue", async () => {
  const item = itemId("sent");
  await tellAll(numbered([lane("TransferReceived", item, 2)]));
  assert.deepEqual(await onTheWay(item), [[0, 2, 0, -2, false]]);
  await tellAll(numbered([lane("TransferDispatched", item, 6), lane("TransferLost", item, 1)]));
  assert.deepEqual(await onTheWay(item), [[6, 2, 1, 3, true]]);
  await tellAll(numbered([lane("TransferReceived", item, 3)]));
  assert.deepEqual(await onTheWay(item), []);
});

/** Receipts of one line and news of one transfer, each at a minute of its own or shared. */
const news = fc.array(
  fc.record({
    kind: fc.constantFrom("receipt", "TransferDispatched", "TransferReceived", "TransferLost"),
    units: fc.integer({ min: 1, max: 9 }),
    expected: fc.integer({ min: 0, max: 20 }),
    minute: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 1, maxLength: 8 },
);

let run = 0;

test("receipts and transfers add up to the same in any order, told once or twice", async () => {
  await fc.assert(
    fc.asyncProperty(
      news,
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 5 }),
      async (all, chance, batch) => {
        run += 1;
        const ends: unknown[] = [];
        for (const variant of ["straight", "shuffled"]) {
          const item = itemId(`${variant}-${run}`);
          const facts = all.map(({ kind, units, expected, minute }, index): Told => {
            const fact =
              kind === "TransferDispatched" || kind === "TransferReceived" || kind === "TransferLost"
                ? lane(kind, item, units)
                : receipt(item, units, expected);
            return { id: `${item}-${index}`, minute, fact };
          });
          const inTurn =
            variant === "straight"
              ? facts
              : [...facts, ...facts]
                  .map((fact) => ({ fact, at: Number(chance.next().value) }))
                  .toSorted((a, b) => a.at - b.at)
                  .map(({ fact }) => fact);
          for (let start = 0; start < inTurn.length; start += batch)
            await tellAll(inTurn.slice(start, start + batch));
          ends.push([await differences(item), await onTheWay(item)]);
        }
        assert.deepEqual(ends[1], ends[0]);
      },
    ),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 30) },
  );
});

test("the list that the gateway is given goes on where a page ended", async () => {
  const port = expectationsPort(core.ledger);
  await tellAll(
    numbered(["x", "y", "z"].map((line) => receipt(itemId("paged"), 1, 2, { receiptLine: line }))),
  );
  const lines: string[] = [];
  for (let after: string | undefined = "0"; after !== undefined; ) {
    const rows = await port.receiptDifferences({ after, limit: 1, locationId: warehouse });
    assert.ok(rows !== "bad-cursor");
    lines.push(...rows.rows.filter((row) => row.itemId === "paged").map((row) => row.receiptLine));
    after = rows.next;
  }
  assert.deepEqual(lines, ["x", "y", "z"]);
  assert.equal(await port.openTransfers({ after: "no", limit: 1 }), "bad-cursor");
});
