import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL_SCOPES } from "../../src/gateway/index.ts";
import { by, createWorld, type World } from "./world.ts";

const HOST = "crossdock.test";

const basic = (key: string) => `Basic ${Buffer.from(`x:${key}`).toString("base64")}`;

const visit = (world: World, url: string, key = world.key()) =>
  world.gateway.inject({ url, headers: { authorization: basic(key), host: HOST } });

function press(
  world: World,
  url: string,
  key: string,
  from: Record<string, string> = { "sec-fetch-site": "same-origin" },
) {
  const type = { "content-type": "application/x-www-form-urlencoded" };
  const headers = { authorization: basic(key), host: HOST, ...type, ...from };
  return world.gateway.inject({ method: "POST", url, headers, payload: "because=It+is+time" });
}

async function withDraft(): Promise<World> {
  const world = await createWorld();
  const url = "/process/v1/rules/drafts";
  const headers = by(world.key({ client: "mara" }));
  await world.gateway.inject({ method: "POST", url, headers, payload: { name: "Keep <some> back" } });
  return world;
}

test("the page of the rules shows what holds, what waits, and what held", async () => {
  const world = await withDraft();
  const { body, statusCode } = await visit(world, "/rules");
  assert.equal(statusCode, 200);
  assert.match(body, /Version 1 of the rules/);
  assert.match(body, /<a href="\/rules\/drafts\/draft-1">Keep &lt;some&gt; back<\/a>/);
  assert.match(body, /<td>buffer<\/td><td>web, every item<\/td><td>leaves 2<\/td>/);
  for (const file of ["/rules.csv", "/rules/drafts/draft-1.csv"])
    assert.match((await visit(world, file)).body, /^action,kind/);
  assert.match((await visit(world, "/rules?version=7")).body, /There is no version 7/);
  assert.match((await visit(world, "/rules?item=NOTHING")).body, /No item has the name NOTHING/);
});

test("a draft is checked, approved by another and put into force with the buttons of its page", async () => {
  const world = await withDraft();
  const page = "/rules/drafts/draft-1";
  const [mara, otto] = [world.key({ client: "mara" }), world.key({ client: "otto" })];
  assert.match((await visit(world, page, mara)).body, /Check it<\/button>/);
  assert.equal((await press(world, `${page}/check`, mara)).headers.location, page);
  const own = await press(world, `${page}/approve`, mara);
  assert.equal(own.statusCode, 403);
  assert.match(own.body, /role="alert"[^>]*>It is your own\./);
  assert.equal((await press(world, `${page}/approve`, otto)).statusCode, 303);
  assert.equal((await press(world, `${page}/activate`, otto)).statusCode, 303);
  assert.match((await visit(world, page, mara)).body, /It holds since version 2/);
});

test("whoever may not decide sees no buttons, and no other site presses them", async () => {
  const world = await withDraft();
  const page = "/rules/drafts/draft-1";
  const reader = world.key({ scopes: ["availability:read"] });
  assert.doesNotMatch((await visit(world, page, reader)).body, /<button/);
  assert.equal((await press(world, `${page}/approve`, reader)).statusCode, 403);
  const key = world.key({ scopes: ALL_SCOPES, client: "otto" });
  const foreign = await press(world, `${page}/approve`, key, { "sec-fetch-site": "cross-site" });
  assert.equal(foreign.json().code, "foreign-page");
  assert.equal((await visit(world, "/rules/drafts/none")).statusCode, 404);
});
