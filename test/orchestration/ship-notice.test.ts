import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountId,
  channelId,
  type FactData,
  itemId,
  lineId,
  locationId,
  type Order,
  orderId,
  quantity,
} from "@crossdock/canonical";
import fc from "fast-check";
import { type LinePart, shipNotice } from "../../src/orchestration/ship-notice.ts";

type Shipment = FactData<"ShipmentDispatched">;

const at = "2026-03-02T08:00:00Z";
const line = (id: string, item: string, units: number, ordered = { value: units, unit: "EA" }) => ({
  lineId: lineId(id),
  itemId: itemId(item),
  ordered,
  quantity: quantity(units),
});

/** Five sets of two nuts and a bolt, and two cases of a dozen widgets. */
const order: Order = {
  orderId: orderId("o-1"),
  accountId: accountId("shop-1"),
  channelId: channelId("web"),
  orderNumber: "1001",
  placedAt: at,
  lines: [line("1", "set", 5), line("2", "widget", 24, { value: 2, unit: "CA" })],
};

const parts = (nuts = 0, bolts = 0): readonly LinePart[] => [
  { lineId: "1", itemId: "nut", perUnit: 2, shipped: nuts },
  { lineId: "1", itemId: "bolt", perUnit: 1, shipped: bolts },
  { lineId: "2", itemId: "widget", perUnit: 1, shipped: 0 },
];

const factor = (units: bigint) => ({ numerator: units, denominator: 1n });
const widget = {
  itemId: itemId("widget"),
  sku: "WIDGET",
  description: "widget",
  baseUnit: "EA",
  tracking: "none" as const,
  itemClass: undefined,
  units: new Map([
    ["EA", factor(1n)],
    ["CA", factor(12n)],
  ]),
  components: [],
};

type Packed = readonly [line: string, item: string, units: number];

function notice(cartons: readonly (readonly Packed[])[], before: readonly LinePart[]) {
  const shipment: Shipment = {
    location: locationId("wh-1"),
    shipmentNumber: "S-1",
    cartons: cartons.map((packed) => ({
      lines: packed.map(([id, item, units]) => ({
        item: itemId(item),
        quantity: quantity(units),
        orderLine: { orderId: order.orderId, lineId: lineId(id) },
      })),
    })),
  };
  const items = new Map([["widget", widget]]);
  return shipNotice({ order, shipment, shippedAt: at, items, names: new Map(), parts: before });
}

const linesOf = (document: ReturnType<typeof notice>) =>
  document?.cartons.map((carton) =>
    carton.lines.map(({ lineId: id, itemId: item, shipped }) => [
      id,
      item,
      `${shipped.value} ${shipped.unit}`,
    ]),
  );

test("parts of a kit that make no whole one are announced with the parcel that completes it", () => {
  assert.equal(notice([[["1", "nut", 7]]], parts()), undefined);
  assert.deepEqual(linesOf(notice([[["1", "bolt", 2]]], parts(7))), [[["1", "set", "2 EA"]]]);
  assert.deepEqual(linesOf(notice([[["1", "bolt", 9]]], parts(7, 2))), [[["1", "set", "1 EA"]]]);
});

test("a kit whose parts lie in several cartons is announced with the last of them", () => {
  const document = notice([[["1", "nut", 4]], [["1", "bolt", 1]], [["1", "bolt", 1]]], parts());
  assert.deepEqual(linesOf(document), [[], [["1", "set", "1 EA"]], [["1", "set", "1 EA"]]]);
});

test("what was ordered in cases is announced in cases, beside parts that wait", () => {
  const document = notice(
    [
      [
        ["2", "widget", 12],
        ["1", "nut", 1],
      ],
    ],
    parts(),
  );
  assert.deepEqual(linesOf(document), [[["2", "widget", "1 CA"]]]);
});

test("what is no part of its line is announced for no line", () => {
  assert.deepEqual(linesOf(notice([[["2", "gadget", 3]]], parts())), [[[undefined, "gadget", "3 EA"]]]);
});

test("however a kit's parts are spread over parcels, their notices add up to the whole kits that have left", () => {
  const parcel = fc.tuple(fc.constantFrom("nut", "bolt"), fc.integer({ min: 1, max: 5 }));
  fc.assert(
    fc.property(fc.array(parcel, { maxLength: 8 }), (parcels) => {
      const left = { nut: 0, bolt: 0 };
      let told = 0;
      for (const [item, units] of parcels) {
        const document = notice([[["1", item, units]]], parts(left.nut, left.bolt));
        told += Number(document?.cartons[0]?.lines[0]?.shipped.value ?? 0);
        left[item as "nut" | "bolt"] += units;
      }
      assert.equal(told, Math.min(Math.floor(left.nut / 2), left.bolt));
    }),
  );
});
