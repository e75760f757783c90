import assert from "node:assert/strict";
import { test } from "node:test";
import { OPENING_UNITS, openCompany, orderStates, verifyHouse, workOff } from "./company.ts";

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
