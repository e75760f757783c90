/** What repeated measurements of one thing came to. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number };

/** The median and the range of at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)];
  const lower = sorted[Math.ceil(middle) - 1];
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (upper === undefined || lower === undefined || min === undefined || max === undefined) {
    throw new RangeError("a median needs at least one value");
  }
  return { median: (lower + upper) / 2, min, max };
}

/** A number to so many significant digits; rates of several thousand do not need fractions. */
export function rounded(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}

/**
 * Contestants in the order of each round, forwards and backwards in turn, so that whatever drifts during the run (heat, cache, a
 * neighbour) meets all of them alike.
 */
export function abba<Contestant>(contestants: readonly Contestant[], rounds: number): Contestant[][] {
  return Array.from({ length: rounds }, (_, round) =>
    round % 2 === 0 ? [...contestants] : contestants.toReversed(),
  );
}
