import assert from "node:assert/strict";
import { test } from "node:test";
import { type ItemId, itemId, locationId } from "@crossdock/canonical";
import { createPositionMemory } from "../../src/ledger/position-memory.ts";
import { holdPositions } from "../../src/ledger/position-service.ts";
import { openCore, stock, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const shelf = (item: ItemId) => ({ itemId: item, locationId: warehouse, lot: "" });

test("what was not asked for lately is forgotten, and the rest stays", () => {
  const memory = createPositionMemory(4);
  const [often, seldom, third, fourth] = ["often", "seldom", "third", "fourth"].map((id) =>
    shelf(itemId(id)),
  );
  assert.ok(often && seldom && third && fourth);
  memory.remember(often, 1);
  memory.remember(seldom, 2);
  memory.remember(third, 3);
  assert.equal(memory.idOf(often), 1);
  memory.remember(fourth, 4);
  assert.deepEqual(
    [often, seldom, third, fourth].map((place) => memory.idOf(place)),
    [1, undefined, 3, 4],
  );
});

test("a position that is remembered wrongly, as after a restore, is looked up again", async () => {
  const [left, right] = [itemId("left"), itemId("right")];
  await tell(core, [
    { id: "l", minute: 1, fact: stock.received(3, left) },
    { id: "r", minute: 2, fact: stock.received(4, right) },
  ]);
  await core.ledger.subscriber.drain();
  const rows = await core.ledger.positionsOf(database, [left, right], [warehouse]);
  const idOf = (item: string) => rows.find((row) => row.item_id === item)?.position_id ?? 0;
  const memory = createPositionMemory();
  memory.remember(shelf(left), idOf("right"));
  memory.remember(shelf(right), 999_999);
  const held = await database.transaction((tx) => holdPositions(tx, memory, [shelf(left), shelf(right)]));
  assert.deepEqual(held.map((row) => [row.item_id, row.available]).toSorted(), [
    ["left", 3],
    ["right", 4],
  ]);
  assert.equal(memory.idOf(shelf(left)), idOf("left"));
});

test("a position that was made by a transaction that failed is not remembered", async () => {
  const memory = createPositionMemory();
  const place = shelf(itemId("unborn"));
  const failing = database.transaction(async (tx) => {
    await holdPositions(tx, memory, [place]);
    throw new Error("rolled back on purpose");
  });
  await assert.rejects(failing, /on purpose/);
  assert.equal(memory.idOf(place), undefined);
  const [made] = await database.transaction((tx) => holdPositions(tx, memory, [place]));
  assert.equal(made?.item_id, "unborn");
});

test("an item has no account of count variance before a count of it matters", async () => {
  const item = itemId("uncounted");
  const accounts = async () =>
    (await core.ledger.positionsOf(database, [item], [locationId("count-variance")])).map(
      (row) => row.available,
    );
  await tell(core, [{ id: "u1", minute: 10, fact: stock.received(9, item) }]);
  await core.ledger.subscriber.drain();
  assert.deepEqual(await accounts(), []);
  await tell(core, [{ id: "u2", minute: 20, fact: stock.counted(7, item) }]);
  await core.ledger.subscriber.drain();
  assert.deepEqual(await accounts(), [2]);
  // Told after the count and from before it: the count had seen it.
  await tell(core, [{ id: "u3", minute: 15, fact: stock.received(4, item) }]);
  await core.ledger.subscriber.drain();
  assert.deepEqual(await accounts(), [6]);
});
