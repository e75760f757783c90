import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountId,
  channelId,
  type ItemId,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
  type StockFact,
} from "@crossdock/canonical";
import fc from "fast-check";
import { createRebuild } from "../../src/ledger/index.ts";
import { silentLog, sql } from "../../src/platform/index.ts";
import { renderReport, verify } from "../../src/verify/index.ts";
import { atMinute, openCore, stock, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const { governance, ledger, availability } = core;
const { itemIdentities } = availability;
const rebuild = createRebuild({ ...core, log: silentLog });
const other = locationId("wh-2");
const RUNS = Number(process.env.PROPERTY_RUNS ?? 8);
/** The minute of the merge; what happened before it is told by the old name, and what happened after by the one that it leads to. */
const MERGED_AT = 500;

await governance.saveLocations(
  ["wh-1", "wh-2"].map((id) => ({ locationId: id, code: id, name: id, type: "warehouse", timeZone: "UTC" })),
);
await availability.saveChannels([{ channelId: "web", name: "Web", locationIds: ["wh-1", "wh-2"] }]);

/** Two items that are one thing; a unit of the one is so many of the other. */
type Pair = { readonly old: ItemId; readonly kept: ItemId; readonly units: number; readonly order: string };

let made = 0;

async function pair(units: number): Promise<Pair> {
  made += 1;
  const [old, kept] = [itemId(`old-${made}`), itemId(`kept-${made}`)];
  const box = units === 1 ? [] : [{ unit: "BX", numerator: units, denominator: 1 }];
  const shared = { tracking: "none" as const, components: [] };
  await governance.saveItems([
    { ...shared, itemId: old, sku: old, description: old, baseUnit: units === 1 ? "EA" : "BX", units: [] },
    { ...shared, itemId: kept, sku: kept, description: kept, baseUnit: "EA", units: box },
  ]);
  return { old, kept, units, order: `order-${made}` };
}

const KINDS = [
  "receive",
  "adjust",
  "count",
  "count kept",
  "pick",
  "pick for none",
  "short",
  "put back",
  "put back damaged",
  "ship",
  "ship for none",
  "dispatch",
  "arrive",
  "lose",
  "quarantine",
] as const;

const events = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    minute: fc.integer({ min: 110, max: 990 }),
    units: fc.integer({ min: 1, max: 6 }),
    place: fc.constantFrom(warehouse, other),
    /** Where in the other course it is told, and whether it is told twice. */
    turn: fc.nat(1_000),
    isTwice: fc.boolean(),
  }),
  { minLength: 4, maxLength: 12 },
);
type Event = typeof events extends fc.Arbitrary<(infer One)[]> ? One : never;

function factOf(
  { kind, units: count, place: location }: Event,
  item: ItemId,
  rate: number,
  order: string,
): StockFact {
  const amount = { item, quantity: quantity(count * rate) };
  const moved = { ...amount, location };
  const orderLine = { orderId: order, lineId: "1" };
  const way = { from: warehouse, to: other, transferNumber: "T-1" };
  switch (kind) {
    case "receive":
      return {
        type: "StockReceived",
        data: { ...moved, receiptNumber: "R-1", receiptLine: "1", expected: quantity(5 * rate) },
      };
    case "adjust":
      return stock.adjusted(-count * rate, item, location);
    case "count":
    case "count kept":
      return stock.counted(count * rate, item, location);
    case "pick":
      return { type: "StockPicked", data: { ...moved, orderLine } };
    case "pick for none":
      return { type: "StockPicked", data: moved };
    case "short":
      return { type: "StockPickedShort", data: { ...moved, orderLine } };
    case "put back":
      return { type: "PickCancelled", data: { ...moved, orderLine } };
    case "put back damaged":
      return { type: "PickCancelled", data: { ...moved, orderLine, status: "damaged" } };
    case "ship":
      return {
        type: "ShipmentDispatched",
        data: { location, shipmentNumber: "S-1", cartons: [{ lines: [{ ...amount, orderLine }] }] },
      };
    case "ship for none":
      return {
        type: "ShipmentDispatched",
        data: { location, shipmentNumber: "S-2", cartons: [{ lines: [amount] }] },
      };
    case "dispatch":
      return { type: "TransferDispatched", data: { ...amount, ...way } };
    case "arrive":
      return { type: "TransferReceived", data: { ...amount, ...way } };
    case "lose":
      return { type: "TransferLost", data: { ...amount, ...way } };
    case "quarantine":
      return {
        type: "StockStatusChanged",
        data: { ...moved, from: "available", to: "quarantined", reason: "test" },
      };
    default:
      return kind satisfies never;
  }
}

let told = 0;

/** Tells of an event as its account's intake would: by the item that the old name led to when it happened. */
async function say(pairs: Pair, event: Event, id: string): Promise<void> {
  const { old, kept, units, order } = pairs;
  const isKept = event.minute >= MERGED_AT || event.kind === "count kept";
  const fact = factOf(event, isKept ? kept : old, isKept ? units : 1, order);
  await tell(core, [{ id, minute: event.minute, fact }]);
  await ledger.subscriber.drain();
}

/** Stock of both, and what is promised of the old one: a line of an order, a hold, and units that are set aside. */
async function begin({ old, kept, order, units }: Pair, isOfBoth: boolean): Promise<void> {
  core.clock.set(atMinute(100));
  for (const place of [warehouse, other]) {
    for (const [item, count] of [
      [old, 20],
      [kept, 3 * units],
    ] as const) {
      told += 1;
      await tell(core, [{ id: `begin-${told}`, minute: 90, fact: stock.received(count, item, place) }]);
    }
  }
  await ledger.subscriber.drain();
  const line = (id: string, count: number, item = old) => ({
    ...{ lineId: lineId(id), itemId: item, quantity: quantity(count), orderedUnit: quantity(1) },
    components: [{ itemId: item, quantity: quantity(1) }],
  });
  const toPromise = (lines: ReturnType<typeof line>[], expiresAt: Date | undefined, of = {}) => ({
    accountId: accountId("shop"),
    request: { channelId: channelId("web"), policy: "partial" as const, lines, refused: [], ...of },
    ...{ expiresAt, correlationId: "test" },
  });
  const hour = new Date(core.clock.now().getTime() + 86_400_000);
  await database.transaction((tx) =>
    availability.promise(tx, [
      toPromise([line("1", 7)], undefined, { orderId: orderId(order) }),
      toPromise([line("9", 2)], hour),
      // A part of what was ordered, promised of the other by somebody who knew it by that name.
      ...(isOfBoth ? [toPromise([line("1", 2 * units, kept)], undefined, { orderId: orderId(order) })] : []),
    ]),
  );
  await availability.ringFences.setAside({
    ...{ channelId: channelId("web"), itemId: old, locationId: other, lot: "", quantity: quantity(4) },
    ...{ reason: "test", correlationId: "test" },
  });
}

async function mergeNow({ old, kept }: Pair): Promise<void> {
  core.clock.set(atMinute(MERGED_AT));
  const answer = await itemIdentities.merge({
    ...{
      itemId: old,
      into: kept,
      reason: "the same thing",
      preview: false,
      by: "test",
      correlationId: "merge",
    },
  });
  assert.equal(answer.is, "done", JSON.stringify(answer.refusals));
}

/** Everything that there is of both, in units of the one that is kept, and what remains of the other. */
async function stateOf({ old, kept, units, order }: Pair) {
  const stands = await ledger.stockOf(database, [kept]);
  const positions = stands
    .map(({ position_id, item_id, version, ...row }) => row)
    .toSorted((a, b) => (a.location_id < b.location_id ? -1 : 1));
  const lines = await database.query(sql`
    select place, sum(units * picked)::int as picked, sum(units * put_back)::int as put_back, sum(units * shipped)::int as shipped,
           sum(units * not_found)::int as not_found, sum(units * quantity)::int as promised, sum(units * replaced)::int as replaced
    from (
      select location_id as place, case item_id when ${kept} then 1 else ${units} end as units, picked, put_back, shipped, not_found,
             quantity, replaced
      from availability.reservation where order_id = ${order}
      union all
      select location_id, case item_id when ${kept} then 1 else ${units} end, picked, put_back, shipped, not_found, 0, 0
      from availability.early_fulfilment where order_id = ${order}
    ) as told
    group by place having sum(picked + put_back + shipped + not_found + quantity) > 0 order by place`);
  const [variance] = await database.query<{ units: number }>(sql`
    select coalesce(sum(available * case item_id when ${kept} then 1 else ${units} end), 0)::int as units
    from ledger.position where location_id = 'count-variance' and item_id = any (${[old, kept]}::text[])`);
  const transfers = (await ledger.openTransfers({ after: 0, limit: 1_000 }))
    .filter((row) => row.item_id === kept || row.item_id === old)
    .map(({ last_event_number, dispatched, received, lost, ...row }) => row);
  const receipts = (await ledger.receiptDifferences({ after: 0, limit: 1_000 }))
    .filter((row) => row.item_id === kept || row.item_id === old)
    .map(({ last_event_number, ...row }) => row)
    .toSorted((a, b) => (a.location_id < b.location_id ? -1 : 1));
  return { positions, lines, variance, transfers, receipts, left: await ledger.stockOf(database, [old]) };
}

async function provesItself(): Promise<void> {
  const report = await verify(database, { now: core.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
  const differences: unknown[] = [];
  await rebuild.check((difference) => differences.push(difference));
  assert.deepEqual(differences, []);
}

/** Tells everything in the order in which it happened. */
async function inOrder(pairs: Pair, plan: readonly Event[]): Promise<void> {
  const ordered = plan.map((event, at) => ({ event, id: `${pairs.order}-${at}` }));
  const sorted = ordered.toSorted((a, b) => a.event.minute - b.event.minute);
  for (const { event, id } of sorted.filter(({ event: { minute } }) => minute < MERGED_AT))
    await say(pairs, event, id);
  await mergeNow(pairs);
  for (const { event, id } of sorted.filter(({ event: { minute } }) => minute >= MERGED_AT))
    await say(pairs, event, id);
}

/** Tells it in any order, some of it twice, with the merge somewhere in between and units followed now and then. */
async function inAnyOrder(pairs: Pair, plan: readonly Event[], mergeTurn: number): Promise<void> {
  const tellings = plan.flatMap((event, at) => {
    const once = { event, id: `${pairs.order}-${at}`, turn: event.turn };
    return event.isTwice ? [once, { ...once, turn: (event.turn * 7) % 1_000 }] : [once];
  });
  const isLate = ({ event, turn }: (typeof tellings)[number]) =>
    turn > mergeTurn || event.minute >= MERGED_AT;
  const sorted = tellings.toSorted((a, b) => a.turn - b.turn);
  for (const { event, id } of sorted.filter((each) => !isLate(each))) await say(pairs, event, id);
  await mergeNow(pairs);
  for (const { event, id } of sorted.filter(isLate)) {
    await say(pairs, event, id);
    if (event.turn % 3 === 0) await itemIdentities.follow();
  }
}

test("whatever is promised, picked or under way when two items become one, all ends the same, whenever it is told", async () => {
  await fc.assert(
    fc.asyncProperty(
      events,
      fc.constantFrom(1, 12),
      fc.nat(1_000),
      fc.boolean(),
      async (plan, units, mergeTurn, isOfBoth) => {
        const one = await pair(units);
        const another = await pair(units);
        for (const pairs of [one, another]) await begin(pairs, isOfBoth);
        await inOrder(one, plan);
        await inAnyOrder(another, plan, mergeTurn);
        await itemIdentities.follow();
        assert.equal(await itemIdentities.follow(), 0, "when it is quiet there is nothing to follow");
        const [expected, actual] = [await stateOf(one), await stateOf(another)];
        const named = JSON.stringify(actual).replaceAll(another.kept, one.kept);
        assert.deepEqual(JSON.parse(named), JSON.parse(JSON.stringify(expected)));
        assert.deepEqual([expected.left, actual.left], [[], []]);
      },
    ),
    { numRuns: RUNS },
  );
  await provesItself();
});

test("a merge among orders, holds and picks that go on takes all of them with it", async () => {
  const pairs = await pair(1);
  const { old, kept, order } = pairs;
  await begin(pairs, false);
  const line = (count: number) => ({
    ...{ lineId: lineId("1"), itemId: old, quantity: quantity(count), orderedUnit: quantity(1) },
    components: [{ itemId: old, quantity: quantity(1) }],
  });
  const promise = (index: number) =>
    database.transaction((tx) =>
      availability.promise(tx, [
        {
          accountId: accountId("shop"),
          request: {
            ...{ channelId: channelId("web"), policy: "partial" as const, lines: [line(1)], refused: [] },
            orderId: orderId(`${order}-${index}`),
          },
          ...{ expiresAt: undefined, correlationId: "test" },
        },
      ]),
    );
  const work = async (index: number) => {
    await promise(index);
    const orderLine = { orderId: `${order}-${index}`, lineId: "1" };
    const picked = { item: old, location: warehouse, quantity: quantity(1), orderLine };
    await tell(core, [{ id: `busy-${index}`, minute: 300, fact: { type: "StockPicked", data: picked } }]);
    await ledger.subscriber.drain();
  };
  const busy = Array.from({ length: 16 }, (_, index) => work(index));
  await busy[2];
  await mergeNow(pairs);
  await Promise.all(busy);
  while ((await itemIdentities.follow()) > 0);
  assert.deepEqual(await ledger.stockOf(database, [old]), []);
  const rows = await ledger.stockOf(database, [kept]);
  const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
  const onHand = sum((row) => row.available + row.held + row.allocated + row.picked + row.channel_reserved);
  assert.deepEqual([sum((row) => row.picked), sum((row) => row.held), onHand], [16, 2, 46]);
  await provesItself();
});
