import { itemId, lineId, locationId, orderId, quantity, quantityDelta } from "@crossdock/canonical";
import type { PartnerPort, WarehousePort } from "../../src/gateway/index.ts";

/** The one partner that there is, with one item and one order. The real parts are tested in test/scenarios. */
export function memoryPartner(): PartnerPort {
  return {
    async items(account, names) {
      if (account !== "shop-1") return { is: "no-channel" };
      const known = names.filter((name) => name === "4711-A");
      return {
        is: "answered",
        items: known.map((name) => ({
          ...{ name, itemId: itemId("itm-1"), sku: "BOLT", available: quantity(7) },
          next: { at: "2026-03-09T00:00:00.000Z", units: quantity(40) },
        })),
        unknown: names.filter((name) => name !== "4711-A"),
      };
    },
    async openOrders(_account, { after }) {
      if (after === "x") return "bad-cursor";
      const line = { lineId: lineId("1"), itemId: itemId("itm-1"), name: "4711-A" };
      const units = { ordered: quantity(5), promised: quantity(3), shipped: quantity(0) };
      return {
        rows: [
          {
            ...{ orderId: orderId("o-1"), orderNumber: "4500", state: "on-hold" as const },
            ...{ receivedAt: "2026-03-02T08:00:00.000Z", lines: [{ ...line, ...units }] },
          },
        ],
        next: undefined,
      };
    },
  };
}

/** One item at one place, in one lot. */
export function memoryWarehouse(): WarehousePort {
  return {
    async scan({ location, code }) {
      if (location !== "BER")
        return { is: "unknown-location", message: `No location has the name ${location}.` };
      if (code.startsWith("]")) return { is: "unreadable", message: "It says nothing." };
      if (code !== "BOLT") return { is: "unknown-item", message: `No item has the name ${code}.` };
      const some = { held: quantity(0), allocated: quantity(4), setAside: quantity(0) };
      const none = { picked: quantityDelta(0), quarantined: quantityDelta(0), damaged: quantityDelta(0) };
      const lot = { positionId: "7", lot: "L-1", expiresOn: "2027-01-31" };
      const known = { itemId: itemId("itm-1"), sku: "BOLT", description: "A <bolt>" };
      return {
        is: "found",
        scanned: {
          locationId: locationId("berlin"),
          item: known,
          read: { lot: "L-1", expiresOn: "2027-02-28" },
          lots: [{ ...lot, onHand: quantityDelta(9), available: quantityDelta(5), ...some, ...none }],
          toPick: [
            {
              ...{ orderId: orderId("o-1"), lineId: lineId("1"), lot: "L-1", units: quantity(4) },
              promisedAt: "2026-03-02T08:00:00.000Z",
            },
          ],
        },
      };
    },
  };
}
