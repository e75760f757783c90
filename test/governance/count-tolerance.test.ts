import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { manualClock } from "#test/clock.ts";
import { testDatabase } from "#test/database.ts";
import { countTolerances } from "../../src/governance/count-tolerance.ts";
import type { CountScope } from "../../src/governance/count-tolerance-store.ts";
import { createGovernance } from "../../src/governance/index.ts";
import { plainItem } from "../support/seed.ts";

/** What a tolerance may name, the narrowest first: this is the order that docs/how-to/handle-drift.md promises. */
const PRECEDENCE: readonly (readonly (keyof CountScope)[])[] = [
  ["itemId", "locationId", "source"],
  ["itemId", "locationId"],
  ["itemId", "source"],
  ["itemId"],
  ["itemClass", "locationId", "source"],
  ["itemClass", "locationId"],
  ["itemClass", "source"],
  ["itemClass"],
  ["locationId", "source"],
  ["locationId"],
  ["source"],
  [],
];
const thing = { source: "/accounts/wms-1", locationId: "berlin", itemId: "bolt", itemClass: "A" };

/** The scope that names these things of a thing, and leaves the others open. */
const scopeOf = (named: readonly (keyof CountScope)[], of: typeof thing): CountScope => ({
  source: named.includes("source") ? of.source : undefined,
  locationId: named.includes("locationId") ? of.locationId : undefined,
  itemId: named.includes("itemId") ? of.itemId : undefined,
  itemClass: named.includes("itemClass") ? of.itemClass : undefined,
});
const units = (unitsMax: number) => ({ unitsMax, percentMax: null, valueMax: null, acceptAfterHours: null });

const things = fc.record({
  source: fc.constantFrom("/accounts/wms-1", "/accounts/wms-2"),
  locationId: fc.constantFrom("berlin", "paris"),
  itemId: fc.constantFrom("bolt", "nut", "washer"),
  itemClass: fc.constantFrom("A", "B"),
});

test("of whatever was said, in whatever order, the narrowest that is about a count holds for it", () => {
  const said = fc.uniqueArray(fc.record({ named: fc.constantFrom(...PRECEDENCE), of: things }), {
    selector: ({ named, of }) => JSON.stringify(scopeOf(named, of)),
    maxLength: 40,
  });
  const property = fc.property(said, things, (scopes, counted) => {
    const scoped = scopes.map(({ named, of }, index) => {
      const scope = scopeOf(named, of);
      const ofClass = scope.itemClass === counted.itemClass ? [counted.itemId] : [];
      return { scope, tolerance: units(index), ofClass };
    });
    // Among those that are about the count, no two name the same things.
    const expected = PRECEDENCE.map((named) => JSON.stringify(scopeOf(named, counted)))
      .map((wanted) => scoped.find(({ scope }) => JSON.stringify(scope) === wanted))
      .find((found) => found !== undefined);
    assert.deepEqual(countTolerances(scoped).of(counted), expected?.tolerance);
  });
  fc.assert(property, { numRuns: 1_000 });
});

test("each tolerance that is taken away leaves the next wider one, down to none", async () => {
  const { database } = await testDatabase();
  const governance = createGovernance({ database, clock: manualClock("2026-03-02T09:00:00.000Z") });
  await governance.saveItems([
    { ...plainItem("bolt"), itemClass: "A" },
    { ...plainItem("nut"), itemClass: "B" },
    plainItem("washer"),
  ]);
  await governance.saveLocations([
    { locationId: "berlin", code: "BER", name: "Berlin", type: "warehouse", timeZone: "UTC" },
    { locationId: "paris", code: "PAR", name: "Paris", type: "warehouse", timeZone: "UTC" },
  ]);
  const elsewhere = { source: "/accounts/wms-2", locationId: "paris", itemId: "nut", itemClass: "B" };
  const asked = {
    sources: [thing.source, elsewhere.source],
    locationIds: ["berlin", "paris"],
    itemIds: ["bolt", "nut", "washer"],
  };
  const set = (named: readonly (keyof CountScope)[], unitsMax: number | undefined, of = thing) =>
    governance.setCountTolerance({
      ...scopeOf(named, of),
      ...{ tolerance: unitsMax === undefined ? undefined : units(unitsMax), by: "chief" },
    });
  const holding = async (of: typeof thing) =>
    (await governance.countTolerances(database, asked)).of(of)?.unitsMax;
  for (const [index, named] of PRECEDENCE.entries()) {
    assert.equal(await set(named, index), "set");
    if (named.length > 0) assert.equal(await set(named, 100 + index, elsewhere), "set");
  }
  for (const [index, named] of PRECEDENCE.entries()) {
    assert.equal(await holding(thing), index);
    assert.equal(await holding({ ...thing, itemId: "washer" }), index < 8 ? 8 : index);
    await set(named, undefined);
  }
  assert.equal(await holding(thing), undefined);
  assert.equal(await holding(elsewhere), 100);
  const place = { source: thing.source, locationId: "berlin" };
  assert.equal(await governance.hasCountTolerance(database, place), true);
  for (const named of PRECEDENCE.slice(0, -1)) await set(named, undefined, elsewhere);
  assert.equal(await governance.hasCountTolerance(database, place), false);
  const changes = await governance.countToleranceChanges({ before: 1_000, limit: 11, sources: undefined });
  const told = changes.map(({ item_class, before }) => [item_class, before?.unitsMax]).toReversed();
  const taken = PRECEDENCE.slice(0, -1).map((named, at) => [
    named.includes("itemClass") ? "B" : null,
    100 + at,
  ]);
  assert.deepEqual(told, taken);
});
