import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId, channelId, type ItemId, itemId, lineId, orderId, quantity } from "@crossdock/canonical";
import fc from "fast-check";
import type { PublicationSink } from "../../src/availability/index.ts";
import { afterStale, type Candidate, chooseRows, targetOf } from "../../src/availability/publish.ts";
import { manualClock } from "../support/clock.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const shop = accountId("shop");
const web = channelId("web");

const nothing = async (): Promise<void> => undefined;

/** A channel with compare-and-set, as Shopify has it: it shows numbers, sells by itself, and refuses stale writes.
 * `meanwhile` happens before the next call has its effect, `afterwards` before it is answered. */
function channelWithStock(rowsPerCall = 250) {
  const shows = new Map<string, number>();
  const calls: { itemId: ItemId; quantity: number }[][] = [];
  const channel = { shows, calls, meanwhile: nothing, afterwards: nothing };
  const sink: PublicationSink = {
    rowsPerCall: async () => rowsPerCall,
    async publish(_account, rows) {
      calls.push(rows.map((row) => ({ itemId: row.itemId, quantity: row.quantity })));
      const { meanwhile, afterwards } = channel;
      Object.assign(channel, { meanwhile: nothing, afterwards: nothing });
      await meanwhile();
      const answer: Awaited<ReturnType<PublicationSink["publish"]>> = {
        outcomes: rows.map((row) => {
          const now = shows.get(row.itemId) ?? 0;
          if (row.believed !== undefined && row.believed !== now)
            return { itemId: row.itemId, result: "stale", shows: now };
          shows.set(row.itemId, row.quantity);
          return { itemId: row.itemId, result: "published", quantity: row.quantity };
        }),
      };
      await afterwards();
      return answer;
    },
  };
  return { sink, channel };
}

const clock = manualClock();
const { sink, channel } = channelWithStock();
const core = openCore(database, { sink, clock });
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

test("what an account was last told is known by item, whatever has changed since", async () => {
  const [told, untold] = [await stocked("last-told", 10), itemId("never-told")];
  assert.deepEqual(await core.availability.told(shop, [told, untold]), new Map());
  await publish();
  await reserve(told, 3);
  assert.deepEqual(await core.availability.told(shop, [told, untold]), new Map([[told, 10]]));
  await publish();
  assert.deepEqual(await core.availability.told(shop, [told, untold]), new Map([[told, 7]]));
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

/** Units that were sold and not heard of, or heard of and not seen to be sold: never both. */
const unsettled = fc
  .integer({ min: -2, max: 2 })
  .map((units) => ({ inFlight: Math.max(0, units), soldSince: Math.max(0, -units) }));
const listing = fc.record({
  itemId: fc.uuid(),
  dirtyVersion: fc.constant(1),
  dirtySince: fc.date({ min: new Date(0), max: new Date(10_000), noInvalidDate: true }),
  published: fc.option(fc.nat(5), { nil: undefined }),
  inDoubt: fc.boolean(),
  telling: fc.option(fc.nat(5), { nil: undefined }),
  available: fc.nat(5),
});
const candidate = fc.tuple(listing, unsettled).map(([row, units]): Candidate => ({ ...row, ...units }));

test("updates to zero go first, then those that lower, and unchanged values never", () => {
  fc.assert(
    fc.property(
      fc.array(candidate, { maxLength: 30 }),
      fc.integer({ min: 1, max: 10 }),
      (candidates, rowsMax) => {
        const rows = chooseRows(candidates, rowsMax);
        const isToTell = (row: Candidate) =>
          row.inDoubt || row.soldSince > 0 || row.published !== targetOf(row);
        const left = candidates.filter((row) => !rows.includes(row) && isToTell(row));
        const toZero = (row: Candidate) => targetOf(row) === 0 && isToTell(row);
        assert.ok(rows.every(isToTell));
        assert.ok(rows.length === rowsMax || left.length === 0);
        assert.ok(!left.some(toZero) || rows.every(toZero), "an update to zero waited behind another");
      },
    ),
  );
});

test("whatever the channel shows, the next value is never above what is available less what it sold before us", () => {
  fc.assert(
    fc.property(candidate, fc.nat(10), (row, shows) => {
      const { published, sold } = afterStale(row, shows);
      const inFlight = Math.max(0, row.inFlight - row.soldSince + sold);
      const target = targetOf({ ...row, published, inFlight });
      assert.ok(target <= row.available);
      if (shows === row.telling)
        assert.equal(sold, row.soldSince, "it took what we said, and sold nothing else");
      if (row.published !== undefined && shows < row.published && sold > row.soldSince) {
        const unheard = row.published - shows - row.soldSince;
        assert.ok(target <= Math.max(0, row.available - unheard));
      }
    }),
  );
});

let orders = 0;

/** An order of the shop arrives: what is there of it is promised, in the transaction that hears of it. */
async function hear(item: ItemId, units: number): Promise<void> {
  orders += 1;
  const id = orderId(`sold-${orders}`);
  const line = {
    lineId: lineId("1"),
    itemId: item,
    quantity: quantity(units),
    orderedUnit: quantity(1),
    components: [{ itemId: item, quantity: 1 }],
  };
  const request = { channelId: web, policy: "partial" as const, orderId: id, refused: [], lines: [line] };
  await database.transaction((tx) =>
    core.availability.promise(tx, [{ accountId: shop, request, expiresAt: undefined, correlationId: id }]),
  );
}

test("an order that arrives ends what is kept out for it at once, before or after the channel is seen to have sold", async () => {
  const item = await stocked("exact", 10);
  await publish();
  channel.shows.set(item, 8);
  await receive(item, 5);
  await publish();
  assert.equal(channel.shows.get(item), 13, "seen before it was heard of");
  await hear(item, 2);
  await receive(item, 1);
  await publish();
  assert.equal(channel.shows.get(item), 14, "16 in stock, 2 promised: nothing is kept out any more");
  channel.shows.set(item, 11);
  await hear(item, 3);
  await receive(item, 1);
  await publish();
  assert.equal(channel.shows.get(item), 12, "heard of before it was seen: 17 in stock, 5 promised");
});

test("a channel that sold what has come in again is told so, though the figure is the one that it was told", async () => {
  const item = await stocked("refilled", 10);
  await publish();
  channel.shows.set(item, 8);
  await hear(item, 2);
  await receive(item, 2);
  await publish();
  assert.equal(channel.shows.get(item), 10);
});

/** What happens around a shop; the numbers are units. */
const happening = fc.oneof(
  fc.record({ is: fc.constant("sell" as const), units: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ is: fc.constant("hear" as const), which: fc.nat(3) }),
  fc.record({ is: fc.constant("receive" as const), units: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ is: fc.constant("elsewhere" as const), units: fc.integer({ min: 1, max: 3 }) }),
);
type Happening = typeof happening extends fc.Arbitrary<infer Each> ? Each : never;
const chapter = fc.record({
  before: fc.array(happening, { maxLength: 3 }),
  meanwhile: fc.array(happening, { maxLength: 2 }),
  afterwards: fc.array(happening, { maxLength: 2 }),
});

/** A shop that sells an item, and whose orders arrive when they do. */
function sellingShop(item: ItemId) {
  const unheard: number[] = [];
  const shows = () => channel.shows.get(item) ?? 0;
  const open = async () => (await core.availability.availability(web, [item]))?.[0]?.availableToPromise ?? 0;

  async function happen(what: Happening): Promise<void> {
    switch (what.is) {
      case "sell": {
        const units = Math.min(what.units, shows());
        channel.shows.set(item, shows() - units);
        if (units > 0) unheard.push(units);
        return;
      }
      case "hear": {
        const [units] = unheard.splice(what.which % Math.max(1, unheard.length), 1);
        return units === undefined ? undefined : hear(item, units);
      }
      case "receive":
        return receive(item, what.units);
      case "elsewhere": {
        const units = Math.min(what.units, await open());
        return units === 0 ? undefined : reserve(item, units);
      }
      default:
        return what satisfies never;
    }
  }
  async function happenAll(list: readonly Happening[]): Promise<void> {
    for (const what of list) await happen(what);
  }
  async function hearAll(): Promise<void> {
    for (const units of unheard.splice(0)) await hear(item, units);
  }
  const soldUnheard = () => unheard.reduce((sum, units) => sum + units, 0);
  return { shows, open, happenAll, hearAll, soldUnheard };
}

test("a shop shows what is left beside all that it has sold, whenever its orders arrive and whatever else is sold", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(chapter, { maxLength: 5 }), async (chapters) => {
      run += 1;
      const item = await stocked(`story-${run}`, 6);
      await publish();
      const own = sellingShop(item);
      for (const { before, meanwhile, afterwards } of chapters) {
        await own.happenAll(before);
        channel.meanwhile = () => own.happenAll(meanwhile);
        channel.afterwards = () => own.happenAll(afterwards);
        await publish();
        Object.assign(channel, { meanwhile: nothing, afterwards: nothing });
        await publish();
        assert.ok(
          own.shows() <= Math.max(0, (await own.open()) - own.soldUnheard()),
          "sold units were put back on sale",
        );
      }
      await own.hearAll();
      await publish();
      assert.equal(own.shows(), await own.open(), "units were kept out although every order has arrived");
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 40) },
  );
});
