/** Numbers that are missing from a stream, first and last included. */
export type Gap = { readonly first: number; readonly last: number };

/**
 * Where a numbered stream stands. Everything from `lowest` to `highest` that is in no gap has been seen. Gaps ascend and do not
 * touch. A stream begins with the lowest number that was ever seen: what its source sent before we listened is not missing.
 */
export type StreamState = {
  readonly lowest: number;
  readonly highest: number;
  readonly gaps: readonly Gap[];
};

/**
 * Folds a batch of numbers into a stream's state. Order and repetition do not matter: any split of the same numbers into
 * batches ends in the same state. `state` may leave out gaps that none of the numbers can lie in.
 */
export function foldNumbers(
  state: StreamState | undefined,
  numbers: readonly number[],
): StreamState | undefined {
  const seen = [...new Set(numbers)].toSorted((a, b) => a - b);
  const [first] = seen;
  const last = seen.at(-1);
  if (first === undefined || last === undefined) return state;
  if (state === undefined) return { lowest: first, highest: last, gaps: between(seen) };
  const { lowest, highest } = state;
  return {
    lowest: Math.min(lowest, first),
    highest: Math.max(highest, last),
    gaps: [
      ...between([...seen.filter((number) => number < lowest), lowest]),
      ...closeGaps(state.gaps, seen),
      ...between([highest, ...seen.filter((number) => number > highest)]),
    ],
  };
}

/** What is missing between ascending numbers. */
function between(numbers: readonly number[]): Gap[] {
  const gaps: Gap[] = [];
  let before: number | undefined;
  for (const number of numbers) {
    if (before !== undefined && number > before + 1) gaps.push({ first: before + 1, last: number - 1 });
    before = number;
  }
  return gaps;
}

/** Takes seen numbers out of gaps. Both ascend, so one walk over both is enough. */
function closeGaps(gaps: readonly Gap[], seen: readonly number[]): Gap[] {
  const left: Gap[] = [];
  let at = 0;
  for (const gap of gaps) {
    while (at < seen.length && (seen[at] ?? 0) < gap.first) at += 1;
    const inside: number[] = [];
    while (at < seen.length && (seen[at] ?? 0) <= gap.last) {
      inside.push(seen[at] ?? 0);
      at += 1;
    }
    left.push(...between([gap.first - 1, ...inside, gap.last + 1]));
  }
  return left;
}

/**
 * Which numbers, as ascending ranges that do not touch, a state has not seen before: those beyond its ends, and those in its gaps.
 * `state` may leave out gaps that none of the numbers can lie in.
 */
export function newNumbers(state: StreamState | undefined, numbers: readonly number[]): readonly Gap[] {
  const isNew = (number: number) =>
    state === undefined ||
    number < state.lowest ||
    number > state.highest ||
    state.gaps.some((gap) => gap.first <= number && number <= gap.last);
  const ranges: Gap[] = [];
  for (const number of [...new Set(numbers)].filter(isNew).toSorted((a, b) => a - b)) {
    const before = ranges.at(-1);
    if (before?.last === number - 1) ranges.splice(-1, 1, { first: before.first, last: number });
    else ranges.push({ first: number, last: number });
  }
  return ranges;
}

/** What is left of a gap without a range of numbers: nothing, one piece or two. */
export function withoutRange(gap: Gap, range: Gap): readonly Gap[] {
  return [
    { first: gap.first, last: Math.min(gap.last, range.first - 1) },
    { first: Math.max(gap.first, range.last + 1), last: gap.last },
  ].filter(({ first, last }) => first <= last);
}

/** A gap with the time at which it was first seen. */
export type SeenGap = Gap & { readonly seenAt: Date };

/** What has to be written when a stream moves on. A piece of an old gap is as old as the gap was. */
export function gapChanges(
  before: readonly SeenGap[],
  after: readonly Gap[],
  now: Date,
): { readonly closed: readonly Gap[]; readonly opened: readonly SeenGap[] } {
  const kept = new Set(after.map(gapText));
  const known = new Set(before.map(gapText));
  const closed = before.filter((gap) => !kept.has(gapText(gap)));
  const opened = after
    .filter((gap) => !known.has(gapText(gap)))
    .map((gap) => {
      const parent = closed.find((old) => old.first <= gap.first && gap.last <= old.last);
      return { ...gap, seenAt: parent?.seenAt ?? now };
    });
  return { closed, opened };
}

const gapText = (gap: Gap) => `${gap.first}-${gap.last}`;
