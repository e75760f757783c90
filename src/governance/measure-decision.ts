import { type MasterRecordOf, unitProblem } from "@crossdock/canonical";
import { type Fraction, inLowestTerms, isSameFraction } from "./master.ts";
import { changed, created, type MasterDecision, refused } from "./master-outcome.ts";
import {
  courseText,
  fractionText,
  type ItemState,
  itemNamed,
  type MasterState,
  momentText,
} from "./master-state.ts";
import { type Said, saidOf, unknownItem } from "./name-decision.ts";
import { periodsOf, type Timeline, valueAt, withPeriod } from "./timeline.ts";

/** The factor of a record: "12" or "1/1000". */
function toFraction(text: string): Fraction {
  const [numerator = "1", denominator = "1"] = text.split("/");
  return inLowestTerms({ numerator: BigInt(numerator), denominator: BigInt(denominator) });
}

/** Decides about a unit of an item: how many base units it is, and when. */
export function decideUnit(state: MasterState, record: MasterRecordOf<"item-unit">): MasterDecision {
  const item = itemNamed(state, record.item);
  if (item === undefined) return unknownItem(`unit ${record.unit}`, record.item);
  const subject = `unit ${record.unit} of ${item.itemId}`;
  const merged = mergedAway(subject, item);
  if (merged !== undefined) return merged;
  const problem = unitProblem(record.unit);
  if (problem !== undefined) return refused(subject, "bad-unit", { detail: `${problem}.`, field: "unit" });
  const factor = toFraction(record.factor);
  if (record.unit === item.baseUnit) {
    if (isSameFraction(factor, { numerator: 1n, denominator: 1n })) {
      return { outcome: { subject, outcome: "unchanged" } };
    }
    const detail = `${record.unit} is the unit that ${item.itemId} is counted in, so one of it is 1. Leave the row out.`;
    return refused(subject, "bad-unit", { detail, field: "factor" });
  }
  const before = item.units.get(record.unit) ?? [];
  const course = (timeline: Timeline<Fraction>) => ({
    factor: courseText(timeline, state.now, fractionText),
  });
  const said = saidOf(record);
  const known = valueAt(before, state.now);
  const isUnsaid = said.from === undefined && before.length > 0;
  if (isUnsaid && (known === undefined || !isSameFraction(known, factor))) {
    const detail = `${record.unit} of ${item.itemId} is ${course(before).factor}. Say from when it is ${record.factor} (valid_from), or always if it was never anything else.`;
    return refused(subject, "say-from-when", { detail, field: "validFrom" });
  }
  const after = withValue(
    before,
    { said, value: factor, usual: Number.NEGATIVE_INFINITY, now: state.now },
    isSameFraction,
  );
  if (after === undefined) return endsFirst(subject, said, state.now);
  const change = { items: [{ ...item, units: new Map(item.units).set(record.unit, after) }] };
  return before.length === 0
    ? created(subject, course(after), change)
    : changed(subject, { before: course(before), after: course(after) }, change);
}

/** Decides about what an item costs. Without a beginning it costs that from now on. */
export function decideCost(state: MasterState, record: MasterRecordOf<"item-cost">): MasterDecision {
  const { currency } = record;
  const item = itemNamed(state, record.item);
  if (item === undefined) return unknownItem(`cost in ${currency}`, record.item);
  const subject = `cost of ${item.itemId} in ${currency}`;
  const merged = mergedAway(subject, item);
  if (merged !== undefined) return merged;
  const before = item.costs.get(currency) ?? [];
  const course = (timeline: Timeline<string>) => ({ perUnit: courseText(timeline, state.now, String) });
  const value = plainDecimal(record.perUnit);
  const said = saidOf(record);
  const after = withValue(before, { said, value, usual: state.now, now: state.now }, Object.is);
  if (after === undefined) return endsFirst(subject, said, state.now);
  const costs = new Map(item.costs).set(currency, after);
  const change = { items: [{ ...item, costs, hasCosts: true }] };
  return before.length === 0
    ? created(subject, course(after), change)
    : changed(subject, { before: course(before), after: course(after) }, change);
}

/** One text for each decimal: 0.50 and 00.5 are 0.5. */
export function plainDecimal(text: string): string {
  const [whole = "0", decimals = ""] = text.split(".");
  const rest = decimals.replace(/0+$/, "");
  const integer = whole.replace(/^0+(?=\d)/, "");
  return rest === "" ? integer : `${integer}.${rest}`;
}

/**
 * The same course with a value from when it is said until then. A beginning that is not said is that of the value that holds now, where
 * that is the same; an end that is not said is the next value that is known, so that rows of one file may come in any order. Undefined
 * when it would end before it begins.
 */
export function withValue<Value>(
  before: Timeline<Value>,
  change: { readonly said: Said; readonly value: Value; readonly usual: number; readonly now: number },
  isSame: (one: Value, other: Value) => boolean,
): Timeline<Value> | undefined {
  const { said, value, usual, now } = change;
  const standing = periodsOf(before).find(
    (period) => period.from <= now && now < period.to && isSame(period.value, value),
  );
  const from = said.from ?? standing?.from ?? usual;
  const next = (after: number) =>
    before.find((point) => point.from > after)?.from ?? Number.POSITIVE_INFINITY;
  const to = said.to ?? next(from);
  if (from >= to) return undefined;
  const until = said.to === undefined ? undefined : valueAt(before, to);
  // The value that would go on after its end is ended there.
  const ended =
    until !== undefined && isSame(until, value) && !before.some((point) => point.from === to)
      ? withPeriod(before, { from: to, to: next(to), value: undefined }, isSame)
      : before;
  return withPeriod(ended, { from, to, value }, isSame);
}

export function endsFirst(subject: string, { to }: Said, now: number): MasterDecision {
  const detail = `It would end at ${momentText(to ?? Number.POSITIVE_INFINITY, now)}, which is not after its beginning. Correct valid_from or valid_to.`;
  return refused(subject, "ends-before-it-begins", { detail, field: "validTo" });
}

/** A merged item keeps its past; what is new is said of the one that it has become. */
export function mergedAway(subject: string, { itemId, mergedInto }: ItemState): MasterDecision | undefined {
  if (mergedInto === undefined) return undefined;
  const detail = `Item ${itemId} has become ${mergedInto}. Say it of that one.`;
  return refused(subject, "merged-away", { detail, field: "item" });
}
