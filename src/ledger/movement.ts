import { createHash } from "node:crypto";
import {
  ID_LENGTH_MAX,
  type ItemId,
  type LocationId,
  type Lot,
  locationId,
  type OrderLineReference,
  type Place,
  type Quantity,
  type Status,
  VIRTUAL_LOCATIONS,
} from "@crossdock/canonical";

/** Why a transfer was made; what people read first in an explanation. */
export type TransferReason =
  | "receipt"
  | "pick"
  | "short-pick"
  | "put-back"
  | "shipment"
  | "count"
  | "count-correction"
  | "adjustment"
  | "scrap"
  | "transfer-out"
  | "transfer-in"
  | "transfer-loss"
  | "return"
  | "status-change"
  | "lot-change"
  | "conversion"
  | "reserve"
  | "allocate"
  | "settle"
  | "replace"
  | "restore"
  | "release"
  | "reduce"
  | "expire"
  | "ring-fence"
  | "give-back";

/** What may happen to units of an order line on the floor: picked, not found where they should be, put back, gone from the building. */
export type LineStep = "pick" | "short" | "put-back" | "ship";

/** One thing that a fact moves. `use` marks units that may have been promised: where they come from is asked of the earmarks. */
export type Movement = {
  readonly itemId: ItemId;
  readonly lot: Lot;
  readonly from: Place;
  readonly to: Place;
  readonly quantity: Quantity;
  readonly reason: TransferReason;
  readonly use?: { readonly step: LineStep; readonly orderLine: OrderLineReference } | undefined;
};

/** A place by its location and status. */
export const placeAt = (location: LocationId, status: Status): Place => ({ locationId: location, status });

const virtual = (name: keyof typeof VIRTUAL_LOCATIONS): Place =>
  placeAt(locationId(VIRTUAL_LOCATIONS[name]), "available");

/** The other sides of what enters or leaves a building. */
export const SUPPLIER: Place = virtual("supplier");
export const CUSTOMER: Place = virtual("customer");
export const COUNT_VARIANCE: Place = virtual("countVariance");
export const SCRAP: Place = virtual("scrap");
export const CONVERSION: Place = virtual("conversion");

/** How the id of a lane begins. */
export const LANE_PREFIX = "transit.";

/** The lane between two locations: where stock is while it is in transit. Long names are replaced by their hash. */
export function laneId(from: LocationId, to: LocationId): LocationId {
  const name = `${LANE_PREFIX}${from}.${to}`;
  if (name.length <= ID_LENGTH_MAX) return locationId(name);
  return locationId(`${LANE_PREFIX}${createHash("sha256").update(name).digest("hex").slice(0, 40)}`);
}

/** The virtual locations that are no lanes. */
export const virtualNames: readonly string[] = Object.values(VIRTUAL_LOCATIONS);

/** Whether a location is no place but a side of transfers: a lane, the supplier, the customer, scrap, count variance, conversion. */
export const isVirtual = (location: LocationId): boolean =>
  location.startsWith(LANE_PREFIX) || virtualNames.includes(location);

/** What is in transit between two locations. */
export const inTransit = (from: LocationId, to: LocationId): Place => placeAt(laneId(from, to), "in-transit");

/** The two places of a count difference: `found` units appear, or disappear when negative. */
export function countVariance(
  location: LocationId,
  found: number,
  status: Status = "available",
): { readonly from: Place; readonly to: Place } {
  const shelf = placeAt(location, status);
  return found > 0 ? { from: COUNT_VARIANCE, to: shelf } : { from: shelf, to: COUNT_VARIANCE };
}
