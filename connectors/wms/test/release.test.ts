import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type DocumentOf, itemId, lineId, quantity } from "@crossdock/canonical";
import type { Delivery, Rendered } from "@crossdock/connector-kit";
import { type FakeAnswer, fakeServer, jsonAnswer, loopbackIo } from "@crossdock/connector-kit/testing";
import { RETRY_AFTER_MS_MAX, wmsConnector, wmsSignature } from "../src/index.ts";
import { account, release, SECRET } from "./fixtures.ts";

const outlet = wmsConnector.outlet;
const now = new Date("2026-11-23T09:30:00Z");
const context = { documentId: "doc-1", now, controlNumber: 1 };

function rendered(document: DocumentOf<"warehouse-release"> = release, settings = {}): Rendered {
  const result = outlet?.render(document, context, account(settings));
  assert.ok(result !== undefined && !("refused" in result));
  return result;
}

const bodyOf = (result: Rendered): unknown => JSON.parse(new TextDecoder().decode(result.body));

describe("a release", () => {
  test("names items as the warehouse does, and everything that comes back with its events", () => {
    const result = rendered();
    assert.deepEqual([result.name, result.contentType], ["doc-1", "application/json"]);
    assert.deepEqual(bodyOf(result), {
      releaseId: "doc-1",
      orderId: "o-1",
      orderNumber: "1001",
      warehouse: "W1",
      shipBy: "2026-11-24T17:00:00Z",
      lines: [
        { lineId: "1", sku: "A-1", quantity: 3 },
        { lineId: "2", sku: "A-2", lot: "L7", quantity: 1 },
      ],
    });
  });

  test("says the warehouse's own code where it differs from our location id", () => {
    const body = bodyOf(rendered(release, { warehouseCodes: { W1: "ROTTERDAM 2" } }));
    assert.equal(typeof body === "object" && body !== null && Reflect.get(body, "warehouse"), "ROTTERDAM 2");
  });

  const line = {
    lineId: lineId("1"),
    itemId: itemId("i-1"),
    names: [{ scheme: "sku", value: "A" }],
    quantity: quantity(1),
  };
  const refused: readonly (readonly [string, DocumentOf<"warehouse-release">, RegExp])[] = [
    ["without lines", { ...release, lines: [] }, /1 to 5000 lines/],
    [
      "of an item without a name",
      { ...release, lines: [{ ...line, names: [] }] },
      /no SKU and no GTIN.*alias/,
    ],
    [
      "of a name of others",
      { ...release, lines: [{ ...line, names: [{ scheme: "sku", value: "A", scope: "x" }] }] },
      /no SKU/,
    ],
    ["of nothing", { ...release, lines: [{ ...line, quantity: quantity(0) }] }, /asks for nothing/],
  ];
  for (const [says, document, reason] of refused) {
    test(`${says} is refused`, () => {
      const result = outlet?.render(document, context, account());
      assert.ok(result !== undefined && "refused" in result);
      assert.match(result.refused, reason);
    });
  }

  test("is all that a warehouse is told", () => {
    const result = outlet?.render({ kind: "reply", replyTo: "x", content: 1 }, context, account());
    assert.ok(result !== undefined && "refused" in result);
  });
});

/** Delivers the release to a warehouse that answers in this way. */
async function deliverTo(answer: FakeAnswer) {
  const server = await fakeServer({ handle: () => answer });
  const io = loopbackIo({ now: () => now });
  const delivery = await outlet?.deliver?.(rendered(), release, io, account({ url: `${server.url}/api/` }));
  await server.close();
  return { delivery, call: server.calls()[0] };
}

describe("handing a release over", () => {
  test("is one signed POST under the release's id", async () => {
    const { delivery, call } = await deliverTo(jsonAnswer(202, { reference: "W1-17" }));
    assert.deepEqual(delivery, { delivered: true, reference: "W1-17" });
    assert.ok(call);
    assert.deepEqual(
      [call.method, call.path, call.headers["idempotency-key"]],
      ["POST", "/api/orders", "doc-1"],
    );
    const timestamp = String(now.getTime() / 1_000);
    assert.equal(call.headers["x-wms-timestamp"], timestamp);
    assert.equal(call.headers["x-wms-signature"], wmsSignature(SECRET, timestamp, call.body));
  });

  const retry = (reason: string, afterMs?: number): Delivery => {
    return { delivered: false, outcome: "retry", reason, ...(afterMs === undefined ? {} : { afterMs }) };
  };
  const refused = (reason: string): Delivery => ({ delivered: false, outcome: "refused", reason });
  const busy = (after: string): FakeAnswer => jsonAnswer(429, { message: "busy" }, { "retry-after": after });

  const table: readonly (readonly [string, FakeAnswer, Delivery])[] = [
    ["201 without a body", { status: 201 }, { delivered: true }],
    ["409, already known", jsonAnswer(409, { message: "known" }), { delivered: true }],
    ["429 with seconds", busy("7"), retry("429: busy", 7_000)],
    ["429 with a date", busy("Mon, 23 Nov 2026 09:30:20 GMT"), retry("429: busy", 20_000)],
    ["429 with a date that has passed", busy("Mon, 23 Nov 2026 09:29:00 GMT"), retry("429: busy", 0)],
    ["429 with a year", busy("31536000"), retry("429: busy", RETRY_AFTER_MS_MAX)],
    ["429 with nonsense", busy("soon"), retry("429: busy")],
    ["503 in HTML", { status: 503, body: "<h1>Down</h1>\n" }, retry("503: <h1>Down</h1>")],
    ["408", { status: 408 }, retry("408: the warehouse gave no reason")],
    [
      "400 with a problem",
      jsonAnswer(400, { title: "t", detail: "no such SKU" }),
      refused("400: no such SKU"),
    ],
    ["401", jsonAnswer(401, { error: "who are you?" }), refused("401: who are you?")],
    [
      "302, which is not followed",
      { status: 302, headers: { location: "/x" } },
      refused("302: the warehouse gave no reason"),
    ],
    [
      "422 with a NUL and a novel",
      jsonAnswer(422, { message: `a\u0000${"b".repeat(900)}` }),
      refused(`422: a ${"b".repeat(298)}`),
    ],
  ];
  for (const [says, answer, expected] of table) {
    test(`${says} is ${expected.delivered ? "delivered" : expected.outcome}`, async () => {
      assert.deepEqual((await deliverTo(answer)).delivery, expected);
    });
  }

  test("waits to be fetched where the account has no address", async () => {
    const delivery = await outlet?.deliver?.(rendered(), release, loopbackIo(), account());
    assert.deepEqual(delivery, { delivered: false, outcome: "fetch" });
  });
});
