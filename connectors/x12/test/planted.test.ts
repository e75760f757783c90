import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkFile, type FileError } from "../src/index.ts";
import { bytesOf, draftText, orderSegments } from "./envelopes.ts";

/** A fault to plant: what becomes of a line item, and what must be reported of it. */
type Plant = {
  readonly name: string;
  readonly instead: (line: number) => readonly string[];
  readonly expected: readonly (readonly [
    list: string,
    code: string,
    segment: string,
    element: number | null,
  ])[];
};

const good = (line: number) => `PO1*${line}*12*EA*4.5*PE*UP*012345678905`;

const plants: readonly Plant[] = [
  {
    name: "a quantity that is no number",
    instead: (line) => [`PO1*${line}*dozen*EA`],
    expected: [["AK403", "6", "PO1", 2]],
  },
  {
    name: "half a pair",
    instead: (line) => [`PO1*${line}*12*EA*4.5*PE*UP`],
    expected: [["AK403", "2", "PO1", 7]],
  },
  {
    name: "a qualifier that is too long",
    instead: (line) => [`PO1*${line}*12*EA*4.5*PE*UPC*1`],
    expected: [["AK403", "5", "PO1", 6]],
  },
  {
    name: "a line number that is too long, and a qualifier that is too short",
    instead: () => [`PO1*${"9".repeat(21)}*12*EA*4.5*PE*U*1`],
    expected: [
      ["AK403", "5", "PO1", 1],
      ["AK403", "4", "PO1", 6],
    ],
  },
  {
    name: "a segment the standard does not have",
    instead: (line) => ["QQQ*1", good(line)],
    expected: [["AK304", "1", "QQQ", null]],
  },
  {
    name: "a segment of another set",
    instead: (line) => [good(line), "HL*1**S"],
    expected: [["AK304", "6", "HL", null]],
  },
  {
    name: "a segment that comes too late",
    instead: (line) => [good(line), "BEG*00*SA*PO-1**20260112"],
    expected: [["AK304", "7", "BEG", null]],
  },
  {
    name: "a segment that comes too often",
    instead: (line) => [good(line), "IT8*B0", "IT8*B0"],
    expected: [["AK304", "5", "IT8", null]],
  },
];

/** Where in its set and in the file a line stands; the last one, when there are several. */
function placeOf(text: string, line: string): { readonly position: number; readonly offset: number } {
  const offset = text.lastIndexOf(`~${line}~`) + 1;
  const set = text.lastIndexOf("~ST*", offset) + 1;
  return { offset, position: text.slice(set, offset).split("~").length };
}

function short({ list, code, segment, element, position, offset }: FileError) {
  return [list, code, segment, element, position, offset];
}

test("whatever is planted in any line of any set is found, at its place, and nothing else is", () => {
  const property = fc.property(
    fc.constantFrom(...plants),
    fc.nat(3),
    fc.integer({ min: 1, max: 12 }),
    fc.nat(11),
    (plant, before, count, drawn) => {
      const planted = drawn % count;
      const lines = Array.from({ length: count }, (_, index) =>
        index === planted ? plant.instead(index + 1) : [good(index + 1)],
      );
      const segments = [...orderSegments.slice(0, 6), ...lines.flat(), `CTT*${count}`];
      // Only the set that is damaged holds these lines, and it comes last.
      const sets = [...Array.from({ length: before }, () => ({})), { segments }];
      const text = draftText({ groups: [{}, { sets }] });
      const [damaged = ""] = plant.instead(planted + 1).filter((line) => line !== good(planted + 1));
      const { position, offset } = placeOf(text, damaged);
      const expected = plant.expected.map(([list, code, segment, element]) => [
        list,
        code,
        segment,
        element,
        position,
        offset,
      ]);
      assert.deepEqual(checkFile(bytesOf(text)).errors.map(short), expected, `${plant.name}\n${text}`);
    },
  );
  fc.assert(property, { numRuns: 300 });
});
