/**
 * The rule that makes the order of arrival irrelevant when counts and movements mix (DOMAIN, "Counts and snapshots against
 * movements"; docs/decisions/0010 and 0026):
 *
 * - A count has *seen* what happened at or before its time; where it carries a watermark and the movement a number of that stream,
 *   what is numbered at or below the watermark, whatever the times say.
 * - The variance posted up to a count always makes up for what it saw: counted − sum of what it has seen. So on-hand is what the
 *   latest count counted and every change that it has not seen.
 * - Of two counts of one position at one instant, the one with the greater `inOrder` is believed, whichever came first.
 *
 * Both functions give only the difference to what has been posted. Taking the same thing twice therefore posts nothing.
 */

/** A place in a source's own numbering of its messages. */
export type Numbered = { readonly source: string; readonly stream: string; readonly number: number };

/** An absolute statement about on-hand. Times are milliseconds since 1970. */
export type Count = {
  readonly at: number;
  readonly inOrder: string;
  readonly counted: number;
  /** The last message of its source that the count knew of. */
  readonly watermark?: Numbered | undefined;
};

/** What says when a count was made, without what it found: enough to hold a movement against it. */
export type CountTaken = Omit<Count, "counted">;

/** A change of a position's on-hand that has been posted or planned. Only movements of a numbered stream are `numbered`. */
export type OnHandChange = {
  readonly at: number;
  readonly delta: number;
  readonly numbered?: Numbered | undefined;
};

/** What is known of one position: counts, and changes of on-hand. */
export type CountHistory = {
  /** On-hand without anything of `planned`. */
  readonly onHand: number;
  /** Changes in `onHand` that some count which will be taken has not seen. Others may be among them. */
  readonly posted: readonly OnHandChange[];
  readonly counts: readonly CountTaken[];
  /** Changes planned since, not in `onHand`. */
  readonly planned: readonly OnHandChange[];
};

/** A correction that has to be posted with count variance, and when it takes effect. */
export type Variance = {
  readonly at: number;
  readonly found: number;
  readonly reason: "count" | "count-correction";
};

type Taken = { readonly history: CountHistory; readonly variances: readonly Variance[] };

/** Whether a count had seen a change already. */
export function isSeenBy(change: Omit<OnHandChange, "delta">, count: CountTaken): boolean {
  const { watermark } = count;
  const { numbered } = change;
  const sameStream =
    watermark !== undefined &&
    numbered !== undefined &&
    watermark.stream === numbered.stream &&
    watermark.source === numbered.source;
  return sameStream ? numbered.number <= watermark.number : change.at <= count.at;
}

/** Orders texts as the database does under collation "C", by their bytes in UTF-8. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** On-hand as a count should have found it: everything that it has seen, and the variance posted up to its time. */
export function balanceSeenBy(history: CountHistory, count: CountTaken): number {
  const unseen = history.posted.reduce(
    (sum, change) => (isSeenBy(change, count) ? sum : sum + change.delta),
    0,
  );
  const planned = history.planned.reduce(
    (sum, change) => (isSeenBy(change, count) ? sum + change.delta : sum),
    0,
  );
  return history.onHand - unseen + planned;
}

function plan(
  history: CountHistory,
  changes: readonly OnHandChange[],
  variances: readonly Variance[],
): Taken {
  const posting = variances.filter(({ found }) => found !== 0);
  const corrections = posting.map(({ at, found }) => ({ at, delta: found }));
  return {
    history: { ...history, planned: [...history.planned, ...changes, ...corrections] },
    variances: posting,
  };
}

/**
 * Takes a movement into a history: what has to be posted beside it because counts had seen it already. Times and watermarks of several
 * sources may contradict each other, so that one count has seen what a later one has not; a correction then ends there.
 */
export function takeMovement(history: CountHistory, change: OnHandChange): Taken {
  const variances: Variance[] = [];
  let seen = false;
  for (const count of history.counts.toSorted((a, b) => a.at - b.at)) {
    if (isSeenBy(change, count) === seen) continue;
    seen = !seen;
    variances.push({ at: count.at, found: seen ? -change.delta : change.delta, reason: "count-correction" });
  }
  return plan(history, [change], variances);
}

/** Takes a count into a history: the variance that it posts, and the opposite for the next count, which found its own. */
export function takeCount(history: CountHistory, count: Count): Taken {
  const rival = history.counts.find((other) => other.at === count.at);
  if (rival !== undefined && byBytes(rival.inOrder, count.inOrder) > 0) return { history, variances: [] };
  const found = count.counted - balanceSeenBy(history, count);
  const next = history.counts
    .filter((other) => other.at > count.at)
    .reduce<number | undefined>((first, { at }) => Math.min(first ?? at, at), undefined);
  const counts = [...history.counts.filter((other) => other.at !== count.at), count];
  return plan(
    { ...history, counts },
    [],
    [
      { at: count.at, found, reason: "count" },
      ...(next === undefined ? [] : [{ at: next, found: 0 - found, reason: "count-correction" as const }]),
    ],
  );
}
