import assert from "node:assert/strict";
import { test } from "node:test";
import { PositionPage } from "../../src/gateway/position-views.ts";
import { DriftPage, SnapshotPage } from "../../src/gateway/snapshot-views.ts";
import { type House, openSilentHouse, verifyHouse } from "./company.ts";

const path = "/system/v1/inventory/snapshots";
const each = (value: number) => ({ value, unit: "EA" });
const sku = (value: string) => ({ scheme: "sku", value });

async function post(house: House, at: string, body: object) {
  const response = await fetch(house.url + at, {
    method: "POST",
    headers: { authorization: `Bearer ${house.key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

async function onHand(house: House, item: string): Promise<number> {
  const { positions } = await house.get(`/system/v1/positions?item=${item}&location=east`, PositionPage);
  return positions.reduce((sum, position) => sum + position.onHand, 0);
}

test("a warehouse's snapshot over HTTP settles its stock; a row of an unknown item waits alone and is counted when it is known", async (t) => {
  const house = await openSilentHouse(t, new Date("2026-03-02T08:00:00Z"));
  const { product } = house;
  const received = {
    type: "StockReceived",
    effectiveAt: "2026-03-02T01:00:00Z",
    data: { location: { scheme: "code", value: "EAST" }, quantity: each(10) },
  };
  await post(house, "/system/v1/inventory/facts", {
    accountId: "wms-east",
    statements: ["LAMP", "HINGE"].map((name) => ({
      ...received,
      id: `r-${name}`,
      data: { ...received.data, item: sku(name) },
    })),
  });
  const upload = {
    accountId: "wms-east",
    snapshotId: "night",
    location: { scheme: "code", value: "EAST" },
    takenAt: "2026-03-02T02:00:00Z",
    scope: "full",
    conditions: false,
  };
  const first = { page: 1, rows: [{ item: sku("LAMP"), counted: each(7) }] };
  const unknown = { item: { scheme: "gtin", value: "4012345678901" }, counted: each(4) };
  const second = { page: 2, rows: [unknown, { item: sku("LAMP"), counted: { value: 1, unit: "XCS" } }] };
  const answer = await post(house, path, { ...upload, pageCount: 2, pages: [second] });
  assert.deepEqual(answer, { snapshotId: "night", rowsParked: 1, pages: [{ page: 2, outcome: "accepted" }] });
  await product.drain();
  const [waiting] = (await house.get(path, SnapshotPage)).snapshots;
  assert.deepEqual(waiting?.pages, { come: 1, count: 2, missing: [1] });
  assert.equal(await onHand(house, "lamp"), 10);

  await post(house, path, { ...upload, pages: [first] });
  await product.drain();
  const [applied] = (await house.get(path, SnapshotPage)).snapshots;
  assert.equal(applied?.state, "applied");
  assert.deepEqual(applied?.rows, { come: 2, unresolved: 1 });
  assert.equal(await onHand(house, "lamp"), 19, "rows of one item on two pages are one count");
  assert.equal(await onHand(house, "hinge"), 10, "the unknown item may be the one that no row names");

  const alias = { kind: "item", scheme: "gtin", scope: "", value: "4012345678901", target: "hinge" } as const;
  await product.governance.saveAliases([alias]);
  await product.drain();
  assert.equal(await onHand(house, "hinge"), 4);
  const number = applied?.snapshotNumber;
  const { drift } = await house.get(`${path}/${number}/drift`, DriftPage);
  assert.deepEqual(drift.map(({ itemId, difference }) => `${itemId} ${difference}`).toSorted(), [
    "hinge -6",
    "lamp 9",
  ]);
  const [settled] = (await house.get(`${path}?location=east`, SnapshotPage)).snapshots;
  assert.deepEqual(settled?.rows, { come: 3, unresolved: 0 });
  assert.deepEqual(settled?.units, { found: 9, missing: 6 });
  await verifyHouse(house);
});
