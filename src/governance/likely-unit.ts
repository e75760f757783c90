import { UNIT_NAMES, type UnitCode, unitMeant } from "@crossdock/canonical";
import { type Fraction, inLowestTerms } from "./master.ts";
import type { ResolvedItem } from "./resolve.ts";

/** How many base units an unknown unit of an item may be, and why; the reasons are stable. */
export type LikelyUnit = {
  /** The unit of the item that leads there. */
  readonly unit: UnitCode;
  /** A whole number or a fraction, as master data states it. */
  readonly factor: string;
  readonly reason: "unit-meant" | "package-code" | "exact-ratio";
  readonly score: number;
  readonly because: string;
};

/** Units of one kind, each as an exact multiple of the first: by definition, not by measurement. */
const KINDS: readonly Readonly<Record<UnitCode, readonly [numerator: bigint, denominator: bigint]>>[] = [
  {
    ...{ EA: [1n, 1n], C62: [1n, 1n], H87: [1n, 1n] },
    ...{ PR: [2n, 1n], DZN: [12n, 1n], CEN: [100n, 1n], GRO: [144n, 1n], MIL: [1_000n, 1n] },
  },
  {
    ...{ GRM: [1n, 1n], MGM: [1n, 1_000n], KGM: [1_000n, 1n], TNE: [1_000_000n, 1n] },
    // The international pound is 0.45359237 kg, and has 16 ounces.
    ...{ LBR: [45_359_237n, 100_000n], ONZ: [45_359_237n, 1_600_000n] },
  },
  { MLT: [1n, 1n], CLT: [10n, 1n], LTR: [1_000n, 1n], HLT: [100_000n, 1n], MTQ: [1_000_000n, 1n] },
  { OZA: [1n, 1n], PTL: [16n, 1n], QTL: [32n, 1n], GLL: [128n, 1n] },
  {
    ...{ MMT: [1n, 1n], CMT: [10n, 1n], MTR: [1_000n, 1n], KMT: [1_000_000n, 1n] },
    // The international inch is 25.4 mm.
    ...{ INH: [127n, 5n], FOT: [1_524n, 5n], YRD: [4_572n, 5n] },
  },
  { CMK: [1n, 1n], MTK: [10_000n, 1n] },
  { FTK: [1n, 1n], YDK: [9n, 1n] },
];

/** What a unit that an item does not have may be of the units that it has, the surest first. */
export function likelyUnits(code: UnitCode, item: Pick<ResolvedItem, "units">): readonly LikelyUnit[] {
  const meant = unitMeant(code);
  const found = [...item.units].flatMap(([unit, factor]): readonly LikelyUnit[] => {
    const own = factorText(factor);
    if (unit === meant) {
      const because = `${code} is what many write for ${named(unit)}, which the item has.`;
      return [{ unit, factor: own, reason: "unit-meant", score: 95, because }];
    }
    if (unit === `X${code}` || `X${unit}` === code) {
      const because = `${named(unit)} is the same code with the X of a package before one of them.`;
      return [{ unit, factor: own, reason: "package-code", score: 90, because }];
    }
    const ratio = ratioOf(meant ?? code, unit);
    if (ratio === undefined) return [];
    const because = `One ${named(meant ?? code)} is exactly ${factorText(ratio)} of ${named(unit)}.`;
    return [{ unit, factor: factorText(product(ratio, factor)), reason: "exact-ratio", score: 85, because }];
  });
  const sorted = found.sort(
    (one, other) => other.score - one.score || one.unit.localeCompare(other.unit, "en"),
  );
  return [...new Map(sorted.toReversed().map((each) => [each.factor, each])).values()].toReversed();
}

const named = (unit: UnitCode): string => {
  const name = UNIT_NAMES[unit];
  return name === undefined ? unit : `${unit} (${name})`;
};

function ratioOf(code: UnitCode, unit: UnitCode): Fraction | undefined {
  for (const kind of KINDS) {
    const [one, other] = [kind[code], kind[unit]];
    if (one === undefined || other === undefined) continue;
    return inLowestTerms({ numerator: one[0] * other[1], denominator: one[1] * other[0] });
  }
  return undefined;
}

const product = (one: Fraction, other: Fraction): Fraction =>
  inLowestTerms({
    numerator: one.numerator * other.numerator,
    denominator: one.denominator * other.denominator,
  });

const factorText = (factor: Fraction): string => {
  const { numerator, denominator } = inLowestTerms(factor);
  return denominator === 1n ? String(numerator) : `${numerator}/${denominator}`;
};
