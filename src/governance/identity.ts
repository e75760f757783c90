import type { UnitFactor } from "@crossdock/canonical";
import { type Fraction, inLowestTerms, isSameFraction, type Key, type NamePeriod } from "./master.ts";
import { nameText } from "./master-state.ts";
import type { ResolvedItem } from "./resolve.ts";
import { periodsOf, type Timeline } from "./timeline.ts";

/** Why two items cannot become one, or one two. Stable; the detail is for people, with the numbers. */
export type IdentityRefusal = {
  readonly reason:
    | "unknown-item"
    | "same-item"
    | "merged-away"
    | "is-kit"
    | "is-component"
    | "tracking-differs"
    | "units-differ"
    | "lots-differ"
    | "moment-ahead"
    | "moment-before-merge"
    | "name-not-of-item"
    | "name-taken";
  readonly detail: string;
};

/** How many base units of `to` one base unit of `from` is; undefined where neither knows the other's base unit. */
export function factorBetween(from: ResolvedItem, to: ResolvedItem): Fraction | undefined {
  if (from.baseUnit === to.baseUnit) return { numerator: 1n, denominator: 1n };
  const there = to.units.get(from.baseUnit);
  if (there !== undefined) return inLowestTerms(there);
  const back = from.units.get(to.baseUnit);
  return back === undefined
    ? undefined
    : inLowestTerms({ numerator: back.denominator, denominator: back.numerator });
}

const product = (one: UnitFactor, other: Fraction): Fraction =>
  inLowestTerms({
    numerator: one.numerator * other.numerator,
    denominator: one.denominator * other.denominator,
  });

/** Units of `from` that `to` lacks or has otherwise. What was said in them would be read wrongly, or by nobody. */
export function unlikeUnits(from: ResolvedItem, to: ResolvedItem, factor: Fraction): readonly string[] {
  return [...from.units].flatMap(([unit, ofFrom]) => {
    const ofTo = to.units.get(unit);
    return ofTo !== undefined && isSameFraction(inLowestTerms(ofTo), product(ofFrom, factor)) ? [] : [unit];
  });
}

/** A name with its whole course. */
export type NameCourse = { readonly key: Key; readonly timeline: Timeline<string> };

/** Lets names lead to another item from a moment on, wherever they would have led to the one. Gives the names that do. */
export function leadOn(
  courses: readonly NameCourse[],
  { from, to, since }: { readonly from: string; readonly to: string; readonly since: number },
): { readonly periods: readonly NamePeriod[]; readonly names: readonly string[] } {
  const periods: NamePeriod[] = [];
  const names: string[] = [];
  for (const { key, timeline } of courses) {
    const [, scheme = "", scope = "", value = ""] = key;
    const led = periodsOf(timeline).filter((period) => period.value === from && period.to > since);
    if (led.length > 0) names.push(nameText(key));
    for (const period of led) {
      periods.push({
        ...{ kind: "item", scheme, scope, value, target: to },
        validFrom: new Date(Math.max(period.from, since)),
        ...(Number.isFinite(period.to) ? { validTo: new Date(period.to) } : {}),
      });
    }
  }
  return { periods, names };
}

/** The name that an item's own id is, once it means something else: it goes before the id itself. */
export const ownIdName = (itemId: string, target: string | null, since: Date): NamePeriod => ({
  ...{ kind: "item", scheme: "id", scope: "", value: itemId, target },
  validFrom: since,
});

/** What an item has become in the end, and how many of its base units each of the item's is: itself, where it was not merged. */
export type Survivor = { readonly itemId: string; readonly units: number };

/** An item that has become another; see `Merge`. */
type Became = { readonly itemId: string; readonly into: string; readonly units: number };

/** What an item has become by merges, one after the other. */
export function survivorOf(itemId: string, merges: readonly Became[]): Survivor {
  const next = merges.find((merge) => merge.itemId === itemId);
  if (next === undefined) return { itemId, units: 1 };
  const last = survivorOf(next.into, merges);
  return { itemId: last.itemId, units: next.units * last.units };
}
