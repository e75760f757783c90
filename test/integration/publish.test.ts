import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId, channelId, itemId, quantity } from "@crossdock/canonical";
import type { Connector, PublicationRow } from "@crossdock/connector-kit";
import fc from "fast-check";
import { Type } from "typebox";
import { testDatabase } from "#test/database.ts";
import { ADVICE_ROWS_MAX, adviceWaitMs } from "../../src/integration/publish.ts";
import { sql } from "../../src/platform/index.ts";
import { openBench, partner, saveMaster } from "./partner.ts";

/** What the test shop shows, and how it was asked. */
const shop = { calls: [] as (readonly PublicationRow[])[], running: 0, atOnce: 0, waitMs: 0, breaks: false };
const shows = new Map<string, number>();

const shopConnector: Connector = {
  manifest: {
    name: "shop",
    title: "Test shop",
    version: "1.0.0",
    speaks: "rows",
    settings: Type.Object({}),
    secrets: {},
    listingScheme: "shop-listing",
  },
  publisher: {
    rowsPerCall: 3,
    async publish(rows) {
      shop.running += 1;
      shop.atOnce = Math.max(shop.atOnce, shop.running);
      await Promise.resolve();
      shop.running -= 1;
      shop.calls.push(rows);
      if (shop.breaks) throw new Error("broken");
      const outcomes = rows.map(({ itemId, listing, quantity, believed }) => {
        const shown = shows.get(listing) ?? 0;
        if (believed !== undefined && shown !== believed)
          return { itemId, result: "stale" as const, shows: shown };
        shows.set(listing, quantity);
        return { itemId, result: "published" as const, quantity };
      });
      return shop.waitMs > 0 ? { outcomes, nextCallAfterMs: shop.waitMs } : { outcomes };
    },
    observe: async (listings) => listings.map((listing) => ({ listing, shows: shows.get(listing) ?? 0 })),
  },
};

const adviser: Connector = {
  manifest: { ...partner.manifest, name: "adviser", settings: Type.Object({}), secrets: {} },
  outlet: {
    documents: ["inventory-advice"],
    render: (document) => ({
      body: Buffer.from(JSON.stringify(document)),
      contentType: "text/plain",
      name: "advice",
    }),
  },
};

const INTERVAL_MS = 15 * 60_000;
/** A partner who takes no two advices within an interval. */
const paced: Connector = {
  manifest: { ...adviser.manifest, name: "paced" },
  outlet: {
    documents: ["inventory-advice"],
    adviceIntervalMs: () => INTERVAL_MS,
    render: () => ({ refused: "nobody asks" }),
  },
};

const { database } = await testDatabase();
const bench = openBench(database, { connectors: [shopConnector, adviser, paced, partner] });
const { integration, governance } = bench;
const items = ["i1", "i2", "i3", "i4", "i5"].map(itemId);
await saveMaster(bench, items);
const [shopId, otherShop, adviserId] = ["shop-1", "shop-2", "adviser-1"].map(accountId);
assert.ok(shopId !== undefined && otherShop !== undefined && adviserId !== undefined);
for (const [id, connector] of [
  [shopId, "shop"],
  [otherShop, "shop"],
  [adviserId, "adviser"],
] as const) {
  await integration.accounts.create({
    accountId: id,
    connector,
    channelId: channelId("web"),
    settings: {},
    secrets: {},
  });
}
await governance.saveAliases(
  [
    { value: "L1", target: "i1", scope: "shop-1" },
    { value: "L2", target: "i2", scope: "shop-1" },
    { value: "L2b", target: "i2", scope: "shop-1" },
    { value: "L3", target: "i3", scope: "shop-1" },
    { value: "L4", target: "i4", scope: "shop-2" },
  ].map((alias) => ({ kind: "item" as const, scheme: "shop-listing", ...alias })),
);

const row = (index: number, units: number, believed?: number) => ({
  itemId: items[index] ?? itemId("none"),
  quantity: quantity(units),
  believed: believed === undefined ? undefined : quantity(believed),
});

test("each listing of an item is told, and an item without a listing in this shop is refused", async () => {
  const answer = await integration.publish(shopId, [row(0, 5), row(1, 6), row(3, 7)]);
  assert.deepEqual(answer, {
    outcomes: [
      { itemId: "i1", result: "published", quantity: 5 },
      { itemId: "i2", result: "published", quantity: 6 },
      { itemId: "i4", result: "refused", reason: "not-listed" },
    ],
  });
  assert.deepEqual(
    [...shows],
    [
      ["L1", 5],
      ["L2", 6],
      ["L2b", 6],
    ],
  );
  assert.deepEqual(await integration.publisherLimits(shopId), { rowsPerCall: 3 });
});

test("an item counts as told when all of its listings were", async () => {
  shows.set("L2b", 99);
  const answer = await integration.publish(shopId, [row(1, 4, 6)]);
  assert.deepEqual(answer.outcomes, [{ itemId: "i2", result: "stale", shows: 99 }]);
  assert.deepEqual(await integration.observe(shopId, items), [
    { itemId: "i1", shows: 5 },
    { itemId: "i2", shows: 99 },
    { itemId: "i3", shows: 0 },
  ]);
});

test("when the budget is used up, the rest of the rows is for the next call", async () => {
  shop.calls.length = 0;
  shop.waitMs = 700;
  const answer = await integration.publish(shopId, [row(0, 1), row(1, 1), row(2, 1)]);
  shop.waitMs = 0;
  assert.deepEqual(
    shop.calls.map((rows) => rows.length),
    [3],
  );
  assert.equal(answer.nextCallAfterMs, 700);
  assert.deepEqual(
    answer.outcomes.map((outcome) => outcome.result),
    ["published", "published", "retry"],
  );
});

test("a connector that throws gives its rows back, and calls of one account never overlap", async () => {
  shop.breaks = true;
  const answer = await integration.publish(shopId, [row(0, 2)]);
  shop.breaks = false;
  assert.deepEqual(
    answer.outcomes.map((outcome) => outcome.result),
    ["retry"],
  );
  shop.atOnce = 0;
  await Promise.all([1, 2, 3, 4].map((units) => integration.publish(shopId, [row(0, units)])));
  assert.equal(shop.atOnce, 1);
  assert.equal(shows.get("L1"), 4);
});

test("an account that is told by document gets one advice with all rows", async () => {
  const answer = await integration.publish(adviserId, [
    row(0, 12),
    row(4, 0),
    { ...row(0, 1), itemId: itemId("gone") },
  ]);
  assert.deepEqual(
    answer.outcomes.map((outcome) => outcome.result),
    ["published", "published", "refused"],
  );
  const documents = await database.query<{ content: unknown }>(
    sql`select content from integration.document where account_id = 'adviser-1'`,
  );
  assert.deepEqual(
    documents.map((document) => document.content),
    [
      {
        kind: "inventory-advice",
        asOf: bench.clock.now().toISOString(),
        rows: [
          {
            itemId: "i1",
            names: [{ scheme: "sku", value: "i1" }],
            available: { value: 12, unit: "EA" },
            description: "i1",
          },
          {
            itemId: "i5",
            names: [{ scheme: "sku", value: "i5" }],
            available: { value: 0, unit: "EA" },
            description: "i5",
          },
        ],
      },
    ],
  );
  await integration.drain();
  assert.equal((await integration.outbox(adviserId, { limit: 5 })).length, 1);
});

test("an account with an interval is advised at its pace, and at once of an item that goes to zero", async () => {
  const id = accountId("paced-1");
  await integration.accounts.create({
    accountId: id,
    connector: "paced",
    channelId: channelId("web"),
    settings: {},
    secrets: {},
  });
  const advise = async (...rows: readonly ReturnType<typeof row>[]) => {
    const { outcomes, nextCallAfterMs } = await integration.publish(id, rows);
    return { results: outcomes.map(({ result }) => result), nextCallAfterMs };
  };
  const advices = () =>
    database.query(sql`
      select 1 as one from integration.document where account_id = 'paced-1' and kind = 'inventory-advice'`);
  const told = { results: ["published"], nextCallAfterMs: undefined };

  assert.deepEqual(await advise(row(0, 12)), told, "what was never told is told at once");
  assert.deepEqual(await advise(row(1, 7)), told);
  bench.clock.advance(5_000);
  assert.deepEqual(await advise(row(0, 11, 12)), { results: ["retry"], nextCallAfterMs: 15_000 });
  bench.clock.advance(INTERVAL_MS - 15_000);
  assert.deepEqual(await advise(row(0, 10, 12)), { results: ["retry"], nextCallAfterMs: 10_000 });
  assert.equal((await advices()).length, 2, "an advice that is not due is not written");
  bench.clock.advance(10_000);
  assert.deepEqual(await advise(row(0, 9, 12)), told, "the interval is over");

  bench.clock.advance(1_000);
  assert.deepEqual(await advise(row(1, 0, 7), row(0, 8, 9)), {
    results: ["published", "published"],
    nextCallAfterMs: undefined,
  });
  bench.clock.advance(INTERVAL_MS - 1);
  assert.deepEqual(await advise(row(0, 7, 8)), { results: ["retry"], nextCallAfterMs: 1 });
  bench.clock.advance(1);
  assert.deepEqual(await advise(row(0, 7, 8)), told);
  assert.equal((await advices()).length, 5);
});

test("an advice that was full is gone on with at once", () => {
  const rows = [row(0, 4, 5)];
  const now = new Date(1_000_000);
  const wait = (rowsOfLast: number) =>
    adviceWaitMs(rows, { last: { at: now, rows: rowsOfLast }, intervalMs: INTERVAL_MS, now });
  assert.deepEqual([wait(ADVICE_ROWS_MAX), wait(ADVICE_ROWS_MAX - 1)], [0, 15_000]);
});

test("whatever the clock does, rows wait for no longer than an interval", () => {
  const rows = [row(0, 4, 5)];
  fc.assert(
    fc.property(
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.integer({ min: 0, max: 86_400_000 }),
      (ms, intervalMs) => {
        const [at, now] = [new Date(2e12), new Date(2e12 + ms)];
        const waitMs = adviceWaitMs(rows, { last: { at, rows: 1 }, intervalMs, now });
        assert.ok(waitMs >= 0 && waitMs <= intervalMs);
        if (ms >= intervalMs) assert.equal(waitMs, 0);
      },
    ),
  );
});

test("an account that cannot be told says so", async () => {
  const id = accountId("warehouse");
  await integration.accounts.create({
    accountId: id,
    connector: "partner",
    settings: {},
    secrets: { token: "t" },
  });
  assert.equal(await integration.publisherLimits(id), undefined);
  assert.equal(await integration.observe(id, items), undefined);
  const answer = await integration.publish(id, [row(0, 1)]);
  assert.deepEqual(answer.outcomes, [{ itemId: "i1", result: "refused", reason: "no-publisher" }]);
});
