import assert from "node:assert/strict";
import { test } from "node:test";
import { shop } from "./ports.ts";
import { createWorld, type World } from "./world.ts";

const HOST = "crossdock.test";
const login = (key: string) => ({ authorization: `Basic ${Buffer.from(`me:${key}`).toString("base64")}` });

const visit = (world: World, url = "/stock/drift", key = world.key()) =>
  world.gateway.inject({ url, headers: { accept: "text/html", host: HOST, ...login(key) } });

type Sent = Readonly<Record<string, string>>;
const fromHere: Sent = { "sec-fetch-site": "same-origin" };

/** Presses a button of a form, as a browser does. */
const press = (world: World, fields: Sent, more: { from?: Sent; key?: string; kind?: string } = {}) => {
  const { from = fromHere, key = world.key(), kind = "cases" } = more;
  return world.gateway.inject({
    method: "POST",
    url: `/stock/drift/${kind}`,
    headers: { host: HOST, "content-type": "application/x-www-form-urlencoded", ...login(key), ...from },
    payload: new URLSearchParams(fields).toString(),
  });
};

const accepting = { number: "1", decision: "accepted", because: "counted it again", days: "7" };
const stateOf = async (world: World) => (await world.memory.countCases.find("1", {}))?.state;

test("the page says what waits, what it is worth, what may be missing, and what was found", async () => {
  const world = await createWorld();
  const { body, statusCode, headers } = await visit(world);
  assert.equal(statusCode, 200);
  for (const text of [
    /name="number" value="1"/,
    /<strong>−30<\/strong>/,
    /−37\.5 EUR/,
    /parked records: 3\./,
    /<rect class="found"/,
    /<title>2026-03-01: 0 found, 5 missing<\/title>/,
    /−6\.25 EUR/,
    /&lt;A&gt;/,
  ])
    assert.match(body, text);
  assert.equal(headers["referrer-policy"], "same-origin");
  assert.doesNotMatch(body, /style=|<script/);
});

test("who may not decide is shown the same without the buttons", async () => {
  const world = await createWorld();
  const key = world.key({ scopes: ["positions:read"] });
  const { body } = await visit(world, "/stock/drift", key);
  assert.match(body, /−37\.5 EUR/);
  assert.doesNotMatch(body, /<button name="decision"|type="checkbox"/);
  assert.equal((await press(world, accepting, { key })).json().code, "missing-scope");
  assert.equal(await stateOf(world), "open");
});

test("a button decides, and leads back to the page, which says what it came to", async () => {
  const world = await createWorld();
  const pressed = await press(world, accepting);
  assert.equal(pressed.statusCode, 303);
  const back = String(pressed.headers.location);
  assert.match(back, /^\/stock\/drift\?source=&location=&days=7&settled=1&already=0$/);
  assert.match((await visit(world, back)).body, /1 decided\./);
  assert.equal(await stateOf(world), "accepted");
  const again = await press(world, accepting);
  assert.match((await visit(world, String(again.headers.location))).body, /0 decided\. 1 had been decided/);
});

test("a form that is sent twice is one decision with one answer", async () => {
  const world = await createWorld();
  const form = { ...accepting, key: "01a1" };
  const [first, second] = [await press(world, form), await press(world, form)];
  assert.equal(second.headers.location, first.headers.location);
  assert.equal((await press(world, { ...form, decision: "rejected" })).json().code, "idempotency-key-reused");
});

test("nothing is decided that was not said whole", async () => {
  const world = await createWorld();
  const { number: _, ...none } = accepting;
  for (const form of [none, { ...accepting, because: " " }, { ...accepting, decision: "maybe" }]) {
    const back = String((await press(world, form)).headers.location);
    assert.match((await visit(world, back)).body, /Nothing was decided/);
  }
  assert.equal(await stateOf(world), "open");
});

const strangers: readonly (readonly [string, Sent])[] = [
  ["another site", { "sec-fetch-site": "cross-site", origin: `https://${HOST}` }],
  ["another server of the same site", { "sec-fetch-site": "same-site" }],
  ["another site, by a browser that says only whence", { origin: "https://elsewhere.test" }],
  ["a page that hides whence", { origin: "null" }],
  ["nowhere", {}],
];
for (const [whence, from] of strangers) {
  test(`a form from ${whence} is refused, though the browser sends the key along`, async () => {
    const world = await createWorld();
    assert.equal((await press(world, accepting, { from })).json().code, "foreign-page");
    assert.equal(await stateOf(world), "open");
  });
}

test("a browser that says only whence may decide from our own page", async () => {
  const world = await createWorld();
  const pressed = await press(world, accepting, { from: { origin: `http://${HOST}` } });
  assert.equal(pressed.statusCode, 303);
});

test("only the pages read forms: where JSON is asked for, a form is refused", async () => {
  const world = await createWorld();
  const sent = await world.gateway.inject({
    method: "POST",
    url: "/system/v1/inventory/count-cases/1/accept",
    headers: { authorization: `Bearer ${world.key()}`, "content-type": "application/x-www-form-urlencoded" },
    payload: "because=x",
  });
  assert.equal(sent.statusCode, 415);
});

test("a key for other accounts sees none of it, and snapshots are decided by the same page", async () => {
  const world = await createWorld();
  const { body } = await visit(world, "/stock/drift", world.key({ accounts: [shop] }));
  assert.doesNotMatch(body, /name="number"|<rect/);
  const held = await press(world, { ...accepting, decision: "dismissed" }, { kind: "snapshots" });
  assert.match(String(held.headers.location), /settled=0&already=1/);
  const rows = await press(world, accepting, { kind: "rows" });
  assert.match(String(rows.headers.location), /settled=0&already=1/, "it still waits for a page");
  const place = await visit(world, "/stock/drift?location=mars");
  assert.match(place.body, /No location has the name mars/);
});

test("a full snapshot with unknown rows can be told to leave them out", async () => {
  const memory = (await createWorld()).memory.snapshots;
  const unfinished = await memory.find("1", {});
  assert.ok(unfinished);
  const world = await createWorld({
    replace: {
      snapshots: {
        ...memory,
        page: async ({ isUnfinished = false }) => ({ rows: isUnfinished ? [unfinished] : [] }),
        conclude: async () => ({ outcome: "concluded", snapshot: unfinished }),
      },
    },
  });
  const { body } = await visit(world);
  assert.match(body, /Leave the unknown rows out/);
  assert.match(body, /<td>night-1<\/td>/);
  const pressed = await press(world, accepting, { kind: "rows" });
  assert.match(String(pressed.headers.location), /settled=1&already=0/);
});

test("a position's page says which counts of it wait, until they are decided", async () => {
  const world = await createWorld();
  const { body } = await visit(world, "/stock/17");
  assert.match(body, /A count of <strong>10<\/strong> by wms-berlin/);
  assert.match(body, /href="\/stock\/drift\?source=wms-berlin&amp;location=berlin"/);
  await press(world, accepting);
  assert.doesNotMatch((await visit(world, "/stock/17")).body, /A count of/);
});
