import type { Fact, FactType } from "@crossdock/canonical";

/** Facts after which a channel may sell more of an item, or less. */
export const TOUCHING_TYPES = [
  "PositionsChanged",
  "StockReserved",
  "ReservationReleased",
  "ReservationReduced",
  "ReservationReplaced",
  "ReservationExpired",
  "StockRingFenced",
  "RingFenceGivenBack",
  "RuleBookActivated",
  "ShelfLifeChanged",
] as const satisfies readonly FactType[];

/** The items of which a fact changes what may be sold. Other rules may change it for any. */
export function touchedItems(fact: Fact): readonly string[] {
  switch (fact.type) {
    case "PositionsChanged":
      return fact.data.positions.map((position) => position.itemId);
    case "ShelfLifeChanged":
      return fact.data.lots.map((lot) => lot.itemId);
    case "StockReserved":
    case "ReservationReleased":
    case "ReservationReduced":
    case "ReservationReplaced":
    case "ReservationExpired":
    case "StockRingFenced":
    case "RingFenceGivenBack":
      return [fact.data.itemId];
    default:
      return [];
  }
}
