import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId, channelId, type ItemId, itemId, lineId } from "@crossdock/canonical";
import fc from "fast-check";
import type { PublicationSink } from "../../src/availability/index.ts";
import { afterStale, type Candidate, chooseRows, targetOf } from "../../src/availability/publish.ts";
import { manualClock } from "../support/clock.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const shop = accountId("shop");
const web = channelId("web");

/** A channel with compare-and-set, as Shopify has it: it shows numbers, sells by itself, and refuses stale writes. */
function channelWithStock(rowsPerCall = 250) {
  const shows = new Map<string, number>();
  const calls: { itemId: ItemId; quantity: number }[][] = [];
  const sink: PublicationSink = {
    rowsPerCall: async () => rowsPerCall,
    async publish(_account, rows) {
      calls.push(rows.map(({ itemId: item, quantity }) => ({ itemId: item, quantity })));
      return {
        outcomes: rows.map((row) => {
          const now = shows.get(row.itemId) ?? 0;
          if (row.believed !== undefined && row.believed !== now)
            return { itemId: row.itemId, result: "stale", shows: now };
          shows.set(row.itemId, row.quantity);
          return { itemId: row.itemId, result: "published", quantity: row.quantity };
        }),
      };
    },
  };
  return { sink, shows, calls };
}

const clock = manualClock();
const channel = channelWithStock();
const core = openCore(database, { sink: channel.sink, clock });
await core.availability.saveChannels([{ channelId: web, name: "Web", locationIds: ["wh-1"] }]);

let told = 0;

async function stocked(id: string, units: number): Promise<ItemId> {
  await core.governance.saveItems([
    {
      itemId: id,
      sku: id.toUpperCase(),
      description: id,
      baseUnit: "EA",
      tracking: "none",
      units: [],
      components: [],
    },
  ]);
  await receive(itemId(id), units);
  await core.availability.listOnAccount(shop, web, [id]);
  return itemId(id);
}

async function receive(item: ItemId, units: number): Promise<void> {
  told += 1;
  await tell(core, [{ id: `pub-${told}`, minute: told, fact: stock.received(units, item) }]);
  await core.ledger.subscriber.drain();
}

async function reserve(item: ItemId, units: number): Promise<void> {
  const answer = await core.availability.reserve(
    {
      channelId: web,
      lines: [
        { lineId: lineId("1"), item: { scheme: "id", value: item }, quantity: { value: units, unit: "EA" } },
      ],
    },
    { clientId: "test", correlationId: "test" },
  );
  assert.ok("answer" in answer && answer.answer.outcome === "reserved");
}

async function publish(): Promise<void> {
  await core.availability.dirtyMarker.drain();
  await core.availability.publisher.drain();
}

test("a channel is told a first value, then what changed, and nothing that it knows already", async () => {
  const item = await stocked("told", 10);
  await publish();
  assert.equal(channel.shows.get(item), 10);
  const calls = channel.calls.length;
  await core.availability.dirtyMarker.rewind({ transaction: 0, number: 0 });
  await publish();
  assert.equal(channel.calls.length, calls, "an unchanged value was sent again");
  await reserve(item, 3);
  await publish();
  assert.equal(channel.shows.get(item), 7);
});

test("what a channel has yet to be told is counted, with its age", async () => {
  assert.deepEqual(await core.availability.untold(), { listings: 0, oldestSince: undefined });
  const item = await stocked("untold", 10);
  const since = clock.now();
  clock.advance(5_000);
  assert.deepEqual(await core.availability.untold(), { listings: 1, oldestSince: since });
  await publish();
  assert.equal((await core.availability.untold()).listings, 0);
  assert.equal(channel.shows.get(item), 10);
});

test("the metrics say for each account how many listings its channel has yet to be told of, and for how long", async () => {
  const metric = async (name: string, account: string) => {
    const start = `crossdock_availability_${name}{account="${account}"} `;
    const line = (await core.metrics.text()).split("\n").find((row) => row.startsWith(start));
    return line === undefined ? undefined : Number(line.slice(start.length));
  };
  const item = await stocked("stale", 10);
  clock.advance(5_000);
  await core.availability.listOnAccount(accountId("shop-2"), web, [item, itemId("told")]);
  clock.advance(2_000);
  assert.equal(await metric("untold_listings", "shop"), 1);
  assert.equal(await metric("oldest_untold_seconds", "shop"), 7);
  assert.equal(await metric("untold_listings", "shop-2"), 2);
  assert.equal(await metric("oldest_untold_seconds", "shop-2"), 2);
  await publish();
  assert.equal(await metric("untold_listings", "shop"), 0);
  assert.equal(await metric("oldest_untold_seconds", "shop"), 0, "a channel that knows all is still shown");
});

test("units that the channel sold before we heard of the order are not put back on sale", async () => {
  const item = await stocked("flight", 10);
  await publish();
  channel.shows.set(item, 8);
  await receive(item, 5);
  await publish();
  assert.equal(
    channel.shows.get(item),
    13,
    "15 in stock, of which the channel has sold 2 that we do not know of yet",
  );
  await reserve(item, 2);
  clock.advance(60_000);
  await publish();
  assert.equal(channel.shows.get(item), 13);
});

test("a listing that somebody raised by hand is told the truth again", async () => {
  const item = await stocked("raised", 4);
  await publish();
  channel.shows.set(item, 400);
  await reserve(item, 1);
  await publish();
  assert.equal(channel.shows.get(item), 3);
});

test("an expired hold reaches the channel without anybody asking", async () => {
  const item = await stocked("lapsed", 5);
  await core.availability.reserve(
    {
      channelId: web,
      ttlSeconds: 30,
      lines: [
        { lineId: lineId("1"), item: { scheme: "id", value: item }, quantity: { value: 5, unit: "EA" } },
      ],
    },
    { clientId: "test", correlationId: "test" },
  );
  await publish();
  assert.equal(channel.shows.get(item), 0);
  clock.advance(30_000);
  await core.availability.sweep();
  await publish();
  assert.equal(channel.shows.get(item), 5);
});

const candidate = fc.record({
  itemId: fc.uuid(),
  dirtyVersion: fc.constant(1),
  dirtySince: fc.date({ min: new Date(0), max: new Date(10_000), noInvalidDate: true }),
  published: fc.option(fc.nat(5), { nil: undefined }),
  inDoubt: fc.boolean(),
  telling: fc.option(fc.nat(5), { nil: undefined }),
  inFlight: fc.nat(2),
  available: fc.nat(5),
});

test("updates to zero go first, then those that lower, and unchanged values never", () => {
  fc.assert(
    fc.property(
      fc.array(candidate, { maxLength: 30 }),
      fc.integer({ min: 1, max: 10 }),
      (candidates, rowsMax) => {
        const rows = chooseRows(candidates, rowsMax);
        const isToTell = (row: Candidate) => row.inDoubt || row.published !== targetOf(row);
        const left = candidates.filter((row) => !rows.includes(row) && isToTell(row));
        const toZero = (row: Candidate) => targetOf(row) === 0 && isToTell(row);
        assert.ok(rows.every(isToTell));
        assert.ok(rows.length === rowsMax || left.length === 0);
        assert.ok(!left.some(toZero) || rows.every(toZero), "an update to zero waited behind another");
      },
    ),
  );
});

test("whatever the channel shows, the next value is never above what is available", () => {
  fc.assert(
    fc.property(candidate, fc.nat(10), (row, shows) => {
      const { published, inFlight } = afterStale(row, shows);
      const target = targetOf({ ...row, published, inFlight });
      assert.ok(target <= row.available);
      if (shows === row.telling)
        assert.equal(inFlight, row.inFlight, "it took what we said, and sold nothing");
      if (row.published !== undefined && shows < row.published && shows !== row.telling) {
        assert.ok(target <= Math.max(0, row.available - (row.published - shows)));
      }
    }),
  );
});
