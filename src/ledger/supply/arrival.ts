import { type Instant, OWN_SOURCE } from "@crossdock/canonical";
import type { FactToPost } from "../plan.ts";

/** How something came that may have been expected. A `dispatch` is a transfer that left: from then on it is in transit. */
export type ArrivalKind = "receipt" | "dispatch" | "return" | "production";

/** Something that came. `document` and `line` are empty where it came without papers. */
export type Arrival = {
  readonly eventNumber: number;
  readonly kind: ArrivalKind;
  readonly itemId: string;
  readonly locationId: string;
  readonly document: string;
  readonly line: string;
  readonly arrivedAt: Instant;
  readonly quantity: number;
};

/** What facts that are posted may have brought of what was expected. What we turn into something else ourselves brings nothing. */
export function arrivalsOf(facts: readonly FactToPost[]): readonly Arrival[] {
  return facts.flatMap((fact): Arrival[] => {
    if (fact.source.startsWith(`${OWN_SOURCE}/`)) return [];
    const told = toldOf(fact);
    return told === undefined ? [] : [{ ...told, eventNumber: fact.number, arrivedAt: fact.effectiveAt }];
  });
}

function toldOf(fact: FactToPost): Omit<Arrival, "eventNumber" | "arrivedAt"> | undefined {
  switch (fact.type) {
    case "StockReceived": {
      const { item, location, purchaseOrder = "", receiptLine = "", quantity } = fact.data;
      const papers = { document: purchaseOrder, line: receiptLine };
      return { kind: "receipt", itemId: item, locationId: location, ...papers, quantity };
    }
    case "TransferDispatched": {
      const { item, to, transferNumber = "", transferLine = "", quantity } = fact.data;
      const papers = { document: transferNumber, line: transferLine };
      return { kind: "dispatch", itemId: item, locationId: to, ...papers, quantity };
    }
    case "StockReturned": {
      const { item, location, orderLine, quantity } = fact.data;
      const papers = { document: orderLine?.orderId ?? "", line: orderLine?.lineId ?? "" };
      return { kind: "return", itemId: item, locationId: location, ...papers, quantity };
    }
    case "StockConverted": {
      const { location, to } = fact.data;
      const papers = { document: "", line: "" };
      return { kind: "production", itemId: to.item, locationId: location, ...papers, quantity: to.quantity };
    }
    default:
      return undefined;
  }
}
