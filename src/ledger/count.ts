/**
 * The rule that makes the order of arrival irrelevant when counts and movements mix (DOMAIN, "Counts and snapshots against
 * movements"; docs/decisions/0010):
 *
 * - A count at `t` posts the difference to the balance as of `t`, effective at `t`.
 * - Whatever arrives later but happened at or before a count was seen by that count: it posts itself and the opposite correction,
 *   effective at the first count at or after it.
 * - Of two counts of one position at one instant, the one with the greater `inOrder` is believed, whichever came first.
 */

/** An absolute statement about on-hand. Times are milliseconds since 1970. */
export type Count = { readonly at: number; readonly inOrder: string; readonly counted: number };

/** A change of a position's on-hand that has been posted or planned. */
export type OnHandChange = { readonly at: number; readonly delta: number };

/** What is known of one position: counts by time, and changes of on-hand. */
export type CountHistory = {
  /** On-hand before any of `changes`. */
  readonly onHand: number;
  /** Changes that are in `onHand` already and took effect after the earliest time that will be asked for. */
  readonly recent: readonly OnHandChange[];
  readonly counts: readonly Count[];
  /** Changes planned since, not in `onHand`. */
  readonly planned: readonly OnHandChange[];
};

/** The counts that exist at one instant, or after it; the earliest first. */
function firstCountFrom(history: CountHistory, at: number, including: boolean): Count | undefined {
  let first: Count | undefined;
  for (const count of history.counts) {
    const later = including ? count.at >= at : count.at > at;
    if (later && (first === undefined || count.at < first.at)) first = count;
  }
  return first;
}

/** On-hand as of an instant, everything that took effect at that instant included. */
export function balanceAsOf(history: CountHistory, at: number): number {
  const later = history.recent.reduce((sum, change) => (change.at > at ? sum + change.delta : sum), 0);
  const planned = history.planned.reduce((sum, change) => (change.at <= at ? sum + change.delta : sum), 0);
  return history.onHand - later + planned;
}

/** A correction that has to be posted with count variance, and when it takes effect. */
export type Variance = {
  readonly at: number;
  readonly found: number;
  readonly reason: "count" | "count-correction";
};

const nonZero = (variances: readonly Variance[]): readonly Variance[] =>
  variances.filter(({ found }) => found !== 0);

/** Takes a movement into a history: what has to be posted beside it because a count had seen it already. */
export function takeMovement(
  history: CountHistory,
  change: OnHandChange,
): { readonly history: CountHistory; readonly variances: readonly Variance[] } {
  const seenBy = firstCountFrom(history, change.at, true);
  const variances =
    seenBy === undefined
      ? []
      : nonZero([{ at: seenBy.at, found: -change.delta, reason: "count-correction" }]);
  const planned = [...history.planned, change, ...variances.map(({ at, found }) => ({ at, delta: found }))];
  return { history: { ...history, planned }, variances };
}

/** Takes a count into a history: the variance that it posts, and the correction that a later count needs because of it. */
export function takeCount(
  history: CountHistory,
  count: Count,
): { readonly history: CountHistory; readonly variances: readonly Variance[] } {
  const rival = history.counts.find((other) => other.at === count.at);
  if (rival !== undefined && rival.inOrder >= count.inOrder) return { history, variances: [] };
  const found = count.counted - balanceAsOf(history, count.at);
  const next = firstCountFrom(history, count.at, false);
  const correction: Variance[] =
    next === undefined ? [] : [{ at: next.at, found: -found, reason: "count-correction" }];
  const variances = nonZero([{ at: count.at, found, reason: "count" }, ...correction]);
  return {
    history: {
      ...history,
      counts: [...history.counts.filter((other) => other.at !== count.at), count],
      planned: [
        ...history.planned,
        ...variances.map((variance) => ({ at: variance.at, delta: variance.found })),
      ],
    },
    variances,
  };
}
