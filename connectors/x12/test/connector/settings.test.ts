import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checker } from "@crossdock/canonical";
import { UNITS_DEFAULT, X12Settings } from "../../src/index.ts";
import { SETTINGS } from "./partner.ts";

const check = checker(X12Settings);

/** What is wrong with the settings, by its place. */
function problemsOf(settings: object): readonly string[] {
  const checked = check({ ...SETTINGS, ...settings });
  return checked.ok ? [] : checked.problems.map(({ at }) => at);
}

describe("a profile", () => {
  const cases: readonly (readonly [what: string, settings: object, at: string])[] = [
    ["with a time zone that nobody has", { timeZone: "America/Springfield" }, "/timeZone"],
    ["with one delimiter for two things", { delimiters: { element: ">" } }, "/delimiters"],
    ["with a letter for a delimiter", { delimiters: { segment: "A" } }, "/delimiters/segment"],
    ["with an id that the ISA has no room for", { us: { qualifier: "ZZ", id: "A".repeat(16) } }, "/us/id"],
    ["with an id that would be padded", { partner: { qualifier: "ZZ", id: "RETAILER " } }, "/partner/id"],
    ["with a delivery that nobody can make", { delivery: { how: "pigeon" } }, "/delivery/how"],
    ["with a unit that is none", { units: { EA: "each" } }, "/units/EA"],
    ["with a name that is misspelt", { delimeters: {} }, "/"],
  ];
  for (const [what, settings, at] of cases)
    test(`${what} is refused when it is entered`, () =>
      assert.ok(problemsOf(settings).includes(at), `${problemsOf(settings)}`));

  test("needs no more than two addresses", () => {
    const { us, partner } = SETTINGS;
    assert.ok(check({ us, partner }).ok);
  });

  test("may use any delimiters that differ, and any zone that clocks have", () => {
    const delimiters = { element: "\u001d", component: "\u001f", segment: "\u001c", repetition: "\u001e" };
    assert.deepEqual(
      problemsOf({ delimiters, timeZone: "Asia/Kolkata", items: [{ qualifier: "BP", scheme: "sku" }] }),
      [],
    );
  });
});

test("no two codes of the default table share a unit, so that a paper says the unit that was ordered in", () => {
  const units = Object.values(UNITS_DEFAULT);
  assert.equal(new Set(units).size, units.length);
});
