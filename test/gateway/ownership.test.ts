import assert from "node:assert/strict";
import { test } from "node:test";
import { berlin, NOW, shop, warehouse } from "./ports.ts";
import { by, createWorld, type World } from "./world.ts";

const path = "/system/v1/ownership";
const source = `/accounts/${warehouse}`;

const wish = (more: object = {}) => ({
  measure: "physical-stock",
  locationId: berlin,
  source: null,
  from: NOW,
  because: "The warehouse closes.",
  ...more,
});

const set = (world: World, payload: object) =>
  world.gateway.inject({ method: "POST", url: path, payload, headers: by(world.key()) });
const get = (world: World, url: string) => world.gateway.inject({ url, headers: by(world.key()) });

test("the matrix is read, now and of a moment, and an owner changed with its history", async () => {
  const world = await createWorld();
  const owner = { measure: "physical-stock", locationId: berlin, source };
  assert.deepEqual((await get(world, path)).json(), { owners: [owner] });
  assert.deepEqual((await get(world, `${path}?at=2026-01-01T00:00:00Z&measure=orders`)).json(), {
    owners: [],
  });
  const answer = await set(world, wish());
  assert.equal(answer.statusCode, 200, answer.body);
  const { already, change } = answer.json();
  assert.deepEqual(
    [already, change.because, change.before],
    [false, "The warehouse closes.", [{ from: null, source }]],
  );
  assert.deepEqual((await set(world, wish({ source }))).json(), { already: true });
  assert.deepEqual((await get(world, `${path}/changes`)).json(), { changes: [change] });
});

test("a wish that cannot be is refused with its reason", async () => {
  const world = await createWorld();
  const codes: [object, number, string][] = [
    [{ from: undefined }, 409, "judged-already"],
    [{ source: `/accounts/${shop}` }, 404, "unknown-account"],
    [{ source: "wms" }, 400, "invalid-request"],
    [{ locationId: "atlantis" }, 400, "invalid-request"],
    [{ measure: "weather" }, 400, "invalid-request"],
    [{ from: "2026-02-31T00:00:00Z" }, 400, "invalid-request"],
    [{ to: NOW }, 400, "invalid-request"],
  ];
  for (const [more, status, code] of codes) {
    const refused = await set(world, wish(more));
    assert.deepEqual([refused.statusCode, refused.json().code], [status, code], JSON.stringify(more));
  }
  assert.equal((await get(world, `${path}?at=2026-02-31T00:00:00Z`)).statusCode, 400);
  assert.equal((await get(world, `${path}/changes?after=soon`)).statusCode, 400);
});
