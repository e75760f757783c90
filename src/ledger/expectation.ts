import type { FactData, Instant } from "@crossdock/canonical";
import type { FactToPost } from "./plan.ts";

/** What receipts of one line said together: what was expected, as of when, and what came. */
export type ReceiptLine = {
  readonly locationId: string;
  readonly purchaseOrder: string;
  readonly receiptNumber: string;
  readonly receiptLine: string;
  readonly itemId: string;
  readonly expected: number;
  readonly expectedAsOf: Instant;
  readonly received: number;
  readonly lastEventNumber: number;
};

/** What was said together of one item and lot of one transfer on its lane. */
export type LaneTransfer = {
  readonly fromLocationId: string;
  readonly toLocationId: string;
  readonly transferNumber: string;
  readonly itemId: string;
  readonly lot: string;
  readonly dispatched: number;
  readonly received: number;
  readonly lost: number;
  readonly expectedAt: Instant | undefined;
  readonly lastEventNumber: number;
};

/** Folds what is of one key into one row, in the order of the keys, which is the order of their locks. */
function folded<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  join: (a: Row, b: Row) => Row,
): Row[] {
  return [...Map.groupBy(rows, keyOf)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, own]) => own.slice(0, 1).map((first) => own.slice(1).reduce(join, first)));
}

/** Whether an expectation is told later than another; of two of one moment the greater counts. */
const isLater = (a: ReceiptLine, b: ReceiptLine): boolean => {
  const [at, other] = [Date.parse(a.expectedAsOf), Date.parse(b.expectedAsOf)];
  return at === other ? a.expected > b.expected : at > other;
};

/**
 * The receipt lines of a batch that say what they were expected to bring. A source that says it says it with each receipt of the line.
 * What came is a sum and the expectation is the latest, so that the order of the receipts does not matter.
 */
export function receiptLinesOf(facts: readonly FactToPost[]): readonly ReceiptLine[] {
  const lines = facts.flatMap((fact): ReceiptLine[] => {
    if (fact.type !== "StockReceived" || fact.data.expected === undefined) return [];
    const {
      location,
      purchaseOrder = "",
      receiptNumber = "",
      receiptLine = "",
      item,
      expected,
      quantity,
    } = fact.data;
    const key = { locationId: location, purchaseOrder, receiptNumber, receiptLine, itemId: item };
    return [
      { ...key, expected, expectedAsOf: fact.effectiveAt, received: quantity, lastEventNumber: fact.number },
    ];
  });
  const keyOf = (line: ReceiptLine) =>
    JSON.stringify([line.locationId, line.purchaseOrder, line.receiptNumber, line.receiptLine, line.itemId]);
  return folded(lines, keyOf, (a, b) => ({
    ...(isLater(b, a) ? b : a),
    received: a.received + b.received,
    lastEventNumber: Math.max(a.lastEventNumber, b.lastEventNumber),
  }));
}

/** What a batch says of transfers between locations. */
export function laneTransfersOf(facts: readonly FactToPost[]): readonly LaneTransfer[] {
  const transfers = facts.flatMap((fact): LaneTransfer[] => {
    switch (fact.type) {
      case "TransferDispatched":
        return [
          {
            ...laneOf(fact.data, fact.number),
            dispatched: fact.data.quantity,
            expectedAt: fact.data.expectedAt,
          },
        ];
      case "TransferReceived":
        return [
          {
            ...laneOf(fact.data, fact.number),
            received: fact.data.quantity,
            expectedAt: fact.data.expectedAt,
          },
        ];
      case "TransferLost":
        return [{ ...laneOf(fact.data, fact.number), lost: fact.data.quantity }];
      default:
        return [];
    }
  });
  const keyOf = (row: LaneTransfer) =>
    JSON.stringify([row.fromLocationId, row.toLocationId, row.transferNumber, row.itemId, row.lot]);
  return folded(transfers, keyOf, (a, b) => ({
    ...a,
    dispatched: a.dispatched + b.dispatched,
    received: a.received + b.received,
    lost: a.lost + b.lost,
    expectedAt: latest(a.expectedAt, b.expectedAt),
    lastEventNumber: Math.max(a.lastEventNumber, b.lastEventNumber),
  }));
}

function laneOf(data: FactData<"TransferLost">, lastEventNumber: number): LaneTransfer {
  const { from, to, transferNumber = "", item, lot = "" } = data;
  const key = { fromLocationId: from, toLocationId: to, transferNumber, itemId: item, lot };
  return { ...key, dispatched: 0, received: 0, lost: 0, expectedAt: undefined, lastEventNumber };
}

function latest(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Date.parse(a) < Date.parse(b) ? b : a;
}
