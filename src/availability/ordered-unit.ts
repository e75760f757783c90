import { type Measure, type Quantity, quantity } from "@crossdock/canonical";

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}

/**
 * Base units that belong together because they were ordered together: one case of an order in cases, one piece of an order in
 * pieces. Follows from what was ordered and from the same in base units, so it needs no master data. Where a broken unit was
 * ordered, or a unit smaller than a base unit, it is the largest number of base units that a whole number of goes into both what
 * was ordered and the unit: half a case of an order for one case and a half.
 */
export function orderedUnitOf(ordered: Measure, units: Quantity): Quantity {
  // The usual order, in base units: spares it the exact arithmetic, because every reservation comes through here.
  if (ordered.value === units) return quantity(1);
  const [whole = "0", decimals = ""] = String(ordered.value).split(".");
  const amount = BigInt(whole + decimals);
  const inBase = BigInt(units) * 10n ** BigInt(decimals.length);
  const unitNumerator = inBase / greatestCommonDivisor(inBase, amount);
  return quantity(Number(greatestCommonDivisor(BigInt(units), unitNumerator)));
}
