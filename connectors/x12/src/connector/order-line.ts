import {
  type Destination,
  lineId,
  type Measure,
  type OrderLineStatement,
  type Price,
} from "@crossdock/canonical";
import type { Segment } from "../segment.ts";
import { type Decimal, decimalText, isEqual, isPositive, measureOf, readDecimal, sum } from "./decimal.ts";
import { identityOf, type Problem, storable, textOf } from "./element-text.ts";
import { type ItemPair, namesOf } from "./item-names.ts";
import type { Placed } from "./order-header.ts";
import type { Profile } from "./settings.ts";

/** A PO1 with the segments of its loop that are about the line as a whole. */
export type LineLoop = { readonly po1: Placed; readonly segments: readonly Placed[] };

/** A line with its quantity as a number, for the totals of the order. */
export type ReadLine = { readonly statement: OrderLineStatement; readonly quantity: Decimal };

export type LineContext = {
  readonly profile: Profile;
  readonly accountId: string;
  readonly currency: string | undefined;
  /** Whether PO101 numbers the lines: every line has one, and no two the same. */
  readonly isNumbered: boolean;
  readonly problems: Problem[];
};

const DESCRIPTION_LENGTH_MAX = 500;
const DESTINATIONS_MAX = 1_000;
const ITEM_LENGTH_MAX = 200;

/** Segments that open loops of their own inside a line; what follows them is not about the line as a whole. */
const INNER_LOOPS: readonly string[] = ["QTY", "SCH", "PKG", "LS", "N9", "N1", "SLN", "AMT", "LM"];

const LINE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Cuts the lines out of an order: from each PO1 to the next, without inner loops and without the totals at the end. */
export function lineLoops(segments: readonly Placed[]): readonly LineLoop[] {
  const loops: { po1: Placed; segments: Placed[] }[] = [];
  let isOpen = false;
  for (const placed of segments) {
    const { id } = placed.segment;
    if (id === "PO1") {
      loops.push({ po1: placed, segments: [] });
      isOpen = true;
    } else if (id === "CTT" || INNER_LOOPS.includes(id)) isOpen = false;
    else if (isOpen) loops.at(-1)?.segments.push(placed);
  }
  return loops;
}

/** Whether PO101 tells the lines apart. */
export function isNumbered(loops: readonly LineLoop[]): boolean {
  const numbers = new Set(loops.map(({ po1 }) => po1.segment.element(1).trim()));
  return numbers.size === loops.length && [...numbers].every((number) => LINE_ID.test(number));
}

/** Reads one line; undefined when it cannot be used, and then `problems` says why. */
export function readLine(loop: LineLoop, index: number, context: LineContext): ReadLine | undefined {
  const { po1, segments } = loop;
  const { profile, accountId, problems } = context;
  const number = problems.length;
  const pairs = pairsIn(loop, problems);
  const named = namesOf(pairs, profile.items, accountId);
  if (named === undefined) problems.push({ at: po1.at, message: "the line names no item" });
  const destinations = destinationsOf(segments, context);
  const ordered = quantityOf(loop, destinations, context);
  if (named === undefined || ordered === undefined || problems.length > number) return undefined;
  const description = textOf(segments.find(isDescription)?.segment.element(5) ?? "", DESCRIPTION_LENGTH_MAX);
  const price = priceOf(po1.segment, currencyOf(segments) ?? context.currency);
  const statement: OrderLineStatement = {
    lineId: lineId(context.isNumbered ? po1.segment.element(1).trim() : String(index + 1)),
    item: named.item,
    names: [...named.names],
    quantity: ordered.measure,
    ...(description === undefined ? {} : { description }),
    ...(price === undefined ? {} : { price }),
    ...(destinations.length === 0
      ? {}
      : { destinations: destinations.map(({ destination }) => destination) }),
  };
  return { statement, quantity: ordered.quantity };
}

const isDescription = ({ segment }: Placed): boolean =>
  segment.id === "PID" && segment.element(5).trim() !== "";

/** The pairs of PO1 from its sixth element on, and those of a LIN that adds to it from the second. */
function pairsIn({ po1, segments }: LineLoop, problems: Problem[]): readonly ItemPair[] {
  const lins = segments.filter(({ segment }) => segment.id === "LIN");
  return [...pairsFrom(po1, 6, problems), ...lins.flatMap((lin) => pairsFrom(lin, 2, problems))];
}

function pairsFrom({ segment, at }: Placed, first: number, problems: Problem[]): readonly ItemPair[] {
  const pairs: ItemPair[] = [];
  for (let position = first; position < segment.elements.length; position += 2) {
    const qualifier = segment.element(position).trim();
    const value = identityOf(segment.element(position + 1), ITEM_LENGTH_MAX);
    if (qualifier === "" || value === undefined) continue;
    if ("problem" in value) {
      problems.push({ at, message: `the number after ${storable(qualifier)} ${value.problem}` });
    } else pairs.push({ qualifier, value: value.text });
  }
  return pairs;
}

type Ordered = { readonly quantity: Decimal; readonly measure: Measure };

/** PO102 in the unit of PO103, or what its stores want together where PO102 is left out. */
function quantityOf(
  { po1 }: LineLoop,
  destinations: readonly ReadDestination[],
  { profile, problems }: LineContext,
): Ordered | undefined {
  const { segment, at } = po1;
  const [written, code] = [segment.element(2).trim(), segment.element(3).trim()];
  const spread = sum(destinations.map(({ quantity }) => quantity));
  const quantity = written === "" && destinations.length > 0 ? spread : readDecimal(written);
  const unit = code === "" ? destinations[0]?.destination.quantity.unit : profile.units.toOurs.get(code);
  if (unit === undefined) problems.push({ at, message: unitProblem("PO103", code) });
  if (quantity === undefined || !isPositive(quantity)) {
    problems.push({ at, message: `PO102: ${JSON.stringify(storable(written))} is no quantity to order` });
    return undefined;
  }
  if (unit === undefined) return undefined;
  const measure = measureOf(quantity, unit);
  if (measure === undefined) problems.push({ at, message: "PO102: the quantity has too many digits" });
  const isSpread =
    destinations.length > 0 && destinations.every((one) => one.destination.quantity.unit === unit);
  if (isSpread && !isEqual(spread, quantity)) {
    const message = `SDQ spreads ${decimalText(spread)}, and PO102 orders ${decimalText(quantity)}`;
    problems.push({ at, message });
  }
  return measure === undefined ? undefined : { quantity, measure };
}

function unitProblem(element: string, code: string): string {
  return code === ""
    ? `${element}: the quantity has no unit`
    : `${element}: the unit ${JSON.stringify(storable(code))} is not known; add it to the account's units`;
}

type ReadDestination = { readonly destination: Destination; readonly quantity: Decimal };

/** The stores of SDQ: a unit, a qualifier, then pairs of store and quantity. */
function destinationsOf(
  segments: readonly Placed[],
  { profile, problems }: LineContext,
): readonly ReadDestination[] {
  const destinations: ReadDestination[] = [];
  for (const { segment, at } of segments) {
    if (segment.id !== "SDQ") continue;
    const unit = profile.units.toOurs.get(segment.element(1).trim());
    if (unit === undefined) problems.push({ at, message: unitProblem("SDQ01", segment.element(1).trim()) });
    else destinations.push(...storesIn({ segment, at }, unit, problems));
  }
  const [, ...others] = new Set(destinations.map(({ destination }) => destination.quantity.unit));
  const at = segments.find(({ segment }) => segment.id === "SDQ")?.at ?? "";
  if (others.length > 0) problems.push({ at, message: "SDQ: one line is spread in several units" });
  if (destinations.length > DESTINATIONS_MAX) {
    problems.push({
      at,
      message: `SDQ: a line may go to ${DESTINATIONS_MAX} stores, and this one to ${destinations.length}`,
    });
  }
  return destinations;
}

function storesIn({ segment, at }: Placed, unit: string, problems: Problem[]): readonly ReadDestination[] {
  const stores: ReadDestination[] = [];
  // SDQ23 is a place within the stores, and not a pair.
  for (let position = 3; position < Math.min(segment.elements.length, 23); position += 2) {
    const code = identityOf(segment.element(position), ITEM_LENGTH_MAX);
    const quantity = readDecimal(segment.element(position + 1).trim());
    if (code === undefined) continue;
    const measure = quantity === undefined || quantity.digits < 0n ? undefined : measureOf(quantity, unit);
    if ("problem" in code || quantity === undefined || measure === undefined) {
      problems.push({
        at,
        message: `SDQ${String(position).padStart(2, "0")}: the store or its quantity cannot be read`,
      });
    } else stores.push({ destination: { code: code.text, quantity: measure }, quantity });
  }
  return stores;
}

function currencyOf(segments: readonly Placed[]): string | undefined {
  const currency =
    segments
      .find(({ segment }) => segment.id === "CUR")
      ?.segment.element(2)
      .trim() ?? "";
  return /^[A-Z]{3}$/.test(currency) ? currency : undefined;
}

/** PO104, for the papers only: what cannot be read as a price is left out. */
function priceOf(po1: Segment, currency: string | undefined): Price | undefined {
  const price = readDecimal(po1.element(4).trim());
  if (price === undefined) return undefined;
  return { amount: decimalText(price), ...(currency === undefined ? {} : { currency }) };
}
