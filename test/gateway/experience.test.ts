import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld } from "./world.ts";

const scan = "/experience/v1/warehouse/scan";

test("a scanner is told what lies there, and what it cannot be told with the reason", async () => {
  const { gateway, key } = await createWorld();
  const headers = by(key({ scopes: ["warehouse:read"] }));
  const ask = async (location: string, code: string) =>
    (
      await gateway.inject({ url: `${scan}?location=${location}&code=${encodeURIComponent(code)}`, headers })
    ).json();
  const found = await ask("BER", "BOLT");
  assert.equal(found.lots[0].available, 5);
  assert.equal(found.toPick[0].units, 4);
  assert.equal((await ask("BER", "]C1")).type, "/problems/unreadable-barcode");
  assert.match((await ask("BER", "NUT")).detail, /No item has the name NUT/);
  assert.match((await ask("LYO", "BOLT")).detail, /No location has the name LYO/);
});

test("a person scans on a page that keeps the place, and is warned where label and books disagree", async () => {
  const { gateway, key } = await createWorld();
  const authorization = `Basic ${Buffer.from(`x:${key({ scopes: ["warehouse:read"] })}`).toString("base64")}`;
  const visit = async (url: string) => (await gateway.inject({ url, headers: { authorization } })).body;
  assert.match(await visit("/warehouse"), /name="location"[^>]*autofocus/);
  const body = await visit("/warehouse?location=BER&code=BOLT");
  assert.match(body, /name="location"[^>]*value="BER"/);
  assert.match(body, /name="code"[^>]*value=""[^>]*autofocus/);
  assert.match(body, /A &lt;bolt&gt;/);
  assert.match(body, /The label says 2027-02-28, our books 2027-01-31/);
  assert.match(body, /<th scope="row">Available<\/th><td class="number">5<\/td>/);
  assert.doesNotMatch(body, /Quarantined/, "what is none is not shown");
  assert.match(await visit("/warehouse?location=BER&code=NUT"), /role="alert"[^>]*>NUT: No item/);
});

test("a portal is told of its own account alone, in its own words, and never a price", async () => {
  const { gateway, key } = await createWorld();
  const own = key({ scopes: ["partner:read"], accounts: ["shop-1"] });
  const get = async (url: string, text: string) => gateway.inject({ url, headers: by(text) });
  const items = "/experience/v1/partner/items?name=4711-A&name=4711-B";
  assert.deepEqual((await get(items, own)).json(), {
    items: [
      {
        ...{ name: "4711-A", itemId: "itm-1", sku: "BOLT", available: 7 },
        next: { at: "2026-03-09T00:00:00.000Z", units: 40 },
      },
    ],
    unknown: ["4711-B"],
  });
  const orders = (await get("/experience/v1/partner/orders", own)).json();
  assert.equal(orders.orders[0].lines[0].name, "4711-A");
  assert.doesNotMatch(JSON.stringify(orders), /price|amount/i);
  assert.equal((await get("/experience/v1/partner/orders?after=x", own)).statusCode, 400);
  const several = key({ scopes: ["partner:read"], accounts: ["shop-1", "shop-2"] });
  for (const text of [several, key({ scopes: ["partner:read"] })])
    for (const url of [items, "/experience/v1/partner/orders"])
      assert.equal((await get(url, text)).json().type, "/problems/account-not-granted");
});
