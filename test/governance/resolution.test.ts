import assert from "node:assert/strict";
import { test } from "node:test";
import { gtin14, type Reference, referenceText } from "@crossdock/canonical";
import fc from "fast-check";
import { manualClock } from "#test/clock.ts";
import { testDatabase } from "#test/database.ts";
import { plainItem } from "#test/seed.ts";
import { createGovernance } from "../../src/governance/index.ts";
import { MASTER_MEMORY_MS } from "../../src/governance/master-memory.ts";
import { isUniqueViolation, type Queryable, sql } from "../../src/platform/index.ts";

const { database } = await testDatabase();
const clock = manualClock("2026-03-02T09:00:00.000Z");
const governance = createGovernance({ database, clock });
const ITEMS = ["bolt", "nut", "washer"];
await governance.saveItems(ITEMS.map(plainItem));
await governance.saveLocations([
  { locationId: "wh-1", code: "WH1", name: "One", type: "warehouse", timeZone: "Europe/Berlin" },
]);

const day = (number: number) => new Date(Date.UTC(2026, 0, number));
const itemAt = async (reference: Reference, at: Date) =>
  (await governance.resolve(database, { items: [reference], locations: [] }))
    .at(at)
    .items.get(referenceText(reference));

type Told = { scope: string; from: number | undefined; to: number | undefined; target: string };

/** The naive model: of what was told about a scope, the last that covers the day; one's own scope before everybody's. */
function naive(told: readonly Told[], scope: string, at: number): string | undefined {
  const covers = ({ from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }: Told) =>
    from <= at && at < to;
  const last = (of: string) => told.findLast((each) => each.scope === of && covers(each))?.target;
  return last(scope) ?? last("");
}

test("a name means at any moment what a naive reading of all that was told says", async () => {
  const toldArbitrary = fc.record({
    scope: fc.constantFrom("", "shop", "edi"),
    from: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    to: fc.option(fc.integer({ min: 2, max: 7 }), { nil: undefined }),
    target: fc.constantFrom(...ITEMS),
  });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(toldArbitrary, { minLength: 1, maxLength: 7 }), async (told) => {
      run += 1;
      const value = `PART-${run}`;
      for (const { scope, from, to, target } of told) {
        await governance.saveAliases([
          {
            ...{ kind: "item", scheme: "vendor-part", scope, value, target },
            validFrom: from === undefined ? undefined : day(from),
            validTo: to === undefined ? undefined : day(to),
          },
        ]);
      }
      const references = ["", "shop", "edi"].map((scope) => ({ scheme: "vendor-part", value, scope }));
      const resolutions = await governance.resolve(database, { items: references, locations: [] });
      for (const reference of references) {
        for (let at = 0; at <= 8; at += 1) {
          const found = resolutions.at(day(at)).items.get(referenceText(reference))?.itemId;
          assert.equal(found, naive(told, reference.scope, at), `${referenceText(reference)} on day ${at}`);
        }
      }
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 40) },
  );
});

test("the database itself refuses two meanings of one name at one moment", async () => {
  await governance.saveAliases([{ kind: "item", scheme: "sku", scope: "", value: "ONE", target: "bolt" }]);
  await assert.rejects(
    database.execute(sql`
      insert into governance.alias (kind, scheme, scope, value, valid_from, target, created_at)
      values ('item', 'sku', '', 'ONE', '-infinity', 'nut', now())`),
    (error: unknown) => isUniqueViolation(error, "alias_pkey"),
  );
});

test("a GTIN of 8, 12, 13 or 14 digits is one number, and is told in the form of its length", async () => {
  assert.equal(gtin14("012345678905"), "00012345678905");
  await governance.saveAliases([
    { kind: "item", scheme: "gtin", scope: "", value: "012345678905", target: "bolt" },
  ]);
  for (const value of ["012345678905", "0012345678905", "00012345678905"]) {
    assert.equal((await itemAt({ scheme: "gtin", value }, day(1)))?.itemId, "bolt", value);
  }
  assert.equal(await itemAt({ scheme: "gtin", value: "12345678905" }, day(1)), undefined);
  const names = await governance.namesFor(database, ["bolt"], "edi");
  assert.deepEqual(
    names.get("bolt")?.filter(({ scheme }) => scheme === "gtin"),
    [{ scheme: "gtin", value: "0012345678905" }],
  );
});

test("a case of 12 becomes a case of 10, and each statement is converted as of its own time", async () => {
  await governance.saveItems([
    { ...plainItem("tape"), units: [{ unit: "XCS", numerator: 24, denominator: 2 }] },
  ]);
  await governance.saveItems([
    { ...plainItem("tape"), units: [{ unit: "XCS", numerator: 10, denominator: 1, validFrom: day(10) }] },
  ]);
  const reference = { scheme: "sku", value: "TAPE" };
  assert.deepEqual((await itemAt(reference, day(9)))?.units.get("XCS"), { numerator: 12n, denominator: 1n });
  assert.deepEqual((await itemAt(reference, day(10)))?.units.get("XCS"), { numerator: 10n, denominator: 1n });
  const now = await governance.items(database, ["tape"]);
  assert.deepEqual(now.get("tape")?.units.get("XCS"), { numerator: 10n, denominator: 1n });
});

test("what is remembered for promises follows a change that is made here at once", async () => {
  const reference = { scheme: "vendor-part", value: "V-1" };
  assert.equal((await governance.resolveItems([reference])).size, 0);
  await governance.saveAliases([{ kind: "item", scope: "", target: "nut", ...reference }]);
  assert.equal((await governance.resolveItems([reference])).get("vendor-part:V-1")?.itemId, "nut");
  assert.equal(governance.recallItems([reference])?.get("vendor-part:V-1")?.itemId, "nut");
});

/** A process of its own: nobody tells it what others change. */
const elsewhere = createGovernance({ database, clock });
const asked: readonly Reference[] = [
  { scheme: "vendor-part", value: "GROWN" },
  { scheme: "sku", value: "BOLT" },
];
const meantTo = async (governanceOf: typeof governance, queryable: Queryable) => {
  const { now } = await governanceOf.resolve(queryable, { items: asked, locations: [] });
  return asked.map((reference) => now.items.get(referenceText(reference))?.itemId);
};

test("another process sees a changed name, a new name and a changed unit with its next question", async () => {
  assert.deepEqual(await meantTo(elsewhere, database), [undefined, "bolt"]);
  const grown = { kind: "item", scheme: "vendor-part", scope: "", value: "GROWN" } as const;
  await governance.saveAliases([{ ...grown, target: "nut" }]);
  assert.deepEqual(await meantTo(elsewhere, database), ["nut", "bolt"]);
  await governance.saveAliases([{ ...grown, target: "washer" }]);
  assert.deepEqual(await meantTo(elsewhere, database), ["washer", "bolt"]);
  const factor = async () => {
    const { now } = await elsewhere.resolve(database, { items: asked, locations: [] });
    return now.items.get("sku:BOLT")?.units.get("BX")?.numerator;
  };
  assert.equal(await factor(), undefined);
  await governance.saveItems([
    { ...plainItem("bolt"), units: [{ unit: "BX", numerator: 8, denominator: 1 }] },
  ]);
  assert.equal(await factor(), 8n);
});

test("a transaction sees its own names, and once it is undone nobody does", async () => {
  const undone = new Error("undone");
  const work = database.transaction(async (tx) => {
    await tx.execute(sql`
      update governance.alias set target = 'nut' where scheme = 'vendor-part' and value = 'GROWN'`);
    assert.deepEqual(await meantTo(elsewhere, tx), ["nut", "bolt"]);
    assert.deepEqual(await meantTo(elsewhere, database), ["washer", "bolt"]);
    throw undone;
  });
  await assert.rejects(work, undone);
  assert.deepEqual(await meantTo(elsewhere, database), ["washer", "bolt"]);
});

test("what was resolved since the last change is not asked for again", async () => {
  const statements: string[] = [];
  const counted: Queryable = {
    query: (statement) => {
      statements.push(statement.text);
      return database.query(statement);
    },
    execute: (statement) => database.execute(statement),
  };
  const changer = { by: "reader", correlationId: "receipt" };
  await governance.stateMaster([{ kind: "item", sku: "BOLT", tracking: "lot" }], changer);
  clock.advance(MASTER_MEMORY_MS + 1);
  await meantTo(elsewhere, counted);
  assert.equal(statements.length, 3, "the last change, the names, the items");
  await meantTo(elsewhere, counted);
  assert.equal(statements.length, 4, "the last change");
  clock.advance(MASTER_MEMORY_MS + 1);
  await meantTo(elsewhere, counted);
  assert.equal(statements.length, 7, "what is remembered is not believed for ever");
  // A receipt makes a lot and a price list says a cost: no name means anything else by that.
  const item = { scheme: "sku", value: "BOLT" };
  const made = await governance.stateMaster(
    [
      { kind: "lot", item, lot: "L 1", expiresOn: "2027-01-01" },
      { kind: "item-cost", item, currency: "EUR", perUnit: "0.07" },
    ],
    changer,
  );
  assert.deepEqual(
    made.map(({ outcome }) => outcome),
    ["created", "created"],
  );
  await meantTo(elsewhere, counted);
  assert.equal(statements.length, 8, "the last change");
  await governance.stateMaster([{ kind: "item", sku: "BOLT", description: "a bolt" }], changer);
  await meantTo(elsewhere, counted);
  assert.equal(statements.length, 11, "an item is another by its description");
});

test("what an item costs is an exact decimal from a moment on, in each currency", async () => {
  await governance.saveCosts([
    { itemId: "bolt", currency: "EUR", perUnit: "0.0125" },
    { itemId: "bolt", currency: "USD", perUnit: "0.014", validFrom: day(1), validTo: day(20) },
  ]);
  await governance.saveCosts([{ itemId: "bolt", currency: "EUR", perUnit: "0.0130", validFrom: day(5) }]);
  const costs = async (at: Date) => (await governance.costs(database, ["bolt", "nut"], at)).get("bolt");
  assert.deepEqual(await costs(day(4)), [
    { currency: "EUR", perUnit: "0.0125" },
    { currency: "USD", perUnit: "0.014" },
  ]);
  assert.deepEqual(await costs(day(20)), [{ currency: "EUR", perUnit: "0.013" }]);
});

test("locations go by their code, their id and their aliases", async () => {
  await governance.saveAliases([
    { kind: "location", scheme: "gln", scope: "", value: "4012345000009", target: "wh-1" },
  ]);
  const references = [
    { scheme: "code", value: "WH1" },
    { scheme: "id", value: "wh-1" },
    { scheme: "gln", value: "4012345000009" },
    { scheme: "code", value: "WH2" },
  ];
  const { locations } = (await governance.resolve(database, { items: [], locations: references })).at(day(1));
  assert.deepEqual(
    references.map((reference) => locations.get(referenceText(reference))),
    ["wh-1", "wh-1", "wh-1", undefined],
  );
});
