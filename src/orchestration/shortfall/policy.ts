/** What may decide between promises of one channel which of them yields first. */
export const YIELDS = ["held-first", "latest-ship-date", "smallest-order", "whole-orders-last"] as const;
export type Yield = (typeof YIELDS)[number];

/** How a channel's promises stand in a shortfall. Those of a lower rank yield first; within the channel the first word decides first. */
export type ShortfallPolicy = {
  readonly channelId: string;
  readonly rank: number;
  readonly yields: readonly Yield[];
};

/** A promise that a shortfall may take units of. */
export type PromiseAtStake = {
  readonly reservationId: string;
  readonly channelId: string;
  readonly orderId: string | undefined;
  readonly lineId: string;
  readonly state: "held" | "allocated";
  /** Units that it keeps on the shelf. */
  readonly kept: number;
  readonly promisedAt: Date;
  /** What is known of its order; a hold has none. */
  readonly order: OrderAtStake | undefined;
};

/** What an order says that decides how late it yields. */
export type OrderAtStake = {
  readonly orderNumber: string;
  readonly shipBy: Date | undefined;
  /** All of it or nothing was asked for. */
  readonly isWhole: boolean;
  readonly unitsOrdered: number;
};

/** Where a channel of which nothing was said stands. */
export const RANK_DEFAULT = 100;

type Compare = (a: PromiseAtStake, b: PromiseAtStake) => number;

const NEVER = Number.POSITIVE_INFINITY;
/** What need not be shipped by a day can wait longest. */
const shipBy = ({ order }: PromiseAtStake): number => order?.shipBy?.getTime() ?? NEVER;
const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byNumber = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0);

const COMPARE: Readonly<Record<Yield, Compare>> = {
  "held-first": (a, b) => byNumber(Number(a.state === "allocated"), Number(b.state === "allocated")),
  "latest-ship-date": (a, b) => byNumber(shipBy(b), shipBy(a)),
  "smallest-order": (a, b) => byNumber(a.order?.unitsOrdered ?? 0, b.order?.unitsOrdered ?? 0),
  "whole-orders-last": (a, b) =>
    byNumber(Number(a.order?.isWhole ?? false), Number(b.order?.isWhole ?? false)),
};

const latestFirst: Compare = (a, b) =>
  byNumber(b.promisedAt.getTime(), a.promisedAt.getTime()) || byBytes(b.reservationId, a.reservationId);

/**
 * Puts promises into the order in which they yield, whatever order they come in: by the rank of their channels, then channel by
 * channel where something was said of how they yield, then by that, and at last the latest promise first.
 */
export function inOrderOfYielding(
  promises: readonly PromiseAtStake[],
  policies: ReadonlyMap<string, ShortfallPolicy>,
): readonly PromiseAtStake[] {
  const rankOf = ({ channelId }: PromiseAtStake) => policies.get(channelId)?.rank ?? RANK_DEFAULT;
  const yieldsOf = ({ channelId }: PromiseAtStake) => policies.get(channelId)?.yields ?? [];
  // Two channels that each say how their own yield cannot be woven into each other: they stand one after the other.
  const groupOf = (promise: PromiseAtStake) => (yieldsOf(promise).length === 0 ? "" : promise.channelId);
  return promises.toSorted((a, b) => {
    const apart = byNumber(rankOf(a), rankOf(b)) || byBytes(groupOf(a), groupOf(b));
    if (apart !== 0) return apart;
    for (const word of yieldsOf(a)) {
      const order = COMPARE[word](a, b);
      if (order !== 0) return order;
    }
    return latestFirst(a, b);
  });
}
