import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld, type World } from "./world.ts";

const path = "/process/v1/what-if";
const asked = { from: "2026-02-01T00:00:00Z", to: "2026-03-01T00:00:00Z", rules: "3" };

const post = (world: World, url: string, payload: object, key = world.key({ client: "mara" })) =>
  world.gateway.inject({ method: "POST", url, headers: by(key), payload });

test("the past is played again: asked for, looked at, and its differences listed", async () => {
  const world = await createWorld();
  const started = await post(world, path, asked);
  assert.equal(started.statusCode, 202);
  assert.equal(started.headers.location, `${path}/run-1`);
  assert.equal(started.json().beside, "as-it-was");
  assert.equal(started.json().askedBy, "mara");
  const headers = by(world.key());
  const done = (await world.gateway.inject({ url: `${path}/run-1`, headers })).json();
  assert.equal(done.run.state, "done");
  assert.equal(done.result.tried.rules, "3");
  assert.equal(done.result.tried.channels[0].unitsStranded, 2);
  const { runs } = (await world.gateway.inject({ url: path, headers })).json();
  assert.deepEqual(
    runs.map((run: { runId: string }) => run.runId),
    ["run-1"],
  );
  const found = (await world.gateway.inject({ url: `${path}/run-1/differences`, headers })).json();
  assert.equal(found.differences[0].lines[0].promised, 5);
});

test("what cannot be played is refused with the reason", async () => {
  const world = await createWorld();
  const problem = async (payload: object) => (await post(world, path, payload)).json();
  assert.equal((await problem({ ...asked, to: asked.from })).type, "/problems/invalid-request");
  assert.equal((await problem({ ...asked, rules: "404" })).type, "/problems/not-found");
  assert.equal((await problem({ ...asked, rules: "429" })).type, "/problems/too-many-what-ifs");
  assert.equal((await problem({ ...asked, rules: "; drop" })).type, "/problems/invalid-request");
  const headers = by(world.key());
  assert.equal((await world.gateway.inject({ url: `${path}/none`, headers })).statusCode, 404);
});

test("a run is cancelled by whoever may write rules", async () => {
  const world = await createWorld();
  await post(world, path, asked);
  const cancelled = await post(world, `${path}/run-1/cancel`, {});
  assert.equal(cancelled.json().run.state, "cancelled");
  assert.equal((await post(world, `${path}/none/cancel`, {})).statusCode, 404);
});

const HOST = "crossdock.test";
const basic = (key: string) => `Basic ${Buffer.from(`x:${key}`).toString("base64")}`;

test("a person asks on a page, from a draft's or by hand, and sees both sides", async () => {
  const world = await createWorld();
  const headers = { authorization: basic(world.key()), host: HOST };
  const form = await world.gateway.inject({ url: "/rules/what-if?rules=draft-1", headers });
  assert.match(form.body, /name="rules"[^>]*value="draft-1"/);
  const send = (payload: string) =>
    world.gateway.inject({
      method: "POST",
      url: "/rules/what-if",
      headers: {
        ...headers,
        "content-type": "application/x-www-form-urlencoded",
        "sec-fetch-site": "same-origin",
      },
      payload,
    });
  const wrong = await send("from=yesterday&rules=3");
  assert.equal(wrong.statusCode, 400);
  assert.match(wrong.body, /role="alert"[^>]*>Write times as/);
  const none = await send("from=2026-02-01T00:00:00Z&rules=404");
  assert.match(none.body, /There is no version 404/);
  const started = await send("from=2026-02-01T00:00:00Z&to=&rules=3&beside=");
  assert.equal(started.statusCode, 303);
  const shown = await world.gateway.inject({ url: String(started.headers.location), headers });
  assert.match(shown.body, /<h1>What if: 3 beside as-it-was<\/h1>/);
  assert.match(shown.body, /<th scope="row">Fill rate, units<\/th><td class="number">80.0 %<\/td>/);
  assert.match(shown.body, /Under the rules of the time 3 of 3 requests/);
});
