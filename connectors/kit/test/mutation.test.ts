import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isRealMoment, unstorable } from "@crossdock/canonical";
import fc from "fast-check";
import { editBytes, editJson, type JsonEdit } from "../src/testing/mutation.ts";

describe("a mutation of a document", () => {
  const edits: JsonEdit[] = [
    { place: 1, change: "replace", value: {} },
    { place: 1, change: "add", value: {} },
    { place: 1, change: "repeat", value: null },
    { place: 2, change: "add", value: [] },
  ];

  test("leaves the document and the edits as they are", () => {
    const document = { lines: [{ sku: "A", quantity: 1 }], note: "x" };
    const before = structuredClone({ document, edits });
    editJson(document, edits);
    editJson(document, edits);
    assert.deepEqual({ document, edits }, before);
  });

  test("is always a document that can be written", () => {
    const edit = fc.record({
      place: fc.nat(),
      change: fc.constantFrom("replace", "remove", "repeat", "add"),
      value: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(edit, { maxLength: 8 }), (value, many) => {
        JSON.stringify(editJson(value, many));
      }),
    );
  });

  test("of bytes leaves the bytes as they are", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    assert.deepEqual(editBytes(bytes, [{ place: 4, change: "flip", byte: 255 }]), Uint8Array.of(1, 253, 3));
    assert.deepEqual(
      editBytes(bytes, [{ place: 1, change: "repeat", byte: 1 }]),
      Uint8Array.of(1, 2, 3, 2, 3),
    );
    assert.deepEqual(bytes, Uint8Array.of(1, 2, 3));
  });
});

describe("what can be stored", () => {
  test("plain data is, whatever is missing in it", () => {
    assert.equal(unstorable({ text: "Größe 😀", list: [1, null, true], absent: undefined }), undefined);
  });

  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ["a NUL", { a: ["x\u0000"] }, /^\/a\/0 has a NUL/],
    ["half of a surrogate pair", { a: "\ud800" }, /^\/a has half/],
    ["a name with a NUL", { "a\u0000": 1 }, /^the name of/],
    ["an infinite number", { a: Number.POSITIVE_INFINITY }, /^\/a is Infinity/],
    ["a big integer", { a: 1n }, /^\/a is a bigint/],
    ["a date object", { a: new Date(0) }, /^\/a is a Date/],
    ["a moment of no calendar", { effectiveAt: "2025-02-29T00:00:00Z" }, /^\/effectiveAt is .* no calendar/],
  ];
  for (const [what, value, says] of refused) {
    test(`${what} is not`, () => assert.match(unstorable(value) ?? "", says));
  }

  test("a moment is real when its day is in the calendar and its offset on the clock", () => {
    const real = ["2024-02-29T00:00:00Z", "0001-12-31T23:59:59.5+14:00"];
    const unreal = [
      "2100-02-29T00:00:00Z",
      "0000-01-01T00:00:00Z",
      "2026-01-01T00:00:00+23:00",
      "2026-04-00T00:00:00Z",
    ];
    assert.deepEqual(real.map(isRealMoment), [true, true]);
    assert.deepEqual(unreal.map(isRealMoment), [false, false, false, false]);
  });
});
