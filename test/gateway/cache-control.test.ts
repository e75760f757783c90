import assert from "node:assert/strict";
import { test } from "node:test";
import { wantsFresh } from "../../src/gateway/cache-control.ts";

const asked: readonly (readonly [string | undefined, boolean])[] = [
  [undefined, false],
  ["", false],
  ["no-cache", true],
  ["max-age=0", true],
  ["private, No-Cache", true],
  ["max-age = 0 , private", true],
  ['max-age="0"', true],
  ["max-age=10", false],
  ["no-cacheable", false],
  ["only-if-cached", false],
];

for (const [field, fresh] of asked)
  test(`"${field}" asks ${fresh ? "for now" : "for what is at hand"}`, () => {
    assert.equal(wantsFresh(field), fresh);
  });
