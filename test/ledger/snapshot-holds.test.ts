import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountSource,
  itemId,
  type LocationId,
  locationId,
  quantity,
  snapshotPageId,
} from "@crossdock/canonical";
import fc from "fast-check";
import type { DriftPolicy } from "../../src/governance/index.ts";
import { DEFAULT_DRIFT_POLICY, holdReasons, type SnapshotWeight } from "../../src/ledger/snapshot-hold.ts";
import { sql } from "../../src/platform/index.ts";
import { runVerify } from "../../src/verify/index.ts";
import { atMinute, openCore, stock, type Told, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { lawful, type Said } from "./law.ts";

const { database } = await testDatabase();
const core = openCore(database);
const { ledger, governance } = core;
const source = accountSource("wms-1");
const strict: DriftPolicy = { ...DEFAULT_DRIFT_POLICY, positionsMin: 1 };

async function settle(): Promise<void> {
  await ledger.subscriber.drain();
  await ledger.snapshotSubscriber.drain();
  await ledger.snapshotWorker.drain();
}

type Counted = Readonly<Record<string, number>>;
type Snapshot = { readonly id: string; readonly minute: number; readonly counted: Counted };

/** A full snapshot of a location on one page. */
function pageOf({ id, minute, counted }: Snapshot, location: LocationId): Told {
  return {
    id: snapshotPageId({ snapshotId: id, page: 1 }),
    minute,
    account: "wms-1",
    fact: {
      type: "StockSnapshotPage",
      data: {
        snapshotId: id,
        location,
        scope: "full",
        conditions: false,
        page: 1,
        pages: 1,
        items: Object.keys(counted).map(itemId),
        counted: Object.values(counted).map((units) => quantity(units)),
      },
    },
  };
}

async function onHand(location: LocationId, item: string): Promise<number> {
  const [row] = await ledger.positionsOf(database, [item], [location]);
  return row === undefined ? 0 : row.available + row.quarantined + row.damaged;
}

async function snapshotNamed(id: string): Promise<{ snapshot_number: number; state: string } | undefined> {
  const [row] = await database.query<{ snapshot_number: number; state: string }>(sql`
    select snapshot_number, state from ledger.snapshot where snapshot_id = ${id}`);
  return row;
}

const decide = async (id: string, decision: "accepted" | "dismissed") =>
  ledger.snapshots.decide({
    snapshotNumber: (await snapshotNamed(id))?.snapshot_number ?? 0,
    decision,
    by: "clerk",
    because: "looked at the shelves",
  });

/** A location with its own policy, ten units of each of two items, and a broken export of it that has lost one of them. */
async function brokenExport(name: string): Promise<LocationId> {
  const location = locationId(name);
  await governance.saveLocations([
    { locationId: name, code: name, name, type: "warehouse", timeZone: "UTC" },
  ]);
  await governance.setDriftPolicy({ source, locationId: name, policy: strict, by: "chief" });
  const receipts = ["a", "b", "c"].map((item): Told => {
    const fact = stock.received(10, itemId(`${name}-${item}`), location);
    return { id: `${name}-${item}-in`, minute: 1, account: "wms-1", fact };
  });
  const broken = { id: `${name}-s`, minute: 10, counted: { [`${name}-a`]: 9 } };
  await tell(core, [...receipts, pageOf(broken, location)]);
  await settle();
  return location;
}

test("a snapshot that would take most of the stock away is held, and nothing of it is posted", async () => {
  const location = await brokenExport("held");
  assert.equal((await snapshotNamed("held-s"))?.state, "held");
  const [listed] = await ledger.snapshots.page({
    before: Number.MAX_SAFE_INTEGER,
    limit: 10,
    sources: undefined,
    locationId: "held",
    state: "held",
  });
  const { reasons, units_expected, units_missing, positions_differing } = listed?.hold ?? {};
  assert.deepEqual(
    { reasons, units_expected, units_missing, positions_differing },
    { reasons: ["units-missing"], units_expected: 30, units_missing: 21, positions_differing: 3 },
  );
  await tell(core, [{ id: "held-late", minute: 5, fact: stock.adjusted(-3, itemId("held-b"), location) }]);
  await settle();
  assert.deepEqual([await onHand(location, "held-a"), await onHand(location, "held-b")], [10, 7]);
});

test("an accepted snapshot is taken as of its time, however late; a second decision says what the first was", async () => {
  const location = await brokenExport("acc");
  await tell(core, [
    { id: "acc-late", minute: 5, fact: stock.adjusted(-3, itemId("acc-a"), location) },
    { id: "acc-after", minute: 20, fact: stock.adjusted(-2, itemId("acc-a"), location) },
  ]);
  await settle();
  assert.equal(await decide("acc-s", "accepted"), "settled");
  assert.equal(await decide("acc-s", "dismissed"), "already-accepted");
  await settle();
  assert.equal((await snapshotNamed("acc-s"))?.state, "applied");
  assert.deepEqual([await onHand(location, "acc-a"), await onHand(location, "acc-b")], [7, 0]);
  assert.equal(await decide("acc-s", "accepted"), "already-accepted");
});

test("a dismissed snapshot counts nothing, for movements that come later either", async () => {
  const location = await brokenExport("dis");
  assert.equal(await decide("dis-s", "dismissed"), "settled");
  await tell(core, [{ id: "dis-late", minute: 5, fact: stock.adjusted(-3, itemId("dis-a"), location) }]);
  await settle();
  assert.deepEqual([await onHand(location, "dis-a"), await onHand(location, "dis-b")], [7, 10]);
  assert.equal(await decide("dis-s", "accepted"), "already-dismissed");
});

test("what was never held cannot be decided", async () => {
  const location = locationId("plain");
  await tell(core, [pageOf({ id: "plain-s", minute: 10, counted: { "plain-a": 5 } }, location)]);
  await settle();
  assert.equal(await decide("plain-s", "dismissed"), "not-held");
  assert.equal(await onHand(location, "plain-a"), 5);
});

test("the trend tells what the snapshots of a day found, and which items differed most", async () => {
  const location = await brokenExport("trend");
  await decide("trend-s", "dismissed");
  const right = { "trend-a": 8, "trend-b": 10, "trend-c": 15 };
  await tell(core, [pageOf({ id: "trend-r", minute: 20, counted: right }, location)]);
  await settle();
  const from = new Date(atMinute(0));
  const asked = { locationId: "trend", from, to: new Date(from.getTime() + 86_400_000) };
  const { days, items } = await ledger.snapshots.trend({ ...asked, sources: [source] });
  const [{ day: _, ...found } = {}, ...more] = days;
  assert.deepEqual(more, []);
  assert.deepEqual(found, {
    source,
    snapshots_applied: 1,
    snapshots_held: 0,
    snapshots_dismissed: 1,
    positions_compared: 3,
    positions_differing: 2,
    units_found: 5,
    units_missing: 2,
  });
  assert.deepEqual(items, [
    { item_id: "trend-c", source, snapshots: 1, units_found: 5, units_missing: 0 },
    { item_id: "trend-a", source, snapshots: 1, units_found: 0, units_missing: 2 },
  ]);
  const others = await ledger.snapshots.trend({ ...asked, sources: [accountSource("wms-9")] });
  assert.deepEqual(others, { days: [], items: [] });
});

const nothing: SnapshotWeight = {
  positions_compared: 1_000,
  positions_differing: 400,
  units_expected: 1_000,
  units_found: 0,
  units_missing: 500,
  rows_come: 500,
  rows_before: 1_000,
};
const cases: readonly (readonly [
  string,
  Partial<SnapshotWeight>,
  Partial<DriftPolicy>,
  readonly string[],
])[] = [
  ["half of everything missing goes on", {}, {}, []],
  ["a unit more than half is held", { units_missing: 501 }, {}, ["units-missing"]],
  ["a row less than half is held", { rows_come: 499 }, {}, ["fewer-rows"]],
  ["a first snapshot has nothing to be less than", { rows_come: 0, rows_before: null }, {}, []],
  ["much at few positions goes on", { units_missing: 900, positions_differing: 99 }, {}, []],
  [
    "stock that is found goes on",
    { units_found: 9_000, units_missing: 0, positions_differing: 1_000 },
    {},
    [],
  ],
  ["where it is said, differing is enough", {}, { positionsDifferingPercentMax: 39 }, ["positions-differ"]],
];
for (const [says, weight, policy, reasons] of cases) {
  test(`guard: ${says}`, () => {
    assert.deepEqual(holdReasons({ ...nothing, ...weight }, { ...DEFAULT_DRIFT_POLICY, ...policy }), reasons);
  });
}

test("the narrowest policy holds, and every change keeps who made it and what held before", async () => {
  const other = accountSource("wms-9");
  const everywhere = { ...strict, positionsMin: 7 };
  const here = { ...strict, positionsMin: 8 };
  const asked = { source: other, locationId: "held" };
  await governance.setDriftPolicy({ source: other, locationId: undefined, policy: everywhere, by: "ann" });
  assert.deepEqual(await governance.driftPolicy(database, asked), everywhere);
  await governance.setDriftPolicy({ source: undefined, locationId: "held", policy: here, by: "bob" });
  assert.deepEqual(await governance.driftPolicy(database, asked), here);
  await governance.setDriftPolicy({ source: undefined, locationId: "held", policy: undefined, by: "cat" });
  assert.deepEqual(await governance.driftPolicy(database, asked), everywhere);
  const [last] = await governance.driftPolicyChanges({
    before: Number.MAX_SAFE_INTEGER,
    limit: 1,
    sources: undefined,
  });
  assert.deepEqual([last?.changed_by, last?.before, last?.after], ["cat", here, null]);
  assert.equal(
    await governance.setDriftPolicy({ source: other, locationId: "nowhere", policy: here, by: "ann" }),
    false,
  );
});

const ITEMS = ["x", "y", "z"] as const;
const units = fc.integer({ min: 0, max: 9 });
const saying = fc.oneof(
  fc.record({
    is: fc.constant("move" as const),
    item: fc.constantFrom(...ITEMS),
    minute: fc.integer({ min: 1, max: 6 }),
    units,
  }),
  fc.record({
    is: fc.constant("snapshot" as const),
    minute: fc.integer({ min: 1, max: 6 }),
    counted: fc.dictionary(fc.constantFrom(...ITEMS), units),
    isRight: fc.boolean(),
  }),
);
type Saying = typeof saying extends fc.Arbitrary<infer Value> ? Value : never;

/** One run of the property: what is said of its own location and items, in words that no other run uses. */
type Run = { readonly number: number; readonly said: readonly Saying[]; readonly next: () => number };

const locationOf = (run: Run) => locationId(`any-${run.number}`);
const itemOf = (run: Run, item: string) => `any-${run.number}-${item}`;
const snapshotOf = (run: Run, index: number) => `any-${run.number}-s${index}`;

function toldIn(run: Run): readonly Told[] {
  return run.said.map((one, index): Told => {
    const { minute } = one;
    if (one.is === "snapshot") {
      const counted = Object.fromEntries(
        Object.entries(one.counted).map(([item, found]) => [itemOf(run, item), found]),
      );
      return pageOf({ id: snapshotOf(run, index), minute, counted }, locationOf(run));
    }
    const fact = stock.received(one.units + 1, itemId(itemOf(run, one.item)), locationOf(run));
    return { id: `any-${run.number}-${index}`, minute, account: "wms-1", fact };
  });
}

/** Decides about what is held, all of it or what chance has; gives how many. The same is decided whenever it is. */
async function decideIn(run: Run, always: boolean): Promise<number> {
  let decided = 0;
  for (const [index, one] of run.said.entries()) {
    if (one.is !== "snapshot" || (!always && run.next() > 2)) continue;
    const id = snapshotOf(run, index);
    if ((await snapshotNamed(id))?.state !== "held") continue;
    assert.equal(await decide(id, one.isRight ? "accepted" : "dismissed"), "settled");
    decided += 1;
  }
  return decided;
}

/** What the law hears of an item: everything but the snapshots that were dismissed. */
async function heardIn(run: Run, item: string): Promise<readonly Said[]> {
  const heard: Said[] = [];
  for (const [index, one] of run.said.entries()) {
    const at = Date.parse(atMinute(one.minute));
    if (one.is === "snapshot") {
      const id = snapshotOf(run, index);
      const counted = { "on-hand": one.counted[item] ?? 0 };
      if ((await snapshotNamed(id))?.state !== "dismissed")
        heard.push({ count: { at, inOrder: `${id} ${source}`, counted } });
    } else if (one.item === item) {
      heard.push({ movement: { at, deltas: { "on-hand": one.units + 1, quarantined: 0, damaged: 0 } } });
    }
  }
  return heard;
}

let runs = 0;

test("in any order of facts, snapshots and decisions, on-hand is what the law says without the dismissed snapshots", async () => {
  const policy = {
    unitsMissingPercentMax: 20,
    positionsDifferingPercentMax: 40,
    rowsFewerPercentMax: 20,
    positionsMin: 1,
  };
  await governance.setDriftPolicy({ source, locationId: undefined, policy, by: "chief" });
  let decided = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(saying, { minLength: 2, maxLength: 7 }),
      fc.infiniteStream(fc.nat({ max: 5 })),
      async (said, chance) => {
        runs += 1;
        const run = { number: runs, said, next: () => Number(chance.next().value) };
        const twice = [...toldIn(run), ...toldIn(run)].map((one) => ({ one, at: run.next() }));
        for (const { one } of twice.toSorted((a, b) => a.at - b.at)) {
          await tell(core, [one]);
          if (run.next() > 2) await settle();
          decided += await decideIn(run, false);
        }
        await settle();
        decided += await decideIn(run, true);
        await settle();
        for (const item of ITEMS) {
          const law = lawful(await heardIn(run, item))["on-hand"];
          assert.equal(await onHand(locationOf(run), itemOf(run, item)), law, itemOf(run, item));
        }
      },
    ),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 60) },
  );
  assert.ok(decided > 0, "no snapshot was held");
});

test("after all of it the laws hold", async () => {
  const { report, text } = await runVerify({ database, now: core.clock.now() });
  const failed = report.laws.flatMap((law) => law.checks.filter((check) => check.total > 0));
  assert.deepEqual(
    failed.map((check) => check.name),
    [],
    text,
  );
});
