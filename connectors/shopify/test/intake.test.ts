import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checker, OrderStatement } from "@crossdock/canonical";
import type { MappedRecord, RawMessage } from "@crossdock/connector-kit";
import { shopify } from "@crossdock/connector-shopify";
import fc from "fast-check";
import { account, accountWith, bytes, line, orderBody, SECRET, sign, webhook } from "./samples.ts";
import { ACCOUNT_ID } from "./support.ts";

const { intake } = shopify;
assert.ok(intake !== undefined);

function recordsOf(topic: string, body: string): readonly MappedRecord[] {
  const message = webhook(topic, body);
  const [part] = intake?.split(message, account) ?? [];
  assert.ok(part !== undefined);
  return intake?.map(part, message.headers, account).records ?? [];
}

describe("a webhook is genuine", () => {
  test("only with the signature of its raw bytes", () => {
    const message = webhook("orders/create", orderBody());
    assert.deepEqual(intake.authenticate(message, account), { genuine: true });
    const changed = { ...message, body: bytes(`${orderBody()} `) };
    assert.equal(intake.authenticate(changed, account).genuine, false);
  });

  test("only when it names the account's shop, because all shops of an app share the secret", () => {
    const other = webhook("orders/create", "{}", { "x-shopify-shop-domain": "elsewhere.myshopify.com" });
    const answer = intake.authenticate(other, account);
    assert.equal(answer.genuine, false);
    assert.match(answer.genuine ? "" : answer.reason, /harbour-supply/);
  });

  for (const claimed of ["", "=", "not base64 at all !!", sign(bytes("{}"), "another secret"), "AAAA"]) {
    test(`not with the signature ${JSON.stringify(claimed)}`, () => {
      const message = webhook("orders/create", "{}", { "x-shopify-hmac-sha256": claimed });
      assert.equal(intake.authenticate(message, account).genuine, false);
    });
  }

  test("with the secret before only while the secret is being changed", () => {
    const old = "s3cret-of-before";
    const message = webhook("orders/create", "{}", { "x-shopify-hmac-sha256": sign(bytes("{}"), old) });
    const secrets = { previousClientSecret: old };
    const isGenuine = (settings: object, given: Readonly<Record<string, string>>) =>
      intake.authenticate(message, accountWith(settings, given)).genuine;
    assert.equal(isGenuine({ rotation: true }, { clientSecret: SECRET, ...secrets }), true);
    assert.equal(isGenuine({ rotation: true }, secrets), true);
    assert.equal(isGenuine({ rotation: true }, { clientSecret: SECRET }), false);
    assert.equal(isGenuine({}, { clientSecret: SECRET, ...secrets }), false);
  });

  test("never for an account that has no secret yet, or an empty one", () => {
    const message = webhook("orders/create", "{}", { "x-shopify-hmac-sha256": sign(bytes("{}"), "") });
    for (const secrets of [{}, { clientSecret: "" }]) {
      const answer = intake.authenticate(message, accountWith({}, secrets));
      assert.match(answer.genuine ? "" : answer.reason, /no clientSecret/);
    }
  });

  test("not without a signature, and the refusal does not tell the secret", () => {
    const { "x-shopify-hmac-sha256": _, ...headers } = webhook("orders/create", "{}").headers;
    const answer = intake.authenticate({ headers, body: bytes("{}") }, account);
    assert.equal(answer.genuine, false);
    assert.ok(!JSON.stringify(answer).includes(SECRET));
  });
});

describe("a second delivery has the same key", () => {
  const keyOf = (message: RawMessage) => intake.split(message, account)[0]?.key;

  test("when its event id and topic are the same, whatever the webhook id", () => {
    const first = webhook("orders/create", "{}", { "x-shopify-webhook-id": "a" });
    const second = webhook("orders/create", "{}", { "x-shopify-webhook-id": "b" });
    assert.equal(keyOf(first), keyOf(second));
  });

  test("but not another topic of the same event, which has other bytes", () => {
    assert.notEqual(keyOf(webhook("orders/create", "{}")), keyOf(webhook("orders/updated", "{}")));
  });

  test("by its webhook id when there is no event id, and by its bytes when there is neither", () => {
    const without = { "x-shopify-event-id": "" };
    const byWebhook = webhook("orders/create", "{}", { ...without, "x-shopify-webhook-id": "w-1" });
    assert.equal(keyOf(byWebhook), "orders/create:w-1");
    assert.equal(
      keyOf(webhook("orders/create", "{}", without)),
      keyOf(webhook("orders/create", "{}", without)),
    );
    assert.notEqual(
      keyOf(webhook("orders/create", "{}", without)),
      keyOf(webhook("orders/create", "[]", without)),
    );
  });

  test("and the key is never longer than 200 characters", () => {
    const long = webhook("orders/create".repeat(20), "{}", { "x-shopify-event-id": "e".repeat(5_000) });
    assert.ok((keyOf(long)?.length ?? 201) <= 200);
  });
});

describe("an order", () => {
  test("becomes a statement with exact ids, the shop's number and the time in UTC", () => {
    const [record] = recordsOf("orders/create", orderBody());
    assert.deepEqual(record, {
      is: "order",
      at: "",
      statement: {
        type: "OrderReceived",
        id: "gid://shopify/Order/9107199254740993",
        effectiveAt: "2026-11-20T19:03:07.000Z",
        data: {
          orderNumber: "#4711",
          placedAt: "2026-11-20T19:03:07.000Z",
          parties: [
            {
              role: "ship-to",
              name: "Ines Okafor",
              address: ["Okafor Marine", "4 Quay Road"],
              city: "Mystic",
              region: "CT",
              postalCode: "06355",
              country: "US",
            },
          ],
          attributes: { shopifyOrderId: "gid://shopify/Order/9107199254740993", poNumber: "PO-77" },
          lines: [
            {
              lineId: "9207199254740995",
              item: { scheme: "shopify-variant", value: "9307199254740997", scope: ACCOUNT_ID },
              names: [
                { scheme: "shopify-variant", value: "9307199254740997", scope: ACCOUNT_ID },
                { scheme: "sku", value: "CLEAT-6" },
              ],
              quantity: { value: 2, unit: "EA" },
              description: "Bronze cleat, 6 inch",
              price: { amount: "18.50", currency: "USD" },
            },
          ],
        },
      },
    });
  });

  test("is the same statement whichever of created and updated comes first", () => {
    assert.deepEqual(recordsOf("orders/updated", orderBody()), recordsOf("orders/create", orderBody()));
  });

  test("has neighbouring ids that differ, though they are the same as numbers", () => {
    const ids = ["9007199254740992", "9007199254740993"].map((id) => {
      const [record] = recordsOf(
        "orders/create",
        `{"id":${id},"created_at":"2026-11-20T14:03:07Z","line_items":[${line()}]}`,
      );
      return record?.is === "order" ? record.statement.id : undefined;
    });
    assert.deepEqual(ids, ["gid://shopify/Order/9007199254740992", "gid://shopify/Order/9007199254740993"]);
  });

  test("takes the SKU where a line has no variant", () => {
    const [record] = recordsOf("orders/create", orderBody({ lines: [line({ variant_id: null })] }));
    assert.ok(record?.is === "order");
    assert.deepEqual(record.statement.data.lines[0]?.item, { scheme: "sku", value: "CLEAT-6" });
  });

  const skipped = [
    { why: "gift cards", changes: { gift_card: true }, reason: /gift card/ },
    { why: "what is not shipped", changes: { requires_shipping: false }, reason: /not shipped/ },
    { why: "lines that were removed", changes: { current_quantity: 0 }, reason: /nothing is left/ },
    { why: "lines that are fulfilled", changes: { fulfillment_status: "fulfilled" }, reason: /fulfilled/ },
  ];
  for (const { why, changes, reason } of skipped) {
    test(`leaves out ${why}, and says so`, () => {
      const records = recordsOf("orders/create", orderBody({ lines: [line(changes), line()] }));
      const [order, left] = records;
      assert.ok(order?.is === "order" && left?.is === "ignored");
      assert.equal(order.statement.data.lines.length, 1);
      assert.equal(left.at, "/line_items/0");
      assert.match(left.reason, reason);
    });
  }

  const ignored = [
    { why: "a test", order: { test: true } },
    { why: "cancelled", order: { cancelled_at: "2026-11-20T15:00:00-05:00" } },
    { why: "closed", order: { closed_at: "2026-11-20T15:00:00-05:00" } },
    { why: "fulfilled already", order: { fulfillment_status: "fulfilled" } },
  ];
  for (const { why, order } of ignored) {
    test(`is ignored when it is ${why}`, () => {
      for (const topic of ["orders/create", "orders/updated"]) {
        assert.deepEqual(
          recordsOf(topic, orderBody({ order })).map(({ is }) => is),
          ["ignored"],
        );
      }
    });
  }

  test("without a line that needs stock is ignored", () => {
    const records = recordsOf("orders/create", orderBody({ lines: [line({ gift_card: true })] }));
    assert.deepEqual(
      records.map(({ is }) => is),
      ["ignored", "ignored"],
    );
  });

  const invalid = [
    { fault: "no time", body: orderBody({ order: { created_at: "yesterday" } }), at: "/created_at" },
    {
      fault: "an impossible time",
      body: orderBody({ order: { created_at: "2026-13-40T99:00:00Z" } }),
      at: "/created_at",
    },
    {
      fault: "a negative quantity",
      body: orderBody({ lines: [line(), line({ quantity: -1 })] }),
      at: "/line_items/1/quantity",
    },
    {
      fault: "half a piece",
      body: orderBody({ lines: [line({ quantity: 1.5 })] }),
      at: "/line_items/0/quantity",
    },
    {
      fault: "a line that names no item",
      body: orderBody({ lines: [line({ variant_id: null, sku: "" })] }),
      at: "/line_items/0/variant_id",
    },
    {
      fault: "lines that are no list",
      body: orderBody({ order: { line_items: "none" } }),
      at: "/line_items",
    },
    { fault: "another kind of body", body: "[]", at: "" },
    { fault: "no JSON", body: "{", at: "" },
  ];
  for (const { fault, body, at } of invalid) {
    test(`with ${fault} is one invalid record that points at it`, () => {
      const records = recordsOf("orders/create", body);
      assert.deepEqual(
        records.map((record) => [record.is, record.at]),
        [["invalid", at]],
      );
    });
  }

  test("with bytes that are not UTF-8 is invalid", () => {
    const part = { key: "k", kind: "orders/create", body: Uint8Array.of(0x7b, 0xff, 0x7d) };
    assert.equal(intake.map(part, {}, account).records[0]?.is, "invalid");
  });
});

describe("a change of an order that is not taken over", () => {
  const refund = (...types: string[]) => ({
    order_id: 12,
    refund_line_items: types.map((restock_type) => ({ restock_type, quantity: 1 })),
  });
  const edit = (additions: number, removals: number) => {
    const changes = (count: number) => Array.from({ length: count }, (_, id) => ({ id, delta: 1 }));
    return {
      order_edit: {
        order_id: 12,
        line_items: { additions: changes(additions), removals: changes(removals) },
      },
    };
  };
  const changes: readonly (readonly [string, string, object, string | undefined, RegExp])[] = [
    [
      "a cancellation",
      "orders/cancelled",
      { id: 12, name: "#4711", cancel_reason: "customer" },
      "order-cancelled",
      /^Order #4711 was cancelled in the shop \(customer\)/,
    ],
    ["a cancelled test order", "orders/cancelled", { test: true }, undefined, /test order/],
    ["an edit", "orders/edited", edit(1, 2), "order-edited", /^Order 12 .* 1 additions and 2 removals/],
    ["an edit of no line", "orders/edited", edit(0, 0), undefined, /no line/],
    ["an edit of another shape", "orders/edited", {}, "order-edited", /of no id/],
    ["a refund before shipping", "refunds/create", refund("return", "cancel"), "order-refunded", /^1 lines/],
    ["a refund of what comes back", "refunds/create", refund("return"), undefined, /takes nothing/],
    ["a refund of postage", "refunds/create", refund(), undefined, /takes nothing/],
  ];
  for (const [says, topic, body, reason, text] of changes) {
    test(`${says} is ${reason === undefined ? "ignored" : "parked for a person"}`, () => {
      const [record] = recordsOf(topic, JSON.stringify(body));
      assert.ok(record?.is === "ignored" || record?.is === "invalid");
      assert.equal(record.is === "invalid" ? record.reason : undefined, reason);
      assert.match(record.is === "invalid" ? record.message : record.reason, text);
    });
  }
});

test("a body that is nested too deeply to be read without rounding says so", () => {
  const [record] = recordsOf(
    "orders/create",
    `[9007199254740993,${"[".repeat(200_000)}${"]".repeat(200_000)}]`,
  );
  assert.ok(record?.is === "invalid");
  assert.equal(record.message, "the body is nested too deeply");
});

test("of a line that has left in part, only what has not left is wanted", () => {
  const lines = [
    line({ quantity: 5, current_quantity: 4, fulfillable_quantity: 1, fulfillment_status: "partial" }),
    line({ id: "9107199254740999", quantity: 5, current_quantity: 5, fulfillable_quantity: 0 }),
  ];
  const [record] = recordsOf("orders/updated", orderBody({ lines }));
  assert.ok(record?.is === "order");
  assert.deepEqual(
    record.statement.data.lines.map(({ quantity }) => quantity.value),
    [1, 5],
  );
});

test("levels and unknown topics are ignored with a reason", () => {
  for (const topic of ["inventory_levels/update", "app/uninstalled", "<script>"]) {
    const [record] = recordsOf(topic, "{}");
    assert.ok(record?.is === "ignored");
    assert.ok(record.reason.length > 10);
  }
});

describe("whatever the bytes", () => {
  const topics = fc.constantFrom(
    "orders/create",
    "orders/updated",
    "orders/cancelled",
    "orders/edited",
    "refunds/create",
    "inventory_levels/update",
    "x/y",
    "",
  );
  const isStatement = checker(OrderStatement);

  test("nothing throws, and the part is the delivery", () => {
    fc.assert(
      fc.property(fc.uint8Array(), topics, fc.string(), (body, topic, id) => {
        const headers = { "x-shopify-topic": topic, "x-shopify-event-id": id, "x-shopify-hmac-sha256": id };
        intake.authenticate({ headers, body }, account);
        const parts = intake.split({ headers, body }, account);
        assert.deepEqual(Buffer.concat(parts.map((part) => part.body)), Buffer.from(body));
        for (const part of parts) assert.ok(intake.map(part, headers, account).records.length > 0);
      }),
    );
  });

  test("an order statement always fits the canonical schema", () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
    const loose = (record: Record<string, fc.Arbitrary<unknown>>) =>
      fc.record(record, { requiredKeys: [] }) as fc.Arbitrary<object>;
    const lines = fc.array(
      loose({
        id: fc.oneof(fc.integer({ min: 1 }), fc.bigInt({ min: 1n, max: 2n ** 64n }).map(String), scalar),
        variant_id: fc.oneof(fc.integer({ min: 1 }), scalar),
        sku: scalar,
        name: scalar,
        quantity: fc.oneof(fc.nat(), scalar),
        current_quantity: fc.oneof(fc.nat(), scalar),
        price: scalar,
      }),
      { maxLength: 4 },
    );
    const order = loose({
      id: fc.oneof(fc.integer({ min: 1 }), scalar),
      name: scalar,
      created_at: fc.oneof(fc.constant("2026-11-20T14:03:07-05:00"), scalar),
      currency: scalar,
      po_number: scalar,
      shipping_address: fc.oneof(fc.object(), scalar),
      line_items: fc.oneof(lines, scalar),
    });
    fc.assert(
      fc.property(order, (body) => {
        for (const record of recordsOf("orders/create", JSON.stringify(body))) {
          if (record.is === "order") assert.ok(isStatement(record.statement).ok);
        }
      }),
      { numRuns: 300 },
    );
  });
});
