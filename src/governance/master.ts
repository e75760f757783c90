import { storedValue } from "./resolve.ts";
import type { PeriodChange, Point, Timeline } from "./timeline.ts";

/** When something holds: from the first moment until the second, which is not included. Absent: always, and for ever. */
export type Validity = { readonly validFrom?: Date | undefined; readonly validTo?: Date | undefined };

/** An item to create. Units are base units per unit, as fractions; kits list their components. */
export type ItemToSave = {
  readonly itemId: string;
  readonly sku: string;
  readonly description: string;
  readonly baseUnit: string;
  readonly tracking: "none" | "lot" | "serial";
  /** Absent: that of an item that is there stays, and a new one has none. */
  readonly itemClass?: string | undefined;
  readonly units: readonly (Validity & {
    readonly unit: string;
    readonly numerator: number;
    readonly denominator: number;
  })[];
  readonly components: readonly { readonly itemId: string; readonly quantity: number }[];
};

export type LocationToSave = {
  readonly locationId: string;
  readonly code: string;
  readonly name: string;
  readonly type: "warehouse" | "store" | "3pl" | "vendor";
  readonly timeZone: string;
};

/** A system's name for an item or a location. `scope` is empty for names that everybody shares. */
export type AliasToSave = Validity & {
  readonly kind: "item" | "location";
  readonly scheme: string;
  readonly scope: string;
  readonly value: string;
  readonly target: string;
};

/** As `AliasToSave`; a name without a target means nothing in its period. */
export type NamePeriod = Omit<AliasToSave, "target"> & { readonly target: string | null };

/** What one base unit of an item costs: an exact decimal with up to 8 places, such as "0.0125". Null: not known. */
export type CostToSave = Validity & {
  readonly itemId: string;
  readonly currency: string;
  readonly perUnit: string | null;
};

/** What is known of a lot or a serial number. Days are as in ISO 8601. */
export type LotToSave = {
  readonly itemId: string;
  readonly lot: string;
  readonly expiresOn?: string | undefined;
  readonly madeOn?: string | undefined;
  readonly attributes?: Readonly<Record<string, string>> | undefined;
};

/** An exact fraction in lowest terms. */
export type Fraction = { readonly numerator: bigint; readonly denominator: bigint };

/** The same fraction in lowest terms, so that 24/2 and 12/1 are equal. */
export function inLowestTerms({ numerator, denominator }: Fraction): Fraction {
  let [divisor, rest] = [numerator, denominator];
  while (rest !== 0n) [divisor, rest] = [rest, divisor % rest];
  return divisor === 0n
    ? { numerator, denominator }
    : { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** Whether two fractions in lowest terms are one. */
export const isSameFraction = (one: Fraction, other: Fraction): boolean =>
  one.numerator === other.numerator && one.denominator === other.denominator;

/** What tells names apart, as one text. */
export type Key = readonly string[];
export const keyText = (key: Key): string => JSON.stringify(key);

/** What tells a name from others. */
export const nameKey = (alias: Omit<NamePeriod, "target">): Key => [
  alias.kind,
  alias.scheme,
  alias.scope,
  storedValue(alias),
];

/** A change of a timeline, out of what is to hold when. */
export function periodChange<Value>(
  key: Key,
  { validFrom, validTo }: Validity,
  value: Value | undefined,
): PeriodChange<Value> {
  return {
    key: keyText(key),
    from: validFrom?.getTime() ?? Number.NEGATIVE_INFINITY,
    to: validTo?.getTime() ?? Number.POSITIVE_INFINITY,
    value,
  };
}

/** Stored points as timelines. A point's place says which of the keys it belongs to, from 1. */
export function storedTimelines<Value>(
  keys: readonly Key[],
  points: readonly (Point<Value> & { readonly place: number })[],
): ReadonlyMap<string, Timeline<Value>> {
  const timelines = new Map<string, Point<Value>[]>();
  for (const { place, from, value } of points) {
    const key = keys[place - 1];
    if (key === undefined) continue;
    const text = keyText(key);
    timelines.set(text, [...(timelines.get(text) ?? []), { from, value }]);
  }
  return timelines;
}

/** A stored moment: null for "always". */
export const momentOf = (from: number): Date | null =>
  from === Number.NEGATIVE_INFINITY ? null : new Date(from);
