/** Reproducible chance, for simulations and tests. Not for secrets. */
export type Random = {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  pick<Value>(values: readonly Value[]): Value;
  /** A new array in another order. */
  shuffle<Value>(values: readonly Value[]): Value[];
  /** An index below `count`, small ones much more often: a few articles make most of the trade. */
  zipf(count: number, exponent?: number): number;
  /** An independent stream, so that what one part draws does not shift another's. */
  fork(label: string): Random;
};

/** The same seed gives the same stream, on every machine. The generator is sfc32 (PractRand's small fast counter). */
export function seededRandom(seed: number | string): Random {
  const next = sfc32(hashSeed(String(seed)));
  const tables = new Map<string, Float64Array>();

  function integer(min: number, max: number): number {
    if (!(max >= min)) throw new RangeError(`there is no whole number from ${min} to ${max}`);
    return min + Math.floor(next() * (max - min + 1));
  }

  function pick<Value>(values: readonly Value[]): Value {
    const [value] = values.slice(integer(0, values.length - 1), values.length);
    if (value === undefined) throw new RangeError("nothing to pick from");
    return value;
  }

  function shuffle<Value>(values: readonly Value[]): Value[] {
    const keyed = values.map((value) => ({ value, key: next() }));
    return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value);
  }

  function zipf(count: number, exponent = 1): number {
    const key = `${count}/${exponent}`;
    const table = tables.get(key) ?? cumulativeZipf(count, exponent);
    tables.set(key, table);
    return firstAbove(table, next() * (table.at(-1) ?? 0));
  }

  const fork = (label: string) => seededRandom(`${seed}/${label}`);
  return { next, integer, chance: (probability) => next() < probability, pick, shuffle, zipf, fork };
}

function cumulativeZipf(count: number, exponent: number): Float64Array {
  if (!(count >= 1)) throw new RangeError("a Zipf distribution needs at least one rank");
  const table = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank += 1) {
    sum += 1 / (rank + 1) ** exponent;
    table[rank] = sum;
  }
  return table;
}

function firstAbove(table: Float64Array, value: number): number {
  let [low, high] = [0, table.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((table[middle] ?? 0) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

type State = readonly [number, number, number, number];

/** cyrb128: spreads a short text over 128 bits. */
function hashSeed(text: string): State {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = b ^ Math.imul(a ^ code, 597399067);
    b = c ^ Math.imul(b ^ code, 2869860233);
    c = d ^ Math.imul(c ^ code, 951274213);
    d = a ^ Math.imul(d ^ code, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  return [(a ^ b ^ c ^ d) >>> 0, (b ^ a) >>> 0, (c ^ a) >>> 0, (d ^ a) >>> 0];
}

function sfc32(state: State): () => number {
  let [a, b, c, counter] = state;
  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }
  for (let round = 0; round < 15; round += 1) next();
  return next;
}
