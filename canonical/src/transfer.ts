import { Type } from "typebox";
import { Instant, ItemId, LocationId, Lot } from "./ids.ts";
import { PositiveQuantity } from "./quantity.ts";
import { Status } from "./status.ts";

/** Virtual locations: the other side of a movement that leaves or enters the building. */
export const VIRTUAL_LOCATIONS = {
  supplier: "supplier",
  customer: "customer",
  countVariance: "count-variance",
  scrap: "scrap",
  /** Where units become units of another item or lot, so that each item sums to zero by itself. */
  conversion: "conversion",
} as const;

/** One side of a transfer. */
export const Place = Type.Object(
  { locationId: LocationId, status: Status },
  { title: "Place", additionalProperties: false },
);
export type Place = Type.Static<typeof Place>;

/** The only thing that moves quantity. Both sides are always named, so nothing is created or lost. */
export const Transfer = Type.Object(
  {
    itemId: ItemId,
    lot: Lot,
    from: Place,
    to: Place,
    quantity: PositiveQuantity,
    effectiveAt: Instant,
  },
  { title: "Transfer", additionalProperties: false },
);
export type Transfer = Type.Static<typeof Transfer>;
