import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld, type World } from "./world.ts";

const url = "/system/v1/unresolved";
const name = { accountId: "wms-berlin", kind: "item", waitsFor: "sku:=HYPERLINK(<b>)" };
const lotless = { accountId: "shop-1", kind: "lot", waitsFor: "sku:CHEESE" };
const ask = (world: World, path: string, key = world.key()) =>
  world.gateway.inject({ url: path, headers: by(key) });
const decide = (world: World, decisions: readonly object[], key = world.key()) =>
  world.gateway.inject({ method: "POST", url: `${url}/decisions`, headers: by(key), payload: { decisions } });

test("names are listed with what they may mean, by account and kind, and page by page", async () => {
  const world = await createWorld();
  const all = (await ask(world, url)).json();
  assert.deepEqual(
    all.unresolved.map((row: { waitsFor: string }) => row.waitsFor),
    [name.waitsFor, "sku:BOLT-M8/CS", "sku:CHEESE"],
  );
  assert.equal(all.unresolved[0].suggestions[0].target, "item-bolt");
  assert.equal((await ask(world, `${url}?account=shop-1&kind=item`)).json().unresolved.length, 0);
  const first = await ask(world, `${url}?limit=1`);
  assert.match(String(first.headers.link), /rel="next"/);
  assert.equal((await ask(world, `${url}?after=x`)).json().code, "invalid-cursor");
  assert.equal((await ask(world, `${url}/sums`)).json().sums.length, 3);
  assert.equal((await ask(world, `${url}?kind=lot`)).json().unresolved[0].suggestions[0].lot, "C <1>");
  assert.equal((await ask(world, `${url}/lots`)).json().lots[0].by, "anna");
  assert.equal((await ask(world, `${url}/lots?after=x`)).json().code, "invalid-cursor");
  assert.equal((await ask(world, `${url}/ignored`)).json().ignored[0].because, "no stock");
});

test("a key that is limited to an account sees and decides about that one's names alone", async () => {
  const world = await createWorld();
  const key = world.key({ accounts: ["shop-1"] });
  const seen = (await ask(world, url, key)).json().unresolved;
  assert.deepEqual(
    seen.map((row: { accountId: string }) => row.accountId),
    ["shop-1", "shop-1"],
  );
  assert.deepEqual((await ask(world, `${url}?account=wms-berlin`, key)).json().unresolved, []);
  const answer = await decide(
    world,
    [{ ...name, decide: "alias", target: { scheme: "sku", value: "X" } }],
    key,
  );
  assert.equal(answer.json().results[0].reason, "nothing-waits");
  assert.deepEqual(world.memory.unresolved.decided, []);
});

test("the file has the names in a form in which no cell can run", async () => {
  const world = await createWorld();
  const file = await ask(world, `${url}.csv`);
  assert.match(String(file.headers["content-type"]), /^text\/csv/);
  const [header = "", row = ""] = file.body.split("\r\n");
  assert.match(header, /^account,kind,waits for,/);
  assert.match(row, /^wms-berlin,item,sku:=HYPERLINK\(<b>\),sku,'=HYPERLINK\(<b>\),/);
  assert.match(row, /,12\.5 EA,,item-bolt,BOLT-M8,,90,spelled-alike$/);
});

test("many decisions are taken in one request, and answered each", async () => {
  const world = await createWorld();
  const answer = await decide(world, [
    { ...name, decide: "alias", target: { scheme: "sku", value: "BOLT-M8" }, validFrom: "always" },
    { ...name, decide: "create-item", sku: "NEW", baseUnit: "EA", tracking: "lot" },
    { ...name, decide: "create-location", code: "WH9", timeZone: "Europe/Berlin" },
    { ...name, decide: "unit", factor: "12" },
    { ...name, decide: "ignore", because: "a gift" },
    { ...name, decide: "heed" },
    { ...lotless, decide: "lot", lot: "C 1" },
    {
      ...lotless,
      decide: "create-lot",
      lot: "C 2",
      expiresOn: "2026-09-30",
      madeOn: "2026-03-01",
      onward: true,
    },
  ]);
  assert.equal(answer.statusCode, 200, answer.body);
  assert.deepEqual([answer.json().done, answer.json().refused], [8, 0]);
  assert.deepEqual(answer.json().results[4], { index: 4, outcome: "done", dropped: 2, left: 1 });
});

test("a decision of no known form is refused whole, with where it is wrong", async () => {
  const world = await createWorld();
  for (const wrong of [
    { decide: "guess" },
    { decide: "ignore" },
    { decide: "unit", factor: "0" },
    { decide: "lot" },
  ]) {
    const answer = await decide(world, [{ ...name, ...wrong }]);
    assert.equal(answer.statusCode, 400);
    assert.equal(answer.json().code, "invalid-request");
  }
  assert.deepEqual(world.memory.unresolved.decided, []);
});

test("whoever may change master data may not drop records with it", async () => {
  const world = await createWorld();
  const key = world.key({ scopes: ["master-data:write"] });
  const answer = await decide(world, [{ ...name, decide: "ignore", because: "x" }], key);
  assert.deepEqual([answer.statusCode, answer.json().missingScope], [403, "parked:write"]);
  assert.deepEqual(world.memory.unresolved.decided, []);
});

const page = "/stock/unresolved";
const login = (key: string) => `Basic ${Buffer.from(`me:${key}`).toString("base64")}`;
const own = { "sec-fetch-site": "same-origin" };

function send(
  world: World,
  fields: Readonly<Record<string, string>> | string,
  headers: Readonly<Record<string, string>> = own,
  key = world.key(),
) {
  return world.gateway.inject({
    method: "POST",
    url: page,
    headers: {
      ...{
        authorization: login(key),
        "content-type": "application/x-www-form-urlencoded",
        host: "stock.test",
      },
      ...headers,
    },
    payload: new URLSearchParams(fields).toString(),
  });
}

test("the page shows names harmlessly, with a form only to whoever may decide", async () => {
  const world = await createWorld();
  const visit = (key: string) => world.gateway.inject({ url: page, headers: { authorization: login(key) } });
  const answer = await visit(world.key());
  assert.equal(answer.statusCode, 200);
  assert.match(answer.body, /sku:=HYPERLINK\(&lt;b&gt;\)/);
  assert.match(answer.body, /Bolt M8 &lt;zinc&gt;/);
  assert.match(answer.body, /value="create-item"/);
  assert.match(String(answer.headers["content-security-policy"]), /form-action 'self'/);
  assert.equal(answer.headers["referrer-policy"], "same-origin");
  const reading = await visit(world.key({ scopes: ["parked:read"] }));
  assert.doesNotMatch(reading.body, /<form/);
});

test("a form decides: one name by what was typed, or the suggestions that were marked", async () => {
  const world = await createWorld();
  const typed = await send(world, { ...name, decide: "alias", target: " BOLT-M8 ", validFrom: "" });
  assert.match(typed.body, /is known now/);
  assert.deepEqual(world.memory.unresolved.decided.pop(), {
    ...name,
    decide: "alias",
    target: { scheme: "id", value: "item-bolt" },
  });
  const shown = await world.gateway.inject({ url: page, headers: { authorization: login(world.key()) } });
  const marks = [...shown.body.matchAll(/name="mark" value="([^"]+)" aria-label/g)].map(
    ([, mark = ""]) => mark,
  );
  assert.equal(marks.length, 3);
  const marked = await send(world, marks.map((mark) => `mark=${mark}`).join("&"));
  assert.equal(marked.statusCode, 200);
  assert.deepEqual(
    world.memory.unresolved.decided.map(({ decide: what }) => what),
    ["alias", "unit", "lot"],
  );
});

test("a form says of which lot units are, or makes it with its days", async () => {
  const world = await createWorld();
  const shown = await world.gateway.inject({ url: page, headers: { authorization: login(world.key()) } });
  assert.match(shown.body, /sku:CHEESE without a lot/);
  assert.match(shown.body, /C &lt;1&gt; <span class="soft">expires on 2026-09-30/);
  const typed = {
    ...lotless,
    lot: "C 2",
    expiresOn: "2026-09-30",
    madeOn: "",
    validFrom: "",
    onward: "false",
  };
  assert.match((await send(world, { ...typed, decide: "create-lot" })).body, /CHEESE is told its lot now/);
  await send(world, { ...lotless, lot: "C 1", onward: "true", decide: "lot" });
  assert.deepEqual(world.memory.unresolved.decided, [
    { ...lotless, decide: "create-lot", lot: "C 2", expiresOn: "2026-09-30", onward: false },
    { ...lotless, decide: "lot", lot: "C 1", onward: true },
  ]);
  assert.match((await send(world, { ...lotless, decide: "lot", lot: "" })).body, /Not taken/);
});

test("what cannot be taken of a form is said, and nothing is decided", async () => {
  const world = await createWorld();
  const unknown = await send(world, { ...name, decide: "alias", target: "<i>" });
  assert.match(unknown.body, /Nothing of the kind item has the name &lt;i&gt;/);
  assert.match((await send(world, { ...name, decide: "unit", factor: "many" })).body, /Not taken/);
  assert.match((await send(world, { mark: "nonsense" })).body, /an old one/);
  assert.match((await send(world, {})).body, /Not taken/);
  assert.deepEqual(world.memory.unresolved.decided, []);
});

const foreign: readonly Readonly<Record<string, string>>[] = [
  { "sec-fetch-site": "cross-site" },
  { "sec-fetch-site": "same-site" },
  { "sec-fetch-site": "none" },
  { origin: "https://evil.test" },
  { origin: "null" },
  { origin: "http://stock.test:8080" },
  {},
];
for (const headers of foreign) {
  test(`a form that a browser sends with ${JSON.stringify(headers)} is refused, whatever key it sends along`, async () => {
    const world = await createWorld();
    const answer = await send(world, { ...name, decide: "ignore", because: "x" }, headers);
    assert.deepEqual([answer.statusCode, answer.json().code], [403, "foreign-page"]);
    assert.deepEqual(world.memory.unresolved.decided, []);
  });
}

test("a form is taken by its origin where the browser says no more, as over plain HTTP", async () => {
  const world = await createWorld();
  const answer = await send(
    world,
    { ...name, decide: "ignore", because: "x" },
    { origin: "http://stock.test" },
  );
  assert.equal(answer.statusCode, 200);
  assert.match(answer.body, /2 records were dropped, 1 go on waiting/);
});

test("a form needs the scopes of what it does, and takes nothing but what forms send", async () => {
  const world = await createWorld();
  const reader = world.key({ scopes: ["parked:read", "parked:write"] });
  assert.equal((await send(world, { ...name, decide: "ignore", because: "x" }, own, reader)).statusCode, 403);
  const steward = world.key({ scopes: ["parked:read", "master-data:write"] });
  assert.equal(
    (await send(world, { ...name, decide: "ignore", because: "x" }, own, steward)).statusCode,
    403,
  );
  const json = await send(world, {}, { ...own, "content-type": "application/json" });
  assert.equal(json.statusCode, 415);
});

test("what sources say that they do not own is listed, and accepted by whoever may change master data", async () => {
  const world = await createWorld();
  const proposals = "/system/v1/proposals";
  assert.equal((await ask(world, proposals)).json().proposals[0].said.sku, "BOLT-M8");
  assert.deepEqual((await ask(world, proposals, world.key({ accounts: ["shop-1"] }))).json().proposals, []);
  const accept = (id: string, key = world.key()) =>
    world.gateway.inject({ method: "POST", url: `${proposals}/${id}/2/accept`, headers: by(key) });
  assert.equal((await accept("msg-9")).json().state, "applied");
  assert.equal((await accept("msg-8")).statusCode, 404);
  assert.equal((await accept("msg-9", world.key({ accounts: ["shop-1"] }))).statusCode, 404);
  assert.equal((await accept("msg-9", world.key({ scopes: ["parked:write"] }))).statusCode, 403);
});

test("the page shows what sources say harmlessly, and its forms take or drop it", async () => {
  const world = await createWorld();
  const shown = await world.gateway.inject({ url: page, headers: { authorization: login(world.key()) } });
  assert.match(shown.body, /It says of BOLT-M8: &quot;&lt;b&gt;Bolt/);
  const one = { messageId: "msg-9", record: "2" };
  assert.match((await send(world, { ...one, decide: "accept" })).body, /settled: applied/);
  assert.match((await send(world, { ...one, decide: "reject", because: "no" })).body, /settled: dropped/);
  assert.match(
    (await send(world, { ...one, messageId: "msg-8", decide: "accept" })).body,
    /no such proposal/,
  );
  const steward = world.key({ scopes: ["parked:read", "master-data:write"] });
  assert.equal(
    (await send(world, { ...one, decide: "reject", because: "no" }, own, steward)).statusCode,
    403,
  );
});
