import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkFile } from "../../src/index.ts";
import { bytesOf, draftText } from "../envelopes.ts";
import { accountWith, mappingsOf, recordsOf, rendered, withSets } from "./partner.ts";

const fa = (...segments: readonly string[]) => ({
  groups: [{ functionalId: "FA", sets: [{ id: "997", segments }] }],
});

describe("a partner's 997", () => {
  test("is its word on the document that went out under that control number", () => {
    const cases = [
      [["AK1*PR*101", "AK2*855*0001", "AK5*A", "AK9*A*1*1*1"], "101", "855", "accepted", undefined],
      [
        ["AK1*SH*000000102", "AK2*856*0001", "AK3*REF*7**8", "AK4*2*127*5", "AK5*E*5", "AK9*E*1*1*1"],
        "102",
        "856",
        "accepted-with-errors",
        "AK3*REF*7**8; AK4*2*127*5; AK5*E*5; AK9*E*1*1*1",
      ],
      [
        ["AK1*IB*103", "AK2*846*0001", "AK5*R*5", "AK9*P*1*1*0"],
        "103",
        "846",
        "rejected",
        "AK5*R*5; AK9*P*1*1*0",
      ],
      [["AK1*IB*104", "AK9*R*1*1*0*1"], "104", "846", "rejected", "AK9*R*1*1*0*1"],
    ] as const;
    for (const [segments, controlNumber, documentType, verdict, detail] of cases) {
      const [record, ...others] = recordsOf(draftText(fa(...segments)));
      assert.deepEqual(others, []);
      assert.ok(record?.is === "acknowledgement");
      const expected = { controlNumber, documentType, verdict, ...(detail === undefined ? {} : { detail }) };
      assert.deepEqual(record.acknowledgement, expected);
    }
  });

  test("is never answered", () => {
    const [mapping] = mappingsOf(draftText(fa("AK1*PR*101", "AK9*A*1*1*1")));
    assert.equal(mapping?.reply, undefined);
  });

  test("that cannot be read is told about, and not answered", () => {
    const [mapping] = mappingsOf(draftText(fa("AK1*PR*101")));
    assert.deepEqual(
      mapping?.records.map((record) => (record.is === "invalid" ? record.reason : record.is)),
      ["set-rejected"],
    );
    assert.equal(mapping?.reply, undefined);
  });
});

test("a partner's TA1 is its word on the interchange, with and without groups", () => {
  const lone = draftText({ groups: [] }).replace("IEA*", "TA1*000000101*260112*0930*R*022~IEA*");
  const [mapping] = mappingsOf(lone);
  assert.deepEqual(mapping?.records, [
    {
      is: "acknowledgement",
      at: "ISA 000000001, TA1 1",
      acknowledgement: { controlNumber: "101", verdict: "rejected", detail: "TA1 R, note 022" },
    },
  ]);
  assert.equal(mapping?.reply, undefined);
});

/** The answer to a file, as it goes out. */
function answerTo(text: string, settings: object = {}) {
  const account = accountWith(settings);
  const [mapping] = mappingsOf(text, account);
  assert.ok(mapping?.reply !== undefined, JSON.stringify(mapping));
  const content: unknown = JSON.parse(JSON.stringify(mapping.reply));
  return rendered({ kind: "reply", replyTo: "key", content }, { account });
}

describe("our answer", () => {
  test("is named by what it is and its control number, and is in order itself", () => {
    const { text, name } = answerTo(draftText());
    assert.equal(name, "997-101");
    const check = checkFile(bytesOf(text));
    assert.deepEqual([check.verdict, check.ack], ["accepted", ""]);
    assert.match(text, /AK1\*PO\*1~AK2\*850\*0001~AK5\*A~AK9\*A\*1\*1\*1~/);
  });

  test("says of each set whether it was taken", () => {
    const { text } = answerTo(draftText(withSets({}, { segments: ["BEG*00*SA*PO-2", "CTT*0"] })));
    assert.match(text, /AK2\*850\*0001~AK5\*A~AK2\*850\*0002~.*AK5\*R\*5~AK9\*P\*2\*2\*1~/);
  });

  test("is a TA1 alone when the interchange is rejected", () => {
    const { text, name } = answerTo(draftText({ iea: ["1", "000000002"] }));
    assert.equal(name, "TA1-101");
    assert.match(text, /TA1\*000000001\*260112\*0930\*R\*001~IEA\*0\*000000101~$/);
  });

  test("speaks with the delimiters of the profile, also where it copies bad data", () => {
    const bad = draftText(withSets({ segments: ["BEG*00*SA*PO|1**2026|112", "PO1*1*1*EA***VN*A"] }));
    const { text } = answerTo(bad, { delimiters: { element: "|", segment: "\n" } });
    const check = checkFile(bytesOf(text));
    assert.deepEqual(check.errors, []);
    assert.match(text, /^ISA\|00\|.*\nGS\|FA\|/);
    assert.doesNotMatch(text, /2026\|112/);
  });

  test("is left out for a partner that wants none, but for a rejected interchange", () => {
    const [mapping] = mappingsOf(draftText(), accountWith({ acknowledge997: false }));
    assert.equal(mapping?.reply, undefined);
    assert.equal(answerTo(draftText({ iea: ["1", "2"] }), { acknowledge997: false }).name, "TA1-101");
  });
});

test("an interchange of TA1s alone is never answered, not even when it asks for it or is broken", () => {
  const lone = (draft: Parameters<typeof draftText>[0]) =>
    draftText({ groups: [], ...draft }).replace("IEA*", "TA1*000000101*260112*0930*A*000~IEA*");
  for (const text of [lone({ isa: { 14: "1" } }), lone({ iea: ["0", "000000009"] })]) {
    assert.equal(mappingsOf(text)[0]?.reply, undefined);
  }
});

test("a status that is no code is told about, whatever word it is", () => {
  const [record] = recordsOf(draftText(fa("AK1*PR*101", "AK9*constructor*1*1*1")));
  assert.ok(
    record?.is === "invalid" && record.reason === "acknowledgement-unreadable",
    JSON.stringify(record),
  );
});
