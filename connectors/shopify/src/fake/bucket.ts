import { tokenBucket } from "@crossdock/connector-kit/testing";

/** A shop's plan decides how fast its cost bucket refills, in points per second. */
const PLAN_RESTORE_RATES = { standard: 100, advanced: 200, plus: 1_000, enterprise: 2_000 } as const;
/** Plans of the vendor, by which its limits differ. */
export type Plan = keyof typeof PLAN_RESTORE_RATES;

/** A full bucket holds this many seconds of refill. */
const BUCKET_SECONDS = 20;
/** Points that a single call may cost at most, whatever is in the bucket. */
export const CALL_COST_MAX = 1_000;

/** State of a bucket, as every answer tells it. */
export type ThrottleStatus = {
  readonly maximumAvailable: number;
  readonly currentlyAvailable: number;
  readonly restoreRate: number;
};

/** Shopify's leaky bucket: `take` pays for a call, or says that there is not enough; `refund` gives back what it did not cost. */
export type CostBucket = {
  take(points: number): boolean;
  refund(points: number): void;
  status(): ThrottleStatus;
  /** Leaves that many points, for tests. */
  drainTo(points: number): void;
};

/** The bucket of a shop on a plan, full at the start. */
export function costBucket(plan: Plan, now: () => Date): CostBucket {
  const restoreRate = PLAN_RESTORE_RATES[plan];
  const maximumAvailable = restoreRate * BUCKET_SECONDS;
  const bucket = tokenBucket({ capacity: maximumAvailable, refillPerSecond: restoreRate, now });
  return {
    take: (points) => bucket.take(points).taken,
    // A negative cost always fits, and what runs over is lost at the next look.
    refund: (points) => {
      bucket.take(-points);
    },
    status: () => ({ maximumAvailable, currentlyAvailable: Math.floor(bucket.available()), restoreRate }),
    drainTo: (points) => {
      bucket.take(Math.max(0, bucket.available() - points));
    },
  };
}
