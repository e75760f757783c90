/** Values above this are counted as this: 35 minutes, in microseconds. */
export const VALUE_MAX = 2 ** 31 - 1;

/** Each power of two is cut into this many steps, so a value is known to within 1/128 of itself. */
const STEPS = 128;
const EXACT_MAX = 2 * STEPS;

/** A histogram on its way between processes: place and count of each step that was met, and the greatest value. */
export type HistogramCounts = {
  readonly steps: readonly (readonly [place: number, count: number])[];
  readonly max: number;
};

const NOTHING: HistogramCounts = { steps: [], max: 0 };

/**
 * Counts whole numbers in steps that widen with the value: exact below 256, to within 1/128 above. Recording costs an addition,
 * so that measuring does not disturb what is measured.
 */
export type Histogram = {
  /** Counts one value. Fractions are cut off, negative values count as zero. */
  record(value: number): void;
  /** Adds what another histogram counted. */
  add(counts: HistogramCounts): void;
  /** The smallest step that at least this share of the values does not exceed, as its upper edge; 0 when nothing was counted. */
  quantile(share: number): number;
  counts(): HistogramCounts;
  readonly count: number;
  /** The greatest value, exactly. */
  readonly max: number;
};

/** The step that a value falls into. */
export function placeOf(value: number): number {
  if (value < EXACT_MAX) return value;
  const shift = 31 - Math.clz32(value) - Math.log2(STEPS);
  return shift * STEPS + (value >>> shift);
}

/** The greatest value that falls into a step. */
export function upperEdge(place: number): number {
  if (place < EXACT_MAX) return place;
  const shift = Math.floor(place / STEPS) - 1;
  const step = place - shift * STEPS;
  return (step + 1) * 2 ** shift - 1;
}

const placesMax = placeOf(VALUE_MAX) + 1;

/** Makes an empty histogram, or one that has counted what is given. */
export function createHistogram(given: HistogramCounts = NOTHING): Histogram {
  const steps = new Float64Array(placesMax);
  let count = 0;
  let max = 0;

  const histogram: Histogram = {
    record(value) {
      const whole = Math.min(Math.max(0, Math.trunc(value)), VALUE_MAX);
      const place = placeOf(whole);
      steps[place] = (steps[place] ?? 0) + 1;
      count += 1;
      if (whole > max) max = whole;
    },
    add(counts) {
      for (const [place, more] of counts.steps) {
        steps[place] = (steps[place] ?? 0) + more;
        count += more;
      }
      max = Math.max(max, counts.max);
    },
    quantile(share) {
      const wanted = Math.max(1, Math.ceil(share * count));
      let seen = 0;
      for (const [place, here] of steps.entries()) {
        seen += here;
        if (seen >= wanted) return Math.min(upperEdge(place), max);
      }
      return max;
    },
    counts: () => ({ steps: [...steps.entries()].filter(([, here]) => here > 0), max }),
    get count() {
      return count;
    },
    get max() {
      return max;
    },
  };
  histogram.add(given);
  return histogram;
}
