import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Quota } from "../../src/gateway/index.ts";
import {
  createThrottle,
  fullBucket,
  policyField,
  remainingField,
  take,
  windowSeconds,
} from "../../src/gateway/throttle.ts";

const quotas = fc.record({
  perSecond: fc.integer({ min: 1, max: 1_000 }),
  burst: fc.integer({ min: 1, max: 200 }),
});

test("within any stretch of time nobody gets more than the burst and what runs in meanwhile", () => {
  fc.assert(
    fc.property(quotas, fc.array(fc.nat({ max: 300 }), { maxLength: 400 }), (quota, pausesMs) => {
      let bucket = fullBucket(quota, 0);
      let nowMs = 0;
      const allowedAt: number[] = [];
      for (const pauseMs of pausesMs) {
        nowMs += pauseMs;
        const taken = take(bucket, quota, nowMs);
        bucket = taken.bucket;
        if (taken.allowed) allowedAt.push(nowMs);
      }
      allowedAt.forEach((endMs, index) => {
        const [startMs = 0] = allowedAt;
        const most = quota.burst + ((endMs - startMs) * quota.perSecond) / 1_000;
        assert.ok(index + 1 <= most + 1e-6, `${index + 1} allowed where ${most} may be`);
      });
    }),
  );
});

test("who waits for the seconds that the refusal names is let in", () => {
  fc.assert(
    fc.property(quotas, (quota) => {
      let bucket = { tokens: 0, atMs: 5_000 };
      const refused = take(bucket, quota, 5_000);
      assert.ok(!refused.allowed);
      bucket = refused.bucket;
      assert.ok(take(bucket, quota, 5_000 + refused.retryAfterSeconds * 1_000).allowed);
    }),
  );
});

test("calls that cost many tokens get together no more than the burst, what runs in meanwhile, and what the last one owes", () => {
  const calls = fc.array(
    fc.record({ pauseMs: fc.nat({ max: 3_000 }), cost: fc.integer({ min: 1, max: 500 }) }),
    {
      maxLength: 200,
    },
  );
  fc.assert(
    fc.property(quotas, calls, (quota, made) => {
      let bucket = fullBucket(quota, 0);
      let [nowMs, spent] = [0, 0];
      for (const { pauseMs, cost } of made) {
        nowMs += pauseMs;
        const taken = take(bucket, quota, nowMs, cost);
        bucket = taken.bucket;
        if (taken.allowed) spent += cost;
        else {
          const later = nowMs + taken.retryAfterSeconds * 1_000;
          assert.ok(take(bucket, quota, later, cost).allowed, "who waits is let in");
        }
        const owed = Math.max(0, cost - quota.burst);
        const most = quota.burst + (nowMs * quota.perSecond) / 1_000;
        if (taken.allowed) assert.ok(spent - owed <= most + 1e-6, `${spent} spent where ${most} may be`);
      }
    }),
  );
});

test("a clock that goes back neither gives tokens nor takes them", () => {
  const quota: Quota = { perSecond: 10, burst: 10 };
  const taken = take({ tokens: 5, atMs: 10_000 }, quota, 4_000);
  assert.deepEqual(taken, { allowed: true, bucket: { tokens: 4, atMs: 10_000 } });
});

test("the header fields name the quota, what remains and when it is whole again", () => {
  const quota: Quota = { perSecond: 50, burst: 100 };
  assert.equal(policyField(quota), '"default";q=100;w=2');
  assert.equal(remainingField({ tokens: 25.9, atMs: 0 }, quota), '"default";r=25;t=2');
  assert.equal(windowSeconds({ perSecond: 50, burst: 1 }), 1);
});

test("one client's haste is not another's, and only so many clients are remembered", () => {
  const throttle = createThrottle({ perSecond: 1, burst: 1 }, 2);
  assert.ok(throttle.take("a", 0).allowed);
  assert.ok(!throttle.take("a", 0).allowed);
  assert.ok(throttle.take("b", 0).allowed);
  assert.ok(throttle.take("c", 0).allowed);
  assert.ok(throttle.take("a", 0).allowed, "the one known longest was forgotten");
  assert.ok(!throttle.take("c", 0).allowed);
});
