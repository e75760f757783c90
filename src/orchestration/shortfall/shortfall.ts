import { inOrderOfYielding, type PromiseAtStake, type ShortfallPolicy } from "./policy.ts";

/** A position of which less is there than is promised. */
export type ShortPosition = {
  readonly positionId: number;
  /** Units that facts from outside have taken it below zero. */
  readonly uncovered: number;
};

/** A promise that is hit, and by how many of its units. */
export type Hit = { readonly promise: PromiseAtStake; readonly units: number };

/** What is missing at a position, and whom that hits. */
export type Shortfall = {
  /** Units that are promised and not there. */
  readonly missing: number;
  /** Units that were taken from the shelf and that nobody here had promised: the books are behind, and no promise is hit by them. */
  readonly beyondPromises: number;
  readonly hits: readonly Hit[];
};

/**
 * Names whom it hits that a position is below zero. It is a function of how the position and its promises stand and of what was said of
 * channels: how it came to that, and in which order, makes no difference.
 */
export function shortfallOf(
  { uncovered }: ShortPosition,
  at: {
    readonly promises: readonly PromiseAtStake[];
    /** Units of holds that have run out and go back on the shelf when they are swept. */
    readonly runOut: number;
    readonly policies: ReadonlyMap<string, ShortfallPolicy>;
  },
): Shortfall {
  const missing = Math.max(0, uncovered - at.runOut);
  const hits: Hit[] = [];
  let left = missing;
  for (const promise of inOrderOfYielding(at.promises, at.policies)) {
    if (left === 0) break;
    const units = Math.min(left, promise.kept);
    if (units > 0) hits.push({ promise, units });
    left -= units;
  }
  return { missing: missing - left, beyondPromises: left, hits };
}
