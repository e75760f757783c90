import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { assertGolden } from "../../../test/support/golden.ts";
import { checkFile, type FileCheck } from "../src/index.ts";
import { bytesOf, type Draft, draftBytes, draftText, orderSegments } from "./envelopes.ts";

const messages = new URL("messages/", import.meta.url);
const golden = new URL("golden/", import.meta.url);

/** What a person reviews: the verdict, each fault in a line, and the answer. */
function report(check: FileCheck): string {
  const faults = check.errors.map(({ list, code, segment, position, element, rejecting, message }) =>
    [list, code, rejecting ? "rejects" : "noted", `${segment}@${position}`, element ?? "-", message].join(
      " | ",
    ),
  );
  const counts = `${check.interchanges} interchanges, ${check.transactions} sets, round trip ${check.roundTrip}`;
  return [`${check.verdict}: ${counts}`, ...faults, "", check.ack || "(no answer)", ""].join("\n");
}

/** The segments of the answer with this id. */
function answer(check: FileCheck, id: string): string[] {
  const segments = check.ack.split("~\n");
  return segments.filter((segment) => segment.startsWith(`${id}*`));
}

describe("the answer to each of our own messages is the one that was reviewed", () => {
  for (const name of readdirSync(messages))
    test(name, async () => {
      const check = checkFile(readFileSync(new URL(name, messages)));
      await assertGolden(fileURLToPath(new URL(name.replace(".edi", ".txt"), golden)), report(check));
    });
});

describe("a 997", () => {
  const bad = { segments: orderSegments.slice(1) };
  const odd = { segments: orderSegments.map((segment) => segment.replace("*TX*", "*TEXAS*")) };

  test("is due for each group, and none for a group of acknowledgements", () => {
    const fa = { functionalId: "FA", sets: [{ id: "997", segments: ["AK1*PO*1", "AK9*A*1*1*1"] }] };
    const check = checkFile(draftBytes({ groups: [{}, fa, {}, {}] }));
    assert.deepEqual(answer(check, "AK1"), ["AK1*PO*1", "AK1*PO*3", "AK1*PO*4"]);
    assert.equal(answer(check, "ST").length, 3);
    assert.equal(checkFile(draftBytes({ groups: [fa] })).ack, "");
    assert.equal(checkFile(draftBytes({ groups: [{ ...fa, functionalId: "PO" }] })).ack, "");
  });

  test("is never answered itself", () => {
    for (const groups of [[{}], [{ sets: [bad] }], [{ sets: [odd] }, {}]]) {
      const { ack } = checkFile(draftBytes({ groups }));
      const check = checkFile(bytesOf(ack));
      assert.deepEqual(check.errors, [], ack);
      assert.equal(check.ack, "");
    }
  });

  test("goes back to where the group came from", () => {
    const check = checkFile(draftBytes());
    const [isa] = answer(check, "ISA");
    assert.match(isa ?? "", /\*ZZ\*DISTRIBUTOR {4}\*ZZ\*RETAILER {7}\*/);
    assert.deepEqual(answer(check, "GS"), ["GS*FA*DISTRIBUTOR*RETAILER*20260112*0930*1*X*004010"]);
  });

  const groups: readonly (readonly [
    name: string,
    draft: NonNullable<Draft["groups"]>[number],
    answer: string,
  ])[] = [
    ["accepts a group whose sets are in order", { sets: [{}, {}] }, "AK9*A*2*2*2"],
    ["accepts a group without sets", { sets: [] }, "AK9*A*0*0*0"],
    ["accepts with errors when faults are only noted", { sets: [{}, odd] }, "AK9*E*2*2*2"],
    ["accepts a part when some sets are rejected", { sets: [bad, {}, odd] }, "AK9*P*3*3*2"],
    ["rejects a group all of whose sets are rejected", { sets: [bad, bad] }, "AK9*R*2*2*0"],
    ["rejects a group with a set too few", { sets: [{}], ge: ["2", "1"] }, "AK9*R*2*1*0*5"],
    ["rejects a group whose control numbers differ", { sets: [{}], ge: ["1", "9"] }, "AK9*R*1*1*0*4"],
  ];
  for (const [name, group, expected] of groups)
    test(name, () => assert.deepEqual(answer(checkFile(draftBytes({ groups: [group] })), "AK9"), [expected]));

  test("does not list a good set as accepted in a group that is rejected whole", () => {
    const check = checkFile(draftBytes({ groups: [{ sets: [{}, bad], ge: ["3", "1"] }] }));
    assert.deepEqual(answer(check, "AK2"), ["AK2*850*0002"]);
    assert.deepEqual(answer(check, "AK5"), ["AK5*R*5"]);
  });

  test("copies bad data only when the answer can carry it", () => {
    const answered = (value: string) => {
      const segments = orderSegments.map((segment) => segment.replace("*TX*", `*${value}*`));
      return answer(checkFile(draftBytes({ groups: [{ sets: [{ segments }] }] })), "AK4");
    };
    assert.deepEqual(answered("TEXAS"), ["AK4*2*156*5*TEXAS"]);
    assert.deepEqual(answered("TE^AS"), ["AK4*2*156*5"]);
    assert.deepEqual(answered("T\xc9XAS"), ["AK4*2*156*5"]);
  });

  test("names the version of group and set from 005010 on", () => {
    const group = { version: "005010X999", sets: [{ id: "810", segments: ["BIG*1"] }], functionalId: "IN" };
    const check = checkFile(draftBytes({ version: "00501", groups: [group] }));
    assert.deepEqual(answer(check, "AK1"), ["AK1*IN*1*005010X999"]);
    assert.match(answer(check, "GS")[0] ?? "", /\*X\*005010$/);
  });
});

describe("a TA1", () => {
  test("is due when ISA14 asks for it", () => {
    const check = checkFile(draftBytes({ isa: { 14: "1" } }));
    assert.deepEqual(answer(check, "TA1"), ["TA1*000000001*260112*0930*A*000"]);
    assert.equal(answer(check, "AK9").length, 1);
  });

  test("says what is odd about an interchange that is accepted", () => {
    const check = checkFile(draftBytes({ isa: { 14: "1", 15: "X" } }));
    assert.deepEqual(answer(check, "TA1"), ["TA1*000000001*260112*0930*E*020"]);
  });

  test("is due, and no 997 with it, when the interchange is rejected", () => {
    const check = checkFile(draftBytes({ iea: ["1", "000000002"] }));
    assert.deepEqual(answer(check, "TA1"), ["TA1*000000001*260112*0930*R*001"]);
    assert.deepEqual(answer(check, "GS"), []);
  });

  test("gives the reason for the rejection before what is only odd", () => {
    const check = checkFile(draftBytes({ isa: { 15: "X" }, iea: ["2", "000000001"] }));
    assert.deepEqual(answer(check, "TA1"), ["TA1*000000001*260112*0930*R*021"]);
  });

  test("is not answered with a TA1, even when its ISA14 asks for one", () => {
    const text = draftText({ isa: { 14: "1" }, groups: [] }).replace(
      "IEA*",
      "TA1*000000005*260112*0930*A*000~IEA*",
    );
    assert.equal(checkFile(bytesOf(text)).ack, "");
    assert.equal(checkFile(bytesOf(text.slice(0, text.indexOf("IEA*")))).ack, "");
  });

  test("is not due when nobody can be answered", () => {
    assert.equal(checkFile(draftBytes({ isa: { 6: " ".repeat(15), 13: "X" } })).ack, "");
    assert.equal(checkFile(bytesOf(draftText().slice(0, 80))).ack, "");
  });
});

test("each interchange of a file is answered in one of its own, numbered on", () => {
  const later = draftText({ version: "00501", isa: { 13: "000000002" }, iea: ["1", "000000002"] });
  const check = checkFile(bytesOf(draftText() + later), { controlNumber: 41 });
  const numbers = answer(check, "ISA").map((segment) => segment.split("*")[13]);
  assert.deepEqual(numbers, ["000000041", "000000042"]);
});
