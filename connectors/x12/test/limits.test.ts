import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { frameFaultsMax } from "../src/envelope.ts";
import { checkFile, FileChecker } from "../src/index.ts";
import { bytesOf, draftSegments, draftText, orderSegments } from "./envelopes.ts";

function limited(text: string, framesMax: number) {
  const checker = new FileChecker({ framesMax });
  checker.push(bytesOf(text));
  return checker.end();
}

describe("a file of more interchanges, groups and sets than are kept", () => {
  const three = draftText({ groups: [{ sets: [{}, {}, {}] }] });

  test("is rejected where the limit is reached in an interchange, and keeps its bytes", () => {
    const check = limited(three, 4);
    assert.equal(check.verdict, "rejected");
    assert.equal(check.transactions, 2);
    assert.equal(check.roundTrip, true);
    assert.equal(check.errors[0]?.offset, three.indexOf("ST*850*0003"));
    assert.match(check.errors[0]?.message ?? "", /at most 4 interchanges, groups and sets/);
    assert.match(check.ack, /\nTA1\*000000001\*260112\*0930\*R\*022~/);
    assert.equal(limited(three, 5).verdict, "accepted");
  });

  test("keeps what was read before it", () => {
    const check = limited(draftText() + draftText({ isa: { 13: "000000002" }, iea: ["1", "000000002"] }), 3);
    assert.equal(check.verdict, "accepted-with-errors");
    assert.equal(check.interchanges, 1);
    assert.deepEqual(
      check.errors.map(({ segment, list, rejecting }) => [segment, list, rejecting]),
      [["ISA", null, true]],
    );
  });
});

test("when there are very many faults, each set still says whether it can be used", () => {
  const bad = [...orderSegments.slice(0, -1), "XYZ*1", "XYZ*2", "DTM*010*20261399"];
  const sets = [{ segments: bad }, { segments: bad }, {}, { segments: bad }];
  const checker = new FileChecker({ setsFaultsMax: 4 });
  checker.push(bytesOf(draftText({ groups: [{ sets }] })));
  const { errors, errorsOmitted, ack } = checker.end();
  assert.deepEqual(
    errors.map(({ code, segment }) => `${segment} ${code}`),
    // Of the second bad set and the third one fault is left, and it is the one that rejects.
    ["XYZ 1", "XYZ 1", "DTM 8", "DTM 8", "DTM 8"],
  );
  assert.equal(errorsOmitted, 4);
  assert.deepEqual(
    ack.split("~\n").filter((segment) => /^AK[59]/.test(segment)),
    ["AK5*R*5", "AK5*R*5", "AK5*A", "AK5*R*5", "AK9*P*4*4*1"],
  );
});

test("however many oddities an interchange has, the fault that rejects it is not lost among them", () => {
  const odd = Array.from({ length: frameFaultsMax }, () => "TA1*5*260112*0930*A*00");
  const [isa = "", ...rest] = draftSegments();
  const bytes = bytesOf([isa, ...odd, "QQQ*1", ...rest].map((segment) => `${segment}~`).join(""));
  const check = checkFile(bytes);
  assert.equal(check.verdict, "rejected");
  assert.equal(check.errors.at(-1)?.segment, "QQQ");
  assert.equal(check.errorsOmitted, frameFaultsMax);
});

test("a file that ends before its IEA is answered with the code for that, wherever it ends", () => {
  const text = draftText();
  for (let length = 106; length < text.indexOf("IEA*") + 4; length++)
    assert.match(checkFile(bytesOf(text.slice(0, length))).ack, /TA1\*000000001\*260112\*0930\*R\*023~/);
});

test("a segment of the frame that holds more than it may is noted, and what it says is used", () => {
  const cases: readonly (readonly [from: string, to: string, expected: string])[] = [
    ["ST*850*0001~", "ST*850*0001**X~", "AK403 3 ST@1 4"],
    ["SE*12*0001~", "SE*12*0001*X~", "AK403 3 SE@12 3"],
    ["GE*1*1~", "GE*1*1*X~", "TA105 024 GE@15 3"],
    ["*X*004010~", "*X*004010*X~", "TA105 024 GS@2 9"],
    ["IEA*1*000000001~", "IEA*1*000000001**X~", "TA105 022 IEA@16 4"],
  ];
  for (const [from, to, expected] of cases) {
    const check = checkFile(bytesOf(draftText().replace(from, to)));
    const found = check.errors.map(
      ({ list, code, segment, position, element }) => `${list} ${code} ${segment}@${position} ${element}`,
    );
    assert.deepEqual(found, [expected]);
    assert.equal(check.verdict, "accepted-with-errors");
  }
});

describe("what may stand between the ISA and the first GS", () => {
  const at = (before: string, inserted: string) =>
    draftSegments().flatMap((s) => (s.startsWith(before) ? [inserted, s] : [s]));
  const check = (segments: readonly string[]) => checkFile(bytesOf(segments.map((s) => `${s}~`).join("")));

  test("answers, and the wish for a grade of service", () => {
    for (const segment of ["TA1*000000005*260112*0930*A*000", "ISB*1*2", "ISE*1", "TA3*1"])
      assert.equal(check(at("GS*", segment)).verdict, "accepted", segment);
  });

  test("comes too late behind a group", () => {
    const late = check(at("IEA*", "TA1*000000005*260112*0930*A*000"));
    assert.deepEqual(
      late.errors.map(({ list, code, segment }) => `${list} ${code} ${segment}`),
      ["TA105 022 TA1"],
    );
    assert.equal(late.verdict, "accepted-with-errors");
  });
});

test("a binary segment whose length is wrong rejects its set, whatever the set", () => {
  const cases: readonly (readonly [segment: string, expected: string])[] = [
    ["BIN*3*abcdef", "AK403 5 BIN@3 2"],
    ["BIN*8*abc", "AK403 4 BIN@3 2"],
    ["BIN*x*abc", "AK403 6 BIN@3 1"],
    ["BIN**abc", "AK403 1 BIN@3 1"],
    ["BDS*ASC*2*abc", "AK403 5 BDS@3 3"],
  ];
  for (const [segment, expected] of cases) {
    const sets = [{ id: "841", segments: ["SPI*00", segment, "CTT*1"] }];
    const check = checkFile(bytesOf(draftText({ groups: [{ functionalId: "SP", sets }] })));
    const found = check.errors.map(
      ({ list, code, segment: id, position, element }) => `${list} ${code} ${id}@${position} ${element}`,
    );
    assert.deepEqual(found, [expected], segment);
    assert.equal(check.verdict, "rejected");
  }
});

test("sets without a definition are named, because only their frames were checked", () => {
  const groups = [
    {
      functionalId: "IN",
      sets: [
        { id: "810", segments: ["BIG*1"] },
        { id: "810", segments: ["BIG*2"] },
      ],
    },
    {},
    { version: "003040", sets: [{}] },
  ];
  assert.deepEqual(checkFile(bytesOf(draftText({ groups }))).unchecked, ["810 004010", "850 003040"]);
});

describe("delimiters that cannot do their work", () => {
  const codes = (text: string) =>
    checkFile(bytesOf(text)).errors.map(({ list, code, element }) => `${list} ${code} ${element}`);

  test("a component separator that is the element separator, a space, a letter or a digit is noted and not looked for", () => {
    for (const component of ["*", " ", "A", "5"])
      assert.deepEqual(codes(draftText({ separators: { component } })), ["TA105 027 16"], component);
  });

  test("a repetition separator that is another delimiter is noted and not looked for", () => {
    for (const isa11 of [">", "~"])
      assert.deepEqual(codes(draftText({ version: "00501", isa: { 11: isa11 } })), ["TA105 016 11"], isa11);
  });

  test("a space cannot end segments, because the ISA is padded with it", () => {
    assert.deepEqual(codes(draftText({ separators: { terminator: " " } }))[0], "TA105 004 null");
  });
});

test("bytes that are no X12 are called what they are", () => {
  const message = (bytes: Uint8Array) => checkFile(bytes).errors[0]?.message ?? "";
  const text = draftText();
  assert.match(message(Buffer.from(text, "utf16le")), /UTF-16/);
  assert.match(message(Buffer.from(`\ufeff${text}`, "utf16le")), /UTF-16/);
  assert.match(message(Buffer.from([0xc9, 0xe2, 0xc1, 0x5c])), /EBCDIC/);
  assert.match(message(bytesOf("UNA:+.? 'UNB+UNOA:1'")), /EDIFACT/);
  assert.match(message(bytesOf(text.toLowerCase())), /an ISA that is not written as one/);
  assert.match(message(bytesOf(text.slice(text.indexOf("GS*")))), /a group, without the interchange/);
});
