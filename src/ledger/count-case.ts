/**
 * Which counts of single positions wait for a decision (docs/decisions/0047). A count beyond its tolerance opens a *case* and is not
 * taken: to the law of counts it has not arrived. Accepted, it arrives then, as of its own time; rejected, it never does. A later count
 * that is taken makes the open one *superseded*: whatever is decided about that one would change nothing that is there now.
 */
import type { CountTolerance } from "../governance/index.ts";
import { balanceSeenBy, byBytes, type CountTaken } from "./count.ts";
import { type PositionCount, type PositionHistory, SHELVES } from "./shelf.ts";

export type CaseState = "open" | "accepted" | "rejected" | "superseded";

/** A case that is open at a position, with what its count was away from the books when they were last held against each other. */
export type OpenCase = {
  readonly caseNumber: number;
  readonly at: number;
  readonly inOrder: string;
  readonly difference: number;
  /** Whether it speaks of the quarantined and the damaged units apart. */
  readonly hasConditions: boolean;
};

/** What a count is judged by. `perUnit`: what one unit costs in the currency of the tolerance, as an exact decimal. */
export type CountRule = {
  readonly tolerance: CountTolerance;
  readonly perUnit: string | undefined;
};

/** What a count comes to beside the books. */
export type Judgement = {
  readonly verdict: "take" | "open" | "superseded";
  /** What the books have as of what the count has seen. */
  readonly expected: number;
};

/**
 * Judges a count. Taken are: one without a rule; the first word about a position of which the books know nothing, which differs from
 * nothing; one that another count of its instant outdoes, since it changes nothing; one within its tolerance; and one that finds, within
 * its tolerance, what an open case has found before: two that agree are believed. Of the rest those that a later count has outdone
 * already are superseded.
 */
export function judgeCount(judged: {
  readonly history: PositionHistory;
  readonly count: PositionCount;
  readonly rule: CountRule | undefined;
  readonly isKnown: boolean;
  readonly open: readonly OpenCase[];
}): Judgement {
  const { history, count, rule, isKnown, open } = judged;
  const { counts } = history["on-hand"];
  const expected = balanceSeenBy(history["on-hand"], count);
  const take = { verdict: "take", expected } as const;
  if (rule === undefined || !isKnown) return take;
  if (counts.some((other) => other.at === count.at && byBytes(other.inOrder, count.inOrder) > 0)) return take;
  const found = count.counted["on-hand"] - expected;
  const apart = SHELVES.filter((shelf) => shelf !== "on-hand").map((shelf) => {
    const counted = count.counted[shelf];
    return counted === undefined ? 0 : counted - balanceSeenBy(history[shelf], count);
  });
  const isWithin = (difference: number) =>
    [difference, ...apart].every((each) => isTolerated(Math.abs(each), expected, rule));
  if (isWithin(found)) return take;
  const before = open.filter((other) => isBefore(other, count));
  if (before.some(({ difference }) => isWithin(found - difference))) return take;
  const isOutdone = SHELVES.every(
    (shelf) =>
      count.counted[shelf] === undefined || history[shelf].counts.some((other) => isBefore(count, other)),
  );
  return { verdict: isOutdone ? "superseded" : "open", expected };
}

/** Whether a count that is taken leaves nothing of an open case to decide: it is later, and speaks of everything that the case does. */
export function outdoes(count: PositionCount, { hasConditions, ...other }: OpenCase): boolean {
  return isBefore(other, count) && (!hasConditions || count.counted.quarantined !== undefined);
}

type Placed = Pick<CountTaken, "at" | "inOrder">;

/** Whether of two counts of a position the other has the later word. */
export function isBefore(one: Placed, other: Placed): boolean {
  return one.at < other.at || (one.at === other.at && byBytes(one.inOrder, other.inOrder) < 0);
}

/** Whether so many units may be missing, found or in another condition without anybody's looking. Exact, in integers of any size. */
function isTolerated(units: number, expected: number, { tolerance, perUnit }: CountRule): boolean {
  if (units === 0) return true;
  const { unitsMax, percentMax, valueMax } = tolerance;
  const isFew =
    (unitsMax !== null && units <= unitsMax) ||
    (percentMax !== null && BigInt(units) * 100n <= BigInt(Math.max(0, expected)) * BigInt(percentMax));
  const haveUnits = unitsMax !== null || percentMax !== null;
  if (valueMax === null) return isFew;
  // What nobody knows the worth of is judged by its units, and waits where nothing was said about these.
  if (perUnit === undefined) return isFew;
  const isCheap = BigInt(units) * scaled(perUnit) <= scaled(valueMax.amount);
  return isCheap && (isFew || !haveUnits);
}

/** Places after the point that a cost may have. */
const DECIMALS = 8;

function scaled(decimal: string): bigint {
  const [whole = "0", decimals = ""] = decimal.split(".");
  return BigInt(whole + decimals.padEnd(DECIMALS, "0").slice(0, DECIMALS));
}
