/** What was expected, in memory: a bolt receipt that was short, and a transfer to Berlin that is overdue. */
import { quantity, quantityDelta } from "@crossdock/canonical";
import type { ExpectationsPort, OpenTransfer, ReceiptDifference } from "../../src/gateway/index.ts";
import { berlin, bolt, NOW } from "./ports.ts";

export const shortReceipt: ReceiptDifference = {
  locationId: berlin,
  purchaseOrder: "PO-7",
  receiptNumber: "R-1",
  receiptLine: "1",
  itemId: bolt,
  expected: quantity(10),
  received: quantity(9),
  difference: quantityDelta(-1),
};

export const overdueTransfer: OpenTransfer = {
  fromLocationId: berlin,
  toLocationId: berlin,
  transferNumber: "T-1",
  itemId: bolt,
  lot: "",
  dispatched: quantity(5),
  received: quantity(2),
  lost: quantity(1),
  outstanding: quantityDelta(2),
  expectedAt: NOW,
  overdue: true,
};

export function memoryExpectations(): ExpectationsPort {
  const pageOf = <Row>(
    row: Row,
    { after, locationId }: { after?: string | undefined; locationId?: unknown },
  ) => {
    if (after === "x") return "bad-cursor" as const;
    const wanted = after === undefined && (locationId ?? berlin) === berlin;
    return wanted ? { rows: [row], next: "8" } : { rows: [] };
  };
  return {
    receiptDifferences: async (asked) => pageOf(shortReceipt, asked),
    openTransfers: async (asked) => pageOf(overdueTransfer, asked),
  };
}
