import assert from "node:assert/strict";
import { test } from "node:test";
import { startFakeWarehouse } from "../src/fake/index.ts";
import { recordsOf, SECRET, snapshotPage } from "./fixtures.ts";

const { snapshot, rows } = snapshotPage;

test("a page is said in the warehouse's own names, as of its last event", () => {
  assert.deepEqual(recordsOf(snapshotPage), [
    {
      is: "snapshot",
      at: "/",
      statement: {
        type: "StockSnapshotPage",
        effectiveAt: "2026-11-23T02:00:00Z",
        data: {
          ...{ snapshotId: "W1 night-1", location: { scheme: "code", value: "W1" } },
          ...{ scope: "full", conditions: true, watermark: { stream: "W1", number: 17 }, page: 2, pages: 3 },
          rows: [
            {
              item: { scheme: "sku", value: "A-1" },
              ...{ counted: { value: 2, unit: "XCS" }, lot: "L7", status: "quarantined" },
            },
            { item: { scheme: "gtin", value: "04006381333931" }, counted: { value: "2.5", unit: "KGM" } },
            { item: { scheme: "sku", value: "A-3" }, counted: { value: 0, unit: "EA" } },
          ],
        },
      },
    },
  ]);
});

const faults: readonly (readonly [string, object, string])[] = [
  ["a row below zero", { rows: [{ sku: "A-1", counted: -1 }] }, "/rows/0/counted"],
  ["a row without a name", { rows: [...rows, { counted: 1 }] }, "/rows/3/sku"],
  ["a row with two names", { rows: [{ sku: "A-1", gtin: "04006381333931", counted: 1 }] }, "/rows/0/gtin"],
  ["a condition that is not told apart", { snapshot: { ...snapshot, conditions: false } }, "/rows/0/status"],
  [
    "a day that there is not",
    { snapshot: { ...snapshot, takenAt: "2026-02-30T00:00:00Z" } },
    "/snapshot/takenAt",
  ],
  ["a page beyond the last", { snapshot: { ...snapshot, page: 4 } }, "/snapshot/page"],
];
for (const [name, fault, at] of faults) {
  test(`a page with ${name} is not taken without it, and says where`, () => {
    const [record, ...more] = recordsOf({ ...snapshotPage, ...fault });
    assert.deepEqual([record?.is, record?.at, more], ["invalid", at, []]);
  });
}

test("a page that says a thing twice is not taken, because nothing says which is meant", () => {
  const twice = JSON.stringify(snapshotPage).replace('"page":2', '"page":2,"page":1');
  const [record] = recordsOf(twice);
  assert.ok(record?.is === "invalid" && record.reason === "repeated-name");
});

test("a simulated warehouse posts what is there, page by page, also what it had lost unseen", async (t) => {
  const bodies: unknown[] = [];
  const warehouse = await startFakeWarehouse({
    ...{ seed: 1, code: "W1", secret: SECRET, now: () => new Date("2026-11-23T09:30:00Z") },
    stock: ["A-1", "A-2", "A-3"].map((sku) => ({ sku, onHand: 10 })),
    sendTo: async ({ body }) => {
      bodies.push(JSON.parse(new TextDecoder().decode(body)));
      return true;
    },
  });
  t.after(warehouse.close);
  warehouse.announceStock();
  await warehouse.drain();
  bodies.length = 0;
  await warehouse.postSnapshot({ snapshotId: "night-1", rowsPerPage: 2 });
  await warehouse.postSnapshot({ snapshotId: "aisle-1", skus: ["A-2"], conditions: true });
  const records = bodies.flatMap(recordsOf);
  assert.deepEqual(
    records.map((record) => {
      assert.ok(record.is === "snapshot");
      const { scope, page, pages, rows, watermark } = record.statement.data;
      return [scope, page, pages, rows.map((row) => row.counted.value), watermark?.number];
    }),
    [
      ["full", 1, 2, [10, 10], 3],
      ["full", 2, 2, [10], 3],
      ["partial", 1, 1, [10, 0, 0], 3],
    ],
  );
});
