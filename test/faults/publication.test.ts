import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { accountId, channelId, itemId, lineId } from "@crossdock/canonical";
import { shopify } from "@crossdock/connector-shopify";
import { type FakeShopify, startFakeShopify } from "@crossdock/connector-shopify/fake";
import { createIntegration } from "../../src/integration/index.ts";
import {
  createMetrics,
  createSecretBox,
  type Database,
  openWakeup,
  silentLog,
  systemClock,
} from "../../src/platform/index.ts";
import { runVerify } from "../../src/verify/index.ts";
import { manualClock } from "../support/clock.ts";
import { type Core, openCore } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { holderOf } from "../support/lease.ts";
import { seedItem, seedShop } from "../support/seed.ts";
import { type ServerProcess, startServer } from "../support/server.ts";
import { openShopWindow, type ShopWindow } from "./shop-window.ts";

const ITEMS = ["lamp", "hinge", "glue"];
const UNITS = 1_000;
const SHOP = accountId("shop");
const LEASE = `publication/${SHOP}`;
const KILLS = Number(process.env.KILLS ?? 2);
/** Shorter than the time for which a dead process used to keep its accounts. */
const GOES_ON_MS = 25_000;

/** A shop that is told of stock which only ever gets less, so that a number that rises again was out of date. */
type World = {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly core: Core;
  readonly shop: FakeShopify;
  readonly window: ShopWindow;
  /** Units of each item that have been promised to others than the shop. */
  sold: number;
};

async function openWorld(t: TestContext): Promise<World> {
  const { database, url: databaseUrl } = await testDatabase(t);
  const wakeup = openWakeup(databaseUrl);
  const core = openCore(database, { clock: manualClock(new Date()), wakeup });
  const shop = await startFakeShopify({
    seed: 7,
    plan: "plus",
    items: ITEMS.map((item) => ({ sku: item.toUpperCase(), available: 0 })),
  });
  const window = await openShopWindow(shop);
  t.after(async () => {
    await wakeup.close();
    await window.close();
    await shop.close();
  });
  await seedShop(core);
  for (const item of ITEMS) await seedItem(core, item, UNITS);
  await connect(core, shop, window);
  return { database, databaseUrl, core, shop, window, sold: 0 };
}

async function connect(core: Core, shop: FakeShopify, window: ShopWindow): Promise<void> {
  const { accounts } = createIntegration({
    ...core,
    log: silentLog,
    metrics: createMetrics(),
    secretBox: createSecretBox(Buffer.alloc(32, 7)),
    connectors: [shopify],
  });
  const { settings, secrets } = shop.account;
  const created = await accounts.create({
    accountId: SHOP,
    connector: "shopify",
    channelId: channelId("web"),
    settings: { ...settings, adminUrl: window.url },
    secrets,
  });
  assert.ok("created" in created, JSON.stringify(created));
  await core.governance.saveAliases(
    shop.items().map(({ sku, listing }) => ({
      kind: "item",
      scheme: "shopify-inventory-item",
      scope: SHOP,
      value: listing,
      target: sku.toLowerCase(),
    })),
  );
  await core.availability.listOnAccount(SHOP, channelId("web"), ITEMS.map(itemId));
}

/** Promises a unit of everything to somebody else. */
async function sell(world: World): Promise<void> {
  const { availability } = world.core;
  const answer = await availability.reserve(
    {
      channelId: channelId("web"),
      ttlSeconds: 3_600,
      lines: ITEMS.map((item, index) => ({
        lineId: lineId(String(index + 1)),
        item: { scheme: "id", value: item },
        quantity: { value: 1, unit: "EA" },
      })),
    },
    { clientId: "test", correlationId: "test" },
  );
  assert.ok("answer" in answer && answer.answer.outcome === "reserved");
  world.sold += 1;
}

/** What has to come within the time in which a dead process's accounts used to be nobody's. */
function soon<Value>(what: string, coming: Promise<Value>): Promise<Value> {
  const late = Promise.withResolvers<Value>();
  const timer = setTimeout(() => late.reject(new Error(`${what}: nothing for ${GOES_ON_MS} ms`)), GOES_ON_MS);
  return Promise.race([coming, late.promise]).finally(() => clearTimeout(timer));
}

/** Waits until the shop shows of every item what is left of it. */
async function untilTrue({ shop, window, sold }: World): Promise<void> {
  const isTrue = () => ITEMS.every((item) => shop.available(item.toUpperCase()) === UNITS - sold);
  while (!isTrue()) await soon("the shop shows the truth", window.nextAnswer());
}

/** Law 7, where stock only gets less: no number that the shop was told is followed by a higher one. */
function checkTold({ window }: World): void {
  for (const [listing, rows] of Map.groupBy(window.told, (row) => row.listing)) {
    const quantities = rows.map((row) => row.quantity);
    const sorted = quantities.toSorted((a, b) => b - a);
    assert.deepEqual(quantities, sorted, `${listing} was told of stock that had been promised already`);
  }
}

async function verify({ database }: World): Promise<void> {
  const { report, text } = await runVerify({ database, now: systemClock.now() });
  assert.equal(report.failed, 0, text);
}

/** Sells, and gives the call by which the shop is told of it, held up on its way. */
async function sellAndHold(world: World) {
  const held = world.window.holdNext();
  await sell(world);
  return soon("the shop is told", held);
}

test("kill -9 in the middle of a call to a channel: the next process goes on, and the channel converges", async (t) => {
  const world = await openWorld(t);
  const { databaseUrl } = world;
  let server = await startServer({ databaseUrl });
  await untilTrue(world);
  for (let life = 0; life < KILLS; life += 1) {
    const call = await sellAndHold(world);
    const next: ServerProcess = await startServer({ databaseUrl });
    // Every other time the shop has taken the call, and nobody will ever hear of it.
    if (life % 2 === 0) await call.pass();
    await server.kill();
    await sell(world);
    await untilTrue(world);
    await call.answer().catch(() => undefined);
    await untilTrue(world);
    server = next;
  }
  checkTold(world);
  assert.equal(await server.stop(), 0);
  assert.equal(await holderOf(world.database, LEASE), undefined, "it kept its account when it stopped");
  await verify(world);
});

test("a process that stops gives its account to the next one, which is told of at once", async (t) => {
  const world = await openWorld(t);
  const { databaseUrl } = world;
  for (let life = 0; life < 2; life += 1) {
    const server = await startServer({ databaseUrl });
    await sell(world);
    await untilTrue(world);
    assert.equal(await server.stop(), 0);
  }
  checkTold(world);
  await verify(world);
});

test("a process that is paused in a call loses its account, and when it wakes up it spoils nothing", async (t) => {
  const world = await openWorld(t);
  const { databaseUrl, database } = world;
  const paused = await startServer({ databaseUrl });
  await untilTrue(world);
  const call = await sellAndHold(world);
  const holder = await holderOf(database, LEASE);
  const next = await startServer({ databaseUrl });
  process.kill(paused.pid, "SIGSTOP");
  await call.answer();
  for (let turn = 0; turn < 2; turn += 1) {
    await sell(world);
    await untilTrue(world);
  }
  assert.notEqual(await holderOf(database, LEASE), holder, "who was paused still had the account");
  process.kill(paused.pid, "SIGCONT");
  for (let turn = 0; turn < 2; turn += 1) {
    await sell(world);
    await untilTrue(world);
  }
  checkTold(world);
  for (const server of [paused, next]) assert.equal(await server.stop(), 0);
  await untilTrue(world);
  await verify(world);
});
