import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld, type World } from "./world.ts";

const line = (lineId: string) => ({
  lineId,
  item: { scheme: "sku", value: "BOLT-M8" },
  quantity: { value: 24, unit: "EA" },
});
const requests = [{ destination: { zone: "DE-20095" }, lines: [line("1")] }];

const post = (world: World, path: string, payload: object, key = world.key()) =>
  world.gateway.inject({ method: "POST", url: `/process/v1/sourcing/${path}`, headers: by(key), payload });

test("a proposal shows both plans and what they come to, and why there is only that of the rules", async () => {
  const world = await createWorld();
  const body = (await post(world, "proposals", { channelId: "web", requests })).json();
  assert.deepEqual(
    [body.chosen, body.solverStatus, body.because, body.rules.worth],
    ["rules", "failed", "another batch is being solved", [970]],
  );
  assert.deepEqual(body.versions, [{ positionId: "7", version: 1 }]);
  assert.deepEqual(body.plan, body.planByRules);
  const nowhere = await post(world, "proposals", { channelId: "nowhere", requests });
  assert.equal(nowhere.json().code, "unknown-channel");
});

test("a plan is taken as it was proposed, or refused with what has changed", async () => {
  const world = await createWorld();
  const { plan, versions } = (await post(world, "proposals", { channelId: "web", requests })).json();
  const asked = { channelId: "web", requests, plan, versions, ttlSeconds: 60 };
  const taken = await post(world, "proposals/take", asked);
  assert.deepEqual([taken.statusCode, taken.json()], [201, { requests: [{ reservations: [] }] }]);
  const late = await post(world, "proposals/take", { ...asked, versions: [{ positionId: "7", version: 2 }] });
  assert.deepEqual(
    [late.json().code, late.json().detail],
    ["plan-out-of-date", "Position 7 has changed. Ask for another proposal, and take that."],
  );
  const key = world.key({ scopes: ["availability:read"] });
  assert.equal((await post(world, "proposals/take", asked, key)).statusCode, 403);
});

test("a batch has a limit of lines, and its lines have names of their own", async () => {
  const world = await createWorld();
  const lines = Array.from({ length: 400 }, (_, at) => line(String(at)));
  const many = { channelId: "web", requests: [{ lines }, { lines }, { lines }] };
  assert.match((await post(world, "proposals", many)).json().errors[0].message, /1000 lines/);
  const twice = { channelId: "web", requests: [{ lines: [line("1"), line("1")] }] };
  assert.equal((await post(world, "proposals", twice)).statusCode, 400);
  const own = { channelId: "web", requests: [{ channelId: "edi", lines: [line("1")] }] };
  assert.equal((await post(world, "proposals", own)).statusCode, 400, "the batch says the channel");
});
