import assert from "node:assert/strict";
import { test } from "node:test";
import { unstorable } from "@crossdock/canonical";
import fc from "fast-check";

const NUL = "\u0000";
const HALF = "\ud800";

/** Values as records have them, now and then with what PostgreSQL cannot keep. */
const text = fc.oneof(
  { weight: 8, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.constantFrom(NUL, `a${HALF}`, HALF) },
);
const value = fc.letrec((tie) => ({
  leaf: fc.oneof(text, fc.integer(), fc.constantFrom(null, true, undefined, Number.NaN, 1n)),
  tree: fc.oneof(
    { maxDepth: 4 },
    tie("leaf"),
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom("effectiveAt", "shipBy")), tie("tree"), { maxKeys: 4 }),
  ),
})).tree;

/** The naive model, which knows no moments: those are in the table below. */
function isKept(one: unknown): boolean {
  if (typeof one === "string") return !one.includes(NUL) && one.isWellFormed();
  if (typeof one === "number") return Number.isFinite(one);
  if (typeof one === "bigint") return false;
  if (typeof one !== "object" || one === null) return true;
  return Object.entries(one).every(([name, member]) => isKept(name) && isKept(member));
}

test("whatever a naive look finds unstorable is named with its place, wherever it stands", () => {
  fc.assert(
    fc.property(value, (one) => {
      const problem = unstorable({ one });
      if (!isKept(one)) assert.match(problem ?? "", /^(\/one|the name of \/one)/);
    }),
    { numRuns: 2_000 },
  );
});

test("what JSON gave and nothing is wrong with is storable", () => {
  fc.assert(
    fc.property(fc.jsonValue().filter(isKept), (one) => assert.equal(unstorable({ one }), undefined)),
  );
});

const moments: readonly (readonly [text: string, isReal: boolean])[] = [
  ["2026-02-28T23:59:59.999Z", true],
  ["2028-02-29T00:00:00Z", true],
  ["2026-02-29T00:00:00Z", false],
  ["2026-02-30T00:00:00.000Z", false],
  ["2026-04-31T00:00:00.000Z", false],
  ["2026-12-31T00:00:00.000Z", true],
  ["2026-01-00T00:00:00.000Z", false],
  ["0000-01-01T00:00:00.000Z", false],
  ["2026-01-01T00:00:00+15:59", true],
  ["2026-01-01T00:00:00+16:00", false],
];
for (const [moment, isReal] of moments) {
  test(`${moment} is ${isReal ? "a" : "no"} moment`, () => {
    const said = unstorable({ statement: [{ shipBy: moment }] });
    if (isReal) assert.equal(said, undefined);
    else assert.match(said ?? "", /^\/statement\/0\/shipBy is .* a moment that no calendar has$/);
  });
}
