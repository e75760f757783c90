import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseLossless } from "../src/lossless.ts";

test("an integer beyond 2^53 keeps its digits", () => {
  assert.deepEqual(parseLossless('{"id": 9007199254740993, "ids": [-18446744073709551615]}'), {
    id: "9007199254740993",
    ids: ["-18446744073709551615"],
  });
});

test("the largest exact integer stays a number", () => {
  assert.equal(parseLossless("9007199254740991"), 9_007_199_254_740_991);
});

test("digits in a text, and numbers with a fraction, are what they always were", () => {
  const text = '{"a": "9007199254740993", "b": 1, "c": 12345678901234567.5, "d": 1e20}';
  assert.deepEqual(parseLossless(text), JSON.parse(text));
});

test("every integer comes back as it was written", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (integer) => {
      const parsed = parseLossless(`{"at": [${integer}]}`);
      const isExact = Number.isSafeInteger(Number(integer));
      assert.deepEqual(parsed, { at: [isExact ? Number(integer) : String(integer)] });
    }),
  );
});

test("a document without large integers is parsed as JSON.parse does", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      fc.pre(!/\d{16}/.test(text));
      assert.deepEqual(parseLossless(text), JSON.parse(text));
    }),
  );
});
