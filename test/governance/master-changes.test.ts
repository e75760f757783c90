import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checker, MasterRecord, referenceText } from "@crossdock/canonical";
import fc from "fast-check";
import { manualClock } from "#test/clock.ts";
import { testDatabase } from "#test/database.ts";
import { createGovernance, type MasterOutcome } from "../../src/governance/index.ts";
import { isCheckViolation, script, seededIds, sql } from "../../src/platform/index.ts";

const { database } = await testDatabase();
const clock = manualClock("2026-03-02T09:00:00.000Z");
const stocked = new Set<string>();
const governance = createGovernance({
  database,
  clock,
  ids: seededIds(clock, 1),
  stocked: async (_tx, itemIds) => new Set(itemIds.filter((id) => stocked.has(id))),
});
const check = checker(MasterRecord);
const steward = { by: "steward" };

/** Records as they come over the wire: what breaks the schema is a mistake of the test. */
function recordsOf(...records: readonly object[]): MasterRecord[] {
  return records.map((record) => {
    const checked = check(record);
    if (!checked.ok) throw new Error(`${JSON.stringify(record)}: ${JSON.stringify(checked.problems)}`);
    return checked.value;
  });
}

const state = (...records: readonly object[]) => governance.stateMaster(recordsOf(...records), steward);
const outcomeOf = (outcome: MasterOutcome | undefined) =>
  outcome?.outcome === "refused" ? outcome.reason : outcome?.outcome;
const outcomes = async (...records: readonly object[]) => (await state(...records)).map(outcomeOf);

const item = (itemId: string, more: object = {}) => ({
  ...{ kind: "item", itemId, sku: itemId.toUpperCase() },
  ...more,
});
const bySku = (value: string) => ({ scheme: "sku", value });
const meaning = async (scheme: string, value: string, at: string, scope?: string) => {
  const reference = { scheme, value, ...(scope === undefined ? {} : { scope }) };
  const found = await governance.resolve(database, { items: [reference], locations: [] });
  return found.at(at).items.get(referenceText(reference))?.itemId;
};

describe("items", () => {
  test("are created, changed, and left alone when nothing is new", async () => {
    const bolt = item("bolt", { description: "Bolt M8" });
    assert.deepEqual(await outcomes(bolt, { kind: "item", sku: "NUT" }), ["created", "created"]);
    assert.deepEqual(await outcomes(bolt, { kind: "item", sku: "NUT" }), ["unchanged", "unchanged"]);
    const [changed] = await state({ kind: "item", sku: "BOLT", description: "Bolt M8 x 40" });
    assert.deepEqual(changed, {
      subject: "item bolt",
      id: "bolt",
      outcome: "changed",
      before: { description: "Bolt M8" },
      after: { description: "Bolt M8 x 40" },
    });
  });

  test("keep their id under another SKU, and the old SKU goes on leading to them until it is given up", async () => {
    await state(item("tape"));
    assert.deepEqual(await outcomes(item("tape", { sku: "TAPE-50" })), ["changed"]);
    assert.equal((await governance.items(database, ["tape"])).get("tape")?.sku, "TAPE-50");
    assert.equal(await meaning("sku", "TAPE", "2026-03-02T09:00:00Z"), "tape");
    assert.deepEqual(await outcomes({ kind: "item", sku: "TAPE", description: "late" }), ["changed"]);
    assert.equal((await governance.items(database, ["tape"])).get("tape")?.sku, "TAPE-50");
    assert.deepEqual(await outcomes(item("other", { sku: "TAPE" })), ["name-taken"]);
    const end = "2026-04-01T00:00:00Z";
    const given = { kind: "item-name", item: bySku("TAPE-50"), scheme: "sku", value: "TAPE", validTo: end };
    assert.deepEqual(await outcomes(given), ["changed"]);
    assert.equal(await meaning("sku", "TAPE", "2026-03-31T23:59:59Z"), "tape");
    assert.equal(await meaning("sku", "TAPE", end), undefined);
    const taken = {
      kind: "item-name",
      item: { scheme: "id", value: "other-2" },
      scheme: "sku",
      value: "TAPE",
    };
    assert.deepEqual(await outcomes(item("other-2"), { ...taken, validFrom: "2026-03-15T00:00:00Z" }), [
      "created",
      "name-taken",
    ]);
    assert.deepEqual(await outcomes({ ...taken, validFrom: end }), ["changed"]);
    assert.equal(await meaning("sku", "TAPE", end), "other-2");
  });

  test("are of a class until they are given another, or none, and the history tells", async () => {
    const classed = (itemClass?: string) =>
      item("crate", itemClass === undefined ? { description: "big" } : { itemClass });
    assert.deepEqual(await outcomes(classed("bulk"), item("box")), ["created", "created"]);
    assert.deepEqual(await outcomes(classed("bulk")), ["unchanged"]);
    assert.deepEqual(await outcomes(classed()), ["changed"]);
    assert.equal((await governance.items(database, ["crate"])).get("crate")?.itemClass, "bulk");
    const [moved] = await state(classed("A"));
    assert.deepEqual(moved, {
      ...{ subject: "item crate", id: "crate", outcome: "changed" },
      ...{ before: { itemClass: "bulk" }, after: { itemClass: "A" } },
    });
    assert.equal((await governance.itemWhole("crate"))?.itemClass, "A");
    assert.deepEqual(await outcomes(classed("")), ["changed"]);
    assert.deepEqual(await outcomes(classed("")), ["unchanged"]);
    assert.equal((await governance.items(database, ["crate"])).get("crate")?.itemClass, undefined);
    assert.deepEqual(await outcomes(classed("A\u200b")), ["bad-name"]);
    assert.deepEqual(await outcomes(classed(" A")), ["bad-name"]);
    assert.throws(() => recordsOf(classed("A".repeat(41))), /itemClass/);
    const history = await governance.masterHistory({ itemId: "crate", limit: 10 });
    const kept = history.filter(({ what }) => what === "item").map(({ after }) => after?.item_class);
    assert.deepEqual(kept, [null, "A", "bulk", "bulk"]);
  });

  test("are listed by their class, page by page", async () => {
    const ids = Array.from({ length: 5 }, (_, index) => `bolt-${index}`);
    await state(...ids.map((id, index) => item(id, { itemClass: index === 2 ? "slow" : "fast" })));
    const page = async (afterSku: string) =>
      (await governance.itemPage({ itemClass: "fast", afterSku, limit: 3 })).map(({ sku }) => sku);
    assert.deepEqual(await page(""), ["BOLT-0", "BOLT-1", "BOLT-3"]);
    assert.deepEqual(await page("BOLT-3"), ["BOLT-4"]);
    assert.deepEqual(await governance.itemPage({ itemClass: "Fast", afterSku: "", limit: 3 }), []);
  });

  test("are counted in one unit for as long as there is or was stock", async () => {
    await state(item("oil", { baseUnit: "LTR" }), item("wax", { baseUnit: "KGM" }));
    stocked.add("oil");
    assert.deepEqual(await outcomes(item("oil", { baseUnit: "MLT" }), item("wax", { baseUnit: "GRM" })), [
      "base-unit-in-use",
      "changed",
    ]);
    assert.deepEqual(await outcomes(item("oil", { tracking: "lot" })), ["tracking-in-use"]);
  });

  test("are refused when their texts cannot be told from others", async () => {
    const refusals = await state(
      item("a", { sku: "A\u200b1" }),
      item("b", { sku: " B" }),
      item("c", { description: "two\nlines" }),
      item("d", { baseUnit: "KG" }),
      { kind: "item", description: "nameless" },
      { kind: "item", itemId: "no-sku" },
    );
    assert.deepEqual(refusals.map(outcomeOf), [
      ...["bad-name", "bad-name", "bad-name", "bad-unit", "field-missing", "field-missing"],
    ]);
    assert.match(JSON.stringify(refusals[0]), /U\+200B.*place 2/);
    assert.match(JSON.stringify(refusals[3]), /kilogram is KGM/);
  });
});

describe("names", () => {
  test("need a check digit, a scope and a free period where their scheme has them", async () => {
    await state(item("screw"), item("anchor"));
    const name = (more: object) => ({ kind: "item-name", item: bySku("SCREW"), ...more });
    assert.deepEqual(
      await outcomes(
        name({ scheme: "gtin", value: "4006381333931" }),
        name({ scheme: "gtin", value: "4006381333932" }),
        name({ scheme: "gtin", value: "04006381333931", item: bySku("ANCHOR") }),
        name({ scheme: "buyer-part", value: "77" }),
        name({ scheme: "buyer-part", value: "77", scope: "edi" }),
        name({ scheme: "id", value: "screw-2" }),
        name({ scheme: "vendor-part", value: "V1", item: bySku("NOBODY") }),
        name({
          ...{ scheme: "vendor-part", value: "V2" },
          ...{ validFrom: "2026-03-02T00:00:00Z", validTo: "2026-03-01T00:00:00Z" },
        }),
      ),
      [
        ...["created", "bad-check-digit", "twice", "scope-missing", "created", "bad-name", "unknown-item"],
        "ends-before-it-begins",
      ],
    );
    assert.deepEqual(
      await outcomes(name({ scheme: "gtin", value: "04006381333931", item: bySku("ANCHOR") })),
      ["name-taken"],
    );
    assert.equal(await meaning("gtin", "04006381333931", "2026-01-01T00:00:00Z"), "screw");
  });
});

describe("units and costs", () => {
  test("a factor changes from a day on, in rows of any order, and nothing the second time", async () => {
    await state(item("pen"));
    const unit = (factor: string, validFrom?: string) => ({
      ...{ kind: "item-unit", item: bySku("PEN"), unit: "XCS", factor },
      ...(validFrom === undefined ? {} : { validFrom }),
    });
    const march = "2026-03-01T00:00:00Z";
    const rows = [unit("10", march), unit("24/2", "always")];
    assert.deepEqual(await outcomes(...rows), ["changed", "created"]);
    assert.deepEqual(await outcomes(...rows), ["unchanged", "unchanged"]);
    assert.deepEqual(await outcomes(unit("8")), ["say-from-when"]);
    const { units } = (await governance.items(database, ["pen"])).get("pen") ?? {};
    assert.deepEqual(units?.get("XCS"), { numerator: 10n, denominator: 1n });
    const early = await governance.resolve(database, { items: [bySku("PEN")], locations: [] });
    assert.deepEqual(early.at("2026-02-28T23:59:59Z").items.get("sku:PEN")?.units.get("XCS"), {
      numerator: 12n,
      denominator: 1n,
    });
    assert.deepEqual(await outcomes(unit("1", "always"), { ...unit("2"), unit: "EA" }), [
      "changed",
      "bad-unit",
    ]);
  });

  test("a cost holds from now on where nothing else is said, and ends where that is said", async () => {
    await state(item("cup"));
    const cost = (perUnit: string, more: object = {}) => ({
      ...{ kind: "item-cost", item: bySku("CUP"), currency: "EUR", perUnit },
      ...more,
    });
    assert.deepEqual(await outcomes(cost("1.50")), ["created"]);
    assert.deepEqual(await outcomes(cost("1.5")), ["unchanged"]);
    clock.advance(60_000);
    assert.deepEqual(await outcomes(cost("1.75")), ["changed"]);
    assert.deepEqual(await outcomes(cost("1.75", { validTo: "2026-06-01T00:00:00Z" })), ["changed"]);
    const at = async (day: string) =>
      (await governance.costs(database, ["cup"], new Date(day))).get("cup")?.[0]?.perUnit;
    assert.deepEqual(await at("2026-03-02T09:00:30Z"), "1.5");
    assert.deepEqual(await at("2026-05-31T00:00:00Z"), "1.75");
    assert.deepEqual(await at("2026-06-01T00:00:00Z"), undefined);
  });
});

test("a kit holds plain items, and has neither stock nor lots of its own", async () => {
  await state(
    ...["set", "part", "inner", "own-stock"].map((id) => item(id)),
    item("tracked", { tracking: "lot" }),
  );
  stocked.add("own-stock");
  const part = (kit: string, of: string, quantity = 2) => ({
    ...{ kind: "kit-component", kit: bySku(kit), item: bySku(of), quantity },
  });
  assert.deepEqual(
    await outcomes(
      part("SET", "PART"),
      part("INNER", "SET"),
      part("PART", "INNER"),
      part("SET", "SET"),
      part("TRACKED", "PART"),
      part("OWN-STOCK", "PART"),
      part("SET", "TRACKED", 1),
    ),
    ["created", "kit-of-kits", "kit-of-kits", "kit-of-kits", "kit-is-tracked", "kit-has-stock", "created"],
  );
  assert.deepEqual(await outcomes(part("SET", "PART", 0), part("SET", "TRACKED", 3)), ["changed", "changed"]);
  assert.deepEqual((await governance.items(database, ["set"])).get("set")?.components, [
    { itemId: "tracked", quantity: 3 },
  ]);
  assert.deepEqual(await outcomes(item("set", { tracking: "lot" })), ["kit-is-tracked"]);
});

test("lots have days of the calendar, in order, and belong to items that have lots", async () => {
  await state(item("milk", { tracking: "lot" }), item("salt"));
  const lot = (more: object) => ({ kind: "lot", item: bySku("MILK"), lot: "L1", ...more });
  assert.deepEqual(await outcomes(lot({ expiresOn: "2026-05-01" })), ["created"]);
  assert.deepEqual(await outcomes(lot({ madeOn: "2026-03-01", attributes: { origin: "DK" } })), ["changed"]);
  assert.deepEqual(await outcomes(lot({ attributes: { origin: "DK" } })), ["unchanged"]);
  assert.deepEqual(
    await outcomes(
      lot({ lot: "L2", expiresOn: "2026-02-30" }),
      lot({ lot: "L3", expiresOn: "2026-02-01", madeOn: "2026-02-02" }),
      lot({ item: bySku("SALT") }),
    ),
    ["bad-day", "bad-day", "not-tracked"],
  );
  const [kept] = await governance.lotsOf("milk", { after: "", limit: 10 });
  assert.deepEqual(kept, {
    ...{ item_id: "milk", lot: "L1", expires_on: "2026-05-01", made_on: "2026-03-01" },
    attributes: { origin: "DK" },
    expiry_from_receipts: false,
  });
});

test("locations have a time zone of the IANA database and a GLN with its check digit", async () => {
  const place = (more: object) => ({ kind: "location", locationId: "wh-9", code: "WH9", ...more });
  assert.deepEqual(await outcomes(place({})), ["field-missing"]);
  for (const timeZone of ["Mars/Olympus", "+01:00", "Europe/"]) {
    assert.deepEqual(await outcomes(place({ timeZone })), ["bad-time-zone"], timeZone);
  }
  const gln = { kind: "location-name", location: { scheme: "code", value: "WH9" }, scheme: "gln" };
  assert.deepEqual(
    await outcomes(
      place({ timeZone: "Europe/Berlin" }),
      { ...gln, value: "4012345000009" },
      { ...gln, value: "4012345000008" },
      { kind: "location", locationId: "supplier", code: "S", timeZone: "UTC" },
    ),
    ["created", "created", "bad-check-digit", "virtual-location"],
  );
  assert.deepEqual(await outcomes(place({ type: "3pl" })), ["changed"]);
});

test("every change is kept with who, when, before and after, and nothing rewrites it", async () => {
  await governance.stateMaster(recordsOf(item("lamp", { description: "old" })), { by: "erp" });
  await governance.stateMaster(recordsOf(item("lamp", { description: "new" })), {
    ...{ by: "steward", correlationId: "c-1" },
  });
  const [last, ...before] = await governance.masterHistory({ itemId: "lamp", limit: 10 });
  assert.deepEqual(
    [last?.changed_by, last?.correlation_id, last?.what, last?.before?.description, last?.after?.description],
    ["steward", "c-1", "item", "old", "new"],
  );
  assert.deepEqual(last?.changed_at, clock.now());
  assert.deepEqual(before.map(({ what, changed_by }) => [what, changed_by]).toSorted(), [
    ["alias", "erp"],
    ["item", "erp"],
  ]);
  for (const statement of [
    sql`delete from governance.change`,
    sql`update governance.change set changed_by = 'nobody'`,
  ]) {
    await assert.rejects(database.execute(statement), (error: unknown) =>
      isCheckViolation(error, "history_is_kept"),
    );
  }
});

describe("an import", () => {
  const rowsOf = async function* (records: readonly MasterRecord[], batch = 20) {
    for (let from = 0; from < records.length; from += batch) {
      yield records.slice(from, from + batch).map((record, index) => ({ place: from + index + 2, record }));
    }
  };
  const run = async (
    records: readonly MasterRecord[],
    { batch, ...more }: { token?: string; skipRefused?: boolean; batch?: number } = {},
  ) => {
    const rows: [number, MasterOutcome][] = [];
    const report = await governance.importMaster({
      ...{ batches: rowsOf(records, batch), changer: steward, ...more },
      onRow: (place, outcome) => rows.push([place, { ...outcome, id: undefined }]),
    });
    return { report, rows };
  };
  const recordArbitrary = fc.oneof(
    fc.record({
      kind: fc.constant("item" as const),
      sku: fc.constantFrom("I1", "I2", "I3", "I4"),
      description: fc.constantFrom("one", "two"),
    }),
    fc.record({
      kind: fc.constant("item-name" as const),
      item: fc.constantFrom(bySku("I1"), bySku("I2"), bySku("I3")),
      scheme: fc.constant("vendor-part"),
      value: fc.constantFrom("P1", "P2"),
      validFrom: fc.constantFrom("always", "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"),
    }),
    fc.record({
      kind: fc.constant("item-unit" as const),
      item: fc.constantFrom(bySku("I1"), bySku("I2"), bySku("I3")),
      unit: fc.constantFrom("XCS", "XPX"),
      factor: fc.constantFrom("6", "12", "1/3"),
      validFrom: fc.constantFrom("always", "2026-06-01T00:00:00Z"),
    }),
  );

  test("does exactly what its rehearsal showed, and nothing the second time", async () => {
    await state(...["I1", "I2", "I3", "I4"].map((sku) => ({ kind: "item", sku })));
    await fc.assert(
      fc.asyncProperty(fc.array(recordArbitrary, { minLength: 1, maxLength: 14 }), async (records) => {
        const shown = await run(records);
        assert.equal(shown.report.is, "rehearsed");
        assert.deepEqual(await run(records), shown, "a rehearsal changes nothing");
        const done = await run(records, { token: shown.report.token, skipRefused: true });
        assert.deepEqual([done.report.is, done.rows], ["applied", shown.rows]);
        const again = await run(records);
        for (const [index, [place, { outcome }]] of again.rows.entries()) {
          const before = done.rows[index]?.[1].outcome;
          assert.equal(outcome, before === "refused" ? "refused" : "unchanged", `row ${place}`);
        }
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) },
    );
  });

  const courseArbitrary = fc.oneof(
    fc.record({
      kind: fc.constant("item-unit" as const),
      item: fc.constant(bySku("I1")),
      unit: fc.constant("XBX"),
      factor: fc.constantFrom("6", "12"),
      validFrom: fc.constantFrom("always", "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"),
    }),
    fc.record({
      kind: fc.constant("item-cost" as const),
      item: fc.constant(bySku("I2")),
      currency: fc.constant("EUR"),
      perUnit: fc.constantFrom("1.5", "2"),
      validFrom: fc.constantFrom("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "2026-04-01T00:00:00Z"),
    }),
  );

  test("ends the same in whatever batches its rows come, and in whatever order their beginnings stand", async () => {
    await state(...["I1", "I2", "I3", "I4"].map((sku) => ({ kind: "item", sku })));
    const records = fc.array(fc.oneof(recordArbitrary, courseArbitrary), { minLength: 2, maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(records, fc.integer({ min: 1, max: 4 }), async (given, batch) => {
        const whole = await run(given);
        const inBatches = await run(given, { batch });
        const inOrder = (rows: typeof whole.rows) => rows.toSorted(([one], [other]) => one - other);
        assert.deepEqual(inOrder(inBatches.rows), inOrder(whole.rows));
        const { token } = inBatches.report;
        await run(given, { batch, token, skipRefused: true });
        const again = await run(given, { batch });
        assert.equal(again.report.counts.changed + again.report.counts.created, 0, "all of it was kept");
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 40) },
    );
  });

  test("keeps a later value that stands in a batch before its predecessor", async () => {
    const unit = (factor: string, validFrom: string) => ({
      ...{ kind: "item-unit", item: bySku("LATE-1"), unit: "XBX", factor, validFrom },
    });
    await state({ kind: "item", sku: "LATE-1" }, unit("6", "always"));
    const records = recordsOf(unit("6", "2027-01-01T00:00:00Z"), unit("12", "2026-07-01T00:00:00Z"));
    const { report } = await run(records, { batch: 1 });
    await run(records, { batch: 1, token: report.token });
    const [course] = await database.query<{ factors: string[] }>(sql`
      select array_agg(numerator::text order by valid_from) as factors
      from governance.item_unit join governance.item using (item_id) where sku = 'LATE-1'`);
    assert.deepEqual(course?.factors, ["6", "12", "6"]);
  });

  test("lets nobody count its tables while they are full of rows that only it can see", async () => {
    const records = recordsOf({ kind: "item", sku: "COUNT-1" }, { kind: "item", sku: "COUNT-2" });
    const counted: unknown[] = [];
    await governance.importMaster({
      changer: steward,
      onRow: () => undefined,
      batches: (async function* () {
        for await (const rows of rowsOf(records, 1)) {
          yield rows;
          const count = database.transaction(async (tx) => {
            tx.send(script("set local lock_timeout = '20ms'"));
            await tx.execute(script("analyze governance.alias"));
          });
          counted.push(
            await count.then(
              () => "counted",
              (error: unknown) => /lock timeout/.test(String(error)),
            ),
          );
        }
      })(),
    });
    assert.deepEqual(counted, [true, true]);
  });

  test("is not taken when the data changed since it was shown, or when rows are wrong", async () => {
    const records = recordsOf(item("desk", { description: "from the file" }));
    const { report } = await run(records);
    await state(item("desk", { description: "from elsewhere" }));
    assert.equal((await run(records, { token: report.token })).report.is, "differs");
    const wrong = [...records, ...recordsOf(item("chair", { baseUnit: "KG" }))];
    const shown = await run(wrong);
    assert.deepEqual(shown.report.counts, { created: 0, changed: 1, unchanged: 0, refused: 1 });
    assert.equal((await run(wrong, { token: shown.report.token })).report.is, "refused");
    assert.equal((await run(wrong, { token: shown.report.token, skipRefused: true })).report.is, "applied");
  });
});
