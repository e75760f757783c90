import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  changedPoints,
  type PeriodChange,
  periodsOf,
  type Timeline,
  valueAt,
  withPeriod,
} from "../../src/governance/timeline.ts";

/** Moments are few, so that changes meet, touch and cover one another. */
const moment = fc.oneof(fc.constant(Number.NEGATIVE_INFINITY), fc.integer({ min: 0, max: 8 }));
const change = fc.record({
  from: moment,
  to: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 9 })),
  value: fc.option(fc.constantFrom("bolt", "nut", "washer"), { nil: undefined }),
});
const MOMENTS = [
  Number.NEGATIVE_INFINITY,
  ...Array.from({ length: 11 }, (_, index) => index - 0.5 + (index % 2) / 2),
];

/** The naive model: the last change that covers a moment says what holds at it. */
function naive(changes: readonly { from: number; to: number; value: string | undefined }[], at: number) {
  return changes.findLast(({ from, to }) => from <= at && at < to)?.value;
}

const built = (changes: readonly { from: number; to: number; value: string | undefined }[]) =>
  changes.reduce<Timeline<string>>((timeline, each) => withPeriod(timeline, each), []);

describe("a timeline", () => {
  test("says at every moment what the last change that covers it said", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const timeline = built(changes);
        for (const at of MOMENTS) assert.equal(valueAt(timeline, at), naive(changes, at));
      }),
      { numRuns: 2_000 },
    );
  });

  test("has one form: points in order, neighbours differ, and it begins with something", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const timeline = built(changes);
        assert.notEqual(timeline[0]?.value ?? "", timeline.length === 0 ? "something" : "");
        for (const [index, point] of timeline.entries()) {
          const before = timeline[index - 1];
          if (before === undefined) continue;
          assert.ok(before.from < point.from);
          assert.notEqual(before.value, point.value);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test("is the same after the same change again", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), change, (changes, again) => {
        const once = withPeriod(built(changes), again);
        assert.deepEqual(withPeriod(once, again), once);
      }),
    );
  });

  test("tells its periods without overlap, and they say what the moments say", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const timeline = built(changes);
        for (const at of MOMENTS) {
          const covering = periodsOf(timeline).filter(({ from, to }) => from <= at && at < to);
          assert.ok(covering.length <= 1);
          assert.equal(covering[0]?.value, valueAt(timeline, at));
        }
      }),
    );
  });
});

test("stored points become what all changes together say, and stay when nothing changes", () => {
  const keyed = fc.record({ key: fc.constantFrom("a", "b"), change });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 6 }), fc.array(keyed, { maxLength: 6 }), (first, then) => {
      const stored = new Map([["a", built(first)]]);
      const changes: PeriodChange<string>[] = then.map(({ key, change: each }) => ({ key, ...each }));
      const { removed, put } = changedPoints(stored, changes);
      for (const key of ["a", "b"]) {
        const before = stored.get(key) ?? [];
        const ours = changes.filter((each) => each.key === key);
        const wanted = ours.reduce<Timeline<string>>((timeline, each) => withPeriod(timeline, each), before);
        const touched = [...removed, ...put].filter((each) => each.key === key).map(({ from }) => from);
        const kept = before.filter(({ from }) => !touched.includes(from));
        const come = put.filter((each) => each.key === key).map(({ from, value }) => ({ from, value }));
        assert.deepEqual(
          [...kept, ...come].sort((one, other) => (one.from < other.from ? -1 : 1)),
          wanted,
        );
        const again = changedPoints(new Map([[key, wanted]]), ours.slice(-1));
        assert.deepEqual(again, { removed: [], put: [] });
      }
    }),
    { numRuns: 1_000 },
  );
});
