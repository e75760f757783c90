import assert from "node:assert/strict";
import { test } from "node:test";
import { gs1CheckDigit, type Reference } from "@crossdock/canonical";
import fc from "fast-check";
import { manualClock } from "#test/clock.ts";
import { testDatabase } from "#test/database.ts";
import { createGovernance } from "../../src/governance/index.ts";
import { similarity } from "../../src/governance/likely.ts";
import { likelyUnits } from "../../src/governance/likely-unit.ts";

const { database } = await testDatabase();
const governance = createGovernance({ database, clock: manualClock() });

const item = (itemId: string, sku: string) => ({
  ...{ itemId, sku, description: `the ${itemId}`, baseUnit: "EA", tracking: "none" as const },
  units: [],
  components: [],
});
await governance.saveItems([
  item("bolt", "BOLT-M8-040"),
  item("nut", "NUT-M8"),
  item("washer", "4711"),
  item("oil", "OIL-5W30"),
]);
await governance.saveLocations([
  { locationId: "hamburg", code: "DE-HAM-01", name: "Hamburg", type: "warehouse", timeZone: "Europe/Berlin" },
]);
const named = (scheme: string, value: string, target: string, validFrom?: Date) => ({
  ...({ kind: "item", scheme, scope: "", value, target } as const),
  ...(validFrom === undefined ? {} : { validFrom }),
});
await governance.saveAliases([
  named("gtin", "4012345678901", "bolt"),
  named("gtin", "012345000058", "oil"),
  named("vendor-part", "VX-200", "nut"),
  named("sku", "LATER", "nut", new Date("2030-01-01T00:00:00Z")),
]);

const likely = async (scheme: string, value: string, kind: "item" | "location" = "item") => {
  const [found = []] = await governance.likelyThings(database, [{ kind, reference: { scheme, value } }]);
  return found.map(({ target, reason }) => `${target}: ${reason}`);
};

const cases: readonly (readonly [what: string, scheme: string, value: string, expected: string])[] = [
  ["another scheme", "vendor-part", "NUT-M8", "nut: same-elsewhere"],
  ["a GTIN under another scheme", "sku", "4012345678901", "bolt: same-elsewhere"],
  ["a GTIN of other length under another scheme", "sku", "04012345678901", "bolt: same-elsewhere"],
  ["another case", "sku", "bolt-m8-040", "bolt: spelled-alike"],
  ["other punctuation and fewer zeros", "sku", "BOLT M8/40", "bolt: spelled-alike"],
  ["leading zeros", "sku", "00004711", "washer: spelled-alike"],
  ["no check digit", "gtin", "401234567890", "bolt: check-digit-missing"],
  ["a wrong check digit", "sku", "4012345678905", "bolt: wrong-check-digit"],
  ["a case of it", "gtin", "14012345678908", "bolt: package-of"],
  ["the short form on a small pack", "sku", "01234558", "oil: shortened-gtin"],
  ["a typing error", "sku", "OIL-5W3O", "oil: similar"],
  ["a part left out at the end", "sku", "BOLT-M8", "bolt: similar"],
  ["a name that means something at another time", "sku", "LATER", "nut: meant-at-another-time"],
];
for (const [what, scheme, value, expected] of cases) {
  test(`${what} is suggested: ${scheme}:${value} is ${expected}`, async () => {
    assert.equal((await likely(scheme, value))[0], expected);
  });
}

test("a location is found like an item, and never among items", async () => {
  assert.deepEqual(await likely("code", "deham1", "location"), ["hamburg: spelled-alike"]);
  assert.deepEqual(await likely("code", "deham1", "item"), []);
});

test("virtual locations are never suggested", async () => {
  assert.deepEqual(await likely("code", "SUPPLIER", "location"), []);
});

test("a right GTIN that is one digit off another is another article, and not suggested", async () => {
  const body = "401234567891";
  assert.deepEqual(await likely("gtin", body + gs1CheckDigit(body)), []);
});

test("what is nothing but punctuation, or nothing like anything, has no suggestion", async () => {
  for (const value of ["-", "  ", "zzzzzzzz", "~"]) assert.deepEqual(await likely("sku", value), [], value);
});

test("suggestions come with what people call the thing, a score and a sentence", async () => {
  const [[found] = []] = await governance.likelyThings(database, [
    { kind: "item", reference: { scheme: "sku", value: "bolt.m8.040" } },
  ]);
  assert.deepEqual(found, {
    ...{ target: "bolt", called: "BOLT-M8-040", description: "the bolt" },
    ...{ name: { scheme: "sku", value: "BOLT-M8-040" }, reason: "spelled-alike", score: 90 },
    because: "sku:BOLT-M8-040 is the same but for case, punctuation or leading zeros.",
  });
});

test("many names are looked up at once, each gets its own suggestions", async () => {
  const references: Reference[] = ["nutm8", "nothing-like-it", "4711"].map((value) => ({
    scheme: "x",
    value,
  }));
  const found = await governance.likelyThings(
    database,
    references.map((reference) => ({ kind: "item", reference })),
  );
  assert.deepEqual(
    found.map((each) => each[0]?.target),
    ["nut", undefined, "washer"],
  );
});

test("likeness is the same either way, whole for the same text and none for texts that share nothing", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (one, other) => {
      assert.equal(similarity(one, other), similarity(other, one));
      assert.equal(similarity(one, one), 100);
    }),
  );
  assert.equal(similarity("abc", "xyz"), 0);
});

const units = (...known: readonly (readonly [unit: string, numerator: bigint, denominator?: bigint])[]) => ({
  units: new Map(known.map(([unit, numerator, denominator = 1n]) => [unit, { numerator, denominator }])),
});
const unitCases: readonly (readonly [
  code: string,
  item: ReturnType<typeof units>,
  expected: string | undefined,
])[] = [
  ["CS", units(["EA", 1n], ["XCS", 12n]), "12 by XCS, unit-meant"],
  ["BG", units(["EA", 1n], ["XBG", 50n]), "50 by XBG, package-code"],
  ["DZN", units(["EA", 1n]), "12 by EA, exact-ratio"],
  ["PCE", units(["EA", 1n]), "1 by EA, exact-ratio"],
  ["GRM", units(["KGM", 1n]), "1/1000 by KGM, exact-ratio"],
  ["LBR", units(["GRM", 1n]), "45359237/100000 by GRM, exact-ratio"],
  ["XPX", units(["EA", 1n], ["XCS", 12n]), undefined],
];
for (const [code, item, expected] of unitCases) {
  test(`the unit ${code} of an item with ${[...item.units.keys()].join(", ")} may be ${expected ?? "anything"}`, () => {
    const [found] = likelyUnits(code, item);
    assert.equal(found && `${found.factor} by ${found.unit}, ${found.reason}`, expected);
  });
}

test("the units of an unknown item are not guessed", async () => {
  const unknown = { reference: { scheme: "sku", value: "nobody" }, unit: "XCS" };
  assert.deepEqual(await governance.likelyUnits(database, [unknown]), [[]]);
});
