import assert from "node:assert/strict";
import { test } from "node:test";
import { platformErrors, Retryable } from "../../src/platform/index.ts";
import { boltRequest, by, createWorld, type World } from "./world.ts";

const url = "/process/v1/reservations/bulk";

async function send(world: World, requests: readonly unknown[], headers: Record<string, string> = {}) {
  const given = { method: "POST", url, headers: by(world.key(), headers), payload: { requests } } as const;
  return world.gateway.inject(given);
}

const reserve = (units: number, idempotencyKey?: string) => ({
  do: "reserve",
  ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  request: boltRequest(units),
});

const statuses = (body: { results: { status: number }[] }) => body.results.map((result) => result.status);

test("each request of a call is answered in its place as if it had been sent alone, and a bad one refuses nobody else", async () => {
  const world = await createWorld();
  const [held] = (await send(world, [reserve(2)])).json().results;
  const reservationId: string = held.answer.reservations[0].reservationId;
  const answer = await send(world, [
    reserve(3),
    reserve(1_000),
    { do: "allocate", reservationId },
    { do: "release", reservationId: "nobody" },
    { do: "borrow" },
    { do: "reserve", request: { channelId: "web", lines: [] } },
    "nonsense",
    { do: "reserve", request: { ...boltRequest(1), channelId: "nowhere" } },
    { do: "release", reservationId },
  ]);
  assert.equal(answer.statusCode, 200);
  const body = answer.json();
  assert.deepEqual(statuses(body), [201, 409, 200, 404, 400, 400, 400, 422, 400]);
  assert.deepEqual([body.done, body.refused], [2, 7]);
  assert.deepEqual(
    body.results.map((result: { index: number }) => result.index),
    [0, 1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.equal(body.results[1].problem.rejections[0].shortBy, 905);
  assert.equal(body.results[2].reservation.state, "allocated");
  assert.equal(body.results[4].problem.errors[0].pointer, "/do");
  assert.match(body.results[5].problem.errors[0].pointer, /^\/request\/lines/);
  assert.match(body.results[8].problem.detail, /earlier request of this call/);
});

test("a call costs its client as many requests as it has lines and steps, and one that is refused for it does nothing", async () => {
  const world = await createWorld({ limits: { clientQuota: { perSecond: 1, burst: 5 } } });
  const first = await send(world, [reserve(1), reserve(2), "nonsense"]);
  assert.deepEqual([first.statusCode, first.headers.ratelimit], [200, '"default";r=2;t=3']);
  const over = await send(world, [reserve(3), reserve(4), { do: "release", reservationId: "nobody" }]);
  assert.deepEqual(
    [over.statusCode, over.json().code, over.headers["retry-after"]],
    [429, "rate-limited", "1"],
  );
  assert.equal(world.memory.reservations.reservations.size, 2);
});

test("the same call sent again has every request's first answer, and one key stands for one request in all calls", async () => {
  const world = await createWorld();
  const requests = [reserve(3, "a"), reserve(500, "b"), reserve(4, "c")];
  const first = (await send(world, requests)).json();
  const again = (await send(world, requests)).json();
  assert.deepEqual(statuses(again), statuses(first));
  assert.ok(again.results.every((result: { replayed?: boolean }) => result.replayed === true));
  assert.deepEqual(again.results[0].answer, first.results[0].answer);
  const other = (await send(world, [reserve(5, "a")])).json();
  assert.equal(other.results[0].problem.code, "idempotency-key-reused");
  const headers = by(world.key(), { "idempotency-key": "a" });
  const alone = await world.gateway.inject({
    method: "POST",
    url: "/process/v1/reservations",
    headers,
    payload: boltRequest(3),
  });
  assert.equal(alone.headers["idempotent-replayed"], "true");
  assert.equal(world.memory.reservations.reservations.size, 2);
});

test("a key for the whole call is refused: it would promise what the keys of the requests keep", async () => {
  const world = await createWorld();
  const answer = await send(world, [reserve(1)], { "idempotency-key": "k" });
  assert.equal(answer.statusCode, 400);
  assert.match(answer.json().detail, /send it as idempotencyKey/);
});

test("a call has a limit of requests, and of lines together", async () => {
  const world = await createWorld();
  const many = Array.from({ length: 1_001 }, () => reserve(1));
  assert.equal((await send(world, many)).statusCode, 400);
  const line = { item: { scheme: "sku", value: "BOLT-M8" }, quantity: { value: 1, unit: "EA" } };
  const lines = Array.from({ length: 500 }, (_, at) => ({ lineId: String(at), ...line }));
  const wide = Array.from({ length: 11 }, () => ({ do: "reserve", request: { channelId: "web", lines } }));
  const answer = await send(world, wide);
  assert.equal(answer.statusCode, 400);
  assert.match(answer.json().detail, /5500 lines together; at most 5000/);
  assert.equal(world.memory.reservations.reservations.size, 0);
});

test("what could not be decided is a problem of its own that says to come again, and is logged once", async () => {
  const base = await createWorld();
  const error = new Retryable(platformErrors.databaseUnreachable, "gone", { delayMs: 1_000 });
  const world = await createWorld({
    replace: {
      reservations: {
        ...base.memory.reservations,
        reserve: async () => {
          throw error;
        },
      },
    },
  });
  const body = (
    await send(world, [reserve(1), reserve(2), { do: "release", reservationId: "nobody" }])
  ).json();
  assert.deepEqual(statuses(body), [503, 503, 404]);
  assert.equal(world.lines.filter((line) => line.event === "gateway.failed").length, 1);
});

test("a key without the scope is refused before anything is looked at", async () => {
  const world = await createWorld();
  const headers = by(world.key({ scopes: ["reservations:read"] }));
  const answer = await world.gateway.inject({
    method: "POST",
    url,
    headers,
    payload: { requests: [reserve(1)] },
  });
  assert.equal(answer.statusCode, 403);
});
