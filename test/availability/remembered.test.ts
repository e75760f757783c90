import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createStockMemory,
  REMEMBERED_MS_MAX,
  type Remembered,
  remember,
} from "../../src/availability/memory/remembered.ts";

const NOW = { nowMs: 0, stopwatchMs: 0 };
const nothing = { expired: new Map(), fences: new Map() };

const stockOf = (item: string, more: Partial<Pick<Remembered, "untilMs" | "readMs">> = {}): Remembered =>
  remember(
    item,
    { rows: [{ position_id: 1, item_id: item, location_id: "wh-1", lot: "", available: 1 }], ...nothing },
    { untilMs: Number.POSITIVE_INFINITY, readMs: 0, ...more },
  );

const { bytes: BYTES } = stockOf("a");

test("no more is remembered than there is room for, and what nobody asks for goes first", () => {
  const memory = createStockMemory(3 * BYTES);
  for (const item of ["a", "b", "c"]) memory.put(stockOf(item));
  // Looked at for the first time, all of them count as asked for; the round after it tells them apart.
  memory.put(stockOf("d"));
  assert.equal(memory.size().items, 3);
  const kept = ["b", "c", "d"].filter((item) => memory.recall(item, NOW) !== undefined);
  assert.deepEqual(kept, ["b", "c", "d"]);
  memory.put(stockOf("e"));
  assert.deepEqual(memory.size(), { items: 3, bytes: 3 * BYTES });
  assert.notEqual(memory.recall("e", NOW), undefined);
});

test("what is made of it counts, and so does what is forgotten", () => {
  const memory = createStockMemory(10 * BYTES);
  const one = stockOf("a");
  memory.put(one);
  memory.grew(one, 50);
  assert.equal(memory.size().bytes, BYTES + 50);
  memory.put(stockOf("a"));
  assert.equal(memory.size().bytes, BYTES);
  memory.grew(one, 50);
  assert.equal(memory.size().bytes, BYTES, "what was replaced takes no room any more");
  memory.forget("a");
  assert.deepEqual(memory.size(), { items: 0, bytes: 0 });
});

test("where there is no room nothing is remembered", () => {
  const memory = createStockMemory(0);
  memory.put(stockOf("a"));
  assert.equal(memory.recall("a", NOW), undefined);
});

test("it is believed until the next hold runs out, and for a minute at most", () => {
  const memory = createStockMemory(10 * BYTES);
  memory.put(stockOf("a", { untilMs: 100 }));
  assert.notEqual(memory.recall("a", { ...NOW, nowMs: 99 }), undefined);
  assert.equal(memory.recall("a", { ...NOW, nowMs: 100 }), undefined);
  memory.put(stockOf("b"));
  assert.notEqual(memory.recall("b", { ...NOW, stopwatchMs: REMEMBERED_MS_MAX }), undefined);
  assert.equal(memory.recall("b", { ...NOW, stopwatchMs: REMEMBERED_MS_MAX + 1 }), undefined);
});
