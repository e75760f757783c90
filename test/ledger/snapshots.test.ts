import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountSource,
  type Fact,
  type ItemId,
  itemId,
  type LocationId,
  locationId,
  quantity,
  quantityDelta,
  type Sequence,
  snapshotPageId,
} from "@crossdock/canonical";
import fc from "fast-check";
import type { PositionCount } from "../../src/ledger/shelf.ts";
import { sql } from "../../src/platform/index.ts";
import { runVerify } from "../../src/verify/index.ts";
import { atMinute, type Core, openCore, stock, type Told, tell, warehouse, widget } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { type Balances, lawful, NOTHING, type Said } from "./law.ts";

const { database } = await testDatabase();
const core = openCore(database);

async function settle(of: Core): Promise<void> {
  await of.ledger.subscriber.drain();
  await of.ledger.snapshotSubscriber.drain();
  await of.ledger.snapshotWorker.drain();
}

async function balances(location: string, item: string): Promise<Balances> {
  const [row] = await core.ledger.positionsOf(database, [item], [location]);
  if (row === undefined) return NOTHING;
  const rest = row.available + row.held + row.allocated + row.picked + row.channel_reserved;
  const { quarantined, damaged } = row;
  return { "on-hand": rest + quarantined + damaged, quarantined, damaged };
}

const variance = async (item: string): Promise<number> =>
  0 - (await balances("count-variance", item))["on-hand"];

type Row = {
  readonly item: string;
  readonly units: number;
  readonly status?: "available" | "quarantined" | "damaged";
};
type Snapshot = {
  readonly id: string;
  readonly minute: number;
  readonly location: LocationId;
  readonly scope: "full" | "partial";
  readonly conditions: boolean;
  readonly watermark?: Sequence | undefined;
  readonly account?: string;
  /** The rows of each page. */
  readonly pages: readonly (readonly Row[])[];
};

/** The pages of a snapshot as facts; the last says how many there are. */
function pagesOf(snapshot: Snapshot): readonly Told[] {
  const { id, minute, location, scope, conditions, watermark, account = "wms-1", pages } = snapshot;
  return pages.map((rows, index): Told => {
    const page = index + 1;
    const fact: Fact = {
      type: "StockSnapshotPage",
      data: {
        snapshotId: id,
        location,
        scope,
        conditions,
        page,
        ...(watermark === undefined ? {} : { watermark }),
        ...(page === pages.length ? { pages: page } : {}),
        items: rows.map((row) => itemId(row.item)),
        counted: rows.map((row) => quantity(row.units)),
        ...(conditions ? { statuses: rows.map((row) => row.status ?? "available") } : {}),
      },
    };
    return { id: snapshotPageId({ snapshotId: id, page }), minute, account, fact };
  });
}

test("the worked example of DOMAIN comes out exactly with a snapshot in place of the count", async () => {
  const minute = (hour: number, minutes: number) => hour * 60 + minutes;
  const snapshot = {
    id: "domain",
    minute: minute(11, 0),
    location: warehouse,
    scope: "full",
    conditions: false,
  } as const;
  await tell(core, [{ id: "d-1", minute: minute(8, 0), fact: stock.received(12) }]);
  await tell(
    core,
    pagesOf({ ...snapshot, pages: [[{ item: widget, units: 6 }], [{ item: widget, units: 4 }]] }),
  );
  await tell(core, [{ id: "d-3", minute: minute(11, 5), fact: stock.adjusted(-1) }]);
  await settle(core);
  assert.deepEqual([(await balances(warehouse, widget))["on-hand"], await variance(widget)], [9, -2]);
  await tell(core, [{ id: "d-4", minute: minute(10, 30), fact: stock.adjusted(-2) }]);
  await settle(core);
  assert.deepEqual([(await balances(warehouse, widget))["on-hand"], await variance(widget)], [9, 0]);
});

test("nothing is taken before all pages have come, and it is seen which are missing", async () => {
  const location = locationId("wh-pages");
  const pages = pagesOf({
    id: "in-pages",
    minute: 10,
    location,
    scope: "full",
    conditions: false,
    pages: [[{ item: "p-a", units: 5 }], [{ item: "p-a", units: 2 }], [{ item: "p-b", units: 1 }]],
  });
  await tell(core, pages.slice(1));
  await settle(core);
  assert.deepEqual(await balances(location, "p-a"), NOTHING);
  const [waiting] = await database.query(sql`
    select state, pages, pages_come from ledger.snapshot where snapshot_id = 'in-pages'`);
  assert.deepEqual(waiting, { state: "gathering", pages: 3, pages_come: 2 });
  await tell(core, [...pages.slice(0, 1), ...pages]);
  await settle(core);
  assert.equal((await balances(location, "p-a"))["on-hand"], 7);
  assert.equal((await balances(location, "p-b"))["on-hand"], 1);
});

test("a full snapshot counts what it does not name as nothing, also where a movement before it comes late", async () => {
  const location = locationId("wh-full");
  await tell(core, [{ id: "f-1", minute: 1, fact: stock.received(8, itemId("f-a"), location) }]);
  await tell(
    core,
    pagesOf({ id: "f-s", minute: 10, location, scope: "full", conditions: false, pages: [[]] }),
  );
  await settle(core);
  assert.equal((await balances(location, "f-a"))["on-hand"], 0);
  await tell(core, [
    { id: "f-2", minute: 5, fact: stock.received(3, itemId("f-b"), location) },
    { id: "f-3", minute: 15, fact: stock.received(4, itemId("f-b"), location) },
  ]);
  await settle(core);
  assert.equal((await balances(location, "f-b"))["on-hand"], 4);
});

test("rows that were gathered are gathered again from the log when a crash of the server has emptied them", async () => {
  const location = locationId("wh-crash");
  await tell(
    core,
    pagesOf({
      id: "crash",
      minute: 3,
      location,
      scope: "partial",
      conditions: false,
      pages: [[{ item: "c-a", units: 5 }], [{ item: "c-b", units: 2 }]],
    }),
  );
  await core.ledger.snapshotSubscriber.drain();
  await database.execute(sql`truncate ledger.snapshot_columns`);
  await settle(core);
  assert.equal((await balances(location, "c-a"))["on-hand"], 5);
  assert.equal((await balances(location, "c-b"))["on-hand"], 2);
});

test("a snapshot by another than the owner moves nothing", async () => {
  await core.governance.saveLocations([
    { locationId: "wh-owned", code: "OWN", name: "Owned", type: "warehouse", timeZone: "UTC" },
  ]);
  const location = locationId("wh-owned");
  await core.governance.saveOwnership([
    { measure: "physical-stock", locationId: location, source: accountSource("wms-9") },
  ]);
  const snapshot = { minute: 3, location, scope: "full", conditions: false } as const;
  const told = (id: string, account: string, units: number) =>
    pagesOf({ ...snapshot, id, account, pages: [[{ item: "o-a", units }]] });
  await tell(core, [...told("own-1", "wms-9", 4), ...told("own-2", "erp", 9)]);
  await settle(core);
  assert.equal((await balances(location, "o-a"))["on-hand"], 4);
});

// Everything that may be said of two items at one location, by two sources.

const ITEMS = ["a", "b"] as const;
const sources = fc.constantFrom("wms-1", "erp-1");
const minutes = fc.integer({ min: 1, max: 9 });
const sequence = fc.option(
  fc.record({ stream: fc.constant("events"), number: fc.integer({ min: 0, max: 9 }) }),
  { nil: undefined },
);
const moves = fc.record({
  is: fc.constantFrom("receipt", "loss", "quarantine", "damage"),
  item: fc.constantFrom(...ITEMS),
  units: fc.integer({ min: 1, max: 9 }),
  minute: minutes,
  account: sources,
  sequence,
});
const counts = fc.record({
  is: fc.constant("count"),
  item: fc.constantFrom(...ITEMS),
  units: fc.integer({ min: 0, max: 20 }),
  conditions: fc.option(
    fc.record({ quarantined: fc.integer({ min: 0, max: 9 }), damaged: fc.integer({ min: 0, max: 9 }) }),
    { nil: undefined },
  ),
  minute: minutes,
  account: sources,
});
const row = fc.record({
  item: fc.constantFrom(...ITEMS),
  units: fc.integer({ min: 0, max: 9 }),
  status: fc.constantFrom("available", "quarantined", "damaged"),
});
const snapshots = fc.record({
  is: fc.constant("snapshot"),
  scope: fc.constantFrom("full", "partial"),
  conditions: fc.boolean(),
  minute: minutes,
  account: sources,
  watermark: sequence,
  pages: fc.array(fc.array(row, { maxLength: 2 }), { minLength: 1, maxLength: 3 }),
});
const saying = fc.oneof({ weight: 3, arbitrary: moves }, counts, { weight: 2, arbitrary: snapshots });
type Saying = typeof saying extends fc.Arbitrary<infer Value> ? Value : never;

/** A saying as facts on the log, at a location of its own. */
function factsOf(said: Saying, id: string, location: LocationId): readonly Told[] {
  if ("pages" in said) return pagesOf({ ...said, id, location });
  const item = itemId(said.item);
  const told = (fact: Fact): readonly Told[] => [
    {
      id,
      minute: said.minute,
      account: said.account,
      fact,
      ...("sequence" in said && said.sequence !== undefined ? { sequence: said.sequence } : {}),
    },
  ];
  switch (said.is) {
    case "receipt":
      return told(stock.received(said.units, item, location));
    case "loss":
      return told(stock.adjusted(-said.units, item, location));
    case "count": {
      const conditions = "conditions" in said ? said.conditions : undefined;
      const parts = conditions && {
        ...{ quarantined: quantity(conditions.quarantined), damaged: quantity(conditions.damaged) },
      };
      const data = { item, location, counted: quantity(said.units), ...(parts && { conditions: parts }) };
      return told({ type: "StockCounted", data });
    }
    case "quarantine":
      return told({
        type: "StockStatusChanged",
        data: { item, location, quantity: quantity(said.units), from: "available", to: "quarantined" },
      });
    default:
      return told({
        type: "StockAdjusted",
        data: { item, location, delta: quantityDelta(said.units), status: "damaged", reason: "found broken" },
      });
  }
}

const deltasOf = (is: string, units: number): Balances => {
  if (is === "receipt") return { ...NOTHING, "on-hand": units };
  if (is === "loss") return { ...NOTHING, "on-hand": -units };
  return is === "quarantine"
    ? { ...NOTHING, quarantined: units }
    : { ...NOTHING, "on-hand": units, damaged: units };
};

/** What a saying means for one item, in the words of the law. */
function meaning(said: Saying, id: string, item: ItemId): readonly Said[] {
  const at = Date.parse(atMinute(said.minute));
  const source = accountSource(said.account);
  const inOrder = `${id} ${source}`;
  if ("pages" in said) {
    const rows = said.pages.flat().filter((one) => one.item === item);
    if (rows.length === 0 && said.scope === "partial") return [];
    const sum = (status?: string) =>
      rows.reduce(
        (total, one) => (status === undefined || one.status === status ? total + one.units : total),
        0,
      );
    const conditions = said.conditions ? { quarantined: sum("quarantined"), damaged: sum("damaged") } : {};
    const watermark = said.watermark === undefined ? undefined : { source, ...said.watermark };
    const count: PositionCount = { at, inOrder, watermark, counted: { "on-hand": sum(), ...conditions } };
    return [{ count }];
  }
  if (said.item !== item) return [];
  if (!("sequence" in said))
    return [{ count: { at, inOrder, counted: { "on-hand": said.units, ...said.conditions } } }];
  const numbered = said.sequence === undefined ? undefined : { source, ...said.sequence };
  return [{ movement: { at, deltas: deltasOf(said.is, said.units), numbered } }];
}

/** Tells facts in an order, with the readers and the taker of snapshots at work in between as chance has it. */
async function tellInOrder(told: readonly Told[], batch: number, chance: Iterator<number>): Promise<void> {
  const { ledger } = core;
  const workers = [ledger.subscriber, ledger.snapshotSubscriber, ledger.snapshotWorker];
  for (let start = 0; start < told.length; start += batch) {
    await tell(core, told.slice(start, start + batch));
    await workers[Number(chance.next().value) % workers.length]?.drain();
  }
  await settle(core);
}

let runs = 0;

test("movements, counts and snapshots of several sources end in what the law says, in any order, twice, in any pages", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(saying, { minLength: 1, maxLength: 7 }),
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 4 }),
      async (said, chance, batch) => {
        runs += 1;
        const location = locationId(`law-${runs}`);
        const ids = said.map((_, index) => `${runs}-${index}`);
        const told = said.flatMap((one, index) => factsOf(one, ids[index] ?? "", location));
        const order = [...told, ...told]
          .map((one) => ({ one, at: Number(chance.next().value) }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ one }) => one);
        await tellInOrder(order, batch, chance);
        for (const item of ITEMS.map(itemId)) {
          const law = lawful(said.flatMap((one, index) => meaning(one, ids[index] ?? "", item)));
          assert.deepEqual(await balances(location, item), law, `${item} at ${location}`);
        }
      },
    ),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 150) },
  );
});

test("after all of it the laws hold", async () => {
  const { report, text } = await runVerify({ database, now: core.clock.now() });
  const failed = report.laws.flatMap((law) => law.checks.filter((check) => check.total > 0));
  // Nothing went through the intake here, which is what keeps the streams.
  assert.deepEqual(
    failed.map((check) => check.name),
    ["streams-reach-the-log"],
    text,
  );
});
