import type { StockFact } from "@crossdock/canonical";

/** A movement as one side tells it: what it does to the units of a subject, when, and the papers that it names. */
export type ToldMovement = {
  readonly source: string;
  readonly units: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly papers: ReadonlySet<string>;
};

/** Two sides' movements, each met by at most one of the other side. */
export type Matching<Ours, Theirs> = {
  /** The same units. */
  readonly same: readonly { readonly ours: Ours; readonly theirs: Theirs }[];
  /** A paper in common, and other units. */
  readonly otherwise: readonly { readonly ours: Ours; readonly theirs: Theirs }[];
  readonly onlyOurs: readonly Ours[];
  readonly onlyTheirs: readonly Theirs[];
};

/**
 * Finds which movements of two sides are the same one. Those with a paper in common and the same units first; then those with a paper in
 * common, which were told with different units; then those of the same units that lie nearest in time, where one of the two names no
 * paper: different papers are different movements. What one source says twice is never the same, so a source is not matched with itself.
 */
export function matchMovements<Ours extends ToldMovement, Theirs extends ToldMovement>(
  ours: readonly Ours[],
  theirs: readonly Theirs[],
): Matching<Ours, Theirs> {
  const open = new Set(inTime(ours));
  const unmet = new Set(inTime(theirs));
  const pairs = (fits: (one: Ours, other: Theirs) => boolean) =>
    [...unmet].flatMap((other) => {
      const mine = nearest(
        [...open].filter((one) => one.source !== other.source && fits(one, other)),
        other.at,
      );
      if (mine === undefined) return [];
      open.delete(mine);
      unmet.delete(other);
      return [{ ours: mine, theirs: other }];
    });
  const byPaper = pairs((one, other) => shares(one, other) && one.units === other.units);
  const otherwise = pairs(shares);
  const byUnits = pairs(
    (one, other) => one.units === other.units && (one.papers.size === 0 || other.papers.size === 0),
  );
  return { same: [...byPaper, ...byUnits], otherwise, onlyOurs: [...open], onlyTheirs: [...unmet] };
}

const inTime = <Told extends ToldMovement>(told: readonly Told[]): readonly Told[] =>
  told.toSorted((a, b) => a.at - b.at);

const shares = (one: ToldMovement, other: ToldMovement): boolean =>
  [...one.papers].some((paper) => other.papers.has(paper));

function nearest<Told extends ToldMovement>(told: readonly Told[], at: number): Told | undefined {
  return told.reduce<Told | undefined>(
    (best, each) => (best === undefined || Math.abs(each.at - at) < Math.abs(best.at - at) ? each : best),
    undefined,
  );
}

/** The papers by which two systems may know the same movement. */
export function papersOf({ type, data }: StockFact): ReadonlySet<string> {
  const papers: string[] = [];
  const name = (kind: string, ...parts: readonly (string | undefined)[]) => {
    const [first] = parts;
    if (first !== undefined) papers.push(JSON.stringify([kind, ...parts.map((each) => each ?? null)]));
  };
  if ("orderLine" in data) name("order", data.orderLine?.orderId, data.orderLine?.lineId);
  switch (type) {
    case "StockReceived":
      name("purchase-order", data.purchaseOrder, data.receiptLine);
      name("receipt", data.receiptNumber, data.receiptLine);
      break;
    case "TransferDispatched":
    case "TransferReceived":
    case "TransferLost":
      name(type, data.transferNumber, data.transferLine);
      break;
    case "ShipmentDispatched":
      name("shipment", data.shipmentNumber);
      break;
    default:
  }
  return new Set(papers);
}
