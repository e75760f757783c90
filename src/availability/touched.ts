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
  "RuleTermsChanged",
] as const satisfies readonly FactType[];

/** Whether a fact may change what may be sold of any item. */
export function touchesAll(fact: Fact): boolean {
  return (
    fact.type === "RuleBookActivated" || (fact.type === "RuleTermsChanged" && fact.data.items === undefined)
  );
}

/** The items of which a fact changes what may be sold, where it does not of any. */
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
    case "RuleTermsChanged":
      return fact.data.items ?? [];
    default:
      return [];
  }
}
