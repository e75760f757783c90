import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { EXAMPLES } from "../../src/gateway/examples.ts";
import { toJson } from "../../src/gateway/open-api.ts";
import { shop } from "./ports.ts";
import { by, createWorld } from "./world.ts";

const world = await createWorld();
const key = world.key();

const paths = [
  "/process/v1/reservations",
  "/process/v1/reservations/r-1/allocate",
  "/process/v1/orders",
  "/system/v1/inventory/facts",
  "/system/v1/connectors/shop-1/messages",
  "/system/v1/parked/msg-1/0/retry",
  "/system/v1/parked/msg-1/1/drop",
];

const runs = 250;

/** Journeys that were answered, by their correlation ids. */
const journeys = new Set<unknown>();

/** An example in which one place holds something else. */
function mutated(example: object) {
  const text = JSON.stringify({ ...example, ...("accountId" in example ? { accountId: shop } : {}) });
  const places = [...text.matchAll(/"[^"]*"(?=[,}\]])|\d+(?=[,}\]])/g)].map((match) => ({
    at: match.index,
    length: match[0].length,
  }));
  return fc.tuple(fc.nat({ max: places.length - 1 }), fc.jsonValue()).map(([index, value]) => {
    const { at, length } = places[index] ?? { at: 0, length: 0 };
    return text.slice(0, at) + JSON.stringify(value) + text.slice(at + length);
  });
}

const examples = ["reserve", "placeOrder", "reportFacts"].flatMap((id) => EXAMPLES[id]?.request ?? []);
const bodies = fc.oneof(
  fc.json(),
  fc.string(),
  ...examples.map((example) => mutated(example)),
  ...examples.map((example) => fc.constant(JSON.stringify(toJson(example)))),
);
const headers = fc.record(
  {
    "content-type": fc.constantFrom(
      "application/json",
      "application/json; charset=latin1",
      "text/plain",
      "x",
      "application/edi-x12",
    ),
    "idempotency-key": fc.stringMatching(/^[\x21-\x7e]{1,40}$/),
    prefer: fc.stringMatching(/^[\x20-\x7e]{0,40}$/),
    "x-correlation-id": fc.stringMatching(/^[\x21-\x7e]{1,120}$/),
    accept: fc.constantFrom("*/*", "text/html", "application/json"),
  },
  { requiredKeys: [] },
);

for (const path of paths) {
  test(`no body and no header makes ${path} fail, and every refusal is a problem`, async () => {
    await fc.assert(
      fc.asyncProperty(bodies, headers, async (payload, fields) => {
        const answer = await world.gateway.inject({
          method: "POST",
          url: path,
          headers: by(key, { "content-type": "application/json", ...fields }),
          payload,
        });
        assert.ok(answer.statusCode < 500, `${answer.statusCode}: ${answer.body}`);
        journeys.add(answer.headers["x-correlation-id"]);
        if (answer.statusCode < 400) return;
        assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
        const problem = answer.json();
        assert.equal(problem.status, answer.statusCode);
        // A repeated key gets the first answer, and that names the journey in which it arose.
        if (answer.headers["idempotent-replayed"] === "true") assert.ok(journeys.has(problem.correlationId));
        else assert.equal(problem.correlationId, answer.headers["x-correlation-id"]);
      }),
      { numRuns: runs },
    );
  });
}

const readings = [
  "/process/v1/orders",
  "/experience/v1/availability",
  "/system/v1/positions",
  "/system/v1/positions/17/explanation",
  "/system/v1/events",
  "/system/v1/parked",
  "/system/v1/connectors/wms-berlin/outbox",
];
const names = fc.constantFrom(
  "after",
  "limit",
  "type",
  "sku",
  "item",
  "channel",
  "location",
  "__proto__",
  "x",
);
const queries = fc
  .array(
    fc.tuple(
      names,
      fc.oneof(fc.string(), fc.integer().map(String), fc.constantFrom("web", "8.1", "BOLT-M8")),
    ),
    { maxLength: 6 },
  )
  .map((pairs) =>
    pairs.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join("&"),
  );

test("no query makes a list fail", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...readings), queries, async (path, query) => {
      const answer = await world.gateway.inject({ url: `${path}?${query}`, headers: by(key) });
      assert.ok(answer.statusCode < 500, `${answer.statusCode}: ${answer.body}`);
    }),
    { numRuns: 800 },
  );
});

// Found by the property above, when it drew one body and one key twice.
test("a refusal that is told again under its key is the first, word by word, in a journey of its own", async () => {
  const headersOf = by(key, { "content-type": "application/json", "idempotency-key": "told-again" });
  const request = { method: "POST" as const, url: "/process/v1/orders", headers: headersOf };
  const payload = JSON.stringify(toJson(EXAMPLES.placeOrder?.request ?? {}));
  const first = await world.gateway.inject({ ...request, payload });
  const again = await world.gateway.inject({ ...request, payload });
  assert.equal(first.statusCode, 404, "no test has the account of the example");
  assert.deepEqual([again.statusCode, again.body], [404, first.body]);
  assert.equal(again.json().correlationId, first.headers["x-correlation-id"]);
  assert.notEqual(again.headers["x-correlation-id"], first.headers["x-correlation-id"]);
});

// Found by the property above: a member that is called like what every object inherits.
for (const type of [{ toString: 0 }, [{ toString: null }], { valueOf: "", toString: "" }]) {
  test(`a statement whose type is ${JSON.stringify(type)} is refused like any other of a wrong form`, async () => {
    const answer = await world.gateway.inject({
      method: "POST",
      url: "/system/v1/inventory/facts",
      headers: by(key, { "content-type": "application/json" }),
      payload: JSON.stringify({ accountId: shop, statements: [{ type }] }),
    });
    assert.equal(answer.statusCode, 400, answer.body);
    assert.equal(answer.json().errors[0].pointer, "/statements/0/type");
  });
}

test("a body that nests without end is refused like any other", async () => {
  const deep = `{"accountId":"${shop}","statements":[${"[".repeat(200_000)}${"]".repeat(200_000)}]}`;
  const headersOf = by(key, { "content-type": "application/json", "idempotency-key": "deep" });
  for (const url of ["/system/v1/inventory/facts", "/process/v1/orders"]) {
    const answer = await world.gateway.inject({ method: "POST", url, headers: headersOf, payload: deep });
    assert.equal(answer.statusCode, 400);
  }
});
