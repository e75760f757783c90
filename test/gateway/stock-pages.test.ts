import assert from "node:assert/strict";
import { test } from "node:test";
import { messageId } from "@crossdock/canonical";
import { createWorld, type World } from "./world.ts";

/** What a browser sends after its user has typed a name and a key. */
const login = (key: string) => ({ authorization: `Basic ${Buffer.from(`me:${key}`).toString("base64")}` });

const visit = (world: World, url: string, key = world.key()) =>
  world.gateway.inject({ url, headers: { accept: "text/html", ...login(key) } });

test("a browser without a key is asked for one", async () => {
  const { gateway } = await createWorld();
  const answer = await gateway.inject({ url: "/stock", headers: { accept: "text/html" } });
  assert.equal(answer.statusCode, 401);
  assert.match(String(answer.headers["www-authenticate"]), /^Basic realm=/);
});

test("a browser with a wrong key is asked again, one whose key may not is not", async () => {
  const world = await createWorld();
  const wrong = await visit(world, "/stock", "cd_nobody");
  assert.equal(wrong.statusCode, 401);
  assert.match(String(wrong.headers["www-authenticate"]), /^Basic/);
  const lacking = await visit(world, "/stock", world.key({ scopes: ["events:read"] }));
  assert.equal(lacking.statusCode, 403);
  assert.equal(lacking.headers["www-authenticate"], undefined);
});

test("a browser's login opens pages only: what an interface does needs the key in its own header", async () => {
  const world = await createWorld();
  for (const url of ["/system/v1/positions", "/system/v1/events"]) {
    assert.equal((await visit(world, url)).statusCode, 401, url);
  }
});

const brokenLogins = ["Basic", "Basic ", "Basic %%%", "Basic bm9jb2xvbg==", "basic  OnBhc3M6d29yZA=="];
for (const authorization of brokenLogins) {
  test(`the login ${JSON.stringify(authorization)} is refused and not a fault`, async () => {
    const { gateway } = await createWorld();
    assert.equal((await gateway.inject({ url: "/stock", headers: { authorization } })).statusCode, 401);
  });
}

test("stock is found by a name, and what is shown is escaped", async () => {
  const world = await createWorld();
  const found = await visit(world, "/stock?item=BOLT-M8");
  assert.equal(found.statusCode, 200);
  assert.match(found.body, /href="\/stock\/17">BOLT-M8</);
  assert.match(found.body, /Bolt M8 &lt;zinc&gt;/);
  assert.match(String(found.headers["content-security-policy"]), /form-action 'self'/);
  assert.match(String(found.headers["content-security-policy"]), /default-src 'none'/);
});

test("a name that nothing has is said, with what was typed kept and harmless", async () => {
  const world = await createWorld();
  const answer = await visit(world, `/stock?item=${encodeURIComponent('"><script>x</script>')}`);
  assert.equal(answer.statusCode, 200);
  assert.match(answer.body, /No item has the name/);
  assert.doesNotMatch(answer.body, /<script>/);
  const place = await visit(world, "/stock?item=BOLT-M8&location=mars");
  assert.match(place.body, /No location has the name mars/);
});

test("a position's page says how many there are, why, and leads to the message that said so", async () => {
  const world = await createWorld();
  const answer = await visit(world, "/stock/17");
  assert.equal(answer.statusCode, 200);
  assert.match(answer.body, /class="great">9<\/span> on hand/);
  assert.match(answer.body, /Received: <q>found &lt;behind&gt; the rack<\/q>/);
  assert.match(answer.body, /href="\/stock\/messages\/msg-1"/);
  assert.equal((await visit(world, "/stock/18")).statusCode, 404);
  assert.equal((await visit(world, "/stock/17?after=x")).statusCode, 400);
});

test("a position's page shows the past that is asked for, and says what it cannot read", async () => {
  const world = await createWorld();
  const past = await visit(world, "/stock/17?at=2026-11-23T08:00:00Z&believedAt=2026-11-23T08:00:00%2B01:00");
  assert.equal(past.statusCode, 200);
  assert.match(past.body, /value="2026-11-23T08:00:00\+01:00"/);
  for (const at of ["yesterday", "2026-02-31T00:00:00Z", '"><b>']) {
    const unread = await visit(world, `/stock/17?at=${encodeURIComponent(at)}`);
    assert.equal(unread.statusCode, 200);
    assert.match(unread.body, /is no moment/);
    assert.doesNotMatch(unread.body, /<b>/);
  }
});

test("where other systems say another number is a page, with an age, a worth and a file", async () => {
  const world = await createWorld();
  const page = await visit(world, "/stock/disagreements?source=wms-berlin&sort=money&unitsMin=2");
  assert.equal(page.statusCode, 200);
  for (const said of [/BOLT-M8/, /−2\.5 EUR/, /<strong>−2</, /60 s/, /=HYPERLINK\(&quot;x&quot;\)/])
    assert.match(page.body, said);
  const file = /href="(\/stock\/disagreements\.csv\?[^"]+)"/.exec(page.body)?.[1]?.replaceAll("&amp;", "&");
  const csv = await visit(world, file ?? "");
  assert.match(String(csv.headers["content-type"]), /^text\/csv/);
  assert.match(csv.body, /,-2,EUR,-2\.5/);
  assert.match((await visit(world, "/stock/disagreements?source=erp")).body, /Nobody says another number/);
});

test("the page of disagreements says what it cannot read", async () => {
  const world = await createWorld();
  assert.match(
    (await visit(world, "/stock/disagreements?location=mars")).body,
    /No location has the name mars/,
  );
  assert.match((await visit(world, "/stock/disagreements?unitsMin=few")).body, /few is no number of units/);
  assert.equal((await visit(world, "/stock/disagreements?after=soon")).statusCode, 400);
});

test("why numbers differ is a page that leads from theirs to ours and hides no rest", async () => {
  const world = await createWorld();
  const asked = "/stock/difference?item=BOLT-M8&location=berlin";
  const page = await visit(world, `${asked}&source=wms-berlin`);
  assert.equal(page.statusCode, 200);
  for (const said of [
    /class="great">12<\/span> says wms-berlin/,
    /Adjusted downwards, since then/,
    /<q>&lt;b&gt;broken&lt;\/b&gt;<\/q>/,
    /<span class="wrong">Unexplained<\/span>/,
    /We have on-hand<\/th><td class="number">−3<\/td><td class="number"><strong>9</,
    /what is quarantined/,
    /2 records are parked/,
    /record 2 of the message<\/a>: sku:BOLT-M8 has no unit XPX/,
  ])
    assert.match(page.body, said);
  assert.match((await visit(world, asked)).body, /source=wms-berlin">wms-berlin</, "whom one can ask about");
  for (const [more, said] of [
    ["&source=erp", /erp has said no number of it/],
    ["&source=wms-berlin&counts=lost", /lost is no list of/],
  ] as const)
    assert.match((await visit(world, `${asked}${more}`)).body, said);
  assert.match(
    (await visit(world, "/stock/difference?item=no&location=berlin")).body,
    /No item has the name no/,
  );
});

test("a message's page is for keys that reach its account", async () => {
  const world = await createWorld();
  const stored = await world.gateway.inject({
    method: "POST",
    url: "/system/v1/connectors/shop-1/messages",
    headers: { authorization: `Bearer ${world.key()}` },
    payload: "<b>hello</b>",
  });
  const [id] = stored.json().messageIds;
  const page = await visit(world, `/stock/messages/${messageId(id)}`);
  assert.equal(page.statusCode, 200);
  assert.match(page.body, /&lt;b&gt;hello&lt;\/b&gt;/);
  const elsewhere = world.key({ accounts: ["wms-berlin"] });
  assert.equal((await visit(world, `/stock/messages/${id}`, elsewhere)).statusCode, 404);
});
