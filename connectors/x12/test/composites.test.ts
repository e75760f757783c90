import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkFile, type FileError } from "../src/index.ts";
import { draftBytes, orderSegments } from "./envelopes.ts";

type Version = "004010" | "005010";

/** What is found in an order whose REF was replaced, as "code element" with the name the message begins with. */
function found(ref: string, version: Version = "004010"): string[] {
  const segments = orderSegments.map((segment) => (segment.startsWith("REF*") ? ref : segment));
  const { errors } = checkFile(draft(segments, version));
  return errors.map(({ code, element, message }: FileError) => `${code} ${element} ${message.split(" ")[0]}`);
}

function draft(segments: readonly string[], version: Version): Uint8Array {
  const isa = version === "004010" ? "00401" : "00501";
  return draftBytes({ version: isa, groups: [{ version, sets: [{ segments }] }] });
}

describe("a composite is checked component by component", () => {
  test("one that is in order is accepted", () => {
    assert.deepEqual(found("REF*DP*0042**VR>77>VP>78"), []);
  });

  test("a component that is missing, too short, too long or no number is found", () => {
    assert.deepEqual(found("REF*DP*0042**VR"), ["1 4 REF04-2"]);
    assert.deepEqual(found("REF*DP*0042**V>77"), ["4 4 REF04-1"]);
    assert.deepEqual(found(`REF*DP*0042**VR>${"9".repeat(31)}`), ["5 4 REF04-2"]);
    const priced = orderSegments.flatMap((line) => (line === "CTT*2" ? ["CTP***1*1*EA>x", line] : [line]));
    const misplaced = checkFile(draft(priced, "004010")).errors;
    assert.ok(misplaced.some(({ code, message }) => code === "6" && message.startsWith("CTP05-2")));
  });

  test("components that belong together are", () => {
    assert.deepEqual(found("REF*DP*0042**VR>77>VP"), ["2 4 REF04:"]);
  });

  test("more components than there are have a code of their own from 005010 on", () => {
    const ref = "REF*DP*0042**VR>77>VP>78>DP>79>X";
    assert.deepEqual(found(ref, "004010"), ["3 4 REF04-7"]);
    assert.deepEqual(found(ref, "005010"), ["13 4 REF04-7"]);
  });

  test("the answer names the component in AK401", () => {
    const segments = orderSegments.map((segment) =>
      segment.startsWith("REF*") ? "REF*DP*0042**VR>77>V>78" : segment,
    );
    const { ack } = checkFile(draft(segments, "004010"));
    assert.ok(ack.includes("AK3*REF*3**8~\nAK4*4>3*128*4*V~\n"), ack);
    assert.deepEqual(checkFile(Buffer.from(ack, "latin1")).errors, []);
  });
});

describe("repetitions", () => {
  test("no element of our sets repeats: 005010 has a code for it", () => {
    assert.deepEqual(found("REF*DP*1^2", "005010"), ["12 2 REF02"]);
    assert.deepEqual(found("REF*DP*0042**VR>1^VR>2", "005010"), ["12 4 REF04"]);
  });

  test("where none are declared, the character is data", () => {
    assert.deepEqual(found("REF*DP*1^2", "004010"), []);
  });
});
