import type { ConditionStatus } from "@crossdock/canonical";
import {
  byBytes,
  type Count,
  type CountHistory,
  type CountTaken,
  type Numbered,
  takeCount,
  takeMovement,
  type Variance,
} from "./count.ts";

/**
 * What a count can speak of: all that is on hand at a position, and, where its source says the condition of stock, the quarantined and
 * the damaged units apart. Each is held against its own balance by the one rule of `count.ts`; what is neither is available, held,
 * allocated or picked, and is what the other two leave over.
 */
export const SHELVES = ["on-hand", "quarantined", "damaged"] as const;
export type Shelf = (typeof SHELVES)[number];

/** The history of each shelf of a position. */
export type PositionHistory = Readonly<Record<Shelf, CountHistory>>;

/** A change of a position, by shelf; what moves between two conditions changes no on-hand. */
export type ShelfChange = {
  readonly at: number;
  readonly deltas: Readonly<Record<Shelf, number>>;
  readonly numbered?: Numbered | undefined;
};

/** A count of a position: on-hand always, the other shelves where its source tells conditions apart. */
export type PositionCount = CountTaken & {
  readonly counted: { readonly "on-hand": number } & Readonly<Partial<Record<Shelf, number>>>;
};

/** A correction of one condition of a position. */
export type ConditionVariance = Variance & { readonly status: ConditionStatus };

type Taken = { readonly history: PositionHistory; readonly variances: readonly ConditionVariance[] };
type ShelfTaken = { readonly history: CountHistory; readonly variances: readonly Variance[] };

/** Takes a movement into a position's history: the corrections that counts demand. */
export function takePositionMovement(history: PositionHistory, change: ShelfChange): Taken {
  const { at, numbered } = change;
  return onEachShelf((shelf) =>
    change.deltas[shelf] === 0
      ? { history: history[shelf], variances: [] }
      : takeMovement(history[shelf], { at, delta: change.deltas[shelf], numbered }),
  );
}

/** Takes a count into a position's history; `believed` names the shelves for which no other count of that instant is. */
export function takePositionCount(
  history: PositionHistory,
  count: PositionCount,
): Taken & { readonly believed: readonly (Count & { readonly shelf: Shelf })[] } {
  const believed: (Count & { readonly shelf: Shelf })[] = [];
  const taken = onEachShelf((shelf) => {
    const counted = count.counted[shelf];
    if (counted === undefined) return { history: history[shelf], variances: [] };
    const shelfCount = { ...count, counted };
    const after = takeCount(history[shelf], shelfCount);
    if (after.history !== history[shelf]) believed.push({ ...shelfCount, shelf });
    return after;
  });
  return { ...taken, believed };
}

function onEachShelf(take: (shelf: Shelf) => ShelfTaken): Taken {
  const taken: Readonly<Record<Shelf, ShelfTaken>> = {
    "on-hand": take("on-hand"),
    quarantined: take("quarantined"),
    damaged: take("damaged"),
  };
  return {
    history: {
      "on-hand": taken["on-hand"].history,
      quarantined: taken.quarantined.history,
      damaged: taken.damaged.history,
    },
    variances: byCondition(taken),
  };
}

/** What is found on hand and is neither quarantined nor damaged is available. */
function byCondition(taken: Readonly<Record<Shelf, ShelfTaken>>): readonly ConditionVariance[] {
  if (taken.quarantined.variances.length === 0 && taken.damaged.variances.length === 0) {
    return taken["on-hand"].variances.map((variance) => ({ ...variance, status: "available" }));
  }
  const variances: ConditionVariance[] = [];
  const available = new Map<string, Variance>();
  const add = ({ at, reason, found }: Variance) => {
    const key = `${at} ${reason}`;
    available.set(key, { at, reason, found: found + (available.get(key)?.found ?? 0) });
  };
  taken["on-hand"].variances.forEach(add);
  for (const status of ["quarantined", "damaged"] as const) {
    for (const variance of taken[status].variances) {
      variances.push({ ...variance, status });
      add({ ...variance, found: 0 - variance.found });
    }
  }
  const rest = [...available.values()].filter(({ found }) => found !== 0);
  return [...variances, ...rest.map((variance) => ({ ...variance, status: "available" as const }))];
}

/** Of counts that are said to have been made at one instant, the one that is believed. */
export function believedOf<Made extends CountTaken>(counts: readonly Made[]): readonly Made[] {
  const believed = new Map<number, Made>();
  for (const count of counts) {
    const rival = believed.get(count.at);
    if (rival === undefined || byBytes(count.inOrder, rival.inOrder) > 0) believed.set(count.at, count);
  }
  return [...believed.values()];
}
