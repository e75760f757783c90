import { Instant, ItemId, LocationId, Lot, Quantity, QuantityDelta } from "@crossdock/canonical";
import { type Static, Type } from "typebox";

const closed = { additionalProperties: false } as const;
const next = Type.Optional(Type.String({ description: "Give it back in `after`. Absent on the last page." }));

/** A receipt line that brought more or less than was expected. */
export const ReceiptDifference = Type.Object(
  {
    locationId: LocationId,
    purchaseOrder: Type.String({ description: "Empty where the receipts name none." }),
    receiptNumber: Type.String({ description: "Empty where the receipts name none." }),
    receiptLine: Type.String({ description: "Empty where the receipts name none." }),
    itemId: ItemId,
    expected: Quantity,
    received: Quantity,
    difference: Type.Unsafe<QuantityDelta>({
      ...QuantityDelta,
      description: "Above zero: over. Below zero: short.",
    }),
  },
  { title: "ReceiptDifference", ...closed },
);
export type ReceiptDifference = Static<typeof ReceiptDifference>;

export const ReceiptDifferencePage = Type.Object(
  { differences: Type.Array(ReceiptDifference), next },
  { title: "ReceiptDifferencePage", ...closed },
);

/** What of one item of a transfer between locations has not arrived yet, or arrived beyond what left. */
export const OpenTransfer = Type.Object(
  {
    fromLocationId: LocationId,
    toLocationId: LocationId,
    transferNumber: Type.String({ description: "Empty for everything of the lane that has no number." }),
    itemId: ItemId,
    lot: Lot,
    dispatched: Quantity,
    received: Quantity,
    lost: Quantity,
    outstanding: Type.Unsafe<QuantityDelta>({
      ...QuantityDelta,
      description: "What is still on its way; below zero where more arrived or was lost than left.",
    }),
    expectedAt: Type.Optional(Instant),
    overdue: Type.Boolean(),
  },
  { title: "OpenTransfer", ...closed },
);
export type OpenTransfer = Static<typeof OpenTransfer>;

export const OpenTransferPage = Type.Object(
  { transfers: Type.Array(OpenTransfer), next },
  { title: "OpenTransferPage", ...closed },
);
