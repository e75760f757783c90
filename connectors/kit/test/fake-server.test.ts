import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { isHttpFailure } from "../src/index.ts";
import {
  FAULTS,
  type FakeServerOptions,
  type Fault,
  fakeServer,
  jsonAnswer,
  loopbackIo,
} from "../src/testing/index.ts";

const post = { method: "POST" as const, body: "hello" };

/** A fake that counts what it was asked to do. */
async function counting(options: Partial<FakeServerOptions> = {}) {
  let effects = 0;
  const server = await fakeServer({
    handle: () => {
      effects += 1;
      return jsonAnswer(201, { effects });
    },
    ...options,
  });
  const io = loopbackIo();
  const call = (path = "/orders") => io.http({ ...post, url: `${server.url}${path}` });
  return { server, call, effects: () => effects };
}

describe("a fake server", () => {
  test("answers what its vendor answers and keeps what it was asked", async () => {
    const { server, call } = await counting();
    const answer = await call("/orders?page=2");
    await server.close();
    assert.ok(!isHttpFailure(answer));
    assert.equal(answer.status, 201);
    assert.equal(new TextDecoder().decode(answer.body), '{"effects":1}');
    const [recorded] = server.calls();
    assert.equal(recorded?.path, "/orders");
    assert.equal(recorded?.query.get("page"), "2");
    assert.equal(new TextDecoder().decode(recorded?.body), "hello");
    assert.equal(recorded?.status, 201);
  });

  const table: readonly { fault: Fault; effects: number; sees: number | "sent" }[] = [
    { fault: { kind: "too-many-requests", retryAfterSeconds: 3 }, effects: 0, sees: 429 },
    { fault: { kind: "error-before-effect", status: 503 }, effects: 0, sees: 503 },
    { fault: FAULTS["error-after-effect"], effects: 1, sees: 500 },
    { fault: FAULTS["timeout-before-effect"], effects: 0, sees: "sent" },
    { fault: FAULTS["timeout-after-effect"], effects: 1, sees: "sent" },
    { fault: FAULTS["reset-before-effect"], effects: 0, sees: "sent" },
    { fault: FAULTS["reset-after-effect"], effects: 1, sees: "sent" },
    { fault: FAULTS["garbled-after-effect"], effects: 1, sees: 200 },
  ];
  for (const { fault, effects, sees } of table) {
    test(`asked for ${fault.kind} fails once, with ${effects} effects, and is healthy after it`, async () => {
      const { server, call, effects: counted } = await counting();
      server.failNext(fault);
      const outcome = await call();
      const seen = isHttpFailure(outcome) ? (outcome.sent ? "sent" : "unsent") : outcome.status;
      assert.deepEqual([seen, counted()], [sees, effects]);
      const next = await call();
      assert.equal(isHttpFailure(next) ? next.failed : next.status, 201);
      assert.deepEqual(
        server.calls().map((recorded) => recorded.fault),
        [fault.kind, undefined],
      );
      await server.close();
    });
  }

  test("draws the same faults from the same seed", async () => {
    const faultsOf = async (seed: number) => {
      const { server, call } = await counting({
        seed,
        faults: { "error-before-effect": 0.3, "too-many-requests": 0.3 },
      });
      for (let number = 0; number < 30; number += 1) await call();
      await server.close();
      return server.calls().map(({ fault }) => fault);
    };
    const [first, again, other] = [await faultsOf(1), await faultsOf(1), await faultsOf(2)];
    assert.deepEqual(first, again);
    assert.notDeepEqual(first, other);
    assert.deepEqual(new Set(first), new Set(["error-before-effect", "too-many-requests", undefined]));
  });

  test("keeps the last calls only, and counts them all", async () => {
    const { server, call } = await counting({ callsKept: 2 });
    for (const path of ["/1", "/2", "/3"]) await call(path);
    await server.called(3);
    await server.close();
    assert.deepEqual(
      server.calls().map(({ path, number }) => [path, number]),
      [
        ["/2", 2],
        ["/3", 3],
      ],
    );
    assert.equal(server.callCount(), 3);
  });

  test("refuses what is over a key's budget, says when to come back, and has no effect meanwhile", async () => {
    let nowMs = 0;
    const budget = { capacity: 2, refillPerSecond: 0.5, keyOf: ({ path }: { path: string }) => path };
    const { server, call, effects } = await counting({ budget, now: () => new Date(nowMs) });
    const statusOf = async (path: string) => {
      const outcome = await call(path);
      assert.ok(!isHttpFailure(outcome));
      return [outcome.status, outcome.headers["retry-after"]];
    };
    assert.deepEqual(await statusOf("/a"), [201, undefined]);
    assert.deepEqual(await statusOf("/a"), [201, undefined]);
    assert.deepEqual(await statusOf("/a"), [429, "2"]);
    assert.deepEqual(await statusOf("/b"), [201, undefined]);
    assert.equal(effects(), 3);
    nowMs += 2_000;
    assert.deepEqual(await statusOf("/a"), [201, undefined]);
    await server.close();
  });

  test("closes at once, whatever its callers wait for", async () => {
    const { server, call } = await counting({ latencyMs: { min: 60_000, max: 60_000 } });
    const io = loopbackIo({ timeoutMs: 60_000 });
    const slow = io.http({ ...post, url: server.url });
    const idle = connect(Number(new URL(server.url).port), "127.0.0.1");
    idle.on("error", () => undefined);
    const never = assert.rejects(server.called(9), /closed before/);
    await once(idle, "connect");
    await Promise.all([server.close(), server.close()]);
    const outcome = await slow;
    assert.ok(isHttpFailure(outcome));
    await never;
    const after = await call();
    assert.deepEqual(isHttpFailure(after) && after.sent, false);
  });

  test("says so when its own code fails", async () => {
    const { server, call } = await counting({
      handle: () => {
        throw new Error("a bug in the fake");
      },
    });
    const outcome = await call();
    await server.close();
    assert.ok(!isHttpFailure(outcome));
    assert.match(new TextDecoder().decode(outcome.body), /a bug in the fake/);
  });
});
