import type { ElementType } from "./elements.ts";
import type { ElementUse, SyntaxRule } from "./uses.ts";

/**
 * What a segment spec says, laid out for one pass over the characters of a segment. Elements present are bits: the
 * first element is bit 0. Segments have 31 elements at most, so the bits fit into one integer.
 */
export type ScanPlan = {
  readonly types: readonly ElementType[];
  readonly lengthsMin: readonly number[];
  readonly lengthsMax: readonly number[];
  readonly codes: readonly (ReadonlySet<string> | undefined)[];
  readonly mandatory: number;
  readonly rules: readonly ScanRule[];
};

export type ScanRule = { readonly kind: SyntaxRule["kind"]; readonly first: number; readonly others: number };

export function scanPlan(uses: readonly ElementUse[], rules: readonly SyntaxRule[]): ScanPlan {
  return {
    types: uses.map((use) => use.spec.type),
    lengthsMin: uses.map((use) => use.spec.lengthMin),
    lengthsMax: uses.map((use) => use.spec.lengthMax),
    codes: uses.map((use) => use.spec.codes),
    mandatory: bits(uses.flatMap((use, index) => (use.mandatory ? [index + 1] : []))),
    rules: rules.map(({ kind, positions: [first = 1, ...others] }) => ({
      kind,
      first: bits([first]),
      others: bits(others),
    })),
  };
}

function bits(positions: readonly number[]): number {
  return positions.reduce((sum, position) => sum | (1 << (position - 1)), 0);
}
