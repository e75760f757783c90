import assert from "node:assert/strict";
import { test } from "node:test";
import { by, createWorld } from "./world.ts";

const url = "/experience/v1/storefront?channel=web&sku=FULL&sku=FEW&sku=SOON&sku=NEVER&sku=NOTHING";

test("a shop is told what to show, and no figures", async () => {
  const { gateway, key } = await createWorld();
  const answer = await gateway.inject({ url, headers: by(key({ scopes: ["storefront:read"] })) });
  assert.equal(answer.statusCode, 200);
  assert.deepEqual(answer.json(), {
    channelId: "web",
    items: [
      { itemId: "itm-1", sku: "FULL", state: "in-stock" },
      { itemId: "itm-2", sku: "FEW", state: "low" },
      { itemId: "itm-3", sku: "SOON", state: "by-date", availableFrom: "2026-03-09T00:00:00.000Z" },
      { itemId: "itm-4", sku: "NEVER", state: "out" },
    ],
    unknown: [{ scheme: "sku", value: "NOTHING" }],
  });
});

test("who may ask for figures is told them", async () => {
  const { gateway, key } = await createWorld();
  const both = key({ scopes: ["storefront:read", "availability:read"] });
  const { items } = (await gateway.inject({ url, headers: by(both) })).json();
  assert.deepEqual(
    items.map((each: { availableToPromise: number }) => each.availableToPromise),
    [80, 3, 0, 0],
  );
});

test("what has not changed is not sent again, and may be shown for a while", async () => {
  const { gateway, key } = await createWorld();
  const headers = by(key({ scopes: ["storefront:read"] }));
  const first = await gateway.inject({ url, headers });
  assert.equal(first.headers["cache-control"], "private, max-age=10");
  const etag = String(first.headers.etag);
  const again = await gateway.inject({ url, headers: { ...headers, "if-none-match": `W/${etag}, "other"` } });
  assert.equal(again.statusCode, 304);
  assert.equal(again.body, "");
  const other = await gateway.inject({ url, headers: { ...headers, "if-none-match": '"other"' } });
  assert.equal(other.statusCode, 200);
});

test("a channel that there is not, and no items, are refused", async () => {
  const { gateway, key } = await createWorld();
  const headers = by(key({ scopes: ["storefront:read"] }));
  const ask = (query: string) => gateway.inject({ url: `/experience/v1/storefront?${query}`, headers });
  assert.equal((await ask("channel=nowhere&sku=A")).json().type, "/problems/unknown-channel");
  assert.equal((await ask("channel=web")).statusCode, 400);
});
