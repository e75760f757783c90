import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "../../src/platform/index.ts";
import { type Company, OPENING_UNITS, openCompany, orderStates, verifyHouse, workOff } from "./company.ts";

test("a retailer's order in cases that cannot be filled is promised, answered and shipped in whole cases", async (t) => {
  const company = await openCompany(t);
  const { retailer } = company;
  await company.open();
  const { orderNumber } = retailer.placeOrder([{ vendorPart: "HINGE", quantity: 100, unit: "CA" }]);
  await company.settle();
  const casesAtHand = Math.floor(OPENING_UNITS / 12);
  assert.equal(retailer.order(orderNumber)?.verdict, "AC");
  assert.deepEqual(
    retailer.order(orderNumber)?.lines.map((line) => line.promised),
    [casesAtHand],
  );

  await workOff(company);
  assert.deepEqual(await orderStates(company, "northgate"), ["shipped"]);
  assert.deepEqual(
    retailer.order(orderNumber)?.lines.map((line) => line.shipped),
    [casesAtHand],
  );
  assert.deepEqual(retailer.problems(), []);
  await verifyHouse(company);
});

/** Ships what one warehouse has on its floor. */
async function shipFrom(company: Company, warehouse: Company["east"]): Promise<void> {
  for (let ticks = 0; ticks < 3; ticks += 1) {
    await warehouse.tick();
    await company.settle();
  }
  assert.equal(warehouse.openOrders(), 0);
}

/** Papers that could not be made, or that their receiver did not take. */
async function papersInTrouble({ product }: Company): Promise<readonly unknown[]> {
  return product.database.query(sql`
    select kind, state, problem from integration.document where state = 'refused'`);
}

test("a kit whose parts ship from two warehouses is told to the shop whole, once both have left", async (t) => {
  const company = await openCompany(t);
  const { shop, east, west } = company;
  await company.open();
  east.floor.adjust({ sku: "HINGE", delta: -OPENING_UNITS, reason: "broken" });
  await company.settle();
  const placed = shop.placeOrder([{ sku: "SET", quantity: 3 }]);
  assert.ok(placed.placed);
  await company.settle();
  const remaining = () =>
    shop.order(placed.orderId)?.work.flatMap((work) => work.lines.map((l) => l.remaining));

  await shipFrom(company, east);
  assert.deepEqual(remaining(), [3], "lamps without hinges are no sets");
  assert.deepEqual(await orderStates(company, "shop"), ["partly-shipped"]);
  await shipFrom(company, west);
  assert.deepEqual(remaining(), [0]);
  assert.deepEqual(await orderStates(company, "shop"), ["shipped"]);
  assert.deepEqual(await papersInTrouble(company), []);
  await verifyHouse(company);
});

test("a retailer's kit in several cartons is announced in whole kits, under its own number", async (t) => {
  const company = await openCompany(t);
  const { retailer } = company;
  await company.open();
  const { orderNumber } = retailer.placeOrder([{ vendorPart: "SET", quantity: 30 }]);
  await company.settle();
  await workOff(company);
  assert.deepEqual(
    retailer.order(orderNumber)?.lines.map((line) => [line.promised, line.shipped]),
    [[30, 30]],
  );
  assert.deepEqual(retailer.problems(), []);
  assert.deepEqual(await papersInTrouble(company), []);
  await verifyHouse(company);
});

test("an order that was entered here for the shop's account ships without a word to the shop, which has no such order", async (t) => {
  const company = await openCompany(t);
  await company.open();
  const placed = await fetch(`${company.url}/process/v1/orders`, {
    method: "POST",
    headers: { authorization: `Bearer ${company.key}`, "content-type": "application/json" },
    body: JSON.stringify({
      accountId: "shop",
      order: {
        type: "OrderReceived",
        id: "desk-1",
        effectiveAt: company.clock.now().toISOString(),
        data: {
          orderNumber: "DESK-1",
          placedAt: company.clock.now().toISOString(),
          lines: [
            { lineId: "1", item: { scheme: "sku", value: "LAMP" }, quantity: { value: 2, unit: "EA" } },
          ],
        },
      },
    }),
  });
  assert.equal(placed.status, 202, await placed.text());
  await company.settle();
  await workOff(company);
  assert.deepEqual(await orderStates(company, "shop"), ["shipped"]);
  assert.deepEqual(await papersInTrouble(company), []);
  await verifyHouse(company);
});
