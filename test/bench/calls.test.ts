import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ordersOf, SMALL_ORDERS } from "../../bench/b2/world.ts";
import { makeCalls } from "../../bench/load/calls.ts";
import { nextAnswer } from "../../bench/redis.ts";

describe("calls", () => {
  it("every turn is made once, and no lane makes two at a time", async () => {
    const made: number[] = [];
    const busy = new Set<number>();
    const { made: count, latency } = await makeCalls({
      calls: 50,
      lanes: 4,
      pace: { is: "closed" },
      async call(turn, lane) {
        assert.ok(!busy.has(lane), "a lane made two calls at a time");
        busy.add(lane);
        await Promise.resolve();
        made.push(turn);
        busy.delete(lane);
      },
    });
    assert.equal(count, 50);
    assert.equal(latency.count, 50);
    assert.deepEqual(
      made.toSorted((a, b) => a - b),
      [...made.keys()],
    );
  });

  it("a run with a call that fails is not a run", async () => {
    const call = async (turn: number) => {
      if (turn === 3) throw new Error("no answer");
    };
    await assert.rejects(makeCalls({ calls: 9, lanes: 2, pace: { is: "closed" }, call }), /no answer/);
  });
});

describe("orders", () => {
  it("each wants three different items, and a run is the same for everybody", () => {
    const orders = ordersOf(SMALL_ORDERS, "run");
    assert.deepEqual(orders, ordersOf(SMALL_ORDERS, "run"));
    assert.ok(orders.every(({ items }) => new Set(items).size === 3));
    const shares = [
      orders.filter(({ isCancelled }) => isCancelled).length,
      orders.filter(({ ttlSeconds }) => ttlSeconds === 1).length,
    ].map((count) => Math.round((100 * count) / orders.length));
    assert.ok(Math.abs((shares[0] ?? 0) - 20) <= 3 && Math.abs((shares[1] ?? 0) - 5) <= 2, `${shares}`);
  });
});

describe("answers of Redis", () => {
  it("are read when they are whole, whatever stands behind them", () => {
    const array = "*3\r\n$2\r\n42\r\n$-1\r\n$4\r\na\r\nb\r\n";
    for (let end = 0; end < array.length; end += 1) assert.equal(nextAnswer(array.slice(0, end)), undefined);
    assert.deepEqual(nextAnswer(`${array}+OK\r\n`), { lines: ["42", "", "a\r\nb"], length: array.length });
    assert.deepEqual(nextAnswer("+OK\r\n*0\r\n"), { lines: ["+OK"], length: 5 });
    assert.deepEqual(nextAnswer("*0\r\n"), { lines: [], length: 4 });
  });
});
