import assert from "node:assert/strict";
import { test } from "node:test";
import { type CloudEvent, toCloudEvent } from "@crossdock/canonical";
import fc from "fast-check";
import { LOG_START } from "../../../src/backbone/index.ts";
import { canonicalText, leafText } from "../../../src/backbone/seal/leaf.ts";
import { leafHash } from "../../../src/backbone/seal/merkle.ts";
import { selectSealable } from "../../../src/backbone/seal/store.ts";
import { selectRunningElsewhere } from "../../../src/backbone/store.ts";
import { sql } from "../../../src/platform/index.ts";
import { testDatabase } from "../../support/database.ts";
import { openSealedLog } from "./sealed-log.ts";

const { database } = await testDatabase();

const row = {
  number: 7,
  transaction: 812,
  source: "/accounts/wms-1",
  id: "receipt-1",
  type: "StockReceived",
  effective_at: new Date("2026-03-02T08:00:00.000Z"),
  effective_micros: 0,
  recorded_at: new Date("2026-03-02T08:00:01.250Z"),
  recorded_micros: 0,
  correlation_id: "journey-1",
  causation_id: null,
  stream: null,
  sequence_number: null,
  data: '{"item": "widget", "location": "wh-1", "quantity": 9}',
};

test("a fact is hashed as this text: whoever writes another verifier begins here", () => {
  const plain =
    '{"correlationid":"journey-1","data":{"item":"widget","location":"wh-1","quantity":9},"id":"receipt-1","position":"812.7",' +
    '"recordedat":"2026-03-02T08:00:01.250Z","source":"/accounts/wms-1","time":"2026-03-02T08:00:00.000Z","type":"crossdock.StockReceived"}';
  assert.equal(leafText(row), plain);
  assert.equal(
    leafHash(plain).toString("hex"),
    "d8cb6dcc9477cf745f9ae6c5fad4667814c8d14d57737bcb2cb86d2e478ec844",
  );
  const full = { ...row, causation_id: "msg-1", stream: "dock/4", sequence_number: 12, effective_micros: 70 };
  assert.equal(
    leafText(full),
    '{"causationid":"msg-1","correlationid":"journey-1","data":{"item":"widget","location":"wh-1","quantity":9},"id":"receipt-1",' +
      '"position":"812.7","recordedat":"2026-03-02T08:00:01.250Z","sequence":"dock/4/12","source":"/accounts/wms-1",' +
      '"time":"2026-03-02T08:00:00.000070Z","type":"crossdock.StockReceived"}',
  );
});

test("every column makes another text", () => {
  const others: Partial<typeof full>[] = [
    { number: 8 },
    { transaction: 813 },
    { source: "/accounts/wms-2" },
    { id: "receipt-2" },
    { type: "StockCounted" },
    { effective_at: new Date("2026-03-02T08:00:00.001Z") },
    { effective_micros: 1 },
    { recorded_at: new Date("2026-03-02T08:00:01.251Z") },
    { recorded_micros: 1 },
    { correlation_id: "journey-2" },
    { causation_id: null },
    { stream: "dock" },
    { stream: null, sequence_number: null },
    { sequence_number: 13 },
    { data: '{"item": "widget", "location": "wh-1", "quantity": 9.0}' },
  ];
  const full = {
    ...row,
    causation_id: "msg-1" as string | null,
    stream: "dock/4" as string | null,
    sequence_number: 12 as number | null,
  };
  const texts = [full, ...others.map((other) => ({ ...full, ...other }))].map(leafText);
  assert.equal(new Set(texts).size, texts.length);
});

/** RFC 8785 on a value that has passed through JavaScript. */
function canonicalized(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalized).join()}]`;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, member]) => `${JSON.stringify(name)}:${canonicalized(member)}`).join()}}`;
}

test("whoever kept a fact as a CloudEvent can make its text, with any library for RFC 8785", async () => {
  const log = openSealedLog(database);
  await log.append(30);
  const elsewhere = await selectRunningElsewhere(database);
  const rows = await selectSealable(database, { after: LOG_START, limit: 100, elsewhere });
  const { facts } = await log.log.read({ after: LOG_START, limit: 100 });
  assert.equal(facts.length, 30);
  for (const [at, fact] of facts.entries()) {
    const event: Partial<CloudEvent> = toCloudEvent(fact);
    const { specversion: _s, datacontenttype: _c, dataschema: _d, subject: _j, ...kept } = event;
    const sealable = rows[at];
    assert.ok(sealable);
    assert.equal(leafText(sealable), canonicalized(kept));
  }
});

test("data that PostgreSQL keeps is written as RFC 8785 says", async () => {
  const json = fc.jsonValue({ maxDepth: 3 }).filter((value) => !JSON.stringify(value).includes("\\u0000"));
  await fc.assert(
    fc.asyncProperty(json, async (value) => {
      // Numbers as JSON writes them with an exponent are kept as plain digits; see the next test.
      const plain: unknown = JSON.parse(JSON.stringify(value), (_name, each: unknown) =>
        typeof each === "number"
          ? Math.trunc(each % 1e9) + 0
          : typeof each === "string" && !each.isWellFormed()
            ? ""
            : each,
      );
      const [kept] = await database.query<{ text: string }>(
        sql`select ${JSON.stringify(plain)}::jsonb::text as text`,
      );
      assert.equal(canonicalText(kept?.text ?? ""), canonicalized(JSON.parse(JSON.stringify(plain))));
    }),
    { numRuns: 200 },
  );
});

test("names stand in the order of their UTF-16 units, however many there are and whatever they are called", () => {
  const named = fc.dictionary(fc.string(), fc.integer(), { maxKeys: 30 });
  fc.assert(
    fc.property(named, (data) => {
      const sorted = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
      const texts = sorted.map(([name, value]) => `${JSON.stringify(name)}:${value}`);
      assert.equal(canonicalText(JSON.stringify(data)), `{${texts.join(",")}}`);
    }),
  );
});

test("a number keeps the digits that PostgreSQL keeps: one that doubles cannot tell from its neighbour is told from it", () => {
  assert.equal(canonicalText('{"a": 9007199254740993, "b": 1.0}'), '{"a":9007199254740993,"b":1.0}');
  assert.equal(canonicalText('[9007199254740992, -3, "1.5, 2.5"]'), '[9007199254740992,-3,"1.5, 2.5"]');
});
