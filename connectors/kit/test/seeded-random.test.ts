import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { drawFault, type Fault, hasEffect, seededRandom, tokenBucket } from "../src/testing/index.ts";

const hundred = Array.from({ length: 100 }, (_, index) => index);

describe("seeded randomness", () => {
  test("the same seed draws the same numbers, another seed others", () => {
    const [one, same, other] = [7, "7", 8].map((seed) => {
      const random = seededRandom(seed);
      return hundred.map(() => random.next());
    });
    assert.deepEqual(one, same);
    assert.notDeepEqual(one, other);
    assert.ok(one?.every((value) => value >= 0 && value < 1));
  });

  test("a fork neither disturbs its origin nor follows it", () => {
    const [quiet, forked] = [seededRandom(1), seededRandom(1)];
    const branch = forked.fork("faults");
    hundred.map(() => branch.next());
    assert.equal(quiet.next(), forked.next());
    const other = seededRandom(1);
    other.next();
    assert.equal(other.fork("faults").next(), seededRandom(1).fork("faults").next());
  });

  test("whole numbers reach both bounds and pass none", () => {
    const random = seededRandom(3);
    const drawn = new Set(Array.from({ length: 1_000 }, () => random.integer(-2, 2)));
    assert.deepEqual(
      [...drawn].sort((a, b) => a - b),
      [-2, -1, 0, 1, 2],
    );
  });

  test("shuffling loses nothing and leaves the list as it is", () => {
    const shuffled = seededRandom(3).shuffle(hundred);
    assert.notDeepEqual(shuffled, hundred);
    assert.deepEqual(
      [...shuffled].sort((a, b) => a - b),
      hundred,
    );
    assert.equal(hundred[0], 0);
  });

  test("there is nothing to pick from an empty list", () => {
    assert.throws(() => seededRandom(3).pick([]), RangeError);
  });

  test("faults come as often as their rates say", () => {
    const random = seededRandom(5);
    const rates = { "reset-before-effect": 0.25, "error-after-effect": 0.5 } as const;
    const drawn = Array.from({ length: 4_000 }, () => drawFault(random, rates));
    const share = (kind: Fault["kind"] | undefined) =>
      drawn.filter((fault) => fault?.kind === kind).length / 4_000;
    assert.ok(Math.abs(share("reset-before-effect") - 0.25) < 0.03);
    assert.ok(Math.abs(share("error-after-effect") - 0.5) < 0.03);
    assert.ok(Math.abs(share(undefined) - 0.25) < 0.03);
    assert.deepEqual([hasEffect(undefined), hasEffect({ kind: "reset-before-effect" })], [true, false]);
  });
});

describe("a token bucket", () => {
  test("takes what it has, refuses the rest whole, and never fills above its capacity", () => {
    let nowMs = 0;
    const bucket = tokenBucket({ capacity: 10, refillPerSecond: 2, now: () => new Date(nowMs) });
    assert.deepEqual(bucket.take(8), { taken: true, available: 2, waitMs: 0 });
    assert.deepEqual(bucket.take(3), { taken: false, available: 2, waitMs: 500 });
    nowMs += 500;
    assert.deepEqual(bucket.take(3), { taken: true, available: 0, waitMs: 0 });
    nowMs += 3_600_000;
    assert.equal(bucket.available(), 10);
  });

  test("a clock that goes back gives nothing and takes nothing", () => {
    let nowMs = 5_000;
    const bucket = tokenBucket({ capacity: 4, refillPerSecond: 1, now: () => new Date(nowMs) });
    bucket.take(4);
    nowMs = 0;
    assert.equal(bucket.available(), 0);
  });
});
