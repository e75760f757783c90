import assert from "node:assert/strict";
import { test } from "node:test";
import type { StockStatement } from "@crossdock/canonical";
import { testDatabase } from "#test/database.ts";
import { plainItem } from "../support/seed.ts";
import { createPartner, deliver, factsOf, openBench, saveMaster, stock, taken } from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database);
await saveMaster(bench, ["plain"]);
await bench.governance.saveItems([
  { ...plainItem("batched"), tracking: "lot" },
  { ...plainItem("numbered"), tracking: "serial" },
  { ...plainItem("kit"), components: [{ itemId: "plain", quantity: 2 }] },
]);

const location = { scheme: "code", value: "WH1" };
const id = (value: string) => ({ scheme: "id", value });
const each = (value: number) => ({ value, unit: "EA" });

type Said = Pick<StockStatement, "type" | "data"> extends infer Each ? Each : never;
type Row = readonly [rule: string, said: Said, reason: string | undefined];

const received = (item: string, units: number, lot?: string): Said => ({
  type: "StockReceived",
  data: { item: id(item), location, quantity: each(units), ...(lot === undefined ? {} : { lot }) },
});
const counted = (item: string, units: number, lot?: string): Said => ({
  type: "StockCounted",
  data: { item: id(item), location, counted: each(units), ...(lot === undefined ? {} : { lot }) },
});
const countedIn = (counted: number, quarantined: number, damaged: number): Said => ({
  type: "StockCounted",
  data: {
    ...{ item: id("plain"), location, counted: each(counted) },
    conditions: { quarantined: each(quarantined), damaged: each(damaged) },
  },
});
const adjusted = (item: string, delta: number, lot: string): Said => ({
  type: "StockAdjusted",
  data: { item: id(item), location, delta: each(delta), lot, reason: "test" },
});
const converted = (from: string, to: string): Said => ({
  type: "StockConverted",
  data: {
    location,
    from: { item: id(from), quantity: each(2) },
    to: { item: id(to), quantity: each(1) },
    reason: "kitting",
  },
});

const expected = (item: string, units: number, from?: string): Said => ({
  type: "SupplyExpected",
  data: {
    ...{ kind: "purchase-order", number: "PO-1", line: "10", item: id(item), location },
    ...{ quantity: { value: units, unit: "XCS" }, counts: "ordered", expectedAt: "2026-04-01T08:00:00Z" },
    ...(from === undefined ? {} : { from: { scheme: "code", value: from } }),
  },
});

const rows: readonly Row[] = [
  ["what is to come has no lot yet", expected("batched", 2), undefined],
  ["and may be nothing any more", expected("plain", 0), undefined],
  ["a kit does not come", expected("kit", 2), "kit-not-stocked"],
  ["less than nothing does not come", expected("plain", -1), "quantity-negative"],
  ["an item without tracking needs no lot", received("plain", 5), undefined],
  ["a kit is not received", received("kit", 1), "kit-not-stocked"],
  ["a kit is not counted", counted("kit", 0), "kit-not-stocked"],
  ["a kit is not built into stock", converted("plain", "kit"), "kit-not-stocked"],
  ["an item that is tracked by lot names it", received("batched", 5), "lot-missing"],
  ["with its lot it is received", received("batched", 5, "L 1"), undefined],
  ["an item that is tracked by lot is counted by lot", counted("batched", 5), "lot-missing"],
  ["a conversion names the lot of what it makes", converted("plain", "batched"), "lot-missing"],
  ["an item that is tracked by serial number names it", received("numbered", 1), "lot-missing"],
  ["under one serial number there is one unit", received("numbered", 2, "S 1"), "serial-not-single"],
  ["and one is taken", received("numbered", 1, "S 1"), undefined],
  ["one serial number may be counted as gone", counted("numbered", 0, "S 1"), undefined],
  ["and one unit of it may be written off", adjusted("numbered", -1, "S 1"), undefined],
  ["and not two", adjusted("numbered", -2, "S 1"), "serial-not-single"],
  ["a count may say the condition of all that it counted", countedIn(4, 1, 3), undefined],
  ["and not of more", countedIn(4, 2, 3), "conditions-exceed-count"],
  ["nor of less than nothing", countedIn(4, -1, 0), "quantity-negative"],
];

test("what cannot be stocked as it is named is parked, and says what to do", async () => {
  const account = await createPartner(bench, "stocked");
  const records = rows.map(([, said], index) =>
    stock({ ...said, id: `s-${index}`, effectiveAt: "2026-03-02T08:00:00Z" } as StockStatement),
  );
  const { messageIds } = taken(await deliver(bench, account, [{ key: "a", records }]));
  await bench.integration.drain();
  const parked = (await bench.integration.message(messageIds[0] ?? ("" as never)))?.parkedRecords ?? [];
  const reasons = new Map(parked.map((row) => [row.record, row]));
  for (const [index, [rule, , reason]] of rows.entries())
    assert.equal(reasons.get(index)?.reason, reason, rule);
  for (const row of parked) {
    assert.equal(row.state, row.reason === "lot-missing" ? "waiting" : "parked");
    assert.match(row.detail, /Have the source .* drop the record|drop the record/);
  }
});

test("supply that names what nobody knows waits for it, and is in base units", async () => {
  const account = await createPartner(bench, "supplying");
  const say = (key: string, said: Said) =>
    stock({ ...said, id: key, effectiveAt: "2026-03-02T08:00:00Z" } as StockStatement);
  const records = [say("known", expected("plain", 2)), say("from-nowhere", expected("plain", 2, "WH9"))];
  const { messageIds } = taken(await deliver(bench, account, [{ key: "a", records }]));
  await bench.integration.drain();
  const [waiting] = (await bench.integration.message(messageIds[0] ?? ("" as never)))?.parkedRecords ?? [];
  assert.deepEqual([waiting?.record, waiting?.reason], [1, "unknown-location"]);
  const told = await factsOf(bench, account);
  assert.deepEqual(
    told.map(({ type, data }) => [type, "quantity" in data && data.quantity]),
    [["SupplyExpected", 24]],
  );
});

test("what a receipt was expected to bring is in base units, and may be nothing", async () => {
  const account = await createPartner(bench, "expecting");
  const receipt = (key: string, expected: number) =>
    stock({
      type: "StockReceived",
      id: key,
      effectiveAt: "2026-03-02T08:00:00Z",
      data: {
        item: id("plain"),
        location,
        quantity: { value: 2, unit: "XCS" },
        expected: { value: expected, unit: "XCS" },
        expiresAt: "2027-06-30T00:00:00Z",
      },
    });
  await deliver(bench, account, [{ key: "a", records: [receipt("r1", 3), receipt("r2", 0)] }]);
  await bench.integration.drain();
  const told = (await factsOf(bench, account)).map(({ data }) =>
    "expected" in data ? data.expected : undefined,
  );
  assert.deepEqual(told.toSorted(), [0, 36]);
});
