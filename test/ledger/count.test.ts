import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { balanceSeenBy, type Count, type Numbered, type OnHandChange } from "../../src/ledger/count.ts";
import {
  believedOf,
  type PositionHistory,
  SHELVES,
  type Shelf,
  type ShelfChange,
  takePositionCount,
  takePositionMovement,
} from "../../src/ledger/shelf.ts";
import { type Balances, lawful, NOTHING, type Said } from "./law.ts";

const numbered = fc.record({
  source: fc.constantFrom("wms", "erp"),
  stream: fc.constant("events"),
  number: fc.integer({ min: 0, max: 9 }),
});
const minute = fc.integer({ min: 0, max: 9 });
const units = fc.integer({ min: -9, max: 9 });
const movement = fc
  .record({
    at: minute,
    "on-hand": units,
    quarantined: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, units),
    damaged: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, units),
    numbered: fc.option(numbered, { nil: undefined }),
  })
  .map(({ at, numbered: number, ...deltas }): Said => ({ movement: { at, deltas, numbered: number } }));
const counted = fc.integer({ min: 0, max: 20 });
const count = fc
  .record({
    at: minute,
    id: fc.constantFrom("a", "b", "c"),
    "on-hand": counted,
    conditions: fc.option(fc.record({ quarantined: counted, damaged: counted }), { nil: undefined }),
    watermark: fc.option(numbered, { nil: undefined }),
  })
  .map(({ at, id, conditions, watermark, ...found }) => ({
    count: { at, inOrder: id, watermark, counted: { ...found, ...conditions } },
  }));

/** An id says one thing: two counts that share one would be a source that contradicts itself. */
const saidSet = fc
  .array(fc.oneof(movement, count), { minLength: 1, maxLength: 9 })
  .map((said): readonly Said[] => {
    const ids = new Set<string>();
    return said.filter((one) => {
      if (!("count" in one)) return true;
      const id = `${one.count.at} ${one.count.inOrder}`;
      return ids.size < ids.add(id).size;
    });
  });

/** The books of one position: what has been posted, as the database would keep it. */
type Books = {
  balances: Balances;
  changes: ShelfChange[];
  counts: { shelf: Shelf; count: Count }[];
};

function historyOf({ balances, changes, counts }: Books): PositionHistory {
  const shelf = (name: Shelf) => ({
    onHand: balances[name],
    posted: changes.map(({ at, deltas, numbered: number }): OnHandChange => {
      return { at, delta: deltas[name], numbered: number };
    }),
    counts: believedOf(counts.flatMap((made) => (made.shelf === name ? [made.count] : []))),
    planned: [],
  });
  return { "on-hand": shelf("on-hand"), quarantined: shelf("quarantined"), damaged: shelf("damaged") };
}

const plus = (a: Balances, b: Balances): Balances => ({
  "on-hand": a["on-hand"] + b["on-hand"],
  quarantined: a.quarantined + b.quarantined,
  damaged: a.damaged + b.damaged,
});

function varianceDeltas(found: number, status: "available" | "quarantined" | "damaged"): Balances {
  return { ...NOTHING, "on-hand": found, ...(status === "available" ? {} : { [status]: found }) };
}

/** Takes a batch in one pass, and posts it. */
function post(books: Books, batch: readonly Said[]): void {
  let history = historyOf(books);
  const posted: ShelfChange[] = [];
  for (const one of batch) {
    const taken =
      "movement" in one
        ? { ...takePositionMovement(history, one.movement), believed: [] }
        : takePositionCount(history, one.count);
    history = taken.history;
    if ("movement" in one) posted.push(one.movement);
    for (const { at, found, status } of taken.variances) {
      posted.push({ at, deltas: varianceDeltas(found, status) });
    }
    for (const { shelf, ...made } of taken.believed) books.counts.push({ shelf, count: made });
  }
  books.changes.push(...posted);
  books.balances = posted.reduce((sum, change) => plus(sum, change.deltas), books.balances);
}

function booksAfter(said: readonly Said[], batch: number): Books {
  const books: Books = { balances: NOTHING, changes: [], counts: [] };
  for (let start = 0; start < said.length; start += batch) post(books, said.slice(start, start + batch));
  return books;
}

const shuffled = saidSet.chain((said) =>
  fc.record({
    said: fc.constant(said),
    order: fc.shuffledSubarray([...said.keys()], { minLength: said.length }),
    batch: fc.integer({ min: 1, max: 4 }),
  }),
);
const runs = { numRuns: Number(process.env.PROPERTY_RUNS ?? 5_000) };

test("on-hand is what the last count counted and what it has not seen, in any order and in any batches", () => {
  fc.assert(
    fc.property(shuffled, ({ said, order, batch }) => {
      const permuted = order.flatMap((index) => said[index] ?? []);
      assert.deepEqual(booksAfter(permuted, batch).balances, lawful(said));
    }),
    runs,
  );
});

test("every believed count holds: up to it, the books have what it counted", () => {
  fc.assert(
    fc.property(shuffled, ({ said, order, batch }) => {
      const books = booksAfter(
        order.flatMap((index) => said[index] ?? []),
        batch,
      );
      const history = historyOf(books);
      for (const shelf of SHELVES) {
        const believed = believedOf(
          books.counts.flatMap((made) => (made.shelf === shelf ? [made.count] : [])),
        );
        for (const made of believed) assert.equal(balanceSeenBy(history[shelf], made), made.counted);
      }
    }),
    runs,
  );
});

test("a count that is taken again posts nothing", () => {
  fc.assert(
    fc.property(saidSet, (said) => {
      const books = booksAfter(said, 1);
      const posted = books.changes.length;
      post(
        books,
        said.filter((one) => "count" in one),
      );
      assert.equal(books.changes.length, posted);
    }),
    runs,
  );
});

const wms = (number: number): Numbered => ({ source: "wms", stream: "events", number });
const moved = (at: number, units: number, number?: number): Said => ({
  movement: {
    at,
    deltas: { ...NOTHING, "on-hand": units },
    numbered: number === undefined ? undefined : wms(number),
  },
});

test("a watermark decides what was seen, whatever the times say", () => {
  const snapshot: Said = {
    count: { at: 60, inOrder: "s", counted: { "on-hand": 10 }, watermark: wms(7) },
  };
  const receipt = moved(0, 12, 1);
  const cases = [
    { name: "numbered above it and dated before it", said: moved(30, -2, 8), onHand: 8 },
    { name: "numbered below it and dated after it", said: moved(90, -2, 6), onHand: 10 },
    { name: "of no number, dated before it", said: moved(30, -2), onHand: 10 },
    { name: "of no number, dated after it", said: moved(90, -2), onHand: 8 },
  ];
  for (const { name, said, onHand } of cases) {
    for (const order of [
      [receipt, said, snapshot],
      [receipt, snapshot, said],
      [snapshot, said, receipt],
    ]) {
      assert.equal(booksAfter(order, 1).balances["on-hand"], onHand, name);
    }
  }
});

test("conditions are counted apart, and what is found in one and not in another leaves the total as counted", () => {
  const quarantined: Said = { movement: { at: 1, deltas: { ...NOTHING, quarantined: 4 } } };
  const snapshot: Said = {
    count: { at: 2, inOrder: "s", counted: { "on-hand": 9, quarantined: 1, damaged: 2 } },
  };
  assert.deepEqual(booksAfter([moved(0, 10), quarantined, snapshot], 1).balances, {
    "on-hand": 9,
    quarantined: 1,
    damaged: 2,
  });
});
