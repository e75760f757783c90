import assert from "node:assert/strict";
import { test } from "node:test";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { EXAMPLES } from "../../src/gateway/examples.ts";
import type { KeyedAnswersPort } from "../../src/gateway/index.ts";
import { shop, warehouse } from "./ports.ts";
import { by, createWorld, type World } from "./world.ts";

const url = "/process/v1/orders";

function orderOf(number: string, more: object = {}): object {
  const lines = [
    { lineId: "1", item: { scheme: "sku", value: "BOLT-M8" }, quantity: { value: 2, unit: "EA" } },
  ];
  const data = { orderNumber: number, placedAt: "2026-03-02T08:00:00Z", lines, ...more };
  const order = { type: "OrderReceived", id: `event-${number}`, effectiveAt: "2026-03-02T08:00:00Z", data };
  return { accountId: shop, order };
}

function placing(world: World, payload: object, headers: Record<string, string> = {}) {
  const options: InjectOptions = { method: "POST", url, headers: by(world.key(), headers), payload };
  return world.gateway.inject(options);
}

test("an order is kept, answered with 202, and can be read where the answer points", async () => {
  const world = await createWorld();
  const answer = await placing(world, orderOf("1001"), { "x-correlation-id": "journey-5" });
  assert.equal(answer.statusCode, 202);
  const { orderId } = answer.json();
  assert.deepEqual(answer.json(), { answer: "accepted", orderId });
  assert.equal(answer.headers.location, `${url}/${orderId}`);
  const read = await world.gateway.inject({ url: `${url}/${orderId}`, headers: by(world.key()) });
  assert.equal(read.statusCode, 200);
  assert.deepEqual(read.json(), JSON.parse(JSON.stringify(world.memory.orders.orders.get(orderId))));
  assert.equal(read.json().correlationId, "journey-5");
});

test("the same order again is a success that says so; another of its number is a conflict", async () => {
  const world = await createWorld();
  const first = await placing(world, orderOf("1001"));
  const again = await placing(world, orderOf("1001"));
  assert.equal(again.statusCode, 200);
  assert.deepEqual(again.json(), { answer: "duplicate", orderId: first.json().orderId });
  const other = await placing(world, orderOf("1001", { policy: "partial" }));
  assert.equal(other.statusCode, 409);
  assert.equal(other.json().code, "order-number-taken");
  assert.equal(other.json().orderId, first.json().orderId);
});

test("an order that names something new is kept and waits", async () => {
  const world = await createWorld();
  const lines = [
    { lineId: "1", item: { scheme: "new", value: "NEW-1" }, quantity: { value: 2, unit: "EA" } },
  ];
  const answer = await placing(world, orderOf("1002", { lines }));
  assert.equal(answer.statusCode, 202);
  assert.equal(answer.json().answer, "parked");
});

test("an order that cannot be is refused with what is wrong", async () => {
  const world = await createWorld();
  const lines = [{ lineId: "1", item: { scheme: "sku", value: "A" }, quantity: { value: 0, unit: "EA" } }];
  const answer = await placing(world, orderOf("1003", { lines }));
  assert.equal(answer.statusCode, 422);
  assert.equal(answer.json().errors[0].pointer, "/order/data/lines/0/quantity");
});

test("an account that does not exist is named", async () => {
  const world = await createWorld();
  const answer = await placing(world, { ...orderOf("1004"), accountId: "nobody" });
  assert.equal(answer.statusCode, 404);
  assert.equal(answer.json().code, "unknown-account");
});

test("a repeated key is answered byte for byte without asking again", async () => {
  const world = await createWorld();
  const headers = { "idempotency-key": '"order-1005"' };
  const first = await placing(world, orderOf("1005"), headers);
  const again = await placing(world, orderOf("1005"), headers);
  assert.equal(again.statusCode, 202);
  assert.equal(again.body, first.body);
  assert.equal(again.headers.location, first.headers.location);
  assert.equal(again.headers["idempotent-replayed"], "true");
  assert.equal(world.memory.orders.submissions, 1);
});

test("a refusal that would be the same next time is kept as well", async () => {
  const world = await createWorld();
  await placing(world, orderOf("1006"));
  const headers = { "idempotency-key": "k" };
  const first = await placing(world, orderOf("1006", { policy: "partial" }), headers);
  const again = await placing(world, orderOf("1006", { policy: "partial" }), headers);
  assert.equal(again.statusCode, 409);
  assert.equal(again.body, first.body);
  assert.match(String(again.headers["content-type"]), /problem\+json/);
});

test("a key with another body or another path is refused; a body that breaks the schema leaves the key free", async () => {
  const world = await createWorld();
  const headers = { "idempotency-key": "k" };
  assert.equal((await placing(world, { accountId: shop }, headers)).statusCode, 400);
  assert.equal((await placing(world, orderOf("1007"), headers)).statusCode, 202);
  assert.equal((await placing(world, orderOf("1008"), headers)).json().code, "idempotency-key-reused");
  const facts = { accountId: warehouse, statements: [{}] };
  const elsewhere = await world.gateway.inject({
    method: "POST",
    url: "/system/v1/inventory/facts",
    headers: by(world.key(), headers),
    payload: facts,
  });
  assert.equal(elsewhere.json().code, "idempotency-key-reused");
});

test("one client's keys are not another's", async () => {
  const world = await createWorld();
  const send = (client: string, number: string) =>
    world.gateway.inject({
      method: "POST",
      url,
      headers: by(world.key({ client }), { "idempotency-key": "k" }),
      payload: orderOf(number),
    });
  assert.equal((await send("a", "1009")).statusCode, 202);
  assert.equal((await send("b", "1010")).statusCode, 202);
});

test("while the first request runs, its repetition is told to come again", async () => {
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<{ is: "unknown-account" }>();
  const { orders } = (await createWorld()).memory;
  const slow = {
    ...orders,
    submit() {
      begun.resolve();
      return held.promise;
    },
  };
  const world = await createWorld({ replace: { orders: slow } });
  const first = placing(world, orderOf("1011"), { "idempotency-key": "k" });
  await begun.promise;
  const again = await placing(world, orderOf("1011"), { "idempotency-key": "k" });
  assert.equal(again.statusCode, 409);
  assert.equal(again.json().code, "idempotency-key-in-flight");
  assert.equal(again.headers["retry-after"], "1");
  held.resolve({ is: "unknown-account" });
  assert.equal((await first).statusCode, 404);
});

test("a run that fails gives its key back, so that a repetition may succeed", async () => {
  const { orders } = (await createWorld()).memory;
  let failures = 1;
  const flaky = {
    ...orders,
    submit: (order: Parameters<typeof orders.submit>[0]) =>
      failures-- > 0 ? Promise.reject(new Error("broken")) : orders.submit(order),
  };
  const world = await createWorld({ replace: { orders: flaky } });
  assert.equal((await placing(world, orderOf("1012"), { "idempotency-key": "k" })).statusCode, 500);
  assert.equal((await placing(world, orderOf("1012"), { "idempotency-key": "k" })).statusCode, 202);
});

test("an order that was taken is answered even when the answer cannot be kept", async () => {
  const keyedAnswers: KeyedAnswersPort = {
    claim: async () => ({ is: "claimed", claim: "c" }),
    keep: () => Promise.reject(new Error("the disk is full")),
    keepWithin: () => Promise.reject(new Error("nothing is kept within an order")),
    release: async () => undefined,
  };
  const world = await createWorld({ replace: { keyedAnswers } });
  assert.equal((await placing(world, orderOf("1013"), { "idempotency-key": "k" })).statusCode, 202);
  assert.deepEqual(
    world.lines.filter((line) => line.level === "warn").map((line) => line.event),
    ["gateway.answer-not-kept"],
  );
});

test("orders are listed page by page, and the link leads through all of them", async () => {
  const world = await createWorld();
  for (const number of ["1", "2", "3", "4", "5"]) await placing(world, orderOf(number));
  const seen: string[] = [];
  let next: string | undefined = `${url}?limit=2`;
  while (next !== undefined) {
    const page: LightMyRequestResponse = await world.gateway.inject({ url: next, headers: by(world.key()) });
    assert.equal(page.statusCode, 200);
    seen.push(...page.json().orders.map((order: { orderNumber: string }) => order.orderNumber));
    next = /^<([^>]+)>; rel="next"$/.exec(String(page.headers.link))?.[1];
  }
  assert.deepEqual(seen, ["1", "2", "3", "4", "5"]);
});

test("a page's size and cursor are checked", async () => {
  const world = await createWorld();
  const list = (query: string) => world.gateway.inject({ url: `${url}?${query}`, headers: by(world.key()) });
  for (const query of [
    "limit=0",
    "limit=1001",
    "limit=ten",
    "limit=1.5",
    "limit=1&limit=2",
    "after=%20",
    "page=2",
  ]) {
    const answer = await list(query);
    assert.equal(answer.json().code, "invalid-request", query);
  }
  assert.equal((await list("after=elsewhere")).json().code, "invalid-cursor");
});

test("the published example of an order is taken", async () => {
  const world = await createWorld();
  const example = EXAMPLES.placeOrder?.request ?? {};
  const answer = await placing(world, { ...example, accountId: shop });
  assert.equal(answer.statusCode, 202);
});
