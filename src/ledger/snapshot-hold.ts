import type { DriftPolicy } from "../governance/index.ts";

/** What a snapshot comes to beside the books as of its time, before anything of it is posted. */
export type SnapshotWeight = {
  readonly positions_compared: number;
  readonly positions_differing: number;
  /** What the books have on hand where the snapshot looked. */
  readonly units_expected: number;
  readonly units_found: number;
  readonly units_missing: number;
  readonly rows_come: number;
  /** The rows of the last full snapshot of its source and location; null for a partial one, and for the first. */
  readonly rows_before: number | null;
};

export type HoldReason =
  | "units-missing"
  | "positions-differ"
  | "fewer-rows"
  | "many-cases"
  | "past-archived"
  | "too-many-units";

/** The largest sum that is counted exactly, here and by whoever reads our JSON. */
export const EXACT_MAX = Number.MAX_SAFE_INTEGER;

/** What sums to more than is counted exactly: a position, or all of the location together. */
export type TooMany = {
  readonly itemId: string | null;
  readonly lot: string | null;
  /** Decimal digits, since no number holds it. */
  readonly units: string;
};

/**
 * What holds where nothing else was said. An export that broke off, or gave zeros, takes stock away, and then nobody can sell it; one
 * that finds more is the first of a location, or a delivery that nobody reported. So only what is missing holds by default, when it is
 * more than half, and small places where a person sees everything at once go on.
 */
export const DEFAULT_DRIFT_POLICY: DriftPolicy = Object.freeze({
  unitsMissingPercentMax: 50,
  positionsDifferingPercentMax: 100,
  rowsFewerPercentMax: 50,
  positionsMin: 100,
});

/** Why a snapshot has to be held; empty when it may be taken. */
export function holdReasons(weight: SnapshotWeight, policy: DriftPolicy): readonly HoldReason[] {
  const isMany = weight.positions_differing >= policy.positionsMin;
  const reasons: HoldReason[] = [];
  if (isMany && isAbove(weight.units_missing, weight.units_expected, policy.unitsMissingPercentMax))
    reasons.push("units-missing");
  if (
    isMany &&
    isAbove(weight.positions_differing, weight.positions_compared, policy.positionsDifferingPercentMax)
  )
    reasons.push("positions-differ");
  const rowsBefore = weight.rows_before ?? 0;
  const rowsLess = rowsBefore - weight.rows_come;
  if (rowsLess >= policy.positionsMin && isAbove(rowsLess, rowsBefore, policy.rowsFewerPercentMax))
    reasons.push("fewer-rows");
  return reasons;
}

/** Exact: the products of safe quantities and a percentage are compared as integers of any size. */
function isAbove(part: number, whole: number, percentMax: number): boolean {
  return BigInt(part) * 100n > BigInt(whole) * BigInt(percentMax);
}
