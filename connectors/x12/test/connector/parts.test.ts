import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { x12 } from "../../src/index.ts";
import { bytesOf, type Draft, draftText, orderSegments } from "../envelopes.ts";
import { accountWith, mappingsOf, recordsOf } from "./partner.ts";

const account = accountWith();
const partsOf = (text: string) => x12.intake?.split({ headers: {}, body: bytesOf(text) }, account) ?? [];
const asText = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const authenticated = (text: string) =>
  x12.intake?.authenticate({ headers: {}, body: bytesOf(text) }, account);

const numbered = (number: string, draft: Draft = {}) =>
  draftText({
    ...draft,
    isa: { ...draft.isa, 13: number },
    iea: [String(draft.groups?.length ?? 1), number],
  });
const keyOf = (number: string) => `ISA:ZZ/RETAILER:ZZ/DISTRIBUTOR:${number}`;

describe("a delivery", () => {
  test("of several interchanges is as many parts, and no byte is in none", () => {
    const text = `\n${numbered("000000007")}\n junk \n${numbered("000000008")}\r\n`;
    const parts = partsOf(text);
    assert.deepEqual(
      parts.map(({ key, kind }) => ({ key, kind })),
      [
        { key: keyOf("000000007"), kind: "850" },
        { key: keyOf("000000008"), kind: "850" },
      ],
    );
    assert.equal(parts.map(({ body }) => asText(body)).join(""), text);
  });

  test("of acknowledgements is known as such", () => {
    const segments = ["AK1*PR*101", "AK9*A*1*1*1"];
    const groups = [{ functionalId: "FA", sets: [{ id: "997", segments }] }];
    assert.deepEqual(
      partsOf(numbered("000000009", { groups })).map(({ kind }) => kind),
      ["997"],
    );
  });

  test("that cannot be read is one part under the hash of its bytes, and passes the door", () => {
    for (const text of ["", "hello", "ISA*00*  "]) {
      const [part, ...others] = partsOf(text);
      assert.deepEqual(others, []);
      assert.equal(part?.kind, "unreadable");
      assert.match(part?.key ?? "", /^sha256:[0-9a-f]{64}$/);
      assert.deepEqual(authenticated(text), { genuine: true });
      const records = recordsOf(text);
      assert.ok(
        records.some((record) => record.is === "invalid" && record.reason === "unreadable"),
        text,
      );
    }
  });

  test("whose control number is no number is known by its bytes, and answered with a TA1", () => {
    const [mapping] = mappingsOf(numbered("00000000X"));
    const [part] = partsOf(numbered("00000000X"));
    assert.match(part?.key ?? "", /^sha256:/);
    assert.ok(mapping?.reply !== undefined);
  });

  test("that is rejected whole has not used up its control number, and may be sent again, mended", () => {
    const whole = numbered("000000007");
    const torn = whole.slice(0, whole.indexOf("IEA*"));
    assert.match(partsOf(torn)[0]?.key ?? "", /^sha256:/);
    assert.equal(partsOf(whole)[0]?.key, keyOf("000000007"));
    const [mapping] = mappingsOf(torn);
    assert.ok(mapping?.reply !== undefined);
  });

  test("with a shorter control number is the same interchange", () => {
    assert.equal(partsOf(draftText({ isa: { 13: "7" }, iea: ["1", "7"] }))[0]?.key, keyOf("000000007"));
  });
});

describe("the door", () => {
  test("refuses an interchange of another sender, and says which", () => {
    const text = numbered("000000001") + numbered("000000002", { isa: { 6: "SOMEBODY       " } });
    assert.deepEqual(authenticated(text), {
      genuine: false,
      reason:
        'interchange 000000002 is from "ZZ/SOMEBODY" (ISA05, ISA06), and this account is for "ZZ/RETAILER"',
    });
  });

  test("refuses an interchange for another receiver", () => {
    const answer = authenticated(draftText({ isa: { 7: "01" } }));
    assert.ok(answer?.genuine === false && answer.reason.includes("ISA07"));
  });

  test("and the mapping make nothing of what came before the profile was changed", () => {
    const [mapping] = mappingsOf(draftText({ isa: { 8: "SOMEBODY       " } }));
    assert.deepEqual(
      mapping?.records.map((record) => (record.is === "invalid" ? record.reason : record.is)),
      ["wrong-partner"],
    );
    assert.equal(mapping?.reply, undefined);
  });
});

describe("an interchange that is rejected", () => {
  test("gives no order, whatever its sets are like", () => {
    const [mapping] = mappingsOf(draftText({ iea: ["1", "000000002"] }));
    assert.deepEqual(
      mapping?.records.map((record) => (record.is === "invalid" ? record.reason : record.is)),
      ["interchange-rejected"],
    );
    assert.ok(mapping?.reply !== undefined);
  });

  test("because it was cut off gives no order of the half that arrived", () => {
    const text = draftText({ groups: [{ sets: [{}, { segments: orderSegments }] }] });
    const records = recordsOf(text.slice(0, text.indexOf("GE*")));
    assert.ok(records.every(({ is }) => is === "invalid"));
  });
});

describe("a group whose count of sets is wrong", () => {
  test("gives no order, because one may be missing", () => {
    const [record] = recordsOf(draftText({ groups: [{ ge: ["2", "1"] }] }));
    assert.ok(record?.is === "invalid" && record.reason === "group-rejected");
  });
});
