import { conformance } from "@crossdock/connector-kit/testing";
import { shopify } from "@crossdock/connector-shopify";
import { type FakeShopify, startFakeShopify } from "@crossdock/connector-shopify/fake";
import { account, line, orderBody, shipNotice, webhook } from "./samples.ts";
import { accountOf, row, validation } from "./support.ts";

/** The shop is the same in every fake, so one is asked beforehand how it names things. */
async function startShop(): Promise<{ readonly fake: FakeShopify; readonly orderId: string }> {
  const items = ["CLEAT-6", "ROPE-10", "BUOY-L"].map((sku) => ({ sku, available: 40 }));
  const fake = await startFakeShopify({ seed: 7, items: [...items, { sku: "NEW" }], ...validation });
  const placed = fake.placeOrder([{ sku: "CLEAT-6", quantity: 3 }]);
  return { fake, orderId: placed.placed ? placed.orderId : "" };
}

const { fake: model, orderId } = await startShop();
const [cleat = "", rope = "", buoy = "", unstocked = ""] = model.items().map(({ listing }) => listing);
const lineItemId = model.order(orderId)?.lines[0]?.id ?? "";
await model.close();

conformance({
  connector: shopify,
  account: () => account,
  samples: [
    {
      name: "an order",
      message: webhook("orders/create", orderBody({ lines: [line(), line({ gift_card: true })] })),
      expect: {
        parts: [{ key: "orders/create:0d7c1b1e-5a0b-4c57-9a0e-1f7a5f0e2b11", kind: "orders/create" }],
        counts: { order: 1, ignored: 1 },
      },
    },
    {
      name: "an order that was updated first",
      message: webhook("orders/updated", orderBody()),
      expect: { counts: { order: 1 } },
    },
    {
      name: "what the shop shows",
      message: webhook("inventory_levels/update", '{"inventory_item_id":9007199254740993,"available":4}'),
      expect: { counts: { ignored: 1 } },
    },
    {
      name: "an order that was cancelled",
      message: webhook("orders/cancelled", orderBody()),
      expect: { counts: { invalid: 1 } },
    },
    {
      name: "lines that were refunded before they were shipped",
      message: webhook("refunds/create", '{"order_id":1,"refund_line_items":[{"restock_type":"cancel"}]}'),
      expect: { counts: { invalid: 1 } },
    },
    {
      name: "another shop's webhook",
      message: webhook("orders/create", orderBody(), { "x-shopify-shop-domain": "other.myshopify.com" }),
      expect: { genuine: false },
    },
  ],
  documents: [
    {
      name: "a shipment",
      document: shipNotice({ shopOrderId: orderId, shipped: [[lineItemId, 2]] }),
    },
    {
      name: "a shipment of nothing",
      document: { ...shipNotice({ shopOrderId: orderId, shipped: [[lineItemId, 2]] }), cartons: [] },
      expect: "refused",
    },
  ],
  publications: [row(cleat, 20, 37), row(rope, 12), row(buoy, 5, 40), row(unstocked, 9)],
  fake: async () => {
    const { fake } = await startShop();
    return {
      account: () => accountOf(fake.account),
      failNext: fake.failNext,
      effects: fake.effects,
      close: fake.close,
    };
  },
});
