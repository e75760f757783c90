import { createHash } from "node:crypto";
import {
  type FactData,
  ID_LENGTH_MAX,
  type ItemId,
  type LocationId,
  type Lot,
  locationId,
  type OrderLineReference,
  type Place,
  type Quantity,
  quantity,
  type Status,
  type StockFact,
  VIRTUAL_LOCATIONS,
} from "@crossdock/canonical";

/** Why a transfer was made; what people read first in an explanation. */
export type TransferReason =
  | "receipt"
  | "pick"
  | "shipment"
  | "count"
  | "count-correction"
  | "adjustment"
  | "scrap"
  | "transfer-out"
  | "transfer-in"
  | "return"
  | "status-change"
  | "reserve"
  | "allocate"
  | "settle"
  | "replace"
  | "release"
  | "expire";

/** One thing that a fact moves. `use` marks units that may have been promised: where they come from is asked of the earmarks. */
export type Movement = {
  readonly itemId: ItemId;
  readonly lot: Lot;
  readonly from: Place;
  readonly to: Place;
  readonly quantity: Quantity;
  readonly reason: TransferReason;
  readonly use?: { readonly step: "pick" | "ship"; readonly orderLine: OrderLineReference } | undefined;
};

const SUPPLIER = locationId(VIRTUAL_LOCATIONS.supplier);
const CUSTOMER = locationId(VIRTUAL_LOCATIONS.customer);
const COUNT_VARIANCE = locationId(VIRTUAL_LOCATIONS.countVariance);
const SCRAP = locationId(VIRTUAL_LOCATIONS.scrap);

const place = (location: LocationId, status: Status): Place => ({ locationId: location, status });

/** The lane between two locations: where stock is while it is in transit. Long names are replaced by their hash. */
export function laneId(from: LocationId, to: LocationId): LocationId {
  const name = `transit.${from}.${to}`;
  if (name.length <= ID_LENGTH_MAX) return locationId(name);
  return locationId(`transit.${createHash("sha256").update(name).digest("hex").slice(0, 40)}`);
}

/** The two places of a count difference: `found` units appear in a condition, or disappear when negative. */
export function countVariance(
  location: LocationId,
  found: number,
  status: Status = "available",
): { readonly from: Place; readonly to: Place } {
  const shelf = place(location, status);
  const variance = place(COUNT_VARIANCE, "available");
  return found > 0 ? { from: variance, to: shelf } : { from: shelf, to: variance };
}

function shipmentMovements(data: FactData<"ShipmentDispatched">): Movement[] {
  return data.cartons.flatMap((carton) =>
    carton.lines.map((line) => ({
      itemId: line.item,
      lot: line.lot ?? "",
      from: place(data.location, "picked"),
      to: place(CUSTOMER, "available"),
      quantity: line.quantity,
      reason: "shipment" as const,
      use: line.orderLine === undefined ? undefined : { step: "ship" as const, orderLine: line.orderLine },
    })),
  );
}

function adjustmentMovements(data: FactData<"StockAdjusted">): Movement[] {
  if (data.delta === 0) return [];
  const shelf = place(data.location, data.status ?? "available");
  const other = place(data.delta < 0 ? SCRAP : COUNT_VARIANCE, "available");
  const [from, to] = data.delta < 0 ? [shelf, other] : [other, shelf];
  const reason = data.delta < 0 ? "scrap" : "adjustment";
  return [
    { itemId: data.item, lot: data.lot ?? "", from, to, quantity: quantity(Math.abs(data.delta)), reason },
  ];
}

type Moved = { readonly lot?: string | undefined; readonly item: ItemId; readonly quantity: Quantity };

/** The one movement of a fact that moves one amount of one item. */
function move(
  { item, lot = "", quantity: units }: Moved,
  from: Place,
  to: Place,
  reason: TransferReason,
): Movement {
  return { itemId: item, lot, from, to, quantity: units, reason };
}

function pickMovement(data: FactData<"StockPicked">): Movement {
  const { location, orderLine } = data;
  const picked = move(data, place(location, "available"), place(location, "picked"), "pick");
  return orderLine === undefined ? picked : { ...picked, use: { step: "pick", orderLine } };
}

/**
 * What a fact moves, as movements with both sides named. A count moves nothing by itself: what it means depends on the
 * balance at its time. A pack moves nothing either: it says in which carton picked units are.
 */
export function movementsOf(fact: StockFact): Movement[] {
  switch (fact.type) {
    case "StockReceived": {
      const { location, status = "available" } = fact.data;
      return [move(fact.data, place(SUPPLIER, "available"), place(location, status), "receipt")];
    }
    case "StockPicked":
      return [pickMovement(fact.data)];
    case "ShipmentDispatched":
      return shipmentMovements(fact.data);
    case "StockAdjusted":
      return adjustmentMovements(fact.data);
    case "TransferDispatched": {
      const { from, to } = fact.data;
      return [
        move(fact.data, place(from, "available"), place(laneId(from, to), "in-transit"), "transfer-out"),
      ];
    }
    case "TransferReceived": {
      const { from, to } = fact.data;
      return [move(fact.data, place(laneId(from, to), "in-transit"), place(to, "available"), "transfer-in")];
    }
    case "StockReturned": {
      const { location, status = "available" } = fact.data;
      return [move(fact.data, place(CUSTOMER, "available"), place(location, status), "return")];
    }
    case "StockStatusChanged": {
      const { location, from, to } = fact.data;
      return from === to
        ? []
        : [move(fact.data, place(location, from), place(location, to), "status-change")];
    }
    case "StockPacked":
    case "StockCounted":
      return [];
    default:
      return fact satisfies never;
  }
}

/** The location whose owner may state a fact: where the goods physically are when it happens. */
export function statedLocation(fact: StockFact): LocationId {
  switch (fact.type) {
    case "TransferDispatched":
      return fact.data.from;
    case "TransferReceived":
      return fact.data.to;
    default:
      return fact.data.location;
  }
}
