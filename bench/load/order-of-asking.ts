import { seededRandom } from "../../src/platform/index.ts";

/** How buyers come. */
export type Crowd = {
  readonly buyers: number;
  /** Share of the buyers whose client sends the same request again. */
  readonly retryShare: number;
  readonly seed: string;
};

/** A retry that comes late comes this many requests later: well after its first answer, however many are in flight. */
const LATE_BY_MIN = 1_000;
const LATE_BY_MAX = 3_000;

/**
 * Buyers by number in the order in which they ask; whoever stands there a second time retries. Half of the retries come at once,
 * from clients that lost patience while the first request was in flight, and half later, from clients that lost the answer.
 */
export function orderOfAsking({ buyers, retryShare, seed }: Crowd): Uint32Array {
  const random = seededRandom(seed);
  const turns: { readonly at: number; readonly buyer: number }[] = [];
  for (let buyer = 0; buyer < buyers; buyer += 1) {
    turns.push({ at: buyer, buyer });
    if (random.integer(1, 1_000_000) > retryShare * 1_000_000) continue;
    const isLate = random.integer(0, 1) === 1;
    turns.push({ at: buyer + (isLate ? random.integer(LATE_BY_MIN, LATE_BY_MAX) : 0.5), buyer });
  }
  return Uint32Array.from(turns.toSorted((a, b) => a.at - b.at).map(({ buyer }) => buyer));
}
