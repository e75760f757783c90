import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Judging, openCaseBook, openCaseOf, type PlannedCase } from "../../src/ledger/case-book.ts";
import { isBefore } from "../../src/ledger/count-case.ts";
import {
  believedOf,
  type PositionCount,
  type PositionHistory,
  type Shelf,
  type ShelfChange,
  takePositionCount,
  takePositionMovement,
} from "../../src/ledger/shelf.ts";
import { type Balances, lawful, NOTHING, type Said } from "./law.ts";

const source = "/accounts/wms-1";
const thing = { source, locationId: "wh-1", itemId: "widget" };
const rule = {
  tolerance: { unitsMax: 2, percentMax: null, valueMax: null, acceptAfterHours: null },
  perUnit: undefined,
};

type Count = PositionCount & { readonly isRight: boolean };
type Happening = { readonly movement: ShelfChange } | { readonly count: Count };

const minute = fc.integer({ min: 0, max: 9 });
const units = fc.integer({ min: -9, max: 9 });
const counted = fc.integer({ min: 0, max: 20 });
const numbered = fc.record({
  ...{ source: fc.constant(source), stream: fc.constant("events"), number: fc.integer({ min: 0, max: 9 }) },
});
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc
    .record({
      at: minute,
      "on-hand": units,
      quarantined: units,
      numbered: fc.option(numbered, { nil: undefined }),
    })
    .map(({ at, numbered: number, ...deltas }) => ({
      movement: { at, deltas: { ...deltas, damaged: 0 }, numbered: number },
    })),
  fc
    .record({
      at: minute,
      inOrder: fc.uuid(),
      "on-hand": counted,
      conditions: fc.option(fc.record({ quarantined: counted, damaged: counted }), { nil: undefined }),
      watermark: fc.option(numbered, { nil: undefined }),
      isRight: fc.boolean(),
    })
    .map(({ at, inOrder, watermark, isRight, conditions, ...found }) => ({
      count: { at, inOrder, watermark, isRight, counted: { ...found, ...conditions } },
    })),
);

/** The books of one position, with the cases about it. */
type Books = {
  balances: Balances;
  readonly changes: ShelfChange[];
  readonly counts: { readonly shelf: Shelf; readonly count: PositionCount }[];
  readonly open: PlannedCase[];
  readonly withheld: Set<string>;
};

function historyOf({ balances, changes, counts }: Books): PositionHistory {
  const shelf = (name: Shelf) => ({
    onHand: balances[name],
    posted: changes.map(({ at, deltas, numbered: number }) => ({
      at,
      delta: deltas[name],
      numbered: number,
    })),
    counts: believedOf(counts.flatMap((made) => (made.shelf === name ? [made.count] : []))),
    planned: [],
  });
  return { "on-hand": shelf("on-hand"), quarantined: shelf("quarantined"), damaged: shelf("damaged") };
}

function move(books: Books, change: ShelfChange): void {
  books.changes.push(change);
  const { balances } = books;
  books.balances = {
    "on-hand": balances["on-hand"] + change.deltas["on-hand"],
    quarantined: balances.quarantined + change.deltas.quarantined,
    damaged: balances.damaged + change.deltas.damaged,
  };
}

type Variances = ReturnType<typeof takePositionCount>["variances"];

function post(books: Books, variances: Variances): void {
  for (const { at, found, status } of variances) {
    const deltas = { ...NOTHING, "on-hand": found, ...(status === "available" ? {} : { [status]: found }) };
    move(books, { at, deltas });
  }
}

function take(books: Books, count: PositionCount): void {
  const taken = takePositionCount(historyOf(books), count);
  for (const { shelf, ...made } of taken.believed)
    books.counts.push({ shelf, count: { ...count, ...made, counted: count.counted } });
  post(books, taken.variances);
}

/** Judges a count, and takes it or keeps its case; what it outdoes is closed. */
function hear(books: Books, count: Count): void {
  const judging: Judging = {
    ruleOf: () => rule,
    open: new Map([[1, books.open.map((one, index) => openCaseOf(index, one.count, one.expected))]]),
    unknown: new Set(),
  };
  const book = openCaseBook(judging);
  const judged = { thing, positionId: 1, history: historyOf(books), count, eventNumber: 1 };
  if (book.isTaken(judged)) take(books, count);
  for (const kept of book.planned) {
    books.withheld.add(count.inOrder);
    if (kept.state === "open") books.open.push(kept);
  }
  const ended = new Set(book.outdone.map(({ caseNumber }) => books.open[caseNumber]));
  books.open.splice(0, books.open.length, ...books.open.filter((one) => !ended.has(one)));
}

/** Decides about an open case, as it would be decided whenever it was asked. */
function decide(books: Books, at: number, said: readonly Happening[]): void {
  const [opened] = books.open.splice(at, 1);
  const own = said.find((one) => "count" in one && one.count.inOrder === opened?.count.inOrder);
  if (opened === undefined || own === undefined || !("count" in own)) return;
  if (!own.count.isRight) return;
  books.withheld.delete(opened.count.inOrder);
  take(books, opened.count);
}

const run = fc.array(happening, { minLength: 1, maxLength: 9 }).chain((said) =>
  fc.record({
    said: fc.constant(said),
    order: fc.shuffledSubarray([...said.keys()], { minLength: said.length }),
    decisions: fc.array(fc.nat({ max: 3 }), { minLength: said.length, maxLength: said.length }),
  }),
);

test("in any order of movements, counts and decisions, on-hand is what the law says without the counts that a case withholds", () => {
  fc.assert(
    fc.property(run, ({ said, order, decisions }) => {
      const books: Books = {
        ...{ balances: NOTHING, changes: [], counts: [], open: [], withheld: new Set<string>() },
      };
      for (const [place, index] of order.entries()) {
        const one = said[index];
        if (one === undefined) continue;
        if ("count" in one) hear(books, one.count);
        else {
          post(books, takePositionMovement(historyOf(books), one.movement).variances);
          move(books, one.movement);
        }
        if ((decisions[place] ?? 0) < books.open.length) decide(books, decisions[place] ?? 0, said);
      }
      const heard: Said[] = said.filter((one) => "movement" in one || !books.withheld.has(one.count.inOrder));
      assert.deepEqual(books.balances, lawful(heard));
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 5_000) },
  );
});

test("a superseded case is about nothing that is there: with its count the balances would be the same", () => {
  fc.assert(
    fc.property(fc.array(happening, { minLength: 2, maxLength: 9 }), (said) => {
      const books: Books = {
        ...{ balances: NOTHING, changes: [], counts: [], open: [], withheld: new Set<string>() },
      };
      for (const one of said) {
        if ("count" in one) hear(books, one.count);
        else {
          post(books, takePositionMovement(historyOf(books), one.movement).variances);
          move(books, one.movement);
        }
      }
      const open = new Set(books.open.map(({ count }) => count.inOrder));
      const heard: Said[] = said.filter((one) => "movement" in one || !open.has(one.count.inOrder));
      assert.deepEqual(books.balances, lawful(heard));
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 5_000) },
  );
});

test("a count speaks later than another of the same instant by its order, whatever came first", () => {
  assert.equal(isBefore({ at: 1, inOrder: "a" }, { at: 1, inOrder: "b" }), true);
  assert.equal(isBefore({ at: 1, inOrder: "b" }, { at: 1, inOrder: "a" }), false);
});
