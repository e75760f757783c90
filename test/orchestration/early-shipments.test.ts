import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountId,
  type Fact,
  itemId,
  lineId,
  locationId,
  type OrderStatement,
  quantity,
} from "@crossdock/canonical";
import { LOG_START } from "../../src/backbone/index.ts";
import { sql } from "../../src/platform/index.ts";
import type { Product } from "../../src/product.ts";
import { openSilentHouse } from "../scenarios/company.ts";

const when = "2026-03-02T08:00:00.000Z";
const shop = accountId("shop");

async function take(product: Product, number: string): Promise<string> {
  const statement: OrderStatement = {
    type: "OrderReceived",
    id: number,
    effectiveAt: when,
    data: {
      orderNumber: number,
      placedAt: when,
      lines: [
        { lineId: lineId("1"), item: { scheme: "sku", value: "LAMP" }, quantity: { value: 2, unit: "EA" } },
      ],
    },
  };
  await product.integration.submit({ accountId: shop, statements: [statement], correlationId: number });
  await product.orchestration.subscriber.drain();
  const { facts } = await product.factLog.read({ after: LOG_START, limit: 1_000, types: ["OrderReceived"] });
  const last = facts.at(-1);
  assert.ok(last?.type === "OrderReceived");
  return last.data.orderId;
}

function shipped(shipmentNumber: string, orderIds: readonly string[]): Fact {
  const lines = orderIds.map((orderId) => ({
    item: itemId("lamp"),
    quantity: quantity(1),
    orderLine: { orderId, lineId: "1" },
  }));
  return {
    type: "ShipmentDispatched",
    data: { location: locationId("wh-1"), shipmentNumber, cartons: lines.length === 0 ? [] : [{ lines }] },
  };
}

async function dispatch(product: Product, shipments: readonly Fact[]): Promise<void> {
  const at = new Date(when);
  const facts = await product.factLog.number(
    shipments.map((fact) => ({ fact, at, correlationId: "shipments" })),
  );
  await product.database.transaction(async (tx) => product.factLog.append(tx, facts));
  await product.orchestration.subscriber.drain();
}

test("shipments of one page find the orders that are there, and wait for those that are not", async (t) => {
  const { product } = await openSilentHouse(t, new Date(when));
  const known = await take(product, "known");
  const later = await take(product, "later");
  await dispatch(product, [
    shipped("S-1", [known, "ord-elsewhere"]),
    shipped("S-2", []),
    shipped("S-3", ["ord-elsewhere", "ord-nowhere"]),
    shipped("S-4", [known, later]),
  ]);
  const units = async (orderId: string) => {
    const order = await product.orchestration.order(orderId);
    return order?.lines.map((line) => line.shipped);
  };
  assert.deepEqual([await units(known), await units(later)], [[2], [1]]);
  const early = await product.database.query<{ order_id: string; shipments: number }>(sql`
    select order_id, count(*)::int as shipments from orchestration.early_shipment group by order_id order by order_id`);
  assert.deepEqual(early, [
    { order_id: "ord-elsewhere", shipments: 2 },
    { order_id: "ord-nowhere", shipments: 1 },
  ]);
});
