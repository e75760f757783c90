import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseProcessors, parseStat } from "../../bench/measure/processor-time.ts";
import { abba, rounded, spreadOf } from "../../bench/measure/statistics.ts";

describe("statistics", () => {
  it("the median of an even number of runs lies between the middle two", () => {
    assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4 });
    assert.deepEqual(spreadOf([5, 1, 3]), { median: 3, min: 1, max: 5 });
    assert.throws(() => spreadOf([]), RangeError);
  });

  it("a rate keeps the digits that mean something", () => {
    assert.equal(rounded(12_345.678), 12_350);
    assert.equal(rounded(0.123456, 2), 0.12);
  });

  it("every second round runs backwards", () => {
    assert.deepEqual(abba(["a", "b"], 3), [
      ["a", "b"],
      ["b", "a"],
      ["a", "b"],
    ]);
  });
});

describe("processor time", () => {
  it("is read behind a command with brackets and blanks in its name", () => {
    const line = "42 (a) b (c) S 7 42 42 0 -1 4194304 100 0 0 0 11 22 3 4 20 0 1 0 100 0 0";
    assert.deepEqual(parseStat(line), { parent: 7, own: 33, ended: 7 });
  });

  it("of the machine leaves waiting out", () => {
    assert.deepEqual(parseProcessors("cpu  10 1 5 1000 50 2 3 4 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0"), {
      busy: 21,
      stolen: 4,
    });
  });
});
