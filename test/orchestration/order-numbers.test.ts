import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId, lineId, type OrderStatement } from "@crossdock/canonical";
import { selectDeadLetters } from "../../src/backbone/index.ts";
import { ORDERS_SUBSCRIBER } from "../../src/orchestration/index.ts";
import { openSilentHouse } from "../scenarios/company.ts";

const when = "2026-03-02T08:00:00.000Z";

const order = (id: string, orderNumber: string): OrderStatement => ({
  type: "OrderReceived",
  id,
  effectiveAt: when,
  data: {
    orderNumber,
    placedAt: when,
    lines: [
      { lineId: lineId("1"), item: { scheme: "sku", value: "LAMP" }, quantity: { value: 1, unit: "EA" } },
    ],
  },
});

test("an order under the number of another one is put aside with its reason, and its neighbours go on", async (t) => {
  const { product } = await openSilentHouse(t, new Date(when));
  const shop = accountId("shop");
  const submit = (statements: readonly OrderStatement[]) =>
    product.integration.submit({ accountId: shop, statements, correlationId: "c" });
  await submit([order("a", "1001")]);
  await product.orchestration.subscriber.drain();
  const letters = () =>
    selectDeadLetters(product.database, { subscriber: ORDERS_SUBSCRIBER, state: "open", limit: 10 });
  assert.deepEqual(await letters(), []);

  await submit([order("b", "1001"), order("c", "1002"), order("d", "1002"), order("e", "1003")]);
  await product.orchestration.subscriber.drain();
  const page = await product.orchestration.orderPage({ limit: 10 });
  assert.deepEqual(page.map((row) => row.order_number).toSorted(), ["1001", "1002", "1003"]);
  const put = await letters();
  assert.equal(put.length, 2);
  assert.match(put[0]?.reason ?? "", /order b of account shop has the number 1001, which its order ord-/);
  assert.match(put[1]?.reason ?? "", /order d of account shop has the number 1002/);
  assert.match(put[0]?.reason ?? "", /under a number and an id of its own/);
});
