import type { SupplyBasis, SupplyKind } from "@crossdock/canonical";
import type { ArrivalKind } from "./arrival.ts";

/** A line of supply as its source said it last. Moments are milliseconds. */
export type SupplyLine = {
  readonly source: string;
  readonly kind: SupplyKind;
  readonly document: string;
  readonly line: string;
  readonly itemId: string;
  readonly locationId: string;
  readonly quantity: number;
  readonly basis: SupplyBasis;
  readonly expectedAt: number;
  readonly asOf: number;
  readonly firstAsOf: number;
  /** Units that came of it long ago and are not listed any more. */
  readonly settled?: number;
};

/** Something that came, as far as lines are asked what it leaves of them. */
export type Came = {
  readonly kind: ArrivalKind;
  readonly itemId: string;
  readonly locationId: string;
  readonly document: string;
  readonly line: string;
  readonly arrivedAt: number;
  readonly quantity: number;
};

/** A line with what has come of it and what has not. */
export type OpenLine<Line extends SupplyLine = SupplyLine> = {
  readonly line: Line;
  readonly arrived: number;
  readonly open: number;
};

/** Which kinds of line an arrival may be of: those whose papers it names, and those that it may be of without papers. */
const NAMED: { readonly [Kind in ArrivalKind]: readonly SupplyKind[] } = {
  receipt: ["purchase-order", "production"],
  dispatch: ["transfer"],
  return: ["return"],
  production: ["production"],
};
const UNNAMED: { readonly [Kind in ArrivalKind]: SupplyKind } = {
  receipt: "purchase-order",
  dispatch: "transfer",
  return: "return",
  production: "production",
};

type Balance<Line extends SupplyLine> = { readonly line: Line; arrived: number; open: number };

const byDue = (a: SupplyLine, b: SupplyLine): number =>
  a.expectedAt - b.expectedAt ||
  compare(a.document, b.document) ||
  compare(a.line, b.line) ||
  compare(a.kind, b.kind) ||
  compare(a.source, b.source);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Of two that are equal in all of this it does not matter which goes first. */
const byArrival = (a: Came, b: Came): number =>
  a.arrivedAt - b.arrivedAt ||
  compare(a.document, b.document) ||
  compare(a.line, b.line) ||
  compare(a.locationId, b.locationId) ||
  a.quantity - b.quantity;

/**
 * What is still to come of lines, after what has come. Everything that came is taken once:
 *
 * - What names a document and a line that is known is taken from that line, wherever it arrived. What is beyond the line is over.
 * - What names a document, and no line of it that is known, is taken from the document's lines of the item: those of its location first,
 *   and of these what is due first.
 * - What names nothing is taken from lines of its item and location that were known when it came, what is due first first.
 * - What names a document that nobody has spoken of is taken from nothing.
 *
 * From an `open` quantity only what came after its moment is taken: the source has taken the rest. It is a function of the two sets, so
 * neither the order of lines nor that of arrivals changes it, and it says the same whichever was told first.
 */
export function openLines<Line extends SupplyLine>(
  lines: readonly Line[],
  came: readonly Came[],
): readonly OpenLine<Line>[] {
  return takeAll(lines, came).balances;
}

/** Something that came, the lines that it was taken from if they wanted it, and what none of them did. */
export type Take<Line extends SupplyLine, Arrival extends Came> = {
  readonly came: Arrival;
  readonly from: readonly Line[];
  readonly left: number;
  /** The lines that it may be of at all, whatever they want today. */
  readonly mayBeOf: readonly Line[];
};

/** The same, with what became of each arrival. */
export function takeAll<Line extends SupplyLine, Arrival extends Came>(
  lines: readonly Line[],
  came: readonly Arrival[],
): { readonly balances: readonly OpenLine<Line>[]; readonly takes: readonly Take<Line, Arrival>[] } {
  const balances = lines.toSorted(byDue).map((line): Balance<Line> => {
    const arrived = Math.min(line.quantity, line.settled ?? 0);
    return { line, arrived, open: line.quantity - arrived };
  });
  const documents = Map.groupBy(balances, ({ line }) => `${line.itemId} ${line.document}`);
  const places = Map.groupBy(balances, ({ line }) => `${line.itemId} ${line.locationId}`);
  const [named, unnamed] = [came.filter(({ document }) => document !== ""), came.filter(isUnnamed)];
  const takes: Take<Line, Arrival>[] = [];
  const takeFrom = (each: Arrival, possible: readonly Balance<Line>[], isInTime: (line: Line) => boolean) => {
    const from = possible.filter(({ line }) => isInTime(line));
    const left = take(from, each.quantity);
    takes.push({
      came: each,
      from: from.map(({ line }) => line),
      left,
      mayBeOf: possible.map(({ line }) => line),
    });
  };
  for (const each of named.toSorted(byArrival)) {
    const own = (documents.get(`${each.itemId} ${each.document}`) ?? []).filter(({ line }) =>
      NAMED[each.kind].includes(line.kind),
    );
    takeFrom(each, inOrder(own, each), (line) => each.arrivedAt > since(line, Number.NEGATIVE_INFINITY));
  }
  for (const each of unnamed.toSorted(byArrival)) {
    const own = places.get(`${each.itemId} ${each.locationId}`) ?? [];
    const possible = own.filter(
      ({ line }) => line.kind === UNNAMED[each.kind] && each.arrivedAt > line.firstAsOf,
    );
    takeFrom(each, possible, (line) => each.arrivedAt > since(line, line.firstAsOf));
  }
  return { balances, takes };
}

const isUnnamed = ({ document }: Came): boolean => document === "";

/** From when on what comes is taken from a line; `ordered` is when for a line of which the whole quantity is said. */
const since = (line: SupplyLine, ordered: number): number => (line.basis === "open" ? line.asOf : ordered);

/** The lines of a document that something is taken from: its own where that is known, or those of its location before the others. */
function inOrder<Line extends SupplyLine>(
  own: readonly Balance<Line>[],
  came: Came,
): readonly Balance<Line>[] {
  const exact = came.line === "" ? [] : own.filter(({ line }) => line.line === came.line);
  if (exact.length > 0) return exact;
  const here = own.filter(({ line }) => line.locationId === came.locationId);
  const elsewhere = own.filter(({ line }) => line.locationId !== came.locationId);
  return [...here, ...elsewhere];
}

/** Takes units from lines, one after the other; gives those that none of them wants. */
function take(from: readonly Balance<SupplyLine>[], units: number): number {
  let left = units;
  for (const balance of from) {
    const taken = Math.min(left, balance.open);
    balance.open -= taken;
    balance.arrived += taken;
    left -= taken;
  }
  return left;
}
