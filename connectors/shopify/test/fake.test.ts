import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, describe, test } from "node:test";
import { fakeServer } from "@crossdock/connector-kit/testing";
import { shopify } from "@crossdock/connector-shopify";
import {
  type FakeShopify,
  type FakeShopifyOptions,
  startFakeShopify,
} from "@crossdock/connector-shopify/fake";
import { READ_LEVELS, READ_ORDER, SET_QUANTITIES } from "../src/documents.ts";
import { accountOf, contracts, withoutContracts } from "./support.ts";

const closing: { close(): Promise<void> }[] = [];
after(async () => {
  await Promise.all(closing.map((one) => one.close()));
});

async function shop(options: Partial<FakeShopifyOptions> = {}): Promise<FakeShopify> {
  const items = [{ sku: "A", available: 10 }, { sku: "B", available: 10 }, { sku: "C" }];
  const fake = await startFakeShopify({ seed: 5, items, ...options });
  closing.push(fake);
  return fake;
}

type Answer = {
  readonly status: number;
  readonly body: {
    readonly data?: Record<string, { userErrors?: { code?: string; field?: string[] }[] }>;
    readonly errors?: { message: string; extensions?: { code?: string } }[];
    readonly extensions?: { cost: { throttleStatus: { currentlyAvailable: number } } };
  };
};

async function ask(fake: FakeShopify, query: string, variables: object, token?: string): Promise<Answer> {
  const accessToken = token ?? fake.account.secrets.accessToken;
  const response = await fetch(fake.url, {
    method: "POST",
    headers: { "content-type": "application/json", "x-shopify-access-token": accessToken },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as Answer["body"];
  return { status: response.status, body };
}

const rowOf = (fake: FakeShopify, sku: string, quantity: number, changeFromQuantity?: number | null) => ({
  inventoryItemId: fake.items().find((item) => item.sku === sku)?.listing,
  locationId: fake.account.settings.locationId,
  quantity,
  ...(changeFromQuantity === undefined ? {} : { changeFromQuantity }),
});
const inputOf = (...quantities: readonly object[]) => ({
  name: "available",
  reason: "correction",
  quantities,
});
const topCode = ({ body }: Answer) => body.errors?.[0]?.extensions?.code;
const userCodes = ({ body }: Answer) =>
  Object.values(body.data ?? {}).flatMap(({ userErrors = [] }) => userErrors.map(({ code }) => code));

describe("the fake refuses what the vendor refuses", () => {
  test("a wrong token, with HTTP 401", async () => {
    const fake = await shop();
    assert.equal((await ask(fake, READ_LEVELS, { ids: [], locationId: "" }, "wrong")).status, 401);
  });

  test("a mutation without @idempotent, before it looks at anything", async () => {
    const fake = await shop();
    const bare = SET_QUANTITIES.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "");
    const answer = await ask(fake, bare, { input: inputOf(rowOf(fake, "A", 1, 10)) });
    assert.equal(topCode(answer), "BAD_REQUEST");
    assert.equal(fake.available("A"), 10);
  });

  test("a row that leaves changeFromQuantity out, though null is allowed", async () => {
    const fake = await shop();
    const without = await ask(fake, SET_QUANTITIES, { input: inputOf(rowOf(fake, "A", 1)), key: "1" });
    assert.equal(topCode(without), "INVALID_FIELD_ARGUMENTS");
    const withNull = await ask(fake, SET_QUANTITIES, { input: inputOf(rowOf(fake, "A", 1, null)), key: "2" });
    assert.deepEqual(userCodes(withNull), []);
    assert.equal(fake.available("A"), 1);
  });

  test("more than 250 rows", async () => {
    const fake = await shop();
    const rows = Array.from({ length: 251 }, () => rowOf(fake, "A", 1, 10));
    const answer = await ask(fake, SET_QUANTITIES, { input: inputOf(...rows), key: "1" });
    assert.equal(topCode(answer), "MAX_INPUT_SIZE_EXCEEDED");
  });

  test("a whole call for one stale row, and says which", async () => {
    const fake = await shop();
    const input = inputOf(rowOf(fake, "A", 1, 10), rowOf(fake, "B", 1, 9));
    const { body } = await ask(fake, SET_QUANTITIES, { input, key: "1" });
    assert.deepEqual(
      body.data?.inventorySetQuantities?.userErrors?.map(({ code, field }) => [code, field]),
      [["CHANGE_FROM_QUANTITY_STALE", ["input", "quantities", "1", "changeFromQuantity"]]],
    );
    assert.deepEqual([fake.available("A"), fake.available("B")], [10, 10]);
  });

  test("a key that comes with other parameters; with the same it gives the first answer", async () => {
    const fake = await shop();
    const input = inputOf(rowOf(fake, "A", 1, 10));
    assert.deepEqual(userCodes(await ask(fake, SET_QUANTITIES, { input, key: "k" })), []);
    assert.deepEqual(userCodes(await ask(fake, SET_QUANTITIES, { input, key: "k" })), []);
    const other = inputOf(rowOf(fake, "A", 2, 1));
    assert.deepEqual(userCodes(await ask(fake, SET_QUANTITIES, { input: other, key: "k" })), [
      "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
    ]);
    assert.equal(fake.effects(), 1);
  });

  test("a call that the bucket cannot pay, with HTTP 200", async () => {
    const fake = await shop({ now: () => new Date(0) });
    fake.bucket.drainTo(9);
    const answer = await ask(fake, SET_QUANTITIES, { input: inputOf(rowOf(fake, "A", 1, 10)), key: "1" });
    assert.deepEqual([answer.status, topCode(answer)], [200, "THROTTLED"]);
    assert.equal(answer.body.extensions?.cost.throttleStatus.currentlyAvailable, 9);
  });

  test("a document that is not valid in the published schema", { skip: withoutContracts }, async () => {
    const fake = await shop(contracts === undefined ? {} : { contracts });
    assert.ok(fake.validates);
    const wrong = READ_LEVELS.replace("quantities(names", "quantity(names");
    const answer = await ask(fake, wrong, { ids: [], locationId: "gid://shopify/Location/1" });
    assert.match(answer.body.errors?.[0]?.message ?? "", /Cannot query field "quantity"/);
  });
});

describe("the fake's shop", () => {
  test("lowers what is available with every order, and sells no more than that", async () => {
    const fake = await shop();
    assert.equal(fake.placeOrder([{ sku: "A", quantity: 8 }]).placed, true);
    assert.equal(fake.available("A"), 2);
    assert.deepEqual(fake.placeOrder([{ sku: "A", quantity: 3 }]), {
      placed: false,
      reason: "A is sold out",
    });
    assert.equal(fake.placeOrder([{ sku: "C", quantity: 1 }]).placed, false);
  });

  test("puts back what an order took when that is cancelled", async () => {
    const fake = await shop();
    const placed = fake.placeOrder([{ sku: "A", quantity: 8 }]);
    assert.ok(placed.placed);
    assert.equal(fake.cancelOrder(placed.orderId), true);
    assert.equal(fake.available("A"), 10);
  });

  test("has ids that no JavaScript number holds", async () => {
    const fake = await shop();
    for (const { variantId } of fake.items()) assert.ok(BigInt(variantId) > BigInt(Number.MAX_SAFE_INTEGER));
  });
});

describe("webhooks", () => {
  test("are signed, name their shop, and the connector takes the order exactly", async () => {
    const fake = await shop();
    const placed = fake.placeOrder([{ sku: "A", quantity: 2 }]);
    assert.ok(placed.placed);
    const account = accountOf(fake.account);
    for (const message of fake.webhooks) {
      assert.deepEqual(shopify.intake?.authenticate(message, account), { genuine: true });
    }
    const [created] = fake.webhooks;
    assert.ok(created?.topic === "orders/create");
    const [part] = shopify.intake?.split(created, account) ?? [];
    assert.ok(part !== undefined);
    const [record] = shopify.intake?.map(part, created.headers, account).records ?? [];
    assert.ok(record?.is === "order");
    assert.equal(record.statement.data.attributes?.shopifyOrderId, placed.orderId);
    assert.equal(record.statement.data.lines[0]?.item.value, fake.items()[0]?.variantId);
  });

  test("tell our own writes as well, and nothing in them says that they are ours", async () => {
    const fake = await shop();
    await ask(fake, SET_QUANTITIES, { input: inputOf(rowOf(fake, "A", 4, 10)), key: "1" });
    assert.deepEqual(
      fake.webhooks.map(({ topic }) => topic),
      ["inventory_levels/update"],
    );
  });

  test("come twice and out of order as the seed has it, each event under one id", async () => {
    const arrived: { readonly eventId: string; readonly genuine: boolean }[] = [];
    const receiver = await fakeServer({
      handle: ({ headers, body }) => {
        const hmac = createHmac("sha256", "fake-client-secret").update(body).digest("base64");
        arrived.push({
          eventId: headers["x-shopify-event-id"] ?? "",
          genuine: headers["x-shopify-hmac-sha256"] === hmac,
        });
        return { status: 202 };
      },
    });
    closing.push(receiver);
    const orders: string[][] = [];
    for (const run of [1, 2]) {
      arrived.length = 0;
      const fake = await shop({
        seed: 42,
        webhooks: { url: `${receiver.url}/run-${run}` },
        webhookFaults: { duplicate: 0.5, reorder: 0.5 },
      });
      for (let order = 0; order < 5; order += 1) fake.placeOrder([{ sku: "A", quantity: 1 }]);
      await fake.webhooksSettled();
      assert.ok(arrived.every(({ genuine }) => genuine));
      orders.push(arrived.map(({ eventId }) => eventId));
    }
    const [first = [], second = []] = orders;
    assert.deepEqual(first, second);
    assert.equal(new Set(first).size, 10);
    assert.ok(first.length > 10, "some come twice");
  });

  test("are sent only of topics that were subscribed to", async () => {
    const topics: string[] = [];
    const receiver = await fakeServer({
      handle: ({ headers }) => {
        topics.push(headers["x-shopify-topic"] ?? "");
        return { status: 202 };
      },
    });
    closing.push(receiver);
    const fake = await shop({ webhooks: { url: receiver.url, topics: ["orders/create"] } });
    fake.placeOrder([{ sku: "A", quantity: 1 }]);
    await fake.webhooksSettled();
    assert.deepEqual(topics, ["orders/create"]);
  });

  test("are sent again with the same body until they are taken", async () => {
    const bodies: string[] = [];
    const receiver = await fakeServer({
      handle: ({ body }) => {
        bodies.push(new TextDecoder().decode(body));
        return { status: bodies.length < 3 ? 503 : 202 };
      },
    });
    closing.push(receiver);
    const fake = await shop({ webhooks: { url: receiver.url }, webhookRetryDelayMs: 1 });
    fake.setAvailable("A", 3);
    await fake.webhooksSettled();
    assert.equal(bodies.length, 3);
    assert.equal(new Set(bodies).size, 1);
    assert.equal(fake.webhooks[0]?.attempts, 3);
  });
});

test("an order of an earlier run is known again under its ids, and sells nothing", async () => {
  const before = await shop();
  const lines = [
    { sku: "A", quantity: 2 },
    { sku: "B", quantity: 1 },
  ];
  const placed = before.placeOrder(lines);
  assert.ok(placed.placed);
  const order = before.order(placed.orderId);
  const after = await shop({ firstOrderNumber: placed.orderNumber + 1 });
  after.recallOrder({ orderNumber: placed.orderNumber, lines, createdAt: new Date() });
  const ids = (known: typeof order) => [known?.id, known?.lines.map((line) => line.id), known?.work[0]?.id];
  assert.deepEqual(ids(after.order(placed.orderId)), ids(order));
  assert.deepEqual([after.available("A"), after.webhooks.length], [10, 0]);
});

test("a query costs what it finds, and not the most that it could have found", async () => {
  const fake = await shop({ now: () => new Date(0) });
  const placed = fake.placeOrder([{ sku: "A", quantity: 1 }]);
  assert.ok(placed.placed);
  fake.bucket.drainTo(500);
  const answer = await ask(fake, READ_ORDER, { id: placed.orderId });
  const left = answer.body.extensions?.cost.throttleStatus.currentlyAvailable ?? 0;
  assert.ok(left > 480 && left < 500, `${left} of 500 points are left`);
});

test("memory is bounded: only the latest webhooks are kept", async () => {
  const fake = await shop();
  for (let change = 0; change < 1_100; change += 1) fake.setAvailable("A", change);
  assert.equal(fake.webhooks.length, 1_000);
});
