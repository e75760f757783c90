import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkFile, FileChecker } from "../src/index.ts";
import { bytesOf, draftText } from "./envelopes.ts";

const first = draftText();
const other = draftText({ groups: [{}, {}] });

function suspects(...texts: readonly string[]): number[] {
  const { errors } = checkFile(bytesOf(texts.join("\r\n")));
  return errors.filter(({ code, list }) => list === "TA105" && code === "025").map(({ offset }) => offset);
}

describe("an interchange whose control number came before in the file", () => {
  test("with the same bytes is the same interchange, whatever stands around it", () => {
    assert.deepEqual(suspects(first, "", `\n${first}`, `\t${first}\x1a`), []);
    assert.equal(suspects(first, first.replaceAll("~", "~\n")).length, 1);
  });

  test("with other content is suspect, is reported at its ISA13, and is not answered", () => {
    const text = first + other;
    const check = checkFile(bytesOf(text));
    assert.deepEqual(
      check.errors.map(({ code, list, segment, position, element, offset }) => [
        `${list} ${code}`,
        `${segment}@${position}/${element}`,
        offset,
      ]),
      [["TA105 025", "ISA@17/13", first.length]],
    );
    assert.equal(check.verdict, "accepted-with-errors");
    assert.equal(check.ack, checkFile(bytesOf(first)).ack);
  });

  test("from another sender, or to another receiver, is another interchange", () => {
    const from = draftText({ groups: [{}, {}], isa: { 6: "SOMEBODY       " } });
    const to = draftText({ groups: [{}, {}], isa: { 7: "01" } });
    assert.deepEqual(suspects(first, from, to), []);
  });

  test("and was rejected may be sent again, mended", () => {
    const torn = other.slice(0, other.indexOf("IEA*"));
    assert.deepEqual(suspects(torn, first), []);
    assert.deepEqual(suspects(first, torn), []);
  });

  test("each with other content than the first is suspect, and the first again is not", () => {
    const offsets = suspects(first, other, first, draftText({ groups: [] }));
    assert.equal(offsets.length, 2);
  });

  test("is told from it however the file is cut into pieces", () => {
    const bytes = bytesOf(first + first + other);
    for (const size of [1, 7, 100]) {
      const checker = new FileChecker();
      for (let from = 0; from < bytes.length; from += size) checker.push(bytes.subarray(from, from + size));
      assert.deepEqual(checker.end(), checkFile(bytes));
    }
  });
});
