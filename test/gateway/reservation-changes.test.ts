import assert from "node:assert/strict";
import { test } from "node:test";
import { boltRequest, by, createWorld, type World } from "./world.ts";

const url = "/process/v1/reservations";

/** A world in which six bolts are held, and a way to ask for changes of them. */
async function holding() {
  const world = await createWorld();
  const answer = await world.gateway.inject({
    method: "POST",
    url,
    headers: by(world.key()),
    payload: boltRequest(6),
  });
  const id: string = answer.json().reservations[0].reservationId;
  const ask = (what: string, payload: object, headers: Record<string, string> = {}, of = id) =>
    world.gateway.inject({
      method: "POST",
      url: `${url}/${of}/${what}`,
      headers: by(keyOf(world), headers),
      payload,
    });
  return { world, id, ask };
}

const keys = new WeakMap<World, string>();
function keyOf(world: World): string {
  const known = keys.get(world) ?? world.key();
  keys.set(world, known);
  return known;
}

test("a change is made once a key, and a second time is a success that says so", async () => {
  const { ask } = await holding();
  const smaller = { keep: { value: 2, unit: "EA" } };
  const headers = { "idempotency-key": "smaller-1" };
  const first = await ask("reduce", smaller, headers);
  assert.equal(first.statusCode, 200);
  assert.deepEqual([first.json().reservation.quantity, first.json().already], [2, false]);
  const again = await ask("reduce", smaller, headers);
  assert.deepEqual([again.body, again.headers["idempotent-replayed"]], [first.body, "true"]);
  assert.equal((await ask("reduce", smaller)).json().already, true);
  assert.equal((await ask("reduce", { keep: { value: 1, unit: "EA" } }, headers)).statusCode, 422);
});

test("each refusal is a problem of its own that says what to do", async () => {
  const { ask } = await holding();
  const cases: readonly (readonly [string, object, number, string])[] = [
    ["extend", { ttlSeconds: 60 }, 409, "hold-limit"],
    ["move", { locationId: "hamburg" }, 409, "insufficient-stock"],
    ["split", { quantity: { value: 9, unit: "EA" } }, 409, "reservation-change-not-possible"],
    ["confirm", { orderId: "order-1" }, 409, "reservation-expired"],
    ["extend", {}, 400, "invalid-request"],
    ["extend", { ttlSeconds: 60, expiresAt: "2026-03-02T10:00:00Z" }, 400, "invalid-request"],
  ];
  for (const [what, payload, status, code] of cases) {
    const answer = await ask(what, payload);
    assert.deepEqual([answer.statusCode, answer.json().code], [status, code], what);
  }
  const nobody = await ask("reduce", { keep: { value: 1, unit: "EA" } }, {}, "nobody");
  assert.deepEqual([nobody.statusCode, nobody.json().code], [404, "not-found"]);
});

test("the history of a reservation is read, of one that does not exist refused", async () => {
  const { world, id } = await holding();
  const read = (of: string) =>
    world.gateway.inject({ url: `${url}/${of}/history`, headers: by(keyOf(world)) });
  assert.deepEqual((await read(id)).json(), { events: [] });
  assert.equal((await read("nobody")).statusCode, 404);
});
