import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findSyntaxFault } from "../../src/gateway/json-syntax.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const fragments = fc.constantFrom(
  ...[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    '"a"',
    '"\\u12',
    "\\",
    "1",
    "-",
    "0",
    "01",
    "1.5",
    "1.",
    "1e5",
    "true",
    "nul",
  ],
  ...["null", " ", "\n", "\t", "\u00a0", "\u0007", "é", "\ud83d", "NaN", "'", "//"],
);

test("a fault is found in a text exactly when a parser refuses it", () => {
  const soup = fc.array(fragments, { maxLength: 12 }).map((pieces) => pieces.join(""));
  const cut = fc.tuple(fc.json(), fc.nat(), fragments).map(([text, at, piece]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + piece + text.slice(place + 1);
  });
  fc.assert(
    fc.property(fc.oneof(soup, cut, fc.json(), fc.string()), (text) => {
      assert.equal(findSyntaxFault(text) === undefined, isJson(text), JSON.stringify(text));
    }),
    { numRuns: 3_000 },
  );
});

const cases = [
  { text: '{"a":1,}', line: 1, column: 8, expected: "a name in double quotes" },
  { text: "{a:1}", line: 1, column: 2, expected: "a name in double quotes or }" },
  { text: '{"a" 1}', line: 1, column: 6, expected: "a colon" },
  { text: '{"a":\n  hello}', line: 2, column: 3, expected: "a value" },
  { text: "[1 2]", line: 1, column: 4, expected: "a comma or ]" },
  { text: '{"a":1} x', line: 1, column: 9, expected: "nothing more" },
  { text: '{"a":"b', line: 1, column: 6, expected: "a value" },
  { text: "", line: 1, column: 1, expected: "a value" },
];

for (const { text, ...place } of cases) {
  test(`the fault of ${JSON.stringify(text)} is where a reader would point`, () => {
    const fault = findSyntaxFault(text);
    assert.ok(fault !== undefined);
    const { offset, ...found } = fault;
    assert.deepEqual(found, place);
    assert.equal(
      offset,
      text
        .split("\n")
        .slice(0, place.line - 1)
        .join("\n").length +
        place.column -
        (place.line > 1 ? 0 : 1),
    );
  });
}

test("a text that nests a million times is looked at without running out of stack", () => {
  assert.equal(findSyntaxFault("[".repeat(1_000_000))?.offset, 1_000_000);
});
