import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { checkFile, FileChecker, type FileError } from "../src/index.ts";
import { bytesOf, type Draft, draftBytes, draftSegments, draftText, orderSegments } from "./envelopes.ts";
import { randomFrom, randomSet } from "./random-sets.ts";

/** A fault as "list code segment@position element", which is how the tests name what they expect. */
function short(error: FileError): string {
  return `${error.list} ${error.code} ${error.segment}@${error.position} ${error.element ?? "-"}`;
}

function errorsOf(bytes: Uint8Array): string[] {
  return checkFile(bytes).errors.map(short);
}

/** The errors of an order whose segments were changed. */
function orderErrors(change: (segments: string[]) => string[]): string[] {
  return errorsOf(draftBytes({ groups: [{ sets: [{ segments: change([...orderSegments]) }] }] }));
}

function replacing(from: string, to: string): string[] {
  return orderErrors((segments) => {
    assert.ok(segments.includes(from), `no segment ${from}`);
    return segments.map((segment) => (segment === from ? to : segment));
  });
}

describe("what is in order is accepted", () => {
  test("an order", () => {
    const check = checkFile(draftBytes());
    assert.deepEqual(check.errors, []);
    assert.equal(check.verdict, "accepted");
    assert.equal(check.interchanges, 1);
    assert.equal(check.transactions, 1);
    assert.equal(check.roundTrip, true);
  });

  const sets = { "846": "IB", "850": "PO", "855": "PR", "856": "SH", "997": "FA" } as const;
  for (const [id, functionalId] of Object.entries(sets))
    for (const version of ["004010", "005010"] as const)
      test(`any ${id} that the definition of ${version} allows`, () => {
        const property = fc.property(fc.integer(), (seed) => {
          const segments = randomSet(id, version, randomFrom(seed));
          const draft = { version: version === "004010" ? "00401" : "00501" };
          const check = checkFile(
            draftBytes({ ...draft, groups: [{ functionalId, version, sets: [{ id, segments }] }] }),
          );
          assert.deepEqual(check.errors, [], segments.join("~\n"));
          assert.equal(check.verdict, "accepted");
        });
        fc.assert(property, { numRuns: 60 });
      });

  const kept: readonly (readonly [name: string, text: string])[] = [
    ["an interchange without groups", draftText({ groups: [] })],
    ["a group without sets", draftText({ groups: [{ sets: [] }] })],
    [
      "a set we have no definition of",
      draftText({ groups: [{ functionalId: "IN", sets: [{ id: "810", segments: ["BIG*?"] }] }] }),
    ],
    [
      "a version we have no definition of",
      draftText({ groups: [{ version: "003040", sets: [] }] }).replace("20260112", "260112"),
    ],
    [
      "a byte order mark, indentation and blank lines",
      `\xef\xbb\xbf${draftText().replaceAll("~", "~\r\n\t ")}\n\n\x1a`,
    ],
    ["a file wrapped at 80 columns", draftText().replaceAll(/.{80}/g, "$&\r\n")],
    [
      "two interchanges with other delimiters",
      draftText() +
        draftText({
          separators: { element: "|", component: ":", terminator: "'" },
          isa: { 13: "000000002" },
          iea: ["1", "000000002"],
        }),
    ],
    [
      "empty elements at the end of a segment",
      draftText({ groups: [{ sets: [{ segments: orderSegments.map((s) => `${s}**`) }] }] }),
    ],
    [
      "leading zeros in control numbers and counts",
      draftText({ groups: [{ control: "000000007", ge: ["01", "7"] }] }),
    ],
    ["a last line without its line end", draftText({ separators: { terminator: "\n" } }).slice(0, -1)],
    [
      "names in UTF-8 as long as names may be",
      draftText({
        groups: [
          {
            sets: [{ segments: orderSegments.map((s) => s.replace("CORNER STORE", "\xc3\xa9".repeat(60))) }],
          },
        ],
      }),
    ],
    [
      "a TA1 without groups",
      draftText({ groups: [] }).replace("IEA*", "TA1*000000005*260112*0930*A*000~IEA*"),
    ],
  ];
  for (const [name, text] of kept)
    test(name, () => {
      const check = checkFile(bytesOf(text));
      assert.deepEqual(check.errors, []);
      assert.equal(check.verdict, "accepted");
      assert.equal(check.roundTrip, true);
    });
});

describe("a fault in an element is reported with its AK403 code and place", () => {
  const cases: readonly (readonly [name: string, from: string, to: string, expected: string[]])[] = [
    [
      "a mandatory element is missing",
      "BEG*00*SA*PO-1001**20260112",
      "BEG*00**PO-1001**20260112",
      ["AK403 1 BEG@2 2"],
    ],
    ["half of a pair is missing", "N1*ST*CORNER STORE*92*0012", "N1*ST*CORNER STORE*92", ["AK403 2 N1@5 4"]],
    ["none of the alternatives is there", "REF*DP*0042", "REF*DP", ["AK403 2 REF@3 2"]],
    [
      "a condition is not met",
      "PO1*2*6*CA*27**UP*012345678912",
      "PO1*2**CA*27**UP*012345678912",
      ["AK403 2 PO1@10 2"],
    ],
    ["there are too many elements", "CTT*2", "CTT*2*******9", ["AK403 3 CTT@11 8"]],
    ["an element is too short", "N4*DALLAS*TX*75201*US", "N4*D*TX*75201*US", ["AK403 4 N4@7 1"]],
    ["an element is too long", "REF*DP*0042", `REF*DP*${"9".repeat(31)}`, ["AK403 5 REF@3 2"]],
    ["a number has too many digits", "CTT*2", "CTT*1234567", ["AK403 5 CTT@11 1"]],
    [
      "a number is no number",
      "PO1*1*12*EA*4.5*PE*UP*012345678905*VN*SKU-1",
      "PO1*1*twelve*EA",
      ["AK403 6 PO1@8 2"],
    ],
    ["a whole number has a point", "CTT*2", "CTT*2.5", ["AK403 6 CTT@11 1"]],
    ["a text holds a control character", "PID*F****BLUE CUP", "PID*F****BLUE\tCUP", ["AK403 6 PID@9 5"]],
    ["a text holds a component separator", "PID*F****BLUE CUP", "PID*F****BLUE>CUP", ["AK403 6 PID@9 5"]],
    [
      "a code is not in its list",
      "BEG*00*SA*PO-1001**20260112",
      "BEG*99*SA*PO-1001**20260112",
      ["AK403 7 BEG@2 1"],
    ],
    ["a month has no such day", "DTM*010*20260119", "DTM*010*20260230", ["AK403 8 DTM@4 2"]],
    ["a date is in another form", "DTM*010*20260119", "DTM*010*2026-1-9", ["AK403 8 DTM@4 2"]],
    ["a date has no century", "DTM*010*20260119", "DTM*010*260119", ["AK403 4 DTM@4 2"]],
    ["an hour is past midnight", "DTM*010*20260119", "DTM*010*20260119*2460", ["AK403 9 DTM@4 3"]],
  ];
  for (const [name, from, to, expected] of cases)
    test(name, () => assert.deepEqual(replacing(from, to), expected));

  test("two elements exclude each other", () => {
    const segments = ["BIA*00*SI*1*20260112", "LIN**UP*012345678905", "QTY*33*5**FREE"];
    const bytes = draftBytes({ groups: [{ functionalId: "IB", sets: [{ id: "846", segments }] }] });
    assert.deepEqual(errorsOf(bytes), ["AK403 10 QTY@4 4"]);
  });

  test("every fault of a segment is reported, not only the first", () => {
    assert.deepEqual(replacing("BEG*00*SA*PO-1001**20260112", "BEG*99***R*20261301"), [
      "AK403 7 BEG@2 1",
      "AK403 1 BEG@2 2",
      "AK403 1 BEG@2 3",
      "AK403 8 BEG@2 5",
    ]);
  });

  test("lengths follow the version: 31 characters of reference are too many in 004010 only", () => {
    const segments = orderSegments.map((segment) => segment.replace("0042", "9".repeat(31)));
    const later: Draft = { version: "00501", groups: [{ version: "005010", sets: [{ segments }] }] };
    assert.deepEqual(errorsOf(draftBytes(later)), []);
  });
});

describe("a fault in the order of segments is reported with its AK304 code and place", () => {
  test("a segment does not exist", () => {
    assert.deepEqual(replacing("CTT*2", "XYZ*2"), ["AK304 1 XYZ@11 -"]);
  });

  test("a segment belongs to a loop that is not open", () => {
    const dropped = orderErrors((segments) => segments.filter((segment) => !segment.startsWith("N1*")));
    assert.deepEqual(dropped, ["AK304 2 N3@5 -", "AK304 2 N4@6 -"]);
  });

  test("a mandatory segment is missing", () => {
    assert.deepEqual(
      orderErrors((segments) => segments.slice(1)),
      ["AK304 3 BEG@2 -"],
    );
  });

  test("a mandatory loop is missing", () => {
    assert.deepEqual(
      orderErrors((segments) => segments.slice(0, 6)),
      ["AK304 3 PO1@8 -"],
    );
  });

  test("a mandatory segment of a loop is missing", () => {
    const segments = ["BIA*00*SI*1*20260112", "LM*ZZ", "LIN**UP*012345678905", "QTY*33*5"];
    const bytes = draftBytes({ groups: [{ functionalId: "IB", sets: [{ id: "846", segments }] }] });
    assert.deepEqual(errorsOf(bytes), ["AK304 3 LQ@4 -"]);
  });

  test("a loop occurs too often", () => {
    const parties = Array.from({ length: 6 }, (_, n) => `N1*ST*STORE ${n}`);
    const segments = ["BIA*00*SI*1*20260112", ...parties, "LIN**UP*012345678905"];
    const bytes = draftBytes({ groups: [{ functionalId: "IB", sets: [{ id: "846", segments }] }] });
    assert.deepEqual(errorsOf(bytes), ["AK304 4 N1@8 -"]);
  });

  test("a segment occurs too often", () => {
    const twice = (segments: string[]) => segments.flatMap((s) => (s.startsWith("BEG") ? [s, s] : [s]));
    assert.deepEqual(orderErrors(twice), ["AK304 5 BEG@3 -"]);
  });

  test("a segment is part of other sets only", () => {
    assert.deepEqual(replacing("CTT*2", "BSN*00*1*20260112*0930"), ["AK304 6 BSN@11 -"]);
  });

  test("a segment comes too late", () => {
    assert.deepEqual(
      orderErrors((segments) => [...segments.slice(0, 6), "CUR*BY*USD", ...segments.slice(6)]),
      ["AK304 7 CUR@8 -"],
    );
  });

  test("a loop that opens too late is reported once, and its segments are not", () => {
    const late = [...orderSegments.slice(6), ...orderSegments.slice(3, 6)];
    const errors = orderErrors(() => [...orderSegments.slice(0, 3), ...late]);
    assert.deepEqual(errors, ["AK304 7 N1@9 -"]);
  });
});

describe("a fault in the frame of a set is reported with its AK502 code", () => {
  const ofSet = (set: NonNullable<NonNullable<Draft["groups"]>[number]["sets"]>[number]) =>
    errorsOf(draftBytes({ groups: [{ sets: [set] }] }));

  test("SE01 is not the number of segments", () => {
    assert.deepEqual(ofSet({ se: ["13", "0001"] }), ["AK502 4 SE@12 1"]);
    assert.deepEqual(ofSet({ se: ["x", "0001"] }), ["AK502 4 SE@12 1"]);
  });

  test("SE02 is not ST02", () => {
    assert.deepEqual(ofSet({ se: ["12", "0002"] }), ["AK502 3 SE@12 2"]);
  });

  test("SE is missing", () => {
    const text = draftText({ groups: [{ sets: [{}, {}] }] }).replace("SE*12*0001~", "");
    assert.deepEqual(errorsOf(bytesOf(text)), ["AK502 2 SE@12 -"]);
  });

  test("ST is missing", () => {
    const text = draftText({ groups: [{ sets: [{}, {}] }] }).replace("ST*850*0001~", "");
    assert.deepEqual(errorsOf(bytesOf(text)), ["AK905 5 BEG@3 -", "AK905 5 GE@26 1"]);
  });

  test("ST01 or ST02 is missing", () => {
    assert.deepEqual(errorsOf(draftBytes({ groups: [{ sets: [{ id: "" }] }] })), ["AK502 6 ST@1 1"]);
    assert.deepEqual(ofSet({ control: "" }), ["AK502 7 ST@1 2"]);
  });

  test("a set travels in a group of another kind", () => {
    assert.deepEqual(errorsOf(draftBytes({ groups: [{ functionalId: "SH" }] })), ["AK502 6 ST@1 1"]);
    const later = { version: "00501", groups: [{ functionalId: "SH", version: "005010" }] };
    assert.deepEqual(errorsOf(draftBytes(later)), ["AK502 18 ST@1 1"]);
  });

  test("a control number is used twice in a group", () => {
    const bytes = draftBytes({ groups: [{ sets: [{ control: "0007" }, { control: "0007" }] }] });
    assert.deepEqual(errorsOf(bytes), ["AK502 23 ST@1 2"]);
  });
});

describe("a fault in the frame of a group is reported with its AK905 code", () => {
  const ofGroup = (group: NonNullable<Draft["groups"]>[number]) => errorsOf(draftBytes({ groups: [group] }));

  test("GE01 is not the number of sets", () => {
    assert.deepEqual(ofGroup({ ge: ["2", "1"] }), ["AK905 5 GE@15 1"]);
  });

  test("GE02 is not GS06", () => {
    assert.deepEqual(ofGroup({ ge: ["1", "2"] }), ["AK905 4 GE@15 2"]);
  });

  test("GE is missing", () => {
    const text = draftText().replace("GE*1*1~", "");
    assert.deepEqual(errorsOf(bytesOf(text)), ["AK905 3 GE@15 -"]);
  });

  test("GS01 is no kind of group", () => {
    const text = draftText({ groups: [{ functionalId: "QQ", sets: [{ id: "810", segments: ["BIG*1"] }] }] });
    assert.deepEqual(errorsOf(bytesOf(text)), ["AK905 1 GS@2 1"]);
  });

  test("GS06 is no number, or used twice", () => {
    assert.deepEqual(ofGroup({ control: "A1" }), ["AK905 6 GS@2 6"]);
    const twice = draftBytes({ groups: [{ control: "5" }, { control: "5" }] });
    assert.deepEqual(errorsOf(twice), ["AK905 6 GS@16 6"]);
  });

  test("GS08 is no version", () => {
    assert.deepEqual(ofGroup({ version: "X12" }), ["AK905 2 GS@2 8"]);
  });
});

describe("a fault in the frame of an interchange is reported with its TA105 code", () => {
  const isa = (changes: Draft["isa"]) => errorsOf(draftBytes({ isa: changes ?? {} }));

  const fields: readonly (readonly [position: number, value: string, code: string])[] = [
    [1, "99", "010"],
    [2, "", "011"],
    [3, "99", "012"],
    [4, "X", "013"],
    [5, "nn", "005"],
    [6, "SHORT", "006"],
    [7, "??", "007"],
    [8, " ".repeat(15), "008"],
    [9, "261301", "014"],
    [10, "2500", "015"],
    [11, "Q", "016"],
    [12, "00040", "017"],
    [14, "7", "019"],
    [15, "X", "020"],
  ];
  for (const [position, value, code] of fields)
    test(`ISA${String(position).padStart(2, "0")} is ${JSON.stringify(value)}`, () =>
      assert.deepEqual(isa({ [position]: value }), [`TA105 ${code} ISA@1 ${position}`]));

  test("ISA13 is no number", () => {
    const check = checkFile(draftBytes({ isa: { 13: "ABCDEFGHI" }, iea: ["1", "ABCDEFGHI"] }));
    assert.deepEqual(check.errors.map(short), ["TA105 018 ISA@1 13"]);
    assert.equal(check.verdict, "rejected");
  });

  test("IEA02 is not ISA13, or IEA01 not the number of groups", () => {
    assert.deepEqual(errorsOf(draftBytes({ iea: ["1", "000000002"] })), ["TA105 001 IEA@16 2"]);
    assert.deepEqual(errorsOf(draftBytes({ iea: ["2", "000000001"] })), ["TA105 021 IEA@16 1"]);
  });

  test("IEA is missing, at the end of the file or before the next ISA", () => {
    const torn = draftText().replace("IEA*1*000000001~", "");
    assert.deepEqual(errorsOf(bytesOf(torn)), ["TA105 023 IEA@16 -"]);
    const check = checkFile(bytesOf(torn + draftText()));
    assert.deepEqual(check.errors.map(short), ["TA105 023 IEA@16 -"]);
    assert.equal(check.verdict, "accepted-with-errors");
  });

  test("GS is missing", () => {
    const lines = draftSegments().filter((segment) => !segment.startsWith("GS*"));
    assert.deepEqual(errorsOf(bytesOf(lines.map((s) => `${s}~`).join(""))), [
      "TA105 022 ST@2 -",
      "TA105 021 IEA@15 1",
    ]);
  });

  test("the terminator after IEA is missing", () => {
    assert.deepEqual(errorsOf(bytesOf(draftText().slice(0, -1))), ["TA105 004 IEA@16 -"]);
  });

  test("the terminator is a letter", () => {
    const text = draftText();
    const check = checkFile(bytesOf(text.slice(0, 104) + text.slice(105)));
    assert.equal(check.verdict, "rejected");
    assert.match(check.errors[0]?.message ?? "", /ISA16 or the terminator is probably missing/);
  });
});

describe("the verdict", () => {
  const bad = { segments: orderSegments.slice(1) };

  test("is rejected when every set is", () => {
    assert.equal(checkFile(draftBytes({ groups: [{ sets: [bad, bad] }] })).verdict, "rejected");
  });

  test("is accepted with errors when one set of several is rejected", () => {
    assert.equal(checkFile(draftBytes({ groups: [{ sets: [bad, {}] }] })).verdict, "accepted-with-errors");
    assert.equal(checkFile(draftBytes({ groups: [{ sets: [bad] }, {}] })).verdict, "accepted-with-errors");
  });

  test("is accepted with errors when what is odd can be read all the same", () => {
    const segments = orderSegments.map((segment) => segment.replace("DALLAS*TX", "DALLAS*TEXAS"));
    assert.equal(
      checkFile(draftBytes({ groups: [{ sets: [{ segments }] }] })).verdict,
      "accepted-with-errors",
    );
    assert.equal(checkFile(bytesOf(`junk ${draftText()}`)).verdict, "accepted-with-errors");
  });

  test("says in a sentence what was expected and what was found", () => {
    const [error] = checkFile(draftBytes({ iea: ["1", "000000002"] })).errors;
    assert.equal(error?.message, 'IEA02: expected "000000001", as in ISA13; found "000000002"');
    assert.equal(error?.offset, draftText().indexOf("IEA*"));
  });
});

describe("no bytes make it throw", () => {
  const drafts: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ["no bytes", bytesOf("")],
    ["one byte", bytesOf("I")],
    ["blanks", bytesOf(" \r\n\0")],
    ["three letters", bytesOf("ISA")],
    ["an ISA cut in two", bytesOf(draftText().slice(0, 50))],
    ["an ISA without its terminator", bytesOf(draftText().slice(0, 105))],
    ["an ISA alone", bytesOf(draftText().slice(0, 106))],
    ["a group without its interchange", bytesOf(draftText().slice(106))],
    ["an ISA of separators", bytesOf(`ISA${"*".repeat(300)}`)],
  ];
  for (const [name, bytes] of drafts)
    test(name, () => {
      const check = checkFile(bytes);
      assert.equal(check.verdict, "rejected");
      assert.ok(check.errors.length > 0);
      assert.equal(check.roundTrip, true);
    });

  test("an order with bytes changed, dropped or doubled", () => {
    const original = draftBytes({
      groups: [{}, { functionalId: "FA", sets: [{ id: "997", segments: ["AK1*PO*1", "AK9*A*1*1*1"] }] }],
    });
    const edits = fc.array(
      fc.tuple(fc.nat(original.length - 1), fc.nat(255), fc.constantFrom("set", "drop", "double")),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    const property = fc.property(edits, (list) => {
      const bytes = list.reduce((edited, [at, value, how]) => {
        const before = edited.subarray(0, at);
        if (how === "drop") return Buffer.concat([before, edited.subarray(at + 1)]);
        if (how === "double") return Buffer.concat([before, edited.subarray(Math.max(0, at - value))]);
        return Buffer.concat([before, Buffer.from([value]), edited.subarray(at + 1)]);
      }, Buffer.from(original));
      const check = checkFile(bytes);
      assert.equal(check.roundTrip, true);
      const again = checkFile(bytesOf(check.ack));
      // Odd ids and qualifiers are sent back as they came; nothing else may be wrong with an answer.
      const odd = again.errors.filter((error) => !["ISA", "GS", "AK1", "AK2"].includes(error.segment));
      assert.deepEqual(check.ack === "" ? [] : odd, [], check.ack);
      assert.equal(again.verdict === "rejected", check.ack === "", check.ack);
      assert.equal(again.ack, "");
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  test("random bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 3_000 }), (bytes) => checkFile(bytes).roundTrip));
  });
});

test("a file checked in pieces gets the same answer", () => {
  const bytes = draftBytes({ groups: [{ sets: [{}, { se: ["1", "2"] }] }, {}] });
  const property = fc.property(fc.integer({ min: 1, max: 200 }), (size) => {
    const checker = new FileChecker();
    for (let from = 0; from < bytes.length; from += size) checker.push(bytes.subarray(from, from + size));
    assert.deepEqual(checker.end(), checkFile(bytes));
  });
  fc.assert(property, { numRuns: 50 });
});

test("any segment dropped from an order is noticed", () => {
  const lines = draftSegments();
  for (const [dropped, segment] of lines.entries()) {
    const left = lines.filter((_, index) => index !== dropped);
    const check = checkFile(bytesOf(left.map((line) => `${line}~`).join("")));
    assert.notEqual(check.verdict, "accepted", segment);
  }
});
