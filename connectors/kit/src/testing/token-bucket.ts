/** How much of a budget a call may take, and how fast it fills again. */
export type TokenBucketOptions = {
  readonly capacity: number;
  readonly refillPerSecond: number;
  readonly now: () => Date;
};

/** One account's budget of calls, as its vendor keeps it. */
export type TokenBucket = {
  /** Takes the cost when it is there. Otherwise nothing is taken, and `waitMs` says when it would be. */
  take(cost: number): { readonly taken: boolean; readonly available: number; readonly waitMs: number };
  available(): number;
};

/** A leaky budget of calls as vendors keep it: full at the start, refilled steadily, never above its capacity. */
export function tokenBucket(options: TokenBucketOptions): TokenBucket {
  let tokens = options.capacity;
  let filledAtMs = options.now().getTime();

  const available = (): number => {
    const nowMs = options.now().getTime();
    const earned = (Math.max(0, nowMs - filledAtMs) / 1_000) * options.refillPerSecond;
    tokens = Math.min(options.capacity, tokens + earned);
    filledAtMs = nowMs;
    return tokens;
  };

  return {
    available,
    take(cost) {
      const before = available();
      if (before >= cost) {
        tokens = before - cost;
        return { taken: true, available: tokens, waitMs: 0 };
      }
      const waitMs = Math.ceil(((cost - before) / options.refillPerSecond) * 1_000);
      return { taken: false, available: before, waitMs };
    },
  };
}
