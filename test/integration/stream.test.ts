import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  foldNumbers,
  type Gap,
  gapChanges,
  newNumbers,
  type StreamState,
} from "../../src/integration/stream.ts";

/** The naive model: every number that was ever seen, and what is missing between them, one by one. */
function modelOf(numbers: readonly number[]): StreamState | undefined {
  if (numbers.length === 0) return undefined;
  const seen = new Set(numbers);
  const [lowest, highest] = [Math.min(...numbers), Math.max(...numbers)];
  const gaps: Gap[] = [];
  for (let number = lowest; number <= highest; number += 1) {
    if (seen.has(number)) continue;
    const last = gaps.at(-1);
    if (last?.last === number - 1) gaps[gaps.length - 1] = { first: last.first, last: number };
    else gaps.push({ first: number, last: number });
  }
  return { lowest, highest, gaps };
}

const batches = fc.array(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 12 }), { maxLength: 8 });

test("a stream's state is what the set of its numbers says, however they come", () => {
  fc.assert(
    fc.property(batches, (all) => {
      const state = all.reduce<StreamState | undefined>(
        (before, batch) => foldNumbers(before, batch),
        undefined,
      );
      assert.deepEqual(state, modelOf(all.flat()));
    }),
  );
});

test("gaps that no number of a batch lies in need not be loaded", () => {
  fc.assert(
    fc.property(
      batches,
      fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 12 }),
      (all, batch) => {
        const before = all.reduce<StreamState | undefined>(
          (state, next) => foldNumbers(state, next),
          undefined,
        );
        if (before === undefined) return;
        const [least, greatest] = [Math.min(...batch), Math.max(...batch)];
        const touched = before.gaps.filter((gap) => gap.first <= greatest && gap.last >= least);
        const others = before.gaps.filter((gap) => !touched.includes(gap));
        const after = foldNumbers({ ...before, gaps: touched }, batch);
        const gaps = [...others, ...(after?.gaps ?? [])].toSorted((a, b) => a.first - b.first);
        assert.deepEqual({ ...after, gaps }, foldNumbers(before, batch));
      },
    ),
  );
});

test("a number is new to a stream once, with whatever batch it comes first", () => {
  fc.assert(
    fc.property(batches, (all) => {
      let state: StreamState | undefined;
      const seen = new Set<number>();
      for (const batch of all) {
        const fresh = newNumbers(state, batch).flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, step) => first + step),
        );
        const expected = [...new Set(batch)].filter((number) => !seen.has(number)).toSorted((a, b) => a - b);
        assert.deepEqual(fresh, expected);
        for (const number of batch) seen.add(number);
        state = foldNumbers(state, batch);
      }
    }),
  );
});

test("what is left of a gap is as old as the gap was, and a new gap is new", () => {
  const [old, now] = [new Date("2026-03-02T08:00:00Z"), new Date("2026-03-02T09:00:00Z")];
  const before = [
    { first: 3, last: 9, seenAt: old },
    { first: 12, last: 12, seenAt: old },
  ];
  const after = [
    { first: 3, last: 5 },
    { first: 7, last: 9 },
    { first: 12, last: 12 },
    { first: 20, last: 22 },
  ];
  assert.deepEqual(gapChanges(before, after, now), {
    closed: [before[0]],
    opened: [
      { first: 3, last: 5, seenAt: old },
      { first: 7, last: 9, seenAt: old },
      { first: 20, last: 22, seenAt: now },
    ],
  });
});
