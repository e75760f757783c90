import type { Measure } from "@crossdock/canonical";
import { MEASURE_DIGITS_MAX } from "@crossdock/canonical";

/** An exact decimal: `digits` divided by ten to the power of `scale`. Quantities are never held as floating point. */
export type Decimal = { readonly digits: bigint; readonly scale: number };

/** A written exponent beyond this makes a number that no stock has, and a text that fills the memory. */
const EXPONENT_MAX = 30;

const WRITTEN = /^(-?)(\d*)\.?(\d*)(?:E(-?\d{1,3}))?$/;

/**
 * Reads a number as X12 writes it (type R): `12`, `12.`, `.5`, `-3.50`, `1E2`. Undefined for anything else. Trailing zeros
 * do not matter: what is equal has the same form.
 */
export function readDecimal(text: string): Decimal | undefined {
  const match = WRITTEN.exec(text);
  const [, sign = "", whole = "", decimals = "", exponent = "0"] = match ?? [];
  if (match === null || whole + decimals === "" || text.length > MEASURE_DIGITS_MAX * 2) return undefined;
  if (Math.abs(Number(exponent)) > EXPONENT_MAX) return undefined;
  const digits = BigInt(`${sign}${whole}${decimals}`);
  const scale = decimals.length - Number(exponent);
  return normal(scale < 0 ? { digits: digits * 10n ** BigInt(-scale), scale: 0 } : { digits, scale });
}

function normal({ digits, scale }: Decimal): Decimal {
  let [shorter, left] = [digits, scale];
  while (left > 0 && shorter % 10n === 0n) {
    shorter /= 10n;
    left -= 1;
  }
  return { digits: shorter, scale: left };
}

/** The exact sum. */
export function sum(decimals: readonly Decimal[]): Decimal {
  const scale = decimals.reduce((most, decimal) => Math.max(most, decimal.scale), 0);
  const digits = decimals.reduce((total, one) => total + one.digits * 10n ** BigInt(scale - one.scale), 0n);
  return normal({ digits, scale });
}

/** Whether both are the same number. */
export function isEqual(one: Decimal, other: Decimal): boolean {
  return one.digits === other.digits && one.scale === other.scale;
}

/** Whether it is more than nothing. */
export function isPositive({ digits }: Decimal): boolean {
  return digits > 0n;
}

/** Plain notation without needless zeros: `0.5`, `12`. */
export function decimalText({ digits, scale }: Decimal): string {
  if (scale === 0) return digits.toString();
  const sign = digits < 0n ? "-" : "";
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  return `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}

/** The number as a measure states it, or undefined when it has more digits than a measure may carry. */
export function measureOf(decimal: Decimal, unit: string): Measure | undefined {
  const text = decimalText(decimal);
  const whole = Number(text);
  if (decimal.scale === 0 && Number.isSafeInteger(whole)) return { value: whole, unit };
  return text.length > MEASURE_DIGITS_MAX ? undefined : { value: text, unit };
}
