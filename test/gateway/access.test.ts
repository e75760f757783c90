import assert from "node:assert/strict";
import { test } from "node:test";
import type { LightMyRequestResponse } from "fastify";
import { ALL_SCOPES, type SCOPES } from "../../src/gateway/index.ts";
import { platformErrors, Retryable } from "../../src/platform/index.ts";
import { shop, warehouse } from "./ports.ts";
import { boltRequest, by, createWorld } from "./world.ts";

const reserve = { method: "POST", url: "/process/v1/reservations" } as const;

/** One request for each scope, with nothing wrong in it but the key. */
const requests = {
  "messages:write": { method: "POST", url: "/system/v1/connectors/shop-1/messages", payload: "hello" },
  "messages:read": { method: "GET", url: "/system/v1/messages/msg-1" },
  "documents:read": { method: "GET", url: "/system/v1/connectors/wms-berlin/outbox" },
  "facts:write": { method: "POST", url: "/system/v1/inventory/facts", payload: {} },
  "positions:read": { method: "GET", url: "/system/v1/positions" },
  "ownership:write": { method: "POST", url: "/system/v1/ownership", payload: {} },
  "events:read": { method: "GET", url: "/system/v1/events" },
  "parked:read": { method: "GET", url: "/system/v1/parked" },
  "parked:write": { method: "POST", url: "/system/v1/parked/msg-1/0/retry" },
  "supply:write": { method: "PUT", url: "/system/v1/supply/decision", payload: {} },
  "drift:write": { method: "POST", url: "/system/v1/inventory/snapshots/1/accept", payload: {} },
  "reservations:write": { ...reserve, payload: boltRequest(1) },
  "reservations:read": { method: "GET", url: "/process/v1/reservations/r-1" },
  "protections:write": { method: "POST", url: "/process/v1/ring-fences", payload: {} },
  "rules:write": { method: "POST", url: "/process/v1/rules/drafts", payload: {} },
  "rules:approve": { method: "POST", url: "/process/v1/rules/rollbacks", payload: {} },
  "orders:write": { method: "POST", url: "/process/v1/orders", payload: {} },
  "orders:read": { method: "GET", url: "/process/v1/orders" },
  "master-data:read": { method: "GET", url: "/system/v1/items" },
  "master-data:write": { method: "POST", url: "/system/v1/master-data", payload: { records: [{}] } },
  "partner:read": { method: "GET", url: "/experience/v1/partner/items" },
  "warehouse:read": { method: "GET", url: "/experience/v1/warehouse/scan" },
  "storefront:read": { method: "GET", url: "/experience/v1/storefront?channel=web&sku=A" },
  "availability:read": { method: "GET", url: "/experience/v1/availability?channel=web&sku=A" },
} as const satisfies Record<keyof typeof SCOPES, object>;

for (const scope of ALL_SCOPES) {
  test(`without ${scope} its operations are refused, with it they are not`, async () => {
    const { gateway, key } = await createWorld();
    const others = key({ scopes: ALL_SCOPES.filter((each) => each !== scope) });
    const refused = await gateway.inject({ ...requests[scope], headers: by(others) });
    assert.equal(refused.statusCode, 403);
    assert.equal(refused.json().missingScope, scope);
    assert.match(String(refused.headers["www-authenticate"]), /insufficient_scope/);
    const allowed = await gateway.inject({ ...requests[scope], headers: by(key({ scopes: [scope] })) });
    assert.ok(![401, 403].includes(allowed.statusCode), `${allowed.statusCode}`);
  });
}

test("a key without scopes may do nothing", async () => {
  const { gateway, key } = await createWorld();
  const idle = key({ scopes: [] });
  for (const scope of ALL_SCOPES) {
    assert.equal((await gateway.inject({ ...requests[scope], headers: by(idle) })).statusCode, 403);
  }
});

const METHODS: Readonly<Record<string, "GET" | "POST" | "PUT" | "PATCH" | "DELETE">> = {
  get: "GET",
  post: "POST",
  put: "PUT",
  patch: "PATCH",
  delete: "DELETE",
};

test("every operation but the open ones needs a key", async () => {
  const { gateway } = await createWorld();
  const open = new Set(["isAlive", "isReady", "readMetrics", "deliverMessage"]);
  const document: { paths: Record<string, Record<string, { operationId: string }>> } = JSON.parse(
    JSON.stringify(gateway.document()),
  );
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, { operationId }] of Object.entries(item)) {
      const url = path.replaceAll(/\{\w+\}/g, "1");
      const answer = await gateway.inject({ method: METHODS[method] ?? "GET", url });
      assert.equal(
        answer.statusCode === 401,
        !open.has(operationId),
        `${method} ${path} gave ${answer.statusCode}`,
      );
    }
  }
});

test("a wrong, a revoked, an expired and a mistyped key are refused alike", async () => {
  const { gateway, key, keys, clock } = await createWorld();
  const revoked = key();
  for (const [id, stored] of keys) keys.set(id, { ...stored, revokedAt: clock.now() });
  const expired = key({ expiresAt: clock.now() });
  const cut = key().slice(0, -1);
  const stranger = await createWorld();
  for (const text of [revoked, expired, cut, stranger.key(), "cd_", "secret"]) {
    const answer = await gateway.inject({ ...reserve, headers: by(text), payload: boltRequest(1) });
    assert.equal(answer.statusCode, 401);
    assert.equal(answer.json().code, "invalid-api-key");
  }
});

test("another scheme than Bearer is no API key", async () => {
  const { gateway } = await createWorld();
  const answer = await gateway.inject({
    ...reserve,
    headers: { authorization: "Basic eDp5" },
    payload: boltRequest(1),
  });
  assert.equal(answer.json().code, "unauthenticated");
});

test("an account's key reaches its account and no other", async () => {
  const { gateway, key, memory } = await createWorld();
  const partner = by(key({ accounts: [warehouse] }));
  const shopMessage = await gateway.inject({
    method: "POST",
    url: `/system/v1/connectors/${shop}/messages`,
    headers: by(key()),
    payload: "x",
  });
  const messageId: string = shopMessage.json().messageIds[0];

  const outbox = (account: string) =>
    gateway.inject({ url: `/system/v1/connectors/${account}/outbox`, headers: partner });
  assert.equal((await outbox(warehouse)).statusCode, 200);
  assert.equal((await outbox(shop)).json().code, "account-not-granted");
  const statements = { accountId: shop, statements: [{}] };
  const facts = await gateway.inject({
    method: "POST",
    url: "/system/v1/inventory/facts",
    headers: partner,
    payload: statements,
  });
  assert.equal(facts.json().code, "account-not-granted");
  // What belongs to another is not even admitted to exist.
  assert.equal(
    (await gateway.inject({ url: `/system/v1/messages/${messageId}`, headers: partner })).statusCode,
    404,
  );
  const shopOnly = by(key({ accounts: [shop] }));
  assert.equal(
    (await gateway.inject({ url: "/system/v1/documents/doc-1/content", headers: shopOnly })).statusCode,
    404,
  );
  assert.deepEqual((await gateway.inject({ url: "/system/v1/parked", headers: shopOnly })).json().parked, []);
  const retry = await gateway.inject({
    method: "POST",
    url: "/system/v1/parked/msg-1/0/retry",
    headers: shopOnly,
  });
  assert.equal(retry.statusCode, 404);
  assert.equal(memory.messages.deliveries.length, 1);
});

test("a client beyond its quota is told when to come again, and others are not", async () => {
  const { gateway, key, clock } = await createWorld({ limits: { clientQuota: { perSecond: 2, burst: 4 } } });
  const url = "/system/v1/positions";
  const hasty = by(key({ client: "hasty" }));
  const answers: LightMyRequestResponse[] = [];
  for (let count = 0; count < 5; count += 1) answers.push(await gateway.inject({ url, headers: hasty }));
  assert.deepEqual(
    answers.map((answer) => answer.statusCode),
    [200, 200, 200, 200, 429],
  );
  const [first, , third, , last] = answers;
  assert.equal(first?.headers.ratelimit, undefined, "far from its limit a client is not told");
  assert.equal(third?.headers.ratelimit, '"default";r=1;t=2');
  assert.equal(last?.headers["ratelimit-policy"], '"default";q=4;w=2');
  assert.equal(last?.headers["retry-after"], "1");
  assert.equal(last?.json().code, "rate-limited");
  assert.equal((await gateway.inject({ url, headers: by(key({ client: "calm" })) })).statusCode, 200);
  clock.advance(1_000);
  assert.equal((await gateway.inject({ url, headers: hasty })).statusCode, 200);
});

test("two keys of one client share its quota", async () => {
  const { gateway, key } = await createWorld({ limits: { clientQuota: { perSecond: 1, burst: 1 } } });
  const url = "/system/v1/positions";
  assert.equal((await gateway.inject({ url, headers: by(key()) })).statusCode, 200);
  assert.equal((await gateway.inject({ url, headers: by(key()) })).statusCode, 429);
});

test("strangers cannot make the server look keys up as often as they like", async () => {
  const { gateway, keyLookUps } = await createWorld({ limits: { addressQuota: { perSecond: 1, burst: 3 } } });
  const stranger = await createWorld();
  for (let count = 0; count < 10; count += 1) {
    await gateway.inject({ ...reserve, headers: by(stranger.key()), payload: boltRequest(1) });
  }
  assert.equal(keyLookUps(), 3);
});

test("a store of keys that does not answer is our fault, and passes", async () => {
  const failing = {
    find: () => Promise.reject(new Retryable(platformErrors.databaseBusy, "no connection became free")),
  };
  const { gateway, key, lines } = await createWorld({ replace: { apiKeys: failing } });
  const answer = await gateway.inject({ ...reserve, headers: by(key()), payload: boltRequest(1) });
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.json().code, "temporarily-unavailable");
  assert.equal(answer.headers["retry-after"], "1");
  assert.deepEqual(
    lines.filter((line) => line.level === "warn").map((line) => line.event),
    ["gateway.failed"],
  );
});

test("beyond the requests that may be worked on at once the next is told to come again", async () => {
  const held = Promise.withResolvers<undefined>();
  const positions = {
    page: async () => ({ rows: [] }),
    find: () => held.promise,
    explain: async () => undefined,
  };
  const { gateway, key, metrics } = await createWorld({
    limits: { requestsInFlightMax: 2 },
    replace: { positions },
  });
  const headers = by(key());
  const ask = () => gateway.inject({ url: "/system/v1/positions/1", headers });
  const first = [ask(), ask()];
  await gateway.inject({ url: "/health/live" });
  const refused = await ask();
  assert.equal(refused.statusCode, 503);
  assert.equal(refused.json().code, "overloaded");
  assert.equal(refused.headers["retry-after"], "1");
  assert.match(await metrics.text(), /crossdock_gateway_requests_in_flight 2/);
  assert.equal((await gateway.inject({ url: "/health/ready" })).statusCode, 200);
  held.resolve(undefined);
  assert.deepEqual(
    (await Promise.all(first)).map((answer) => answer.statusCode),
    [404, 404],
  );
  assert.equal((await ask()).statusCode, 404);
});
