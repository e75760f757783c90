import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { checkFile, type OutgoingInterchange, readInterchanges, writeInterchange } from "../src/index.ts";
import { bytesOf } from "./envelopes.ts";

const notice: OutgoingInterchange = {
  delimiters: { element: "*", component: ">", repetition: "^", terminator: "~" },
  lineBreak: "\n",
  sender: { qualifier: "ZZ", id: "DISTRIBUTOR" },
  receiver: { qualifier: "01", id: "123456789" },
  date: "260112",
  time: "0930",
  version: "00401",
  controlNumber: 42,
  usage: "P",
  acknowledgementRequested: true,
  groups: [
    {
      functionalId: "SH",
      sender: "DISTRIBUTOR",
      receiver: "RETAILER",
      date: "20260112",
      time: "0930",
      controlNumber: 7,
      version: "004010",
      sets: [
        {
          id: "856",
          controlNumber: "0001",
          segments: [
            ["BSN", "00", "SHIP-1", "20260112", "0930", "0001"],
            ["HL", "1", "", "S"],
            ["MEA", "", "WT", "12.5", ["LB", "1", ""]],
            ["MAN", "GM", "376104250021234569", "", ""],
          ],
        },
      ],
    },
  ],
};

function textOf(interchange: OutgoingInterchange): string {
  const result = writeInterchange(interchange);
  assert.ok("written" in result, JSON.stringify(result));
  return result.written;
}

function refusal(change: Partial<OutgoingInterchange>): string {
  const result = writeInterchange({ ...notice, ...change });
  assert.ok("refused" in result);
  const { reason, segment, element } = result.refused;
  return `${reason} ${segment} ${element ?? "-"}`;
}

function withSegment(...segment: readonly [string, ...(string | string[])[]]): Partial<OutgoingInterchange> {
  const [group] = notice.groups;
  assert.ok(group !== undefined);
  return { groups: [{ ...group, sets: [{ id: "856", controlNumber: "0001", segments: [segment] }] }] };
}

test("the ISA is padded to 106 characters, counts are counted, empty elements at the end are left out", () => {
  assert.deepEqual(textOf(notice).split("\n"), [
    "ISA*00*          *00*          *ZZ*DISTRIBUTOR    *01*123456789      *260112*0930*U*00401*000000042*1*P*>~",
    "GS*SH*DISTRIBUTOR*RETAILER*20260112*0930*7*X*004010~",
    "ST*856*0001~",
    "BSN*00*SHIP-1*20260112*0930*0001~",
    "HL*1**S~",
    "MEA**WT*12.5*LB>1~",
    "MAN*GM*376104250021234569~",
    "SE*6*0001~",
    "GE*1*7~",
    "IEA*1*000000042~",
    "",
  ]);
});

test("what is written is accepted when it is read, whatever the delimiters and line ends", () => {
  const delimiter = fc.constantFrom(..."*|~^>:@'!+\\{}<\x1c\x1d\x1e\x1f\n");
  const four = fc.uniqueArray(delimiter, { minLength: 4, maxLength: 4 });
  const version = fc.constantFrom("00401", "00501");
  const property = fc.property(
    four,
    version,
    fc.constantFrom("", "\n", "\r\n"),
    (chosen, release, lineBreak) => {
      const [element = "", component = "", repetition = "", terminator = ""] = chosen;
      fc.pre(element !== "\n" && component !== "\n" && repetition !== "\n");
      const delimiters = { element, component, repetition, terminator };
      const text = textOf({ ...notice, delimiters, version: release, lineBreak });
      const check = checkFile(bytesOf(text));
      assert.deepEqual(check.errors, [], text);
      assert.equal(check.verdict, "accepted");
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test("values come back as they were given, or are refused", () => {
  const property = fc.property(fc.string({ maxLength: 30 }), (value) => {
    const result = writeInterchange({ ...notice, ...withSegment("BSN", "00", value, "20260112", "0930") });
    if ("refused" in result) return;
    const [interchange] = readInterchanges(bytesOf(result.written)).interchanges;
    assert.equal(interchange?.groups[0]?.sets[0]?.segments[0]?.element(2), value);
  });
  fc.assert(property, { numRuns: 500 });
});

describe("what cannot be sent is refused with its place", () => {
  test("a value that holds a delimiter", () => {
    for (const value of ["A*B", "A~B", "A>B", "A^B"])
      assert.equal(refusal(withSegment("REF", "BM", value)), "delimiter-in-data REF 2", value);
    assert.equal(refusal(withSegment("MEA", "", "WT", "1", ["L>B"])), "delimiter-in-data MEA 4");
  });

  test("a control character, or one that Latin-1 has not", () => {
    assert.equal(refusal(withSegment("REF", "BM", "A\nB")), "control-character REF 2");
    assert.equal(refusal(withSegment("REF", "BM", "A–B")), "not-latin-1 REF 2");
  });

  test("a control number out of range", () => {
    assert.equal(refusal({ controlNumber: 0 }), "control-number ISA 13");
    assert.equal(refusal({ controlNumber: 1_000_000_000 }), "control-number ISA 13");
    const [group] = notice.groups;
    assert.ok(group !== undefined);
    assert.equal(refusal({ groups: [{ ...group, controlNumber: 1.5 }] }), "control-number GS 6");
    assert.equal(
      refusal({ groups: [{ ...group, sets: [{ id: "856", controlNumber: "1", segments: [] }] }] }),
      "control-number ST 2",
    );
  });

  test("an id longer than its place", () => {
    assert.equal(refusal({ sender: { qualifier: "ZZ", id: "X".repeat(16) } }), "too-long ISA 6");
  });

  test("delimiters that are equal, letters, or blank", () => {
    const { delimiters } = notice;
    for (const change of [
      { component: "*" },
      { terminator: "X" },
      { element: " " },
      { component: "" },
      { terminator: "~~" },
    ])
      assert.equal(refusal({ delimiters: { ...delimiters, ...change } }), "unusable-delimiters ISA -");
  });

  test("something that is no segment", () => {
    assert.equal(refusal(withSegment("bsn", "00")), "not-a-segment bsn -");
  });
});
