import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { quantity } from "@crossdock/canonical";
import type { ConnectorIo, PublicationAnswer, PublicationRow } from "@crossdock/connector-kit";
import { shopify } from "@crossdock/connector-shopify";
import {
  type FakeShopify,
  type FakeShopifyOptions,
  startFakeShopify,
} from "@crossdock/connector-shopify/fake";
import fc from "fast-check";
import { accountOf, countingIo, row, validation } from "./support.ts";

const { publisher } = shopify;
assert.ok(publisher?.observe !== undefined);

/** A clock that stands still: the bucket refills only when a test says so. */
const now = () => new Date("2026-11-23T09:30:00Z");

const started: FakeShopify[] = [];
after(async () => {
  await Promise.all(started.map((fake) => fake.close()));
});

type Shop = {
  readonly fake: FakeShopify;
  /** The listings of the SKUs `SKU-0`, `SKU-1`, … */
  readonly listings: readonly string[];
  publish(rows: readonly PublicationRow[], io?: ConnectorIo): Promise<PublicationAnswer>;
  shown(): readonly (number | undefined)[];
  /** The root fields that were called, and the keys of the mutations. */
  fields(): readonly string[];
  keys(): readonly unknown[];
};

/** A shop that shows these quantities; undefined is not stocked at the location. */
async function shopWith(
  available: readonly (number | undefined)[],
  options: Partial<FakeShopifyOptions> & { readonly settings?: object } = {},
): Promise<Shop> {
  const items = available.map((value, index) => ({
    sku: `SKU-${index}`,
    ...(value === undefined ? {} : { available: value }),
  }));
  const fake = await startFakeShopify({ seed: 1, items, now, ...validation, ...options });
  started.push(fake);
  const account = accountOf(fake.account, options.settings);
  return {
    fake,
    listings: fake.items().map(({ listing }) => listing),
    publish: (rows, io = countingIo()) =>
      publisher?.publish(rows, io, account) ?? Promise.reject(new Error("no publisher")),
    shown: () => available.map((_, index) => fake.available(`SKU-${index}`)),
    fields: () => fake.calls().map(({ field }) => field),
    keys: () => fake.calls().flatMap(({ variables }) => ("key" in variables ? [variables.key] : [])),
  };
}

/** Outcomes without the item, in the order of the rows. */
function results(answer: PublicationAnswer, rows: readonly PublicationRow[]): readonly string[] {
  return rows.map(
    ({ itemId }) => answer.outcomes.find((outcome) => outcome.itemId === itemId)?.result ?? "none",
  );
}

describe("a value that we believe in", () => {
  test("is replaced in one call that names it, under a key and a reference of ours", async () => {
    const shop = await shopWith([10, 20]);
    const [a = "", b = ""] = shop.listings;
    const rows = [row(a, 7, 10), row(b, 25, 20)];
    const answer = await shop.publish(rows);
    assert.deepEqual(results(answer, rows), ["published", "published"]);
    assert.deepEqual(shop.shown(), [7, 25]);
    const [call] = shop.fake.calls();
    assert.deepEqual(call?.variables, {
      key: "key-1",
      input: {
        name: "available",
        reason: "correction",
        referenceDocumentUri: "gid://crossdock/Publication/key-1",
        quantities: [
          {
            inventoryItemId: a,
            locationId: "gid://shopify/Location/70010001",
            quantity: 7,
            changeFromQuantity: 10,
          },
          {
            inventoryItemId: b,
            locationId: "gid://shopify/Location/70010001",
            quantity: 25,
            changeFromQuantity: 20,
          },
        ],
      },
    });
  });

  test("is left alone when the shop shows another, and the others are set under a new key", async () => {
    const shop = await shopWith([10, 20, 30]);
    const [a = "", b = "", c = ""] = shop.listings;
    const rows = [row(a, 1, 10), row(b, 2, 22), row(c, 3, 30)];
    const answer = await shop.publish(rows);
    assert.deepEqual(results(answer, rows), ["published", "stale", "published"]);
    assert.deepEqual(shop.shown(), [1, 20, 3]);
    assert.deepEqual(shop.fields(), ["inventorySetQuantities", "nodes", "inventorySetQuantities"]);
    assert.deepEqual(shop.keys(), ["key-1", "key-3"]);
    const stale = answer.outcomes.find(({ result }) => result === "stale");
    assert.deepEqual(stale, { itemId: rows[1]?.itemId, result: "stale", shows: 20 });
  });

  test("is stale even when the shop happens to show the new value, because an order may be in flight", async () => {
    const shop = await shopWith([5]);
    const [a = ""] = shop.listings;
    const answer = await shop.publish([row(a, 5, 7)]);
    assert.deepEqual(
      answer.outcomes.map(({ result }) => result),
      ["stale"],
    );
  });

  test("does not survive an order that the shop took in between", async () => {
    const shop = await shopWith([10]);
    const [a = ""] = shop.listings;
    shop.fake.placeOrder([{ sku: "SKU-0", quantity: 4 }]);
    const answer = await shop.publish([row(a, 12, 10)]);
    assert.deepEqual(answer.outcomes, [{ itemId: row(a, 12).itemId, result: "stale", shows: 6 }]);
    assert.deepEqual(shop.shown(), [6]);
  });

  test("travels with 249 others in one call", async () => {
    const shop = await shopWith(Array.from({ length: 250 }, () => 3));
    const rows = shop.listings.map((listing) => row(listing, 4, 3));
    const answer = await shop.publish(rows);
    assert.equal(answer.outcomes.filter(({ result }) => result === "published").length, 250);
    assert.deepEqual(shop.fields(), ["inventorySetQuantities"]);
  });
});

describe("a value that nobody has seen", () => {
  test("is read first, and replaced as it was read", async () => {
    const shop = await shopWith([10]);
    const [a = ""] = shop.listings;
    const answer = await shop.publish([row(a, 7)]);
    assert.deepEqual(
      answer.outcomes.map(({ result }) => result),
      ["published"],
    );
    assert.deepEqual(shop.fields(), ["nodes", "inventorySetQuantities"]);
    assert.deepEqual(shop.shown(), [7]);
  });

  test("is not set when the shop shows it already", async () => {
    const shop = await shopWith([7]);
    const [a = ""] = shop.listings;
    const answer = await shop.publish([row(a, 7)]);
    assert.deepEqual(
      answer.outcomes.map(({ result }) => result),
      ["published"],
    );
    assert.deepEqual(shop.fields(), ["nodes"]);
  });

  test("is never set blindly: every call names what it changes from", async () => {
    const shop = await shopWith([10, 0]);
    const rows = shop.listings.map((listing) => row(listing, 7));
    await shop.publish(rows);
    const sent = JSON.stringify(shop.fake.calls().map(({ variables }) => variables));
    assert.ok(!sent.includes('"changeFromQuantity":null'));
  });
});

describe("an item that is not stocked at the location", () => {
  test("is stocked with the value, once", async () => {
    const shop = await shopWith([undefined]);
    const [a = ""] = shop.listings;
    const answer = await shop.publish([row(a, 7)]);
    assert.deepEqual(
      answer.outcomes.map(({ result }) => result),
      ["published"],
    );
    assert.deepEqual(shop.fields(), ["nodes", "inventoryActivate"]);
    assert.deepEqual(shop.shown(), [7]);
  });

  test("is stocked as well where an older version of the API refuses to set it", async () => {
    const shop = await shopWith([undefined, 4], { apiVersion: "2026-07" });
    const [a = "", b = ""] = shop.listings;
    const rows = [row(a, 7, 3), row(b, 5, 4)];
    const answer = await shop.publish(rows);
    assert.deepEqual(results(answer, rows), ["published", "published"]);
    assert.deepEqual(shop.shown(), [7, 5]);
  });
});

describe("a row that cannot be sent is refused alone", () => {
  test("when the listing is no inventory item of this shop", async () => {
    const shop = await shopWith([10]);
    const [a = ""] = shop.listings;
    const rows = [row("gid://shopify/InventoryItem/404", 1, 2), row(a, 7, 10), row("SKU-0", 1, 2)];
    const answer = await shop.publish(rows);
    assert.deepEqual(results(answer, rows), ["refused", "published", "refused"]);
  });

  test("when two items claim the listing, or the number is beyond what Shopify shows", async () => {
    const shop = await shopWith([10, 10]);
    const [a = "", b = ""] = shop.listings;
    const again = { ...row(a, 9, 10), itemId: row(b, 0).itemId };
    const huge = { ...row(b, 2_000_000_000, 10) };
    const answer = await shop.publish([row(a, 7, 10), again]);
    assert.deepEqual(answer.outcomes.map(({ result }) => result).sort(), ["published", "refused"]);
    const [refused] = (await shop.publish([huge])).outcomes;
    assert.ok(refused?.result === "refused");
    assert.match(refused.reason, /1000000000/);
  });
});

describe("the cost budget", () => {
  test("that is used up leaves the rows to be tried again, and says when", async () => {
    const shop = await shopWith(Array.from({ length: 250 }, () => 3));
    shop.fake.bucket.drainTo(51);
    const answer = await shop.publish(shop.listings.map((listing) => row(listing, 4)));
    assert.ok(answer.outcomes.every(({ result }) => result === "retry"));
    // Reading 250 rows costs 751 points, 51 are there, and 100 come back in a second.
    assert.equal(answer.nextCallAfterMs, 7_000);
  });

  test("keeps its reserve: the next call waits until that is there beside its own cost", async () => {
    const shop = await shopWith([10], { settings: { costReserve: 200 } });
    shop.fake.bucket.drainTo(60);
    const answer = await shop.publish([row(shop.listings[0] ?? "", 7, 10)]);
    assert.deepEqual(
      answer.outcomes.map(({ result }) => result),
      ["published"],
    );
    // 50 points are left, and 10 + 200 are wanted.
    assert.equal(answer.nextCallAfterMs, 1_600);
  });

  test("stops a publication between its calls", async () => {
    const shop = await shopWith([10, 20], { settings: { costReserve: 50 } });
    shop.fake.bucket.drainTo(60);
    const rows = shop.listings.map((listing) => row(listing, 1));
    const answer = await shop.publish(rows);
    assert.deepEqual(results(answer, rows), ["retry", "retry"]);
    assert.deepEqual(shop.fields(), ["nodes"]);
    assert.deepEqual(shop.shown(), [10, 20]);
  });

  test("asks for no wait when there is plenty", async () => {
    const shop = await shopWith([10], { plan: "plus" });
    const answer = await shop.publish([row(shop.listings[0] ?? "", 7, 10)]);
    assert.equal(answer.nextCallAfterMs, undefined);
  });

  test("is honoured whichever way Shopify says it", async () => {
    const shop = await shopWith([10]);
    const [a = ""] = shop.listings;
    shop.fake.throttleNext(1);
    const throttled = await shop.publish([row(a, 7, 10)]);
    shop.fake.failNext({ kind: "too-many-requests", retryAfterSeconds: 3 });
    const refused = await shop.publish([row(a, 7, 10)]);
    assert.deepEqual(
      [...throttled.outcomes, ...refused.outcomes].map(({ result }) => result),
      ["retry", "retry"],
    );
    assert.ok((throttled.nextCallAfterMs ?? 0) >= 500);
    assert.equal(refused.nextCallAfterMs, 3_000);
    assert.deepEqual(shop.shown(), [10]);
  });
});

describe("an answer that is lost", () => {
  for (const kind of [
    "error-after-effect",
    "reset-after-effect",
    "timeout-after-effect",
    "garbled-after-effect",
  ] as const) {
    test(`(${kind}) is asked for again under the same key, and the effect is one`, async () => {
      const shop = await shopWith([10]);
      shop.fake.failNext({ kind });
      const answer = await shop.publish([row(shop.listings[0] ?? "", 7, 10)]);
      assert.deepEqual(
        answer.outcomes.map(({ result }) => result),
        ["published"],
      );
      assert.deepEqual(shop.keys(), ["key-1", "key-1"]);
      assert.equal(shop.fake.effects(), 1);
      assert.deepEqual(shop.shown(), [7]);
    });
  }

  test("twice is settled by looking at the shop", async () => {
    const shop = await shopWith([10]);
    shop.fake.failNext({ kind: "reset-after-effect" }, { kind: "reset-after-effect" });
    const answer = await shop.publish([row(shop.listings[0] ?? "", 7, 10)]);
    assert.deepEqual(shop.fields(), ["inventorySetQuantities", "inventorySetQuantities", "nodes"]);
    assert.deepEqual(
      answer.outcomes.map(({ result }) => result),
      ["published"],
    );
  });

  test("is to be tried again when the shop does not show the effect", async () => {
    const shop = await shopWith([10]);
    shop.fake.failNext({ kind: "reset-before-effect" }, { kind: "reset-before-effect" });
    const answer = await shop.publish([row(shop.listings[0] ?? "", 7, 10)]);
    assert.deepEqual(
      answer.outcomes.map(({ result }) => result),
      ["retry"],
    );
    assert.equal(answer.nextCallAfterMs, 1_000);
    assert.deepEqual(shop.shown(), [10]);
  });

  test("of a call that is still being worked on is waited for, not sent anew", async () => {
    const shop = await shopWith([10]);
    shop.fake.delayNextEffect();
    const answer = await shop.publish([row(shop.listings[0] ?? "", 7, 10)]);
    assert.deepEqual(shop.fields(), ["inventorySetQuantities", "inventorySetQuantities", "nodes"]);
    assert.deepEqual(shop.keys(), ["key-1", "key-1"]);
    assert.deepEqual(
      answer.outcomes.map(({ result }) => result),
      ["published"],
    );
    assert.equal(shop.fake.effects(), 1);
  });

  test("of a call that failed takes a new key, and the true answer is found", async () => {
    const shop = await shopWith([10]);
    shop.fake.failNext({ kind: "error-after-effect" });
    const answer = await shop.publish([row(shop.listings[0] ?? "", 7, 99)]);
    assert.deepEqual(answer.outcomes, [
      { itemId: row(shop.listings[0] ?? "", 7).itemId, result: "stale", shows: 10 },
    ]);
    assert.deepEqual(shop.keys(), ["key-1", "key-1", "key-2"]);
  });
});

test("an account that may not speak is tried again slowly, with what to mend", async () => {
  const shop = await shopWith([10]);
  const stranger = accountOf({
    ...shop.fake.account,
    secrets: { ...shop.fake.account.secrets, accessToken: "old" },
  });
  const answer = await publisher.publish([row(shop.listings[0] ?? "", 7, 10)], countingIo(), stranger);
  const [outcome] = answer.outcomes;
  assert.ok(outcome?.result === "retry");
  assert.match(outcome.reason, /token/);
  assert.equal(answer.nextCallAfterMs, 60_000);
});

test("observing tells what the shop shows, and leaves out what it does not have", async () => {
  const shop = await shopWith([10, undefined, 0]);
  const [a = "", b = "", c = ""] = shop.listings;
  const listings = [a, b, c, "gid://shopify/InventoryItem/404"];
  const seen = await publisher.observe?.(listings, countingIo(), accountOf(shop.fake.account));
  assert.deepEqual(seen, [
    { listing: a, shows: 10 },
    { listing: c, shows: 0 },
  ]);
});

test("whatever goes wrong, nothing is overwritten that we did not know, and no outcome is a guess", async () => {
  const someRow = fc.record({
    shows: fc.option(fc.nat(20), { nil: undefined }),
    believed: fc.option(fc.nat(20), { nil: undefined }),
    wanted: fc.nat(20),
  });
  const kind = fc.constantFrom(
    "error-before-effect",
    "error-after-effect",
    "reset-before-effect",
    "reset-after-effect",
    "garbled-after-effect",
    "too-many-requests",
  );
  const runs = fc.record({
    some: fc.array(someRow, { minLength: 1, maxLength: 6 }),
    faults: fc.array(kind, { maxLength: 6 }),
    throttles: fc.nat(1),
    apiVersion: fc.constantFrom("2026-04", "2026-10"),
  });
  await fc.assert(
    fc.asyncProperty(runs, async ({ some, faults, throttles, apiVersion }) => {
      const items = some.map(({ shows }, index) => ({
        sku: `SKU-${index}`,
        ...(shows === undefined ? {} : { available: shows }),
      }));
      const fake = await startFakeShopify({ seed: 1, items, apiVersion });
      try {
        fake.failNext(...faults.map((fault) => ({ kind: fault })));
        fake.throttleNext(throttles);
        const rows = fake.items().map(({ listing }, index) => {
          const { wanted = 0, believed } = some[index] ?? {};
          return row(listing, wanted, believed);
        });
        const { outcomes } = await publisher.publish(rows, countingIo(), accountOf(fake.account));
        assert.equal(outcomes.length, rows.length);
        for (const [index, { shows, believed, wanted }] of some.entries()) {
          const outcome = outcomes.find(({ itemId }) => itemId === rows[index]?.itemId);
          const shown = fake.available(`SKU-${index}`);
          const isKnown = believed === undefined || believed === (shows ?? 0) || shows === undefined;
          if (!isKnown)
            assert.equal(shown, shows, "a number was overwritten that is not the one we believed");
          if (outcome?.result === "published") assert.equal(shown, wanted);
          if (outcome?.result === "stale") assert.equal(shown, outcome.shows);
        }
      } finally {
        await fake.close();
      }
    }),
    { numRuns: 200 },
  );
});

test("rows of a published outcome carry the value that was sent", async () => {
  const shop = await shopWith([10]);
  const answer = await shop.publish([row(shop.listings[0] ?? "", 7, 10)]);
  assert.deepEqual(answer.outcomes, [
    { itemId: row(shop.listings[0] ?? "", 7).itemId, result: "published", quantity: quantity(7) },
  ]);
});
