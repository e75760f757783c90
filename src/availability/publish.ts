/** An item whose channel may believe something wrong, with the value that it should be told now. */
export type Candidate = {
  readonly itemId: string;
  readonly dirtyVersion: number;
  readonly dirtySince: Date;
  /** What the channel was last told, or was seen to show; undefined when neither. */
  readonly published: number | undefined;
  /** A call was made whose end we do not know: the channel may show what it was told then. */
  readonly inDoubt: boolean;
  /** What that call said, when whoever made it never got to know what became of it. */
  readonly telling?: number | undefined;
  /** Units that the channel has sold and we have not heard of yet. */
  readonly inFlight: number;
  /** Units of its orders that have arrived here, and that it has not been seen to sell. */
  readonly soldSince: number;
  /** Available to promise now. */
  readonly available: number;
};

/** What the channel is to be told: never what it has sold already and we do not know of yet. */
export function targetOf(candidate: Candidate): number {
  return Math.max(0, candidate.available - candidate.inFlight);
}

/** What the channel is expected to show: what it was last known to show, less what its orders say that it has sold since. */
export function believedOf({ published, soldSince }: Candidate): number | undefined {
  return published === undefined ? undefined : Math.max(0, published - soldSince);
}

/** Whether the channel is known to believe the right thing already. */
export function isUnchanged(candidate: Candidate): boolean {
  return !candidate.inDoubt && candidate.soldSince === 0 && candidate.published === targetOf(candidate);
}

/** How urgent an update is: the lower the sooner. */
function urgency(candidate: Candidate): number {
  const target = targetOf(candidate);
  const shown = candidate.published;
  // A listing that must stop selling oversells with every second; then what promises too much, or may; then what hides stock.
  if (target === 0) return 0;
  if (candidate.inDoubt || (shown !== undefined && target < shown)) return 1;
  return shown === 0 ? 2 : 3;
}

/** The rows of the next call: updates to zero first, then those that lower, then those that raise; the oldest first in each. */
export function chooseRows(candidates: readonly Candidate[], rowsMax: number): readonly Candidate[] {
  return candidates
    .filter((candidate) => !isUnchanged(candidate))
    .toSorted(
      (a, b) =>
        urgency(a) - urgency(b) ||
        a.dirtySince.getTime() - b.dirtySince.getTime() ||
        (a.itemId < b.itemId ? -1 : 1),
    )
    .slice(0, rowsMax);
}

/**
 * How long units that a channel sold before us are kept out of its figure, should their order never arrive: orders take seconds, not
 * minutes. The order that does arrive ends this at once.
 */
export const IN_FLIGHT_MS = 60_000;

/** What a call has shown: what the channel believes now, and the units that it is now known to have sold since it was last seen. */
export type Seen = { readonly published: number; readonly sold: number };

/**
 * What a stale answer means. A channel that shows less than it was last seen to show has sold the difference. As far as the orders
 * have not arrived, telling it the full figure would put those units back on sale. A channel that shows more was changed by
 * somebody: it is simply told again. One that shows what a process said before it died has only taken that.
 *
 * Orders that had arrived before the call were sold before it. What the answer does not show of them it will never show.
 */
export function afterStale(candidate: Candidate, shows: number): Seen {
  const { published, soldSince, telling } = candidate;
  const isOurs = telling !== undefined && (shows === telling || shows === telling - soldSince);
  const sold = published === undefined || isOurs ? 0 : published - shows;
  return { published: Math.max(0, shows), sold: Math.max(sold, soldSince) };
}

/** What it means that a channel took what it was told: until then it showed what was expected. */
export function afterPublished({ soldSince }: Candidate, told: number): Seen {
  return { published: told, sold: soldSince };
}
