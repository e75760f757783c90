import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountId,
  type ConditionStatus,
  channelId,
  type ItemId,
  itemId,
  lineId,
  locationId,
  type OrderId,
  orderId,
  quantity,
  quantityDelta,
  STOCK_FACT_TYPES,
  type StockFact,
  type StockFactType,
} from "@crossdock/canonical";
import fc from "fast-check";
import { sql } from "../../src/platform/index.ts";
import { verify } from "../../src/verify/index.ts";
import { openCore, type Told, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
const web = channelId("web");
const [first, second] = [locationId("wh-1"), locationId("wh-2")];
await core.availability.saveChannels([{ channelId: "web", name: "Web", locationIds: [first, second] }]);

/** Anything that a warehouse may say, before it is about an item. */
const happening = fc.record({
  type: fc.constantFrom(...STOCK_FACT_TYPES),
  units: fc.integer({ min: 1, max: 9 }),
  at: fc.constantFrom(first, second),
  lot: fc.constantFrom("A", "B"),
  status: fc.constantFrom<ConditionStatus>("available", "quarantined", "damaged"),
  becomes: fc.constantFrom<ConditionStatus>("available", "quarantined", "damaged"),
  forOrder: fc.boolean(),
  minute: fc.integer({ min: 10, max: 16 }),
});
type Happening = typeof happening extends fc.Arbitrary<infer Value> ? Value : never;

/** The world of one run: an item, the one that it may be turned into, and an order that is promised some of it. */
type World = { readonly item: ItemId; readonly made: ItemId; readonly order: OrderId };

const SAYS: { readonly [Type in StockFactType]: (one: Happening, world: World) => StockFact } = {
  StockReceived: (one, { item }) => ({
    type: "StockReceived",
    data: { ...goods(one, item), status: one.status },
  }),
  StockPicked: (one, world) => ({
    type: "StockPicked",
    data: { ...goods(one, world.item), ...line(one, world) },
  }),
  StockPickedShort: (one, { item, order }) => ({
    type: "StockPickedShort",
    data: { ...goods(one, item), orderLine: { orderId: order, lineId: "1" } },
  }),
  PickCancelled: (one, world) => ({
    type: "PickCancelled",
    data: { ...goods(one, world.item), ...line(one, world), status: one.status },
  }),
  StockPacked: (one, world) => ({
    type: "StockPacked",
    data: { ...goods(one, world.item), ...line(one, world) },
  }),
  ShipmentDispatched: (one, world) => {
    const { location, ...packed } = goods(one, world.item);
    const lines = [{ ...packed, ...line(one, world) }];
    return { type: "ShipmentDispatched", data: { location, shipmentNumber: "S", cartons: [{ lines }] } };
  },
  StockCounted: ({ units, at, lot }, { item }) => ({
    type: "StockCounted",
    data: { item, location: at, lot, counted: quantity(units) },
  }),
  StockAdjusted: ({ units, at, lot, status, forOrder }, { item }) => ({
    type: "StockAdjusted",
    data: {
      item,
      location: at,
      lot,
      status,
      delta: quantityDelta(forOrder ? units : -units),
      reason: "test",
    },
  }),
  TransferDispatched: (one, { item }) => ({ type: "TransferDispatched", data: way(one, item) }),
  TransferReceived: (one, { item }) => ({ type: "TransferReceived", data: way(one, item) }),
  TransferLost: (one, { item }) => ({ type: "TransferLost", data: way(one, item) }),
  StockReturned: (one, world) => ({
    type: "StockReturned",
    data: { ...goods(one, world.item), ...line(one, world), status: one.status },
  }),
  StockStatusChanged: (one, { item }) => ({
    type: "StockStatusChanged",
    data: { ...goods(one, item), from: one.status, to: one.becomes },
  }),
  LotChanged: ({ units, at, lot, status }, { item }) => ({
    type: "LotChanged",
    data: { item, location: at, fromLot: lot, toLot: "B", quantity: quantity(units), status },
  }),
  StockConverted: (one, { item, made }) => {
    const { location, ...from } = goods(one, item);
    const to = { item: made, quantity: quantity(one.units * 12) };
    return { type: "StockConverted", data: { location, from, to, status: one.status, reason: "break bulk" } };
  },
};

const goods = ({ units, at, lot }: Happening, item: ItemId) => ({
  item,
  location: at,
  lot,
  quantity: quantity(units),
});
const line = ({ forOrder }: Happening, { order }: World) =>
  forOrder ? { orderLine: { orderId: order, lineId: "1" } } : {};
const way = ({ units, at, lot }: Happening, item: ItemId) => ({
  item,
  from: at,
  to: at === first ? second : first,
  lot,
  quantity: quantity(units),
});

let worlds = 0;

/** An item with stock of two lots in two warehouses, and an order that is promised most of it. */
async function openWorld(): Promise<World> {
  worlds += 1;
  const world = {
    item: itemId(`item-${worlds}`),
    made: itemId(`made-${worlds}`),
    order: orderId(`order-${worlds}`),
  };
  await core.governance.saveItems([plainItem(world.item), plainItem(world.made)]);
  const opening = [first, second].flatMap((at) =>
    ["A", "B"].map(
      (lot, index): Told => ({
        id: `${world.item}-${at}-${lot}`,
        minute: index,
        fact: { type: "StockReceived", data: { item: world.item, location: at, lot, quantity: quantity(5) } },
      }),
    ),
  );
  await tellAll(opening);
  await promise(world);
  return world;
}

async function promise({ item, order }: World): Promise<void> {
  const lines = [
    {
      lineId: lineId("1"),
      itemId: item,
      quantity: quantity(14),
      orderedUnit: quantity(1),
      components: [{ itemId: item, quantity: 1 }],
    },
  ];
  const request = { channelId: web, policy: "partial" as const, orderId: order, refused: [], lines };
  const asked = { accountId: accountId("shop"), request, expiresAt: undefined, correlationId: order };
  await database.transaction((tx) => core.availability.promise(tx, [asked]));
}

async function tellAll(facts: readonly Told[]): Promise<void> {
  await tell(core, facts);
  await core.ledger.subscriber.drain();
}

/** Everything that follows from the facts: balances of every place, the outside included, and how far the promise has come. */
async function endOf({ item, made, order }: World) {
  const balances = await database.query(sql`
    select item_id = ${made} as is_made, location_id, lot, available, held, allocated, picked, quarantined, damaged, in_transit
    from ledger.position where item_id = any (${[item, made]}::text[])
      and (available, held, allocated, picked, quarantined, damaged, in_transit) <> (0, 0, 0, 0, 0, 0, 0)
    order by item_id = ${made}, location_id, lot`);
  const promises = await database.query(sql`
    select location_id, lot, quantity, picked, put_back, shipped, not_found, replaced, state::text as state
    from availability.reservation where order_id = ${order} order by location_id, lot`);
  return { balances, promises };
}

test("any permutation and repetition of facts of every kind ends in the same balances and the same promises", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(happening, { minLength: 1, maxLength: 12 }),
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 6 }),
      async (all, chance, batch) => {
        const ends: unknown[] = [];
        for (const variant of ["straight", "shuffled"]) {
          const world = await openWorld();
          const facts = all.map(
            (one, index): Told => ({
              id: `${world.item}-${index}`,
              minute: one.minute,
              fact: SAYS[one.type](one, world),
            }),
          );
          const inTurn = variant === "straight" ? facts : shuffled([...facts, ...facts], chance);
          for (let start = 0; start < inTurn.length; start += batch)
            await tellAll(inTurn.slice(start, start + batch));
          ends.push(await endOf(world));
        }
        assert.deepEqual(ends[1], ends[0]);
      },
    ),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 40) },
  );
  const report = await verify(database, { now: core.clock.now() });
  const failed = report.laws.flatMap(({ checks }) => checks).filter(({ total }) => total > 0);
  assert.deepEqual(failed, []);
});

function shuffled(told: readonly Told[], chance: Iterator<number>): Told[] {
  return told
    .map((entry) => ({ entry, at: Number(chance.next().value) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ entry }) => entry);
}
