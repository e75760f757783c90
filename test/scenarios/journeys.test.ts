import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { seededRandom } from "../../src/platform/index.ts";
import {
  type Company,
  type Delivery,
  deliveriesCounted,
  endState,
  OPENING_UNITS,
  openCompany,
  openSilentHouse,
  orderStates,
  verifyHouse,
  workOff,
} from "./company.ts";

const SEEDS = (process.env.JOURNEY_SEEDS ?? "1,2,3").split(",");
const COPIES = 3;
/** Deliveries after which the workers have their turn, at most. */
const CHUNK_MAX = 12;

/** As long as a shop's own sales may be on their way, its figures stay on the safe side. */
const SALES_IN_FLIGHT_MS = 60_000;

const Positions = Type.Object({
  positions: Type.Array(Type.Object({ positionId: Type.String(), onHand: Type.Integer() })),
});
const Explanation = Type.Object({
  transfers: Type.Array(
    Type.Object({
      from: Type.Object({ locationId: Type.String(), status: Type.String() }),
      to: Type.Object({ locationId: Type.String(), status: Type.String() }),
      quantity: Type.Integer(),
      because: Type.Optional(Type.String()),
      messageId: Type.String(),
      fact: Type.Object({ type: Type.String(), id: Type.String(), source: Type.String() }),
    }),
  ),
});
const Message = Type.Object({
  accountId: Type.String(),
  state: Type.String(),
  records: Type.Integer(),
  applied: Type.Integer(),
});

/** The one position of an item at a warehouse. */
async function position(company: Company, item: string, location: string) {
  const path = `/system/v1/positions?item=${item}&location=${location}`;
  const [found, ...others] = (await company.get(path, Positions)).positions;
  assert.ok(found !== undefined && others.length === 0, `${item} at ${location} is not at one position`);
  return found;
}

test("a pick, from the warehouse to the shop window", async (t) => {
  const company = await openCompany(t);
  const { east, shop } = company;
  await company.open();
  assert.equal((await position(company, "lamp", "east")).onHand, OPENING_UNITS);
  assert.equal(shop.available("LAMP"), 2 * OPENING_UNITS);
  assert.equal(shop.available("SET"), OPENING_UNITS, "a set holds two lamps");

  east.floor.adjust({ sku: "LAMP", delta: -100, reason: "broken" });
  await company.settle();
  assert.equal(shop.available("LAMP"), 2 * OPENING_UNITS - 100);
  assert.equal(shop.available("SET"), OPENING_UNITS - 50, "a set lacks the lamps that are gone");

  const { positionId, onHand } = await position(company, "lamp", "east");
  assert.equal(onHand, OPENING_UNITS - 100);
  const { transfers } = await company.get(`/system/v1/positions/${positionId}/explanation`, Explanation);
  assert.deepEqual(
    transfers.map(({ fact, quantity }) => [fact.type, fact.id, fact.source, quantity]),
    [
      ["crossdock.StockAdjusted", "EAST-4", "/accounts/wms-east", 100],
      ["crossdock.StockReceived", "EAST-1", "/accounts/wms-east", OPENING_UNITS],
    ],
  );
  const [adjusted] = transfers;
  assert.deepEqual(
    transfers.map(({ because }) => because),
    ["broken", undefined],
  );
  const told = await company.get(`/system/v1/messages/${adjusted?.messageId}`, Message);
  assert.partialDeepStrictEqual(told, { accountId: "wms-east", state: "mapped", records: 1, applied: 1 });
  await verifyHouse(company);
});

test("an order, from the shop's checkout to the dock, and back to the customer", async (t) => {
  const company = await openCompany(t);
  const { east, shop } = company;
  await company.open();
  const lines = [
    { sku: "LAMP", quantity: 5 },
    { sku: "SET", quantity: 3 },
    { sku: "GLUE", quantity: 2 },
  ];
  const placed = shop.placeOrder(lines);
  assert.ok(placed.placed);
  await company.settle();
  assert.deepEqual(await orderStates(company, "shop"), ["promised"]);
  assert.equal(east.releasesTaken(), 1);
  const sellable = 2 * OPENING_UNITS - 11;
  assert.ok((shop.available("LAMP") ?? 0) <= sellable, "the shop offers lamps that are in sets that it sold");

  await workOff(company);
  assert.deepEqual(await orderStates(company, "shop"), ["shipped"]);
  const order = shop.order(placed.orderId);
  assert.deepEqual(
    order?.work.flatMap((work) => work.lines.map((line) => line.remaining)),
    [0, 0, 0],
    "the shop has lines that nobody shipped",
  );
  assert.equal(order?.shipments.length, 1);
  assert.equal((await position(company, "lamp", "east")).onHand, OPENING_UNITS - 11);
  company.clock.advance(SALES_IN_FLIGHT_MS);
  await company.settle();
  assert.equal(shop.available("LAMP"), sellable, "what was sold is sold once");
  assert.equal(shop.available("GLUE"), 2 * OPENING_UNITS - 2);
  await verifyHouse(company);
});

test("an order, from a retailer's 850 to the dock: 997, 855 and 856, each as the retailer wants it", async (t) => {
  const company = await openCompany(t);
  const { retailer, shop, west } = company;
  await company.open();
  const { orderNumber } = retailer.placeOrder([
    { vendorPart: "LAMP", quantity: 30 },
    { vendorPart: "HINGE", quantity: 4, unit: "CA" },
  ]);
  await company.settle();
  assert.deepEqual(retailer.acknowledgementsOwed(), [], "the 850 was not acknowledged");
  assert.equal(retailer.order(orderNumber)?.verdict, "AD");
  assert.deepEqual(await orderStates(company, "northgate"), ["promised"]);
  assert.equal(west.releasesTaken(), 1);

  await workOff(company);
  assert.deepEqual(await orderStates(company, "northgate"), ["shipped"]);
  const order = retailer.order(orderNumber);
  assert.deepEqual(
    order?.lines.map((line) => [line.promised, line.shipped]),
    [
      [30, 30],
      [4, 4],
    ],
  );
  assert.equal(order?.shipments.length, 1);
  assert.deepEqual(
    retailer.received().map(({ set }) => set),
    ["997", "855", "856"],
  );
  assert.deepEqual(retailer.problems(), []);
  assert.equal(shop.available("HINGE"), 2 * OPENING_UNITS - 48);
  await verifyHouse(company);
});

/** A day on which a little of everything happens. Gives how many deliveries brought the opening stock. */
async function workDay(company: Company): Promise<number> {
  const { shop, retailer, east, west } = company;
  await company.open();
  const opening = company.deliveries.length;
  shop.placeOrder([
    { sku: "LAMP", quantity: 5 },
    { sku: "SET", quantity: 3 },
  ]);
  retailer.placeOrder([
    { vendorPart: "LAMP", quantity: 30 },
    { vendorPart: "HINGE", quantity: 4, unit: "CA" },
  ]);
  shop.placeOrder([{ sku: "GLUE", quantity: 2 }]);
  await company.settle();
  east.floor.adjust({ sku: "LAMP", delta: -7, reason: "broken" });
  west.floor.count("HINGE");
  await workOff(company);
  const transfer = west.floor.dispatchTransfer({ sku: "GLUE", quantity: 20, to: "EAST" });
  east.floor.receiveTransfer(transfer);
  east.floor.takeReturn({ sku: "LAMP", quantity: 1 });
  east.floor.lose({ sku: "HINGE", quantity: 3 });
  east.floor.count("HINGE");
  west.floor.changeStatus({ sku: "LAMP", quantity: 2, from: "available", to: "damaged" });
  shop.placeOrder([{ sku: "HINGE", quantity: 9 }]);
  retailer.placeOrder([{ vendorPart: "GLUE", quantity: 6 }]);
  await company.settle();
  await workOff(company);
  return opening;
}

test("every message three times in random order leaves the same state", async (t) => {
  const company = await openCompany(t);
  const opening = await workDay(company);
  assert.deepEqual(company.retailer.problems(), []);
  await verifyHouse(company);
  const expected = await endState(company);
  t.diagnostic(`${company.deliveries.length} deliveries, ${opening} of them opening stock`);
  assert.deepEqual([...new Set(expected.orders.map((order) => order.state))], ["shipped"]);

  for (const seed of SEEDS) {
    await t.test(`seed ${seed}`, async (t) => {
      const random = seededRandom(seed);
      const house = await openSilentHouse(t, company.clock.now());
      const shuffled = (part: readonly Delivery[]) =>
        random.shuffle(part.flatMap((delivery) => Array.from({ length: COPIES }, () => delivery)));
      const stock = shuffled(company.deliveries.slice(0, opening));
      const rest = shuffled(company.deliveries.slice(opening));
      for (const part of [stock, rest]) {
        while (part.length > 0) {
          for (const delivery of part.splice(0, random.integer(1, CHUNK_MAX))) await house.deliver(delivery);
          house.clock.advance(1_000);
          await house.product.drain();
        }
      }
      await verifyHouse(house);
      assert.deepEqual(await endState(house), expected);
      assert.equal(await deliveriesCounted(house), COPIES * company.deliveries.length);
    });
  }
});
