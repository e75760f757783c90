import { createHash } from "node:crypto";

/** Numbers that look random and repeat exactly from the same seed. Not for secrets. */
export type SeededRandom = {
  /** A fraction of at least 0 and below 1. */
  next(): number;
  /** A whole number between both bounds, which are included. */
  integer(min: number, max: number): number;
  /** True with the given probability: 0 is never, 1 is always. */
  chance(probability: number): boolean;
  /** One of the values; throws a RangeError when there are none. */
  pick<Value>(values: readonly Value[]): Value;
  /** The values in another order. The given list stays as it is. */
  shuffle<Value>(values: readonly Value[]): Value[];
  /** A generator of its own: drawing from it changes nothing here, so that one concern does not disturb another. */
  fork(label: string): SeededRandom;
};

/** Two to the power of 32: the generator makes whole numbers below it. */
const WORD_RANGE = 4_294_967_296;

function wordsOf(seed: string): Uint32Array {
  const digest = createHash("sha256").update(seed).digest();
  return Uint32Array.from([0, 4, 8, 12], (at) => digest.readUInt32LE(at));
}

/** Chris Doty-Humphrey's sfc32: four words of state, passes PractRand, needs no more than additions and shifts. */
function smallFastCounting(state: Uint32Array): () => number {
  let [a = 0, b = 0, c = 0, counter = 0] = state;
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / WORD_RANGE;
  };
}

/** A generator from a seed. Numbers and texts are both good seeds: `7` and `"7"` are the same. */
export function seededRandom(seed: number | string): SeededRandom {
  const next = smallFastCounting(wordsOf(String(seed)));
  const integer = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1));
  const pick = <Value>(values: readonly Value[]): Value => {
    for (const value of values.slice(integer(0, values.length - 1))) return value;
    throw new RangeError("there is nothing to pick from");
  };
  const shuffle = <Value>(values: readonly Value[]): Value[] =>
    values
      .map((value) => ({ value, order: next() }))
      .sort((one, other) => one.order - other.order)
      .map(({ value }) => value);
  return {
    next,
    integer,
    pick,
    shuffle,
    chance: (probability) => next() < probability,
    fork: (label) => seededRandom(`${seed}/${label}`),
  };
}
