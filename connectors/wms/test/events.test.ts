import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MasterStatement, StockStatement } from "@crossdock/canonical";
import { type WmsEventType, wmsEventSchemas } from "../src/index.ts";
import { events, recordsOf } from "./fixtures.ts";

const here = { scheme: "code", value: "W1" };
const there = { scheme: "code", value: "W2" };
const a1 = { scheme: "sku", value: "A-1" };
const gtin = { scheme: "gtin", value: "04006381333931" };
const each = (value: number) => ({ value, unit: "EA" });
const orderLine = { orderId: "o-1", lineId: "1" };
const sscc = "006141410000000012";

type Meant = Pick<StockStatement | MasterStatement, "type" | "data">;

const expected: Readonly<Record<WmsEventType, Meant>> = {
  master: { type: "MasterDataStated", data: { kind: "lot", item: a1, lot: "L7", expiresOn: "2027-06-30" } },
  receipt: {
    type: "StockReceived",
    data: {
      item: a1,
      lot: "L7",
      quantity: { value: 2, unit: "XCS" },
      location: here,
      purchaseOrder: "PO-7",
      status: "quarantined",
      expected: { value: 3, unit: "XCS" },
      expiresAt: "2027-06-30T00:00:00Z",
    },
  },
  "short-pick": {
    type: "StockPickedShort",
    data: { item: a1, lot: "L7", quantity: each(2), location: here, orderLine, reason: "empty bin" },
  },
  "put-back": {
    type: "PickCancelled",
    data: {
      item: a1,
      quantity: each(2),
      location: here,
      orderLine,
      status: "quarantined",
      reason: "order cancelled",
    },
  },
  "transfer-lost": {
    type: "TransferLost",
    data: {
      item: a1,
      quantity: each(1),
      from: there,
      to: here,
      transferNumber: "T-2",
      reason: "fell off",
    },
  },
  "lot-change": {
    type: "LotChanged",
    data: {
      item: a1,
      quantity: each(3),
      location: here,
      fromLot: "L7",
      toLot: "L8",
      status: "damaged",
      reason: "mislabelled",
    },
  },
  convert: {
    type: "StockConverted",
    data: {
      location: here,
      from: { item: a1, lot: "L7", quantity: { value: 1, unit: "XCS" } },
      to: { item: gtin, quantity: each(12) },
      status: "available",
      reason: "break bulk",
    },
  },
  pick: {
    type: "StockPicked",
    data: { item: gtin, quantity: { value: "2.5", unit: "KGM" }, location: here, orderLine },
  },
  pack: { type: "StockPacked", data: { item: a1, quantity: each(4), location: here, orderLine, sscc } },
  ship: {
    type: "ShipmentDispatched",
    data: {
      location: here,
      shipmentNumber: "S-9",
      orderId: "o-1",
      carrier: "UPSN",
      trackingNumber: "1Z1",
      cartons: [
        {
          sscc,
          lines: [
            { item: a1, lot: "L7", quantity: each(4), orderLine },
            { item: gtin, quantity: each(1), orderLine: { orderId: "o-2", lineId: "9" } },
          ],
        },
        { lines: [{ item: { scheme: "sku", value: "A-2" }, quantity: each(1) }] },
      ],
    },
  },
  count: { type: "StockCounted", data: { item: a1, location: here, counted: each(0) } },
  adjustment: {
    type: "StockAdjusted",
    data: { item: a1, location: here, delta: each(-3), reason: "fork lift", status: "damaged" },
  },
  "transfer-out": {
    type: "TransferDispatched",
    data: {
      item: a1,
      quantity: each(5),
      from: here,
      to: there,
      transferNumber: "T-1",
      expectedAt: "2026-11-25T08:00:00+01:00",
    },
  },
  "transfer-in": {
    type: "TransferReceived",
    data: { item: a1, quantity: each(5), from: there, to: here, transferNumber: "T-2" },
  },
  return: {
    type: "StockReturned",
    data: { item: a1, quantity: each(1), location: here, orderLine, status: "damaged" },
  },
  "status-change": {
    type: "StockStatusChanged",
    data: {
      item: a1,
      quantity: each(2),
      location: here,
      from: "quarantined",
      to: "available",
      reason: "passed",
    },
  },
};

describe("an event becomes a statement in the warehouse's own words", () => {
  for (const [type, { type: statementType, data }] of Object.entries(expected)) {
    test(type, () => {
      const event = Object.values(events).find((candidate) => candidate.type === type);
      assert.ok(event);
      const head = { id: event.eventId, effectiveAt: event.occurredAt };
      const sequence = { stream: "W1", number: event.sequence };
      const is = statementType === "MasterDataStated" ? "master" : "stock";
      const version = "version" in event ? { version: { of: "the master data of W1", number: 3 } } : {};
      assert.deepEqual(recordsOf({ warehouse: "W1", events: [event] }), [
        { is, at: "/events/0", statement: { type: statementType, ...head, sequence, data, ...version } },
      ]);
    });
  }

  test("every type that has a schema has an example here", () => {
    assert.deepEqual(Object.keys(expected).sort(), Object.keys(wmsEventSchemas).sort());
  });
});

const toldApart = [
  [
    { quarantined: 1, damaged: 2 },
    { quarantined: each(1), damaged: each(2) },
  ],
  [{ damaged: 2 }, { quarantined: each(0), damaged: each(2) }],
] as const;
for (const [said, conditions] of toldApart) {
  test(`a count that says ${Object.keys(said).join(" and ")} says the condition of all that it counted`, () => {
    const [record] = recordsOf({ warehouse: "W1", events: [{ ...events.count, counted: 9, ...said }] });
    assert.ok(record?.is === "stock");
    assert.deepEqual(record.statement.data, { item: a1, location: here, counted: each(9), conditions });
  });
}

type Wrong = { readonly says: string; readonly event: object; readonly at: string; readonly message: RegExp };

const without = (event: object, name: string) =>
  Object.fromEntries(Object.entries(event).filter(([key]) => key !== name));

const wrong: readonly Wrong[] = [
  {
    says: "a quantity of nothing",
    event: { ...events.pick, quantity: 0 },
    at: "/quantity",
    message: /whole number of at least 1/,
  },
  {
    says: "a negative quantity",
    event: { ...events.pick, quantity: "-2" },
    at: "/quantity",
    message: /above zero/,
  },
  {
    says: "a fraction as a number",
    event: { ...events.pick, quantity: 2.5 },
    at: "/quantity",
    message: /as text/,
  },
  {
    says: "a quantity of 0.00",
    event: { ...events.pick, quantity: "0.00" },
    at: "/quantity",
    message: /above zero/,
  },
  {
    says: "a number that JSON cannot hold",
    event: { ...events.pick, quantity: 2 ** 53 },
    at: "/quantity",
    message: /whole number/,
  },
  {
    says: "no quantity",
    event: without(events.pick, "quantity"),
    at: "/quantity",
    message: /^\S+ is missing$/,
  },
  {
    says: "a difference of nothing",
    event: { ...events.adjustment, delta: 0 },
    at: "/delta",
    message: /not 0/,
  },
  {
    says: "an adjustment without a reason",
    event: without(events.adjustment, "reason"),
    at: "/reason",
    message: /missing/,
  },
  {
    says: "a count below nothing",
    event: { ...events.count, counted: -1 },
    at: "/counted",
    message: /at least 0/,
  },
  { says: "no item", event: without(events.count, "sku"), at: "/sku", message: /missing, and so is `gtin`/ },
  {
    says: "an item with two names",
    event: { ...events.count, gtin: "04006381333931" },
    at: "/gtin",
    message: /give one of them/,
  },
  {
    says: "a GTIN of nine digits",
    event: { ...events.pick, gtin: "123456789" },
    at: "/gtin",
    message: /8 or 12 to 14/,
  },
  {
    says: "a unit in words",
    event: { ...events.pick, unit: "each" },
    at: "/unit",
    message: /Recommendation 20/,
  },
  {
    says: "a line without its order",
    event: without(events.pick, "orderId"),
    at: "/orderId",
    message: /missing/,
  },
  {
    says: "an order without its line",
    event: without(events.return, "lineId"),
    at: "/lineId",
    message: /missing/,
  },
  {
    says: "a status that is not a condition",
    event: { ...events.receipt, status: "held" },
    at: "/status",
    message: /available, quarantined, damaged/,
  },
  {
    says: "a misspelt field",
    event: { ...events.receipt, statu: "damaged" },
    at: "/statu",
    message: /is not a field of receipt events/,
  },
  {
    says: "a change into the same status",
    event: { ...events["status-change"], to: "quarantined" },
    at: "/to",
    message: /same as `from`/,
  },
  {
    says: "a transfer to itself",
    event: { ...events["transfer-out"], to: "W1" },
    at: "/to",
    message: /the warehouse itself/,
  },
  {
    says: "a transfer from itself",
    event: { ...events["transfer-in"], from: "W1" },
    at: "/from",
    message: /the warehouse itself/,
  },
  {
    says: "a day of no calendar",
    event: { ...events.count, occurredAt: "2026-02-31T10:00:00Z" },
    at: "/occurredAt",
    message: /no calendar/,
  },
  {
    says: "an arrival on no day",
    event: { ...events["transfer-out"], expectedAt: "2026-11-31T10:00:00Z" },
    at: "/expectedAt",
    message: /no calendar/,
  },
  {
    says: "a day without a time",
    event: { ...events.count, occurredAt: "2026-02-03" },
    at: "/occurredAt",
    message: /RFC 3339/,
  },
  { says: "a NUL in a name", event: { ...events.count, sku: "A\u0000" }, at: "/sku", message: /SKU/ },
  { says: "half of a character", event: { ...events.count, sku: "A\ud800" }, at: "/sku", message: /SKU/ },
  {
    says: "a sequence below nothing",
    event: { ...events.count, sequence: -1 },
    at: "/sequence",
    message: /own count/,
  },
  {
    says: "a carton without lines",
    event: { ...events.ship, cartons: [{ lines: [] }] },
    at: "/cartons/0/lines",
    message: /From 1 to 500 lines/,
  },
  {
    says: "a shipped line without an item",
    event: { ...events.ship, cartons: [{ lines: [{ quantity: 1 }] }] },
    at: "/cartons/0/lines/0/sku",
    message: /missing/,
  },
  {
    says: "a shipped line of no order",
    event: {
      ...without(events.ship, "orderId"),
      cartons: [{ lines: [{ sku: "A-1", quantity: 1, lineId: "1" }] }],
    },
    at: "/cartons/0/lines/0/orderId",
    message: /missing/,
  },
  {
    says: "an unknown type",
    event: { ...events.count, type: "recount" },
    at: "/type",
    message: /"recount".*receipt, pick/,
  },
  {
    says: "a type of every object",
    event: { ...events.count, type: "toString" },
    at: "/type",
    message: /must be one of/,
  },
  {
    says: "no type",
    event: without(events.count, "type"),
    at: "/type",
    message: /is missing, and must be one of/,
  },
];

describe("an event that is wrong says where and what should be there", () => {
  for (const { says, event, at, message } of wrong) {
    test(says, () => {
      const [before, record, after] = recordsOf({
        warehouse: "W1",
        events: [events.ship, event, events.return],
      });
      assert.ok(record?.is === "invalid");
      assert.equal(record.at, `/events/1${at}`);
      assert.match(record.message, message);
      assert.ok(record.message.startsWith(record.at), record.message);
      assert.deepEqual([before?.is, after?.is], ["stock", "stock"]);
    });
  }

  for (const [says, event] of Object.entries({ null: null, text: "x", list: [], number: 7 })) {
    test(`an event that is a ${says}`, () => {
      const [record] = recordsOf({ warehouse: "W1", events: [event] });
      assert.deepEqual(record, {
        is: "invalid",
        at: "/events/0",
        reason: "bad-event",
        message: "/events/0 is not an object",
      });
    });
  }

  test("everything that is wrong is said at once", () => {
    const [record] = recordsOf({
      warehouse: "W1",
      events: [{ ...without(events.count, "sequence"), counted: "x", z: 1 }],
    });
    assert.ok(record?.is === "invalid");
    assert.match(
      record.message,
      /\/sequence is missing; .*\/z is not a field.*\/counted should be this|\/counted.*\/z/,
    );
  });
});
