import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Segment, tokenize } from "../src/index.ts";
import { isFaultless } from "../src/scan.ts";
import { segments } from "../src/schema/segments.ts";
import { elementFaults } from "../src/validate-elements.ts";
import { draftBytes } from "./envelopes.ts";
import { randomFrom, randomSegment } from "./random-sets.ts";

const specs = [...segments["004010"].values()];
const at = { segment: "", position: 2, offset: 0 };

function segmentOf(text: string): Segment | undefined {
  const tokens = tokenize(draftBytes({ version: "00501", groups: [{ sets: [{ segments: [text] }] }] }));
  const [, , , segment] = tokens;
  return segment?.kind === "segment" ? segment : undefined;
}

/** A segment that is in order, with some of its characters changed. */
const damaged = fc
  .tuple(
    fc.nat(specs.length - 1),
    fc.integer(),
    fc.array(fc.tuple(fc.nat(60), fc.constantFrom(..."*>^ -.0A9\tEé")), { maxLength: 4 }),
  )
  .map(([index, seed, edits]) => {
    const spec = specs[index] ?? specs[0];
    if (spec === undefined) throw new Error("no segment specs");
    let text = randomSegment(spec, randomFrom(seed));
    for (const [place, character] of edits) {
      const edge = spec.id.length + 1 + (place % Math.max(1, text.length));
      text = text.slice(0, edge) + character + text.slice(edge + (place % 2));
    }
    return { spec, text };
  });

test("a segment that the quick scan finds in order has no fault on a closer look", () => {
  let quick = 0;
  const property = fc.property(damaged, ({ spec, text }) => {
    const segment = segmentOf(text);
    if (segment === undefined || !isFaultless(segment, spec.plan)) return;
    quick++;
    assert.deepEqual(elementFaults(segment, spec, at), [], text);
  });
  fc.assert(property, { numRuns: 2_000 });
  assert.ok(quick > 200, `only ${quick} segments passed the scan`);
});

test("the quick scan passes the segments of an ordinary order", () => {
  const texts = [
    "BEG*00*SA*PO-1**20260112",
    "N1*ST*STORE*92*0012",
    "PO1*1*12*EA*4.5*PE*UP*0123",
    "CTT*1",
    "REF*DP*0042",
  ];
  for (const text of texts) {
    const segment = segmentOf(text);
    const spec = segments["004010"].get(text.split("*")[0] ?? "");
    assert.ok(segment !== undefined && spec !== undefined && isFaultless(segment, spec.plan), text);
  }
});
