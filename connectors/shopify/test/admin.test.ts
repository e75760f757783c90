import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { HttpFailure, HttpResponse } from "@crossdock/connector-kit";
import fc from "fast-check";
import { type AdminAnswer, readAnswer, waitMs } from "../src/admin.ts";

const answered = (status: number, body: string, headers: Record<string, string> = {}): HttpResponse => ({
  status,
  headers,
  body: new TextEncoder().encode(body),
});
const withErrors = (code: string, cost?: object) =>
  answered(200, JSON.stringify({ errors: [{ message: "no", extensions: { code } }], extensions: { cost } }));

const cases: readonly {
  readonly what: string;
  readonly outcome: HttpResponse | HttpFailure;
  readonly is: AdminAnswer["is"];
}[] = [
  { what: "a refused connection", outcome: { failed: "ECONNREFUSED", sent: false }, is: "unsent" },
  { what: "a time-out", outcome: { failed: "no answer", sent: true }, is: "unknown" },
  { what: "HTTP 500", outcome: answered(500, "<html>"), is: "unknown" },
  { what: "HTTP 429", outcome: answered(429, ""), is: "throttled" },
  { what: "HTTP 401", outcome: answered(401, "{}"), is: "denied" },
  { what: "HTTP 404", outcome: answered(404, "{}"), is: "denied" },
  { what: "a redirect", outcome: answered(301, ""), is: "denied" },
  { what: "a proxy's page", outcome: answered(200, "<html>"), is: "unknown" },
  { what: "half an answer", outcome: answered(200, '{"data": {'), is: "unknown" },
  { what: "errors that are a text", outcome: answered(200, '{"errors": "no"}'), is: "unknown" },
  { what: "an internal error", outcome: withErrors("INTERNAL_SERVER_ERROR"), is: "unknown" },
  { what: "a missing scope", outcome: withErrors("ACCESS_DENIED"), is: "denied" },
  { what: "a document that is not valid", outcome: withErrors("undefinedField"), is: "refused" },
  { what: "throttling", outcome: withErrors("THROTTLED"), is: "throttled" },
  { what: "data", outcome: answered(200, '{"data": {"nodes": []}}'), is: "data" },
];

describe("only what may have had its effect is unknown", () => {
  for (const { what, outcome, is } of cases) {
    test(`${what} is ${is}`, () => assert.equal(readAnswer(outcome).is, is));
  }
});

test("a throttled call waits until the bucket can pay for it", () => {
  const throttleStatus = { maximumAvailable: 2_000, currentlyAvailable: 100, restoreRate: 100 };
  const answer = readAnswer(
    withErrors("THROTTLED", { requestedQueryCost: 700, actualQueryCost: null, throttleStatus }),
  );
  assert.deepEqual(answer, { is: "throttled", afterMs: 6_000, bucket: throttleStatus });
});

test("Retry-After is honoured, and nonsense in it is not", () => {
  const waits = ["2.5", "0", "-1", "soon", "999999"].map((value) => {
    const answer = readAnswer(answered(429, "", { "retry-after": value }));
    return answer.is === "throttled" ? answer.afterMs : undefined;
  });
  assert.deepEqual(waits, [2_500, 0, 2_000, 2_000, 60_000]);
});

test("a bucket is waited for no longer than it takes to fill", () => {
  const bucket = { maximumAvailable: 2_000, currentlyAvailable: 1_500, restoreRate: 100 };
  assert.equal(waitMs(bucket, 1_000), 0);
  assert.equal(waitMs(bucket, 1_750), 2_500);
  assert.equal(waitMs(bucket, 50_000), 5_000);
  assert.equal(waitMs({ ...bucket, restoreRate: 0 }, 1_750), 60_000);
});

test("no answer makes reading it throw", () => {
  const json = fc.json().map((text) => answered(200, text));
  const noise = fc.uint8Array().map((body) => ({ status: 200, headers: {}, body }));
  fc.assert(fc.property(fc.oneof(json, noise), (outcome) => assert.ok(readAnswer(outcome).is)));
});
