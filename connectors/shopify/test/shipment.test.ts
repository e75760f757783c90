import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { DocumentOf } from "@crossdock/canonical";
import type { ConnectorIo, Delivery } from "@crossdock/connector-kit";
import { RENDER_CONTEXT } from "@crossdock/connector-kit/testing";
import { shopify } from "@crossdock/connector-shopify";
import {
  type FakeShopify,
  type FakeShopifyOptions,
  startFakeShopify,
} from "@crossdock/connector-shopify/fake";
import { account, shipNotice } from "./samples.ts";
import { accountOf, countingIo, ioBefore, validation } from "./support.ts";

const { outlet } = shopify;
assert.ok(outlet?.deliver !== undefined);

const started: FakeShopify[] = [];
after(async () => {
  await Promise.all(started.map((fake) => fake.close()));
});

type Shipping = {
  readonly fake: FakeShopify;
  readonly orderId: string;
  /** The ids of the order's lines, as the shop numbers them. */
  readonly lines: readonly string[];
  notice(pieces: readonly number[], changes?: Partial<DocumentOf<"ship-notice">>): DocumentOf<"ship-notice">;
  deliver(document: DocumentOf<"ship-notice">, io?: ConnectorIo): Promise<Delivery>;
  /** Pieces left open of each line. */
  open(): readonly number[];
};

/** A shop with one order of these quantities, a SKU a line. */
async function orderOf(
  quantities: readonly number[],
  options: Partial<FakeShopifyOptions> & { readonly settings?: object } = {},
): Promise<Shipping> {
  const items = quantities.map((available, index) => ({ sku: `SKU-${index}`, available }));
  const fake = await startFakeShopify({ seed: 3, items, plan: "plus", ...validation, ...options });
  started.push(fake);
  const placed = fake.placeOrder(quantities.map((quantity, index) => ({ sku: `SKU-${index}`, quantity })));
  assert.ok(placed.placed);
  const { orderId } = placed;
  const lines = fake.order(orderId)?.lines.map(({ id }) => id) ?? [];
  const lending = accountOf(fake.account, options.settings);
  return {
    fake,
    orderId,
    lines,
    notice: (pieces, changes = {}) => {
      const shipped = pieces.map((count, index) => [lines[index] ?? "", count] as const);
      return shipNotice({ shopOrderId: orderId, shipped, changes });
    },
    async deliver(document, io = countingIo()) {
      const rendered = outlet?.render(document, RENDER_CONTEXT, lending);
      assert.ok(rendered !== undefined && "body" in rendered, JSON.stringify(rendered));
      return outlet?.deliver?.(rendered, document, io, lending) ?? Promise.reject(new Error("no deliver"));
    },
    open: () => {
      const work = fake.order(orderId)?.work.flatMap((part) => part.lines) ?? [];
      return lines.map((id) => work.find(({ line }) => line.id === id)?.remaining ?? -1);
    },
  };
}

const shipmentsOf = ({ fake, orderId }: Shipping) => fake.order(orderId)?.shipments ?? [];

describe("a shipment", () => {
  test("stands on the order with its carrier and tracking number", async () => {
    const shipping = await orderOf([3, 2]);
    const delivery = await shipping.deliver(shipping.notice([3, 2]));
    const [shipment] = shipmentsOf(shipping);
    assert.deepEqual(delivery, { delivered: true, reference: shipment?.id });
    assert.deepEqual([shipment?.company, shipment?.number], ["UPS", "1Z999AA10123456784"]);
    assert.deepEqual(shipping.open(), [0, 0]);
  });

  test("of a part leaves the rest open for the next", async () => {
    const shipping = await orderOf([3, 2]);
    await shipping.deliver(shipping.notice([1, 2]));
    assert.deepEqual(shipping.open(), [2, 0]);
    const rest = { shipmentNumber: "SHP-0002", trackingNumber: "1Z999AA10123456785" };
    assert.equal((await shipping.deliver(shipping.notice([2], rest))).delivered, true);
    assert.deepEqual(shipping.open(), [0, 0]);
  });

  test("in several cartons is one, with the pieces of a line added up", async () => {
    const shipping = await orderOf([5]);
    const [carton] = shipping.notice([2]).cartons;
    assert.ok(carton !== undefined);
    await shipping.deliver(shipping.notice([2], { cartons: [carton, carton] }));
    assert.deepEqual(shipping.open(), [1]);
    assert.equal(shipmentsOf(shipping).length, 1);
  });

  test("without a tracking number goes under its own, by which it is recognised", async () => {
    const shipping = await orderOf([4]);
    const notice = shipping.notice([2]);
    const { trackingNumber: _, ...without } = notice;
    await shipping.deliver(without);
    await shipping.deliver(without);
    assert.deepEqual(
      shipmentsOf(shipping).map(({ number }) => number),
      ["SHP-0001"],
    );
    assert.deepEqual(shipping.open(), [2]);
  });

  test("of 120 lines is read and entered whole", async () => {
    const shipping = await orderOf(Array.from({ length: 120 }, () => 1));
    const delivery = await shipping.deliver(shipping.notice(Array.from({ length: 120 }, () => 1)));
    assert.equal(delivery.delivered, true);
    assert.ok(shipping.open().every((left) => left === 0));
  });

  test("from two locations is entered for each, and a lost one does not repeat the other", async () => {
    const [first, second] = ["gid://shopify/Location/1", "gid://shopify/Location/2"] as const;
    const shipping = await orderOf([1, 1], { locationIds: [first, second] });
    const { fake, deliver } = shipping;
    fake.setAvailable("SKU-0", 5, first);
    fake.setAvailable("SKU-1", 5, second);
    const placed = fake.placeOrder([
      { sku: "SKU-0", quantity: 2 },
      { sku: "SKU-1", quantity: 2 },
    ]);
    assert.ok(placed.placed);
    const order = fake.order(placed.orderId);
    const document = shipNotice({
      shopOrderId: placed.orderId,
      shipped: order?.lines.map(({ id }) => [id, 1] as const) ?? [],
    });
    const io = ioBefore("fulfillmentCreate", 2, () => fake.failNext({ kind: "error-before-effect" }));
    const lost = await deliver(document, io);
    assert.equal(lost.delivered, false);
    assert.equal(order?.shipments.length, 1);
    assert.equal((await deliver(document)).delivered, true);
    assert.equal((await deliver(document)).delivered, true);
    const open = order?.work.flatMap((work) => work.lines.map(({ remaining }) => remaining));
    assert.deepEqual([order?.shipments.length, open], [2, [1, 1]]);
  });
});

describe("a shipment that is sent again", () => {
  test("is recognised, and nothing is entered twice", async () => {
    const shipping = await orderOf([4]);
    const first = await shipping.deliver(shipping.notice([2]));
    const second = await shipping.deliver(shipping.notice([2]));
    assert.deepEqual(second, first);
    assert.deepEqual(shipping.open(), [2]);
  });

  for (const kind of ["error-after-effect", "reset-after-effect", "timeout-after-effect"] as const) {
    test(`after an answer was lost (${kind}) finds its effect`, async () => {
      const shipping = await orderOf([4]);
      const { deliver, fake } = shipping;
      const io = ioBefore("fulfillmentCreate", 1, () => fake.failNext({ kind }));
      const delivery = await deliver(shipping.notice([2]), io);
      assert.equal(delivery.delivered ? "delivered" : delivery.outcome, "unknown");
      assert.equal((await deliver(shipping.notice([2]))).delivered, true);
      assert.deepEqual(shipping.open(), [2]);
      assert.equal(shipmentsOf(shipping).length, 1);
    });
  }
});

describe("a shipment that the shop does not expect is refused with what to look for", () => {
  const reasonOf = (delivery: Delivery) =>
    !delivery.delivered && delivery.outcome === "refused" ? delivery.reason : JSON.stringify(delivery);

  test("when more was shipped than is open", async () => {
    const shipping = await orderOf([2]);
    assert.match(
      reasonOf(await shipping.deliver(shipping.notice([3]))),
      /3 shipped, but the shop has only 2 open/,
    );
    assert.deepEqual(shipping.open(), [2]);
  });

  test("when the order was cancelled in the shop", async () => {
    const shipping = await orderOf([2]);
    shipping.fake.cancelOrder(shipping.orderId);
    assert.match(reasonOf(await shipping.deliver(shipping.notice([2]))), /cancelled/);
  });

  test("when the shop has no such order", async () => {
    const shipping = await orderOf([2]);
    const elsewhere = shipNotice({
      shopOrderId: "gid://shopify/Order/1",
      shipped: [[shipping.lines[0] ?? "", 2]],
    });
    assert.match(reasonOf(await shipping.deliver(elsewhere)), /has no gid/);
  });

  test("when its work is on hold", async () => {
    const shipping = await orderOf([2]);
    for (const work of shipping.fake.order(shipping.orderId)?.work ?? []) work.status = "ON_HOLD";
    assert.match(reasonOf(await shipping.deliver(shipping.notice([2]))), /hold/);
  });
});

describe("what cannot be told to the shop is refused before it is sent", () => {
  const notice = shipNotice({ shopOrderId: "gid://shopify/Order/1", shipped: [["11", 2]] });
  const [carton] = notice.cartons;
  const [line] = carton?.lines ?? [];
  assert.ok(carton !== undefined && line !== undefined);
  const { lineId: _line, ...anonymous } = line;
  const { attributes: _attributes, ...orderFromElsewhere } = notice.order;
  const cases: readonly {
    readonly what: string;
    readonly document: DocumentOf<"ship-notice">;
    readonly says: RegExp;
  }[] = [
    {
      what: "an order from elsewhere",
      document: { ...notice, order: orderFromElsewhere },
      says: /did not come from the shop/,
    },
    {
      what: "an item for no line",
      document: { ...notice, cartons: [{ lines: [anonymous] }] },
      says: /no line of the order/,
    },
    {
      what: "half a piece",
      document: { ...notice, cartons: [{ lines: [{ ...line, shipped: { value: "0.5", unit: "EA" } }] }] },
      says: /no number of pieces/,
    },
    {
      what: "cases",
      document: { ...notice, cartons: [{ lines: [{ ...line, shipped: { value: 1, unit: "XCS" } }] }] },
      says: /no number of pieces/,
    },
    { what: "nothing", document: { ...notice, cartons: [] }, says: /nothing was shipped/ },
  ];
  for (const { what, document, says } of cases) {
    test(what, () => {
      const rendered = outlet.render(document, RENDER_CONTEXT, account);
      assert.ok("refused" in rendered);
      assert.match(rendered.refused, says);
    });
  }
});

test("the customer hears of a shipment only where the account says so", async () => {
  const quiet = await orderOf([2]);
  await quiet.deliver(quiet.notice([2]));
  const told = await orderOf([2], { settings: { notifyCustomer: true } });
  await told.deliver(told.notice([2]));
  const notified = [quiet, told].map(({ fake }) => {
    const call = fake.calls().find(({ field }) => field === "fulfillmentCreate");
    return JSON.stringify(call?.variables).includes('"notifyCustomer":true');
  });
  assert.deepEqual(notified, [false, true]);
});
