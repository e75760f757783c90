import assert from "node:assert/strict";
import { test } from "node:test";
import { correlationIdOf } from "../../src/gateway/correlation.ts";
import { readIdempotencyKey, requestFingerprint } from "../../src/gateway/idempotency.ts";
import { waitSeconds } from "../../src/gateway/preference.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";

const correlations = [
  {
    says: "the caller's id is taken over",
    fields: { "x-correlation-id": "order-1001/retry.2" },
    id: "order-1001/retry.2",
  },
  { says: "without one a new one is made", fields: {}, id: "new" },
  { says: "an id with a line break is replaced", fields: { "x-correlation-id": "a\nb" }, id: "new" },
  { says: "an id of 101 characters is replaced", fields: { "x-correlation-id": "x".repeat(101) }, id: "new" },
  {
    says: "the trace id stands in for a missing id",
    fields: { traceparent: `00-${trace}-00f067aa0ba902b7-01` },
    id: trace,
  },
  {
    says: "the caller's id goes before the trace id",
    fields: { "x-correlation-id": "mine", traceparent: `00-${trace}-00f067aa0ba902b7-01` },
    id: "mine",
  },
  {
    says: "a trace id of zeros is none",
    fields: { traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` },
    id: "new",
  },
  {
    says: "the forbidden version ff is no trace",
    fields: { traceparent: `ff-${trace}-00f067aa0ba902b7-01` },
    id: "new",
  },
  {
    says: "a later version may say more",
    fields: { traceparent: `01-${trace}-00f067aa0ba902b7-01-x` },
    id: trace,
  },
];

for (const { says, fields, id } of correlations) {
  test(says, () =>
    assert.equal(
      correlationIdOf(fields, () => "new"),
      id,
    ),
  );
}

const waits: [string | undefined, number][] = [
  [undefined, 0],
  ["wait=5", 5],
  ["respond-async, wait=3", 3],
  ["return=minimal; foo, Wait = 7", 7],
  ["wait=600", 10],
  ["wait=-1", 0],
  ["wait=soon", 0],
  ["await=5", 0],
];

for (const [field, seconds] of waits) {
  test(`Prefer: ${field} waits for ${seconds} s`, () => assert.equal(waitSeconds(field), seconds));
}

const keys: [string | undefined, ReturnType<typeof readIdempotencyKey>][] = [
  [undefined, { is: "absent" }],
  ['"8e03978e-40d5"', { is: "key", key: "8e03978e-40d5" }],
  ["8e03978e-40d5", { is: "key", key: "8e03978e-40d5" }],
  ['"a\\"b\\\\c d"', { is: "key", key: 'a"b\\c d' }],
  ['"open', { is: "malformed" }],
  ["two words", { is: "malformed" }],
  ["", { is: "malformed" }],
  ['""', { is: "malformed" }],
  ["x".repeat(200), { is: "key", key: "x".repeat(200) }],
  ["x".repeat(201), { is: "malformed" }],
  ["schlüssel", { is: "malformed" }],
];

for (const [field, reading] of keys) {
  test(`the key in ${field?.slice(0, 24)} is ${reading.is}`, () =>
    assert.deepEqual(readIdempotencyKey(field), reading));
}

test("a request is another when method, path or body differ by a byte", () => {
  const base = { method: "POST", path: "/a", body: "{}" };
  const others = [base, { ...base, method: "PUT" }, { ...base, path: "/b" }, { ...base, body: "{ }" }];
  assert.equal(new Set(others.map(requestFingerprint)).size, 4);
});
