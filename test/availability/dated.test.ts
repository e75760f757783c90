import assert from "node:assert/strict";
import { test } from "node:test";
import { channelId, type FactData, type ItemId, itemId, locationId, quantity } from "@crossdock/canonical";
import fc from "fast-check";
import {
  type DatedDesk,
  type Flow,
  promiseBy,
  promiseSeries,
} from "../../src/availability/dated/atp-by-date.ts";
import { momentsAhead } from "../../src/availability/dated/local-time.ts";
import { positionsAhead } from "../../src/availability/dated/stock-ahead.ts";
import { USUAL_POLICIES, weigh } from "../../src/availability/dated/weigh.ts";
import { stockFor } from "../../src/availability/item-stock.ts";
import { bookOf } from "../../src/availability/rules/book.ts";
import { openCore, type Told, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const web = channelId("web");
const places = ["wh-1", "wh-2"].map(locationId);
const [nut, bolt] = [itemId("nut"), itemId("bolt")];
const TIMES = 6;

const network = { kind: "channel", channel: web, name: "Web", locations: places } as const;
const buffer = { kind: "buffer", channel: web, item: nut, units: quantity(2) } as const;
const washer = itemId("washer");
const safety = {
  kind: "safety-stock",
  item: washer,
  location: locationId("wh-2"),
  units: quantity(3),
} as const;
const book = bookOf([network, buffer, safety]);
const found = book.channels.get(web);
assert.ok(found !== undefined);
const webChannel = found;

const flow: fc.Arbitrary<Flow> = fc.record({
  itemId: fc.constantFrom(nut, bolt),
  locationId: fc.constantFrom(...places),
  at: fc.integer({ min: 1, max: TIMES }),
  units: fc.integer({ min: -6, max: 9 }),
});
const lying = fc.array(
  fc.record({
    itemId: fc.constantFrom(nut, bolt),
    locationId: fc.constantFrom(...places),
    units: fc.integer({ min: 0, max: 12 }),
  }),
  { maxLength: 4 },
);
type Lying = typeof lying extends fc.Arbitrary<infer Value> ? Value : never;

function deskOf(rows: Lying): DatedDesk {
  return {
    ...{ book, channel: webChannel },
    stockWith(item, units) {
      const own = rows.filter((row) => row.itemId === item).map(toPosition);
      const positions = new Map([[item, positionsAhead(item, own, units)]]);
      return stockFor({ positions, expired: new Map(), fences: new Map() }, book, webChannel, item);
    },
  };
}

const toPosition = ({ itemId: item, locationId: place, units }: Lying[number], index: number) => ({
  ...{ position_id: index, item_id: item, location_id: place, lot: `L${index}`, available: units, held: 0 },
  ...{ allocated: 0, picked: 0, channel_reserved: 0, quarantined: 0, damaged: 0, in_transit: 0 },
  ...{ uncovered: 0, version: 1 },
});

/** What is at a place at a time, counted anew for each of them. */
const unitsAt = (rows: Lying, flows: readonly Flow[], of: { item: ItemId; place: string; time: number }) =>
  rows
    .filter((row) => row.itemId === of.item && row.locationId === of.place)
    .reduce((s, r) => s + r.units, 0) +
  flows
    .filter((each) => each.itemId === of.item && each.locationId === of.place && each.at <= of.time)
    .reduce((sum, each) => sum + each.units, 0);

/** How many of an item may be sold at a time. Two nuts are kept back. */
const sellable = (rows: Lying, flows: readonly Flow[], item: ItemId, time: number) => {
  const sum = places.reduce((all, place) => all + unitsAt(rows, flows, { item, place, time }), 0);
  return Math.max(0, sum - (item === nut ? 2 : 0));
};

const times = Array.from({ length: TIMES + 2 }, (_, time) => time);
const lowestFrom = (from: number, at: (time: number) => number): number =>
  Math.min(...times.filter((time) => time >= from).map(at));

test("what may be promised by a moment is the fewest that may be sold at any time from then on", () => {
  fc.assert(
    fc.property(lying, fc.array(flow, { maxLength: 8 }), fc.constantFrom(...times), (rows, flows, by) => {
      const desk = deskOf(rows);
      for (const item of [nut, bolt]) {
        const asked = { itemId: item, components: [] };
        const expected = lowestFrom(by, (time) => sellable(rows, flows, item, time));
        assert.equal(promiseBy(desk, asked, flows, ({ at }) => at <= by).units, expected);
        const series = promiseSeries(desk, asked, flows, times);
        assert.equal(series[by], expected);
        assert.deepEqual(
          series,
          series.toSorted((a, b) => a - b),
          "more may be promised for later, never fewer",
        );
      }
    }),
    { numRuns: 500 },
  );
});

test("a kit may be promised by a moment as its scarcest component may at any time from then on", () => {
  const kit = {
    itemId: itemId("kit"),
    components: [
      { itemId: nut, quantity: 2 },
      { itemId: bolt, quantity: 1 },
    ],
  };
  const inflow = flow.map((each) => ({ ...each, units: Math.abs(each.units) }));
  fc.assert(
    fc.property(lying, fc.array(inflow, { maxLength: 8 }), fc.constantFrom(...times), (rows, flows, by) => {
      const desk = deskOf(rows);
      const whole = (item: ItemId, perKit: number, time: number) =>
        Math.min(
          Math.floor(sellable(rows, flows, item, time) / perKit),
          places.reduce(
            (sum, place) => sum + Math.floor(unitsAt(rows, flows, { item, place, time }) / perKit),
            0,
          ),
        );
      const expected = lowestFrom(by, (time) => Math.min(whole(nut, 2, time), whole(bolt, 1, time)));
      assert.equal(promiseBy(desk, kit, flows, ({ at }) => at <= by).units, expected);
    }),
    { numRuns: 500 },
  );
});

test("what comes fills the safety stock of its place before any of it may be promised", () => {
  const come = (units: number): Flow => ({ itemId: washer, locationId: "wh-2", at: 1, units });
  const asked = { itemId: washer, components: [] };
  const by = (flows: readonly Flow[]) => promiseBy(deskOf([]), asked, flows, () => true).units;
  assert.deepEqual([by([come(2)]), by([come(5)]), by([come(5), come(-1)])], [0, 2, 1]);
});

test("moments ahead rise, by the hour and then by the day of the zone, over a change of the clock too", () => {
  const start = fc.date({ min: new Date("2026-01-01"), max: new Date("2027-12-31"), noInvalidDate: true });
  const zone = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe");
  fc.assert(
    fc.property(start, zone, fc.nat(60), (now, timeZone, nearHours) => {
      const moments = momentsAhead(now.getTime(), { nearHours, horizonDays: 40, timeZone });
      assert.deepEqual(
        moments,
        [...new Set(moments)].toSorted((a, b) => a - b),
      );
      for (const [hour, at] of moments.slice(0, nearHours + 1).entries())
        assert.equal(at, now.getTime() + hour * 3_600_000);
      const midnight = new Intl.DateTimeFormat("en", {
        timeZone,
        hour: "2-digit",
        minute: "2-digit",
        hour12: false,
      });
      for (const at of moments.slice(nearHours + 1)) assert.match(midnight.format(at), /^(24|00):00$/);
    }),
    { numRuns: 60 },
  );
});

test("what is overdue counts for less from day to day, and is thought to come one day from now", () => {
  const day = 86_400_000;
  const policy = USUAL_POLICIES["purchase-order"];
  const readyAfter = (at: number) => at;
  const of = (expectedAt: number | undefined) =>
    weigh({ open: 9, expectedAt, readyAfter }, policy, 100 * day);
  assert.deepEqual(of(101 * day), { dueAt: 101 * day, overdueDays: undefined, permille: 1_000, counted: 9 });
  assert.deepEqual(of(100 * day - 1), { dueAt: 101 * day, overdueDays: 0, permille: 500, counted: 4 });
  assert.deepEqual(of(90 * day), { dueAt: 101 * day, overdueDays: 10, permille: 0, counted: 0 });
  assert.deepEqual(of(undefined), { dueAt: undefined, overdueDays: undefined, permille: 0, counted: 0 });
  const most = Number.MAX_SAFE_INTEGER;
  assert.equal(weigh({ open: most, expectedAt: 101 * day, readyAfter }, policy, 0).counted, most);
});

const { database } = await testDatabase();
const core = openCore(database);
await core.governance.saveLocations([
  { ...{ locationId: "wh-1", code: "wh-1", name: "1", type: "warehouse" }, timeZone: "Europe/Berlin" },
  { ...{ locationId: "wh-2", code: "wh-2", name: "2", type: "warehouse" }, timeZone: "America/New_York" },
]);
await core.governance.saveItems([plainItem("nut"), plainItem("bolt"), plainItem("washer")]);
await core.availability.saveChannels([{ channelId: "web", name: "Web", locationIds: places }]);

const at = (day: number, hour: number) =>
  `2026-03-${String(day).padStart(2, "0")}T${String(hour).padStart(2, "0")}:00:00.000Z`;
const said = (id: string, data: Partial<FactData<"SupplyExpected">>): Told => ({
  ...{ id, minute: 1, account: "erp" },
  fact: {
    type: "SupplyExpected",
    data: {
      ...{ kind: "purchase-order", number: id, item: nut, location: locationId("wh-1") },
      ...{ quantity: quantity(10), counts: "ordered", expectedAt: at(6, 22) },
      ...data,
    },
  },
});

test("by a day counts what is due before it ends where it is due, and nothing that leaves later is promised away", async () => {
  core.clock.set(new Date(at(3, 8)));
  await tell(core, [
    {
      id: "r",
      minute: 1,
      fact: {
        type: "StockReceived",
        data: { item: nut, location: locationId("wh-1"), quantity: quantity(5) },
      },
    },
    said("PO-1", {}),
    // The sixth is over in Berlin and not in New York.
    said("PO-2", { expectedAt: at(6, 23) }),
    said("PO-3", { expectedAt: at(6, 23), location: locationId("wh-2"), quantity: quantity(3) }),
    said("T-1", {
      ...{ kind: "transfer", from: locationId("wh-1"), location: locationId("elsewhere") },
      ...{ quantity: quantity(7), leavesAt: at(9, 8), expectedAt: at(12, 8) },
    }),
  ]);
  await core.ledger.subscriber.drain();
  await core.ledger.supply.subscriber.drain();
  const by = async (by: { instant: string } | { day: string }) => {
    const [figure] =
      (await core.availability.dated.by({ channelId: web, itemIds: [nut], horizonDays: 30, by })) ?? [];
    assert.ok(figure !== undefined);
    return figure;
  };
  const now = await by({ instant: at(3, 8) });
  assert.deepEqual([now.availableToPromise, now.limitedAt], [5, undefined]);
  const friday = await by({ day: "2026-03-06" });
  assert.deepEqual([friday.availableToPromise, friday.limitedAt], [18, undefined]);
  assert.deepEqual(
    friday.cutOffs.map((each) => each.at),
    [at(6, 23), "2026-03-07T05:00:00.000Z"],
  );
  assert.equal(
    (await by({ instant: at(6, 23) })).availableToPromise,
    21,
    "seven are kept for what leaves on the ninth",
  );
  assert.deepEqual(
    friday.demand.map(({ document, units }) => [document, units]),
    [["T-1", 7]],
  );
  assert.deepEqual(
    friday.supply.map(({ document, counted, permille }) => [document, counted, permille]).toSorted(),
    [
      ["PO-1", 10, 1_000],
      ["PO-2", 10, 1_000],
      ["PO-3", 3, 1_000],
    ],
  );
  const series = await core.availability.dated.series({
    ...{ channelId: web, itemIds: [nut], horizonDays: 30, nearHours: 48, timeZone: "UTC" },
  });
  assert.deepEqual([...new Set(series?.[0]?.points.map((point) => point.availableToPromise))], [5, 21]);
});

test("by a day counts what is put away before the last lorry of it leaves, and what lies where none leaves any more does not", async () => {
  const item = itemId("washer");
  const [state] = [core.governance.stateMaster];
  const changer = { by: "test" };
  const at1 = { scheme: "id", value: "wh-1" };
  core.clock.set(new Date(at(2, 8)));
  const calendar = { workingHours: "Mon-Fri 07:00-19:00", cutOffs: "Mon-Fri 16:00", dockToStock: "4h" };
  await state([{ kind: "location-calendar", location: at1, ...calendar }], changer);
  await state([{ kind: "location-day", location: at1, day: "2026-03-05" }], changer);
  // On Wednesday at 14:00 in Berlin: put away by 18:00 that day; at 17:00: on Friday at 9:00, because Thursday is a holiday.
  await tell(core, [
    said("PO-20", { item, quantity: quantity(5), expectedAt: at(4, 13) }),
    said("PO-21", { item, quantity: quantity(7), expectedAt: at(4, 16) }),
    said("PO-22", { item, quantity: quantity(2), expectedAt: at(6, 10) }),
  ]);
  await core.ledger.supply.subscriber.drain();
  const by = async (day: string) => {
    const asked = { channelId: web, itemIds: [item], horizonDays: 30, by: { day } };
    const [figure] = (await core.availability.dated.by(asked)) ?? [];
    const [cutOff] = figure?.cutOffs ?? [];
    return { units: figure?.availableToPromise, cutOff, supply: figure?.supply };
  };
  const wednesday = await by("2026-03-04");
  assert.deepEqual(wednesday.cutOff, { locationId: "wh-1", at: at(4, 15), is: "cut-off" });
  const shipping = await core.availability.dated.shipping(places);
  assert.deepEqual(shipping, [{ locationId: "wh-1", next: at(2, 15) }]);
  assert.deepEqual(wednesday.supply?.map(({ document, dueAt }) => [document, dueAt]).toSorted(), [
    ["PO-20", at(4, 17)],
    ["PO-21", at(6, 8)],
    ["PO-22", at(6, 14)],
  ]);
  assert.equal(wednesday.units, 0);
  assert.deepEqual([(await by("2026-03-05")).units, (await by("2026-03-05")).cutOff?.at], [0, at(4, 15)]);
  assert.deepEqual([(await by("2026-03-06")).units, (await by("2026-03-08")).units], [14, 14]);
  core.clock.set(new Date(at(2, 16)));
  await tell(core, [
    {
      id: "washers",
      minute: 5,
      fact: {
        type: "StockReceived",
        data: { item, location: places[0] ?? locationId(""), quantity: quantity(3), purchaseOrder: "none" },
      },
    },
  ]);
  await core.ledger.subscriber.drain();
  const today = await by("2026-03-02");
  assert.deepEqual([today.units, today.cutOff?.passed, (await by("2026-03-03")).units], [0, true, 3]);
});

test("a receipt makes of what was to come what there is, and changes nothing of what may be promised by then", async () => {
  const item = bolt;
  core.clock.set(new Date(at(3, 8)));
  await tell(core, [said("PO-9", { item })]);
  await core.ledger.supply.subscriber.drain();
  const figures = async () => {
    const [series] =
      (await core.availability.dated.series({
        ...{ channelId: web, itemIds: [item], horizonDays: 30, nearHours: 0, timeZone: "UTC" },
      })) ?? [];
    return [series?.points.at(0)?.availableToPromise, series?.points.at(-1)?.availableToPromise];
  };
  assert.deepEqual(await figures(), [0, 10]);
  const data = { item, location: locationId("wh-1"), quantity: quantity(4), purchaseOrder: "PO-9" };
  await tell(core, [{ id: "r-9", minute: 5, fact: { type: "StockReceived", data } }]);
  await core.ledger.subscriber.drain();
  assert.deepEqual(await figures(), [4, 10]);
});
