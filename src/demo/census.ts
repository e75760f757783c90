import type { Fact } from "@crossdock/canonical";

/** What the log has said so far, counted. */
export type Census = {
  readonly facts: number;
  readonly ordersReceived: number;
  /** Orders of which at least something could be promised. */
  readonly ordersPromised: number;
  /** Orders of which everything that was promised has left. */
  readonly ordersShipped: number;
  /** Numbers that channels were told. */
  readonly told: number;
  /** Papers that partners have answered for. */
  readonly acknowledged: number;
  /** Holds that may still expire. They live minutes at most, so the set stays small. */
  readonly holds: ReadonlySet<string>;
};

/** Before anything was read. */
export const NOTHING_COUNTED: Census = Object.freeze({
  facts: 0,
  ordersReceived: 0,
  ordersPromised: 0,
  ordersShipped: 0,
  told: 0,
  acknowledged: 0,
  holds: new Set<string>(),
});

const ofType = <Kind extends Fact["type"]>(facts: readonly Fact[], type: Kind) =>
  facts.filter((fact): fact is Extract<Fact, { readonly type: Kind }> => fact.type === type);

/** Counts a page of facts. */
export function countFacts(census: Census, facts: readonly Fact[]): Census {
  const promised = ofType(facts, "OrderPromised").filter(({ data }) => data.state !== "on-hold");
  const shipped = ofType(facts, "OrderShipped").filter(({ data }) => data.state === "shipped");
  return {
    facts: census.facts + facts.length,
    ordersReceived: census.ordersReceived + ofType(facts, "OrderReceived").length,
    ordersPromised: census.ordersPromised + promised.length,
    ordersShipped: census.ordersShipped + shipped.length,
    told: census.told + ofType(facts, "AvailabilityPublished").length,
    acknowledged: census.acknowledged + ofType(facts, "DocumentAcknowledged").length,
    holds: holdsAfter(census.holds, facts),
  };
}

function holdsAfter(before: ReadonlySet<string>, facts: readonly Fact[]): ReadonlySet<string> {
  const holds = new Set(before);
  for (const fact of facts) {
    switch (fact.type) {
      case "StockReserved":
        if (fact.data.state === "held") holds.add(fact.data.reservationId);
        break;
      case "ReservationAllocated":
      case "ReservationReleased":
      case "ReservationExpired":
        holds.delete(fact.data.reservationId);
        break;
      default:
        break;
    }
  }
  return holds;
}
