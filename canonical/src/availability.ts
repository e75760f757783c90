import { Type } from "typebox";
import { ChannelId, Instant, ItemId, LocationId } from "./ids.ts";
import { Quantity, QuantityDelta } from "./quantity.ts";

/** The inputs of an available-to-promise figure: with them anyone can compute it again. */
export const AvailabilityFormula = Type.Object(
  {
    available: QuantityDelta,
    expiredHolds: Quantity,
    buffer: Quantity,
    protectedForOthers: Quantity,
    cap: Type.Optional(Quantity),
  },
  { title: "AvailabilityFormula", additionalProperties: false },
);
export type AvailabilityFormula = Type.Static<typeof AvailabilityFormula>;

/** Available to promise: how many a channel may sell of an item, now. */
export const Availability = Type.Object(
  {
    channelId: ChannelId,
    itemId: ItemId,
    sku: Type.Optional(Type.String()),
    availableToPromise: Quantity,
    formula: AvailabilityFormula,
    locations: Type.Array(
      Type.Object({ locationId: LocationId, available: QuantityDelta }, { additionalProperties: false }),
    ),
    asOf: Instant,
  },
  { title: "Availability", additionalProperties: false },
);
export type Availability = Type.Static<typeof Availability>;

/**
 * Computes available-to-promise from its inputs, never below zero:
 * `min(cap, available + expired holds − buffer − what is protected for others)`.
 */
export function availableToPromise(formula: AvailabilityFormula): Quantity {
  const open = formula.available + formula.expiredHolds - formula.buffer - formula.protectedForOthers;
  return Math.max(0, Math.min(open, formula.cap ?? open)) as Quantity;
}
