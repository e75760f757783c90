import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ItemId,
  itemId,
  locationId,
  type Quantity,
  quantity,
  quantityDelta,
  STOCK_FACT_TYPES,
  type StockFact,
} from "@crossdock/canonical";
import { laneId } from "../../src/ledger/index.ts";
import { MOVEMENT_RULES } from "../../src/ledger/movement-rules.ts";
import { sql } from "../../src/platform/index.ts";
import { openCore, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);

const other = locationId("wh-2");
const lane = laneId(warehouse, other);
const units = (count: number): Quantity => quantity(count);

/** What happens to an item; `item` is the one of the case, `made` what it is turned into. */
type Story = (of: { readonly item: ItemId; readonly made: ItemId }) => readonly StockFact[];

type Case = {
  readonly rule: string;
  readonly type: StockFact["type"];
  readonly facts: Story;
  /** Balances that are not zero, as `location status` or `item location status lot`; the outside is left out. */
  readonly ends: Readonly<Record<string, number>>;
};

const at = (item: ItemId, count: number) => ({ item, location: warehouse, quantity: units(count) });
const received = (item: ItemId, count: number): StockFact => ({
  type: "StockReceived",
  data: at(item, count),
});
const between = (item: ItemId, count: number) => ({
  item,
  from: warehouse,
  to: other,
  quantity: units(count),
});
const dispatched = (item: ItemId, count: number): StockFact => ({
  type: "TransferDispatched",
  data: between(item, count),
});
const arrived = (item: ItemId, count: number): StockFact => ({
  type: "TransferReceived",
  data: between(item, count),
});
const lost = (item: ItemId, count: number): StockFact => ({
  type: "TransferLost",
  data: { ...between(item, count), transferNumber: "T-1", reason: "lorry burnt" },
});
const changed = (item: ItemId, count: number, [from, to]: readonly [Condition, Condition]): StockFact => ({
  type: "StockStatusChanged",
  data: { ...at(item, count), from, to },
});
const picked = (item: ItemId, count: number): StockFact => ({ type: "StockPicked", data: at(item, count) });
const orderLine = { orderId: "o-1", lineId: "1" };
const pickedFor = (item: ItemId, count: number): StockFact => ({
  type: "StockPicked",
  data: { ...at(item, count), orderLine },
});
const notFound = (item: ItemId, count: number): StockFact => ({
  type: "StockPickedShort",
  data: { ...at(item, count), orderLine, reason: "empty bin" },
});
const putBack = (
  item: ItemId,
  count: number,
  more: { readonly orderLine?: typeof orderLine; readonly status?: Condition } = {},
): StockFact => ({ type: "PickCancelled", data: { ...at(item, count), ...more } });
const shipped = (item: ItemId, count: number): StockFact => ({
  type: "ShipmentDispatched",
  data: {
    location: warehouse,
    shipmentNumber: "S-1",
    cartons: [{ lines: [{ item, quantity: units(count) }] }],
  },
});
const returned = (item: ItemId, count: number, status?: Condition): StockFact => ({
  type: "StockReturned",
  data: { ...at(item, count), ...(status === undefined ? {} : { status }) },
});
const lotChanged = (item: ItemId, count: number): StockFact => ({
  type: "LotChanged",
  data: { ...at(item, count), fromLot: "A", toLot: "B" },
});

type Condition = "available" | "quarantined" | "damaged";
const CONDITIONS: readonly Condition[] = ["available", "quarantined", "damaged"];

const pairs = CONDITIONS.flatMap((from) => CONDITIONS.map((to) => [from, to] as const));

const statusChanges: readonly Case[] = pairs.map(([from, to]) => ({
  rule: `units that were ${from} become ${to}, and no others`,
  type: "StockStatusChanged",
  facts: ({ item }) => [
    { type: "StockReceived", data: { ...at(item, 5), status: from } },
    changed(item, 2, [from, to]),
  ],
  ends: from === to ? { [`wh-1 ${from}`]: 5 } : { [`wh-1 ${from}`]: 3, [`wh-1 ${to}`]: 2 },
}));

const cases: readonly Case[] = [
  {
    rule: "a receipt comes from the supplier in the condition that it names",
    type: "StockReceived",
    facts: ({ item }) => [
      received(item, 5),
      { type: "StockReceived", data: { ...at(item, 2), status: "damaged" } },
    ],
    ends: { "wh-1 available": 5, "wh-1 damaged": 2 },
  },
  {
    rule: "a pick for no order takes what is available",
    type: "StockPicked",
    facts: ({ item }) => [received(item, 5), picked(item, 2)],
    ends: { "wh-1 available": 3, "wh-1 picked": 2 },
  },
  {
    rule: "units that were not found are not for sale",
    type: "StockPickedShort",
    facts: ({ item }) => [received(item, 5), notFound(item, 2)],
    ends: { "wh-1 available": 3, "wh-1 quarantined": 2 },
  },
  {
    rule: "units of an order line are put back once they were picked, in whatever order that is heard of",
    type: "PickCancelled",
    facts: ({ item }) => [received(item, 5), putBack(item, 2, { orderLine }), pickedFor(item, 3)],
    ends: { "wh-1 available": 4, "wh-1 picked": 1 },
  },
  {
    rule: "units that are put back damaged are damaged at once, also before their pick is heard of",
    type: "PickCancelled",
    facts: ({ item }) => [received(item, 5), putBack(item, 2, { orderLine, status: "damaged" })],
    ends: { "wh-1 available": 3, "wh-1 damaged": 2 },
  },
  {
    rule: "units that were picked for no order come back out of what was picked",
    type: "PickCancelled",
    facts: ({ item }) => [
      received(item, 5),
      picked(item, 3),
      putBack(item, 2),
      putBack(item, 1, { status: "quarantined" }),
    ],
    ends: { "wh-1 available": 4, "wh-1 quarantined": 1 },
  },
  {
    rule: "a pack moves nothing",
    type: "StockPacked",
    facts: ({ item }) => [received(item, 5), { type: "StockPacked", data: at(item, 2) }],
    ends: { "wh-1 available": 5 },
  },
  {
    rule: "a shipment for no order takes what was picked",
    type: "ShipmentDispatched",
    facts: ({ item }) => [received(item, 5), picked(item, 3), shipped(item, 2)],
    ends: { "wh-1 available": 2, "wh-1 picked": 1 },
  },
  {
    rule: "a shipment before its pick leaves picked below zero until the pick is heard of",
    type: "ShipmentDispatched",
    facts: ({ item }) => [received(item, 5), shipped(item, 2)],
    ends: { "wh-1 available": 5, "wh-1 picked": -2 },
  },
  {
    rule: "a count posts what it finds to what is available, whatever else is there",
    type: "StockCounted",
    facts: ({ item }) => [
      received(item, 5),
      changed(item, 2, ["available", "quarantined"]),
      { type: "StockCounted", data: { item, location: warehouse, counted: units(4) } },
    ],
    ends: { "wh-1 available": 2, "wh-1 quarantined": 2 },
  },
  {
    rule: "an adjustment finds or scraps units of one condition",
    type: "StockAdjusted",
    facts: ({ item }) => [
      received(item, 5),
      {
        type: "StockAdjusted",
        data: { item, location: warehouse, delta: quantityDelta(-2), reason: "broken" },
      },
      {
        type: "StockAdjusted",
        data: { item, location: warehouse, delta: quantityDelta(1), status: "damaged", reason: "found" },
      },
    ],
    ends: { "wh-1 available": 3, "wh-1 damaged": 1 },
  },
  {
    rule: "what is sent to another location is in transit until it arrives, in as many parts as it likes",
    type: "TransferDispatched",
    facts: ({ item }) => [received(item, 9), dispatched(item, 6), arrived(item, 1), arrived(item, 2)],
    ends: { "wh-1 available": 3, [`${lane} in-transit`]: 3, "wh-2 available": 3 },
  },
  {
    rule: "more may arrive than was sent, and the lane says how many",
    type: "TransferReceived",
    facts: ({ item }) => [received(item, 9), dispatched(item, 6), arrived(item, 7)],
    ends: { "wh-1 available": 3, [`${lane} in-transit`]: -1, "wh-2 available": 7 },
  },
  {
    rule: "what arrives before its dispatch is heard of is on hand at once",
    type: "TransferReceived",
    facts: ({ item }) => [arrived(item, 6)],
    ends: { [`${lane} in-transit`]: -6, "wh-2 available": 6 },
  },
  {
    rule: "what was lost on the way is neither here nor there",
    type: "TransferLost",
    facts: ({ item }) => [received(item, 9), dispatched(item, 6), arrived(item, 4), lost(item, 2)],
    ends: { "wh-1 available": 3, "wh-2 available": 4 },
  },
  {
    rule: "a loss that is heard of before the dispatch waits in the lane",
    type: "TransferLost",
    facts: ({ item }) => [lost(item, 2)],
    ends: { [`${lane} in-transit`]: -2 },
  },
  {
    rule: "a return comes from the customer in the condition that it names",
    type: "StockReturned",
    facts: ({ item }) => [returned(item, 3), returned(item, 2, "quarantined"), returned(item, 1, "damaged")],
    ends: { "wh-1 available": 3, "wh-1 quarantined": 2, "wh-1 damaged": 1 },
  },
  ...statusChanges,
  {
    rule: "a release of quarantine before its hold leaves quarantined below zero until the hold is heard of",
    type: "StockStatusChanged",
    facts: ({ item }) => [received(item, 5), changed(item, 2, ["quarantined", "available"])],
    ends: { "wh-1 available": 7, "wh-1 quarantined": -2 },
  },
  {
    rule: "units change their lot where they lie, in the condition that they are in",
    type: "LotChanged",
    facts: ({ item }) => [
      { type: "StockReceived", data: { ...at(item, 5), lot: "A" } },
      lotChanged(item, 2),
      { type: "StockReceived", data: { ...at(item, 1), lot: "A", status: "quarantined" } },
      { type: "LotChanged", data: { ...at(item, 1), fromLot: "A", toLot: "B", status: "quarantined" } },
      { type: "LotChanged", data: { ...at(item, 9), fromLot: "A", toLot: "A" } },
    ],
    ends: { "wh-1 available A": 3, "wh-1 available B": 2, "wh-1 quarantined B": 1 },
  },
  {
    rule: "units of one item become another number of units of another",
    type: "StockConverted",
    facts: ({ item, made }) => [
      received(item, 5),
      {
        type: "StockConverted",
        data: {
          location: warehouse,
          from: { item, quantity: units(2) },
          to: { item: made, lot: "L 1", quantity: units(24) },
          reason: "break bulk",
        },
      },
    ],
    ends: { "wh-1 available": 3, "made wh-1 available L 1": 24 },
  },
  {
    rule: "units are converted in the condition that they are in",
    type: "StockConverted",
    facts: ({ item, made }) => [
      {
        type: "StockConverted",
        data: {
          location: warehouse,
          from: { item, quantity: units(2) },
          to: { item: made, quantity: units(2) },
          status: "damaged",
          reason: "merged",
        },
      },
    ],
    ends: { "wh-1 damaged": -2, "made wh-1 damaged": 2 },
  },
];

const OUTSIDE = ["supplier", "customer", "count-variance", "scrap", "conversion"];
let told = 0;

async function tellAll(facts: readonly StockFact[]): Promise<void> {
  await tell(
    core,
    facts.map((fact) => {
      told += 1;
      return { id: `fact-${told}`, minute: told, fact };
    }),
  );
  await core.ledger.subscriber.drain();
}

/** The balances of an item that are not zero, and what it all sums to. */
async function balancesOf(items: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const rows = await database.query<{ name: string; units: number }>(sql`
    select concat_ws(' ', case when item_id like 'made-%' then 'made' end, location_id, status, nullif(lot, '')) as name, units
    from ledger.position,
         lateral (values ('available', available), ('held', held), ('allocated', allocated), ('picked', picked),
                         ('quarantined', quarantined), ('damaged', damaged), ('in-transit', in_transit)) as each (status, units)
    where item_id = any (${items}::text[]) and location_id <> all (${OUTSIDE}::text[]) and units <> 0`);
  return Object.fromEntries(rows.map((row) => [row.name, row.units]));
}

for (const [index, { rule, facts, ends }] of cases.entries()) {
  test(rule, async () => {
    const of = { item: itemId(`item-${index}`), made: itemId(`made-${index}`) };
    await core.governance.saveItems([plainItem(of.item), plainItem(of.made)]);
    await tellAll(facts(of));
    assert.deepEqual(await balancesOf([of.item, of.made]), ends);
  });
}

test("every type of stock fact has a rule, and every rule a case here", () => {
  assert.deepEqual(Object.keys(MOVEMENT_RULES).sort(), [...STOCK_FACT_TYPES].sort());
  assert.deepEqual([...new Set(cases.map(({ type }) => type))].sort(), [...STOCK_FACT_TYPES].sort());
});

test("both sides of every movement are named, and each item and lot sums to zero over all places", async () => {
  const unbalanced = await database.query(sql`
    select item_id, lot from ledger.position group by item_id, lot
    having sum(available + held + allocated + picked + channel_reserved + quarantined + damaged + in_transit) <> 0`);
  assert.deepEqual(unbalanced, []);
});
