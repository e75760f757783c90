import { type TInteger, type TUnsafe, Type } from "typebox";
import type { Brand } from "./ids.ts";

/**
 * The largest quantity of one statement: far more than any delivery, and so little that thousands of them still sum to a number that
 * can be held exactly. Without it one absurd fact could make every balance of an item unreadable.
 */
export const QUANTITY_MAX = 1_000_000_000_000;

/** A whole, non-negative number of an item's smallest unit. */
export type Quantity = Brand<number, "Quantity">;

const wholeNumber: TInteger = Type.Integer({
  title: "Quantity",
  description: "A whole number of the item's smallest unit.",
  minimum: 0,
  maximum: QUANTITY_MAX,
});
export const Quantity: TUnsafe<Quantity> = Type.Unsafe<Quantity>(wholeNumber);

/** As `Quantity`, but at least one: moving nothing is not a movement. */
export const PositiveQuantity: TUnsafe<Quantity> = Type.Unsafe<Quantity>({ ...wholeNumber, minimum: 1 });

/** A difference: may be negative. Still whole and in the item's smallest unit. */
export type QuantityDelta = Brand<number, "QuantityDelta">;
export const QuantityDelta: TUnsafe<QuantityDelta> = Type.Unsafe<QuantityDelta>({
  ...wholeNumber,
  title: "QuantityDelta",
  minimum: -QUANTITY_MAX,
});

/** Brands a number as a quantity; throws a RangeError when it is negative, fractional or beyond 2^53 - 1. */
export function quantity(value: number): Quantity {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`${value} is not a whole quantity of at least 0`);
  return value as Quantity;
}

/** Brands a number as a difference of quantities; throws a RangeError when it is fractional or beyond 2^53 - 1. */
export function quantityDelta(value: number): QuantityDelta {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole difference of quantities`);
  return value as QuantityDelta;
}

/**
 * A unit of measure: UN/ECE Recommendation 20 codes (`EA` each, `KGM` kilogram) and Recommendation 21 packages with
 * their `X` prefix (`XCS` case, `XPX` pallet).
 */
export const UnitCode = Type.String({ title: "UnitCode", pattern: "^[A-Z0-9]{1,4}$" });
export type UnitCode = string;

/** Longest decimal that a measure may carry: far more than any stock, far less than an attack. */
export const MEASURE_DIGITS_MAX = 30;

/** An amount as its source states it: a decimal in a unit. Not yet a quantity of anything we count. */
export const Measure = Type.Object(
  {
    value: Type.Union(
      [
        Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
        Type.String({ pattern: "^-?\\d+(\\.\\d+)?$", maxLength: MEASURE_DIGITS_MAX }),
      ],
      { description: 'A whole number, or a decimal as text, for example 12 or "0.5".' },
    ),
    unit: UnitCode,
  },
  { title: "Measure", additionalProperties: false },
);
export type Measure = Type.Static<typeof Measure>;

/** How many base units one unit is, as an exact fraction: a case of 12 is 12/1, a gram of a kilogram item 1/1000. */
export type UnitFactor = { readonly numerator: bigint; readonly denominator: bigint };

/** Why a measure is not a quantity of an item. The numbers say what to mend. */
export type MeasureRejection =
  | { readonly reason: "unit-unknown"; readonly unit: UnitCode; readonly known: readonly UnitCode[] }
  | { readonly reason: "unit-lossy"; readonly measure: Measure; readonly exactly: string }
  | { readonly reason: "quantity-out-of-range"; readonly measure: Measure };

export type MeasureResult =
  | { readonly ok: true; readonly delta: QuantityDelta }
  | { readonly ok: false; readonly rejected: MeasureRejection };

function decimalAsFraction(value: string | number): UnitFactor {
  const [whole = "0", decimals = ""] = String(value).split(".");
  return { numerator: BigInt(whole + decimals), denominator: 10n ** BigInt(decimals.length) };
}

/**
 * Converts a measure to base units with exact rational arithmetic. 2.5 cases of 12 are 30; 2.5 cases of 3 are refused
 * with the exact value, because a rounded unit is stock that does not exist.
 */
export function toBaseUnits(measure: Measure, factors: ReadonlyMap<UnitCode, UnitFactor>): MeasureResult {
  const factor = factors.get(measure.unit);
  if (factor === undefined) {
    return {
      ok: false,
      rejected: { reason: "unit-unknown", unit: measure.unit, known: [...factors.keys()] },
    };
  }
  const amount = decimalAsFraction(measure.value);
  const numerator = amount.numerator * factor.numerator;
  const denominator = amount.denominator * factor.denominator;
  if (numerator % denominator !== 0n) {
    return { ok: false, rejected: { reason: "unit-lossy", measure, exactly: `${numerator}/${denominator}` } };
  }
  const delta = Number(numerator / denominator);
  if (!Number.isSafeInteger(delta))
    return { ok: false, rejected: { reason: "quantity-out-of-range", measure } };
  return { ok: true, delta: quantityDelta(delta) };
}

/** The inverse: base units as an exact decimal text in a unit, or undefined where it would not end (1/3 of a case). */
export function fromBaseUnits(base: number, factor: UnitFactor): string | undefined {
  let numerator = BigInt(base) * factor.denominator;
  const denominator = factor.numerator;
  const DECIMALS_MAX = 9;
  for (let decimals = 0; decimals <= DECIMALS_MAX; decimals += 1) {
    if (numerator % denominator === 0n) return placeDecimalPoint(numerator / denominator, decimals);
    numerator *= 10n;
  }
  return undefined;
}

function placeDecimalPoint(digits: bigint, decimals: number): string {
  if (decimals === 0) return digits.toString();
  const sign = digits < 0n ? "-" : "";
  const text = (digits < 0n ? -digits : digits).toString().padStart(decimals + 1, "0");
  return `${sign}${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
}
