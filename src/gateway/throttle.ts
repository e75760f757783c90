import type { Quota } from "./limits.ts";

/** How much a client may still ask, as of an instant in milliseconds. */
export type Bucket = { readonly tokens: number; readonly atMs: number };

export type Take =
  | { readonly allowed: true; readonly bucket: Bucket }
  | { readonly allowed: false; readonly bucket: Bucket; readonly retryAfterSeconds: number };

/** A bucket nobody has taken from. */
export function fullBucket(quota: Quota, atMs: number): Bucket {
  return { tokens: quota.burst, atMs };
}

/**
 * Takes tokens, after adding what has run in since. A clock that went back adds nothing and takes nothing away. What costs more than
 * the bucket holds is taken from a full one, which then owes the rest. `retryAfterSeconds` is a whole number, at least 1, after which
 * as much will be there as is asked for.
 */
export function take(bucket: Bucket, quota: Quota, nowMs: number, cost = 1): Take {
  const elapsedMs = Math.max(0, nowMs - bucket.atMs);
  const tokens = Math.min(quota.burst, bucket.tokens + (elapsedMs * quota.perSecond) / 1_000);
  const atMs = Math.max(nowMs, bucket.atMs);
  const needed = Math.min(cost, quota.burst);
  if (tokens >= needed) return { allowed: true, bucket: { tokens: tokens - cost, atMs } };
  const retryAfterSeconds = Math.max(1, Math.ceil((needed - tokens) / quota.perSecond));
  return { allowed: false, bucket: { tokens, atMs }, retryAfterSeconds };
}

/** Seconds from empty to full: the window that the quota stands for, a whole number of at least 1. */
export function windowSeconds(quota: Quota): number {
  return Math.max(1, Math.ceil(quota.burst / quota.perSecond));
}

/** The name of the one policy there is, in both header fields. */
export const QUOTA_NAME = "default";

/** `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers): the quota and its window. */
export function policyField(quota: Quota): string {
  return `"${QUOTA_NAME}";q=${quota.burst};w=${windowSeconds(quota)}`;
}

/** `RateLimit` (same draft): what remains, and the seconds until the bucket is full again. */
export function remainingField(bucket: Bucket, quota: Quota): string {
  const untilFull = Math.ceil((quota.burst - bucket.tokens) / quota.perSecond);
  return `"${QUOTA_NAME}";r=${Math.max(0, Math.floor(bucket.tokens))};t=${untilFull}`;
}

/** A client that has more than half of its burst left is not told: nothing in its behaviour needs to change. */
export function isWorthTelling(bucket: Bucket, quota: Quota): boolean {
  return bucket.tokens < quota.burst / 2;
}

/** The buckets of many clients, at most `clientsMax`: beyond that the one known longest is forgotten, and starts full again. */
export type Throttle = {
  take(clientId: string, nowMs: number, cost?: number): Take;
  readonly quota: Quota;
};

/** Makes a throttle. */
export function createThrottle(quota: Quota, clientsMax: number): Throttle {
  const buckets = new Map<string, Bucket>();
  return {
    quota,
    take(clientId, nowMs, cost) {
      const known = buckets.get(clientId);
      const taken = take(known ?? fullBucket(quota, nowMs), quota, nowMs, cost);
      buckets.set(clientId, taken.bucket);
      if (known === undefined && buckets.size > clientsMax) forgetOldest(buckets);
      return taken;
    },
  };
}

function forgetOldest(buckets: Map<string, Bucket>): void {
  const [oldest] = buckets.keys();
  if (oldest !== undefined) buckets.delete(oldest);
}
