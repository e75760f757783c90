import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createHistogram, placeOf, upperEdge, VALUE_MAX } from "../../bench/measure/histogram.ts";

const value = fc.integer({ min: 0, max: VALUE_MAX });
const values = fc.array(value, { minLength: 1, maxLength: 200 });

function filled(given: readonly number[]) {
  const histogram = createHistogram();
  for (const one of given) histogram.record(one);
  return histogram;
}

describe("histogram", () => {
  it("a step holds its value and is narrower than a 128th of it", () => {
    fc.assert(
      fc.property(value, (one) => {
        const edge = upperEdge(placeOf(one));
        assert.ok(edge >= one);
        assert.ok(edge - one <= one / 128);
      }),
    );
  });

  it("steps follow each other without a gap", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: placeOf(VALUE_MAX) }), (place) => {
        assert.equal(placeOf(upperEdge(place - 1) + 1), place);
      }),
    );
  });

  it("a quantile is never below the value that it stands for, and at most a 128th above", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.001, max: 1, noNaN: true }), (given, share) => {
        const exact = given.toSorted((a, b) => a - b)[Math.ceil(share * given.length) - 1] ?? 0;
        const told = filled(given).quantile(share);
        assert.ok(told >= exact && told <= exact * (1 + 1 / 128), `${told} for ${exact}`);
      }),
    );
  });

  it("the greatest value is exact", () => {
    fc.assert(
      fc.property(values, (given) => {
        const histogram = filled(given);
        assert.equal(histogram.max, Math.max(...given));
        assert.equal(histogram.quantile(1), Math.max(...given));
      }),
    );
  });

  it("counting in parts and adding them up is counting at once", () => {
    fc.assert(
      fc.property(values, values, (first, second) => {
        const sum = createHistogram(filled(first).counts());
        sum.add(filled(second).counts());
        const atOnce = filled([...first, ...second]);
        assert.deepEqual(sum.counts(), atOnce.counts());
        assert.equal(sum.count, first.length + second.length);
        assert.equal(sum.max, atOnce.max);
        assert.equal(sum.quantile(0.5), atOnce.quantile(0.5));
      }),
    );
  });

  it("an empty histogram has nothing to tell", () => {
    assert.equal(createHistogram().quantile(0.99), 0);
    assert.deepEqual(createHistogram().counts(), { steps: [], max: 0 });
  });
});
