import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { manualClock } from "#test/clock.ts";
import { testDatabase } from "#test/database.ts";
import { createGovernance, OWNED_MEASURES, type OwnerChange } from "../../src/governance/index.ts";
import { isCheckViolation, isForeignKeyViolation, sql } from "../../src/platform/index.ts";

const { database } = await testDatabase();
const clock = manualClock("2026-03-02T09:00:00.000Z");
const governance = createGovernance({ database, clock });
const PLACES = ["wh-1", "wh-2"];
await governance.saveLocations(
  PLACES.map((locationId) => ({
    locationId,
    code: locationId.toUpperCase(),
    name: locationId,
    type: "warehouse",
    timeZone: "UTC",
  })),
);

const day = (number: number) => new Date(Date.UTC(2026, 0, number));
const told = { because: "test", changedBy: "tester", correlationId: "c-1" };
const change = (more: Partial<OwnerChange>): OwnerChange => ({
  measure: "physical-stock",
  locationId: "wh-1",
  source: "/accounts/wms-1",
  ...told,
  ...more,
});

type Said = {
  readonly place: string;
  readonly source: string | null;
  readonly from: number | undefined;
  readonly to: number | undefined;
};

/** The naive model: of what was said of a place, the last that covers the day; the place itself before everywhere. */
function naive(said: readonly Said[], place: string, at: number): string | undefined {
  const last = (of: string) =>
    said.findLast(
      ({ place: each, from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY }) =>
        each === of && from <= at && at < to,
    )?.source ?? undefined;
  return last(place) ?? last("");
}

test("at any moment the owner is whom a naive reading of all that was said names", async () => {
  const arbitrary = fc.record({
    place: fc.constantFrom("", ...PLACES),
    source: fc.constantFrom("/accounts/a", "/accounts/b", null),
    from: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    to: fc.option(fc.integer({ min: 7, max: 9 }), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(arbitrary, { minLength: 1, maxLength: 6 }), async (said) => {
      await database.execute(sql`delete from governance.ownership`);
      for (const { place, source, from, to } of said) {
        const period = {
          from: from === undefined ? undefined : day(from),
          to: to === undefined ? undefined : day(to),
        };
        await governance.setOwner(change({ locationId: place, source, ...period }));
      }
      const owners = await governance.owners(database, "physical-stock", PLACES);
      for (const place of PLACES) {
        for (let at = 0; at <= 10; at += 1) {
          assert.equal(owners.at(place, day(at).getTime()), naive(said, place, at), `${place} on day ${at}`);
          assert.equal(owners.at(place, day(at).toISOString()), naive(said, place, at));
        }
      }
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 40) },
  );
});

test("the history says who changed what, when and why, with the line before and after, and cannot be changed", async () => {
  await database.execute(sql`delete from governance.ownership`);
  const first = await governance.setOwner(change({ from: day(3) }));
  assert.equal(first.is, "set");
  const second = await governance.setOwner(
    change({ source: "/accounts/erp", from: day(5), because: "the ERP" }),
  );
  assert.ok(second.is === "set");
  const point = (number: number, source: string) => ({ from: day(number).toISOString(), source });
  assert.deepEqual(second.change.before, [point(3, "/accounts/wms-1")]);
  assert.deepEqual(second.change.after, [point(3, "/accounts/wms-1"), point(5, "/accounts/erp")]);
  assert.deepEqual(await governance.setOwner(change({ source: "/accounts/erp", from: day(5) })), {
    is: "unchanged",
  });
  const [last] = await governance.ownershipChanges({ before: Number.MAX_SAFE_INTEGER, limit: 1 });
  assert.deepEqual(
    [last?.because, last?.changed_by, last?.changed_at],
    ["the ERP", "tester", new Date(clock.now())],
  );
  const kept = /what was decided stays decided/;
  await assert.rejects(
    database.execute(sql`update governance.ownership_change set because = 'another'`),
    kept,
  );
  await assert.rejects(database.execute(sql`delete from governance.ownership_change`), kept);
});

test("the matrix at a moment has what is said then, and until when", async () => {
  await database.execute(sql`delete from governance.ownership`);
  await governance.setOwner(change({ locationId: "", measure: "promises", source: "/crossdock" }));
  await governance.setOwner(change({ from: day(3) }));
  await governance.setOwner(change({ source: "/accounts/erp", from: day(5) }));
  const matrix = (at: Date, after = { measure: "", locationId: "" }) =>
    governance.ownershipPage({ at, after, limit: 10 });
  const said = { measure: "physical-stock", location_id: "wh-1" };
  const promises = {
    measure: "promises",
    location_id: "",
    source: "/crossdock",
    valid_from: null,
    valid_to: null,
  };
  assert.deepEqual(await matrix(day(2)), [promises]);
  assert.deepEqual(await matrix(day(4)), [
    { ...said, source: "/accounts/wms-1", valid_from: day(3), valid_to: day(5) },
    promises,
  ]);
  assert.deepEqual(await matrix(day(9), { measure: "physical-stock", locationId: "wh-1" }), [promises]);
});

test("an unknown place is refused, and the witness is told whose time changes hands", async () => {
  await database.execute(sql`delete from governance.ownership`);
  assert.deepEqual(await governance.setOwner(change({ locationId: "wh-none" })), { is: "unknown-location" });
  await governance.setOwner(change({ source: "/accounts/own", from: day(3), to: day(6) }));
  const seen: unknown[] = [];
  const answer = await governance.setOwner(
    change({ locationId: "", source: "/accounts/all", from: day(2), to: day(4) }),
    async (_, handovers) => {
      seen.push(...handovers.filter(({ locationId }) => PLACES.includes(locationId)));
      return "too-many";
    },
  );
  assert.deepEqual(answer, { is: "judged-already", statement: undefined });
  const [begins, ends] = [day(2).getTime(), day(4).getTime()];
  assert.deepEqual(seen, [
    { locationId: "wh-1", from: begins, to: day(3).getTime(), owner: "/accounts/all" },
    { locationId: "wh-2", from: begins, to: ends, owner: "/accounts/all" },
  ]);
  const owners = await governance.owners(database, "physical-stock", ["wh-2"]);
  assert.equal(owners.at("wh-2", begins), undefined, "what was refused changed nothing");
});

test("the database knows the measures of the matrix and no others", async () => {
  for (const measure of OWNED_MEASURES)
    await governance.saveOwnership([{ measure, locationId: "", source: "/accounts/all" }]);
  const add = (measure: string, place: string) =>
    database.execute(sql`
      insert into governance.ownership (measure, location_id, valid_from, source)
      values (${measure}, ${place}, '-infinity', '/accounts/a')`);
  await assert.rejects(add("weather", ""), (error: unknown) =>
    isCheckViolation(error, "ownership_measure_is_known"),
  );
  await assert.rejects(add("orders", "wh-none"), (error: unknown) => isForeignKeyViolation(error));
});
