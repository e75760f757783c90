import assert from "node:assert/strict";
import { test } from "node:test";
import { accountId, channelId, type ItemId, itemId, lineId } from "@crossdock/canonical";
import type { PublicationSink } from "../../src/availability/index.ts";
import {
  beginTelling,
  hearOfSales,
  type ListingResult,
  markDirty,
  recordResults,
  settleInFlight,
  tellAgain,
} from "../../src/availability/publication-store.ts";
import { type Database, sql } from "../../src/platform/index.ts";
import { type ManualClock, manualClock } from "../support/clock.ts";
import { type Core, openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { holderOf, lapse } from "../support/lease.ts";
import { whileFirstIsLocked } from "../support/locks.ts";

const shop = accountId("shop");
const web = channelId("web");
const LEASE = "publication/shop";

/**
 * A channel that believes whatever it is told, so that nothing but our own order of calls protects it. `meet` is asked before a
 * call has its effect and may hold it up there; `lose` may end the call without an answer.
 */
function trustingChannel() {
  const shows = new Map<string, number>();
  const channel = { shows, calls: 0, meet: async (): Promise<void> => undefined, isLost: () => false };
  const sink = (): PublicationSink => ({
    rowsPerCall: async () => 250,
    async publish(_account, rows) {
      channel.calls += 1;
      await channel.meet();
      for (const row of rows) shows.set(row.itemId, row.quantity);
      if (channel.isLost()) {
        return {
          outcomes: rows.map((row) => ({ itemId: row.itemId, result: "retry", reason: "no answer" })),
        };
      }
      return {
        outcomes: rows.map((row) => ({ itemId: row.itemId, result: "published", quantity: row.quantity })),
      };
    },
  });
  return { channel, sink };
}

type World = {
  readonly database: Database;
  readonly clock: ManualClock;
  readonly first: Core;
  readonly second: Core;
  readonly item: ItemId;
  readonly channel: ReturnType<typeof trustingChannel>["channel"];
};

/** Two processes over one database, and one item of which the channel has been told ten. */
async function twoProcesses(
  t: { after(run: () => Promise<void>): void },
  pause: () => Promise<void> = async () => undefined,
): Promise<World> {
  const { database } = await testDatabase(t);
  const clock = manualClock();
  const { channel, sink } = trustingChannel();
  const first = openCore(database, { sink: sink(), clock, pause });
  const second = openCore(database, { sink: sink(), clock });
  const item = itemId("widget");
  await first.availability.saveChannels([{ channelId: web, name: "Web", locationIds: ["wh-1"] }]);
  await first.governance.saveItems([
    {
      itemId: item,
      sku: "WIDGET",
      description: "",
      baseUnit: "EA",
      tracking: "none",
      units: [],
      components: [],
    },
  ]);
  await tell(first, [{ id: "opening", minute: 1, fact: stock.received(10, item) }]);
  await first.ledger.subscriber.drain();
  await first.availability.listOnAccount(shop, web, [item]);
  await first.availability.publisher.drain();
  assert.equal(channel.shows.get(item), 10);
  return { database, clock, first, second, item, channel };
}

/** Sells units past the channel, so that it has to be told of fewer. */
async function sell({ first, item }: World, units: number): Promise<string> {
  const answer = await first.availability.reserve(
    {
      channelId: web,
      lines: [
        { lineId: lineId("1"), item: { scheme: "id", value: item }, quantity: { value: units, unit: "EA" } },
      ],
    },
    { clientId: "test", correlationId: "test" },
  );
  assert.ok("answer" in answer && answer.answer.outcome === "reserved");
  await first.availability.dirtyMarker.drain();
  return answer.answer.reservations[0]?.reservationId ?? "";
}

async function giveBack({ first }: World, reservationId: string): Promise<void> {
  await first.availability.step([reservationId], { step: "release", reason: "test", correlationId: "test" });
  await first.availability.dirtyMarker.drain();
}

test("a process that stops gives its accounts back: the next one publishes at once", async (t) => {
  const world = await twoProcesses(t);
  const { database, first, second, channel, item } = world;
  const { promise: told, resolve } = Promise.withResolvers<void>();
  channel.meet = async () => resolve();
  first.availability.publisher.start();
  await sell(world, 1);
  first.wakeup.signal("publication");
  await told;
  await first.availability.publisher.stop();
  assert.equal(await holderOf(database, LEASE), undefined);
  await sell(world, 2);
  await second.availability.publisher.drain();
  assert.equal(channel.shows.get(item), 7);
});

test("while a process is alive and calls, no other calls its account", async (t) => {
  const world = await twoProcesses(t);
  const { first, second, channel, item } = world;
  const [entered, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  channel.meet = () => {
    entered.resolve();
    return release.promise;
  };
  await sell(world, 1);
  const calling = first.availability.publisher.drain();
  await entered.promise;
  await sell(world, 1);
  const { calls } = channel;
  await second.availability.publisher.drain();
  assert.equal(channel.calls, calls, "two calls of one account crossed");
  release.resolve();
  await calling;
  assert.equal(channel.shows.get(item), 8);
});

test("a process that was paused before it sent, and lost its account meanwhile, does not send", async (t) => {
  const [entered, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const gate = { isShut: false };
  const pause = async () => {
    if (!gate.isShut) return;
    entered.resolve();
    await release.promise;
  };
  const world = await twoProcesses(t, pause);
  const { database, first, second, channel, item } = world;
  await sell(world, 1);
  gate.isShut = true;
  const paused = first.availability.publisher.drain();
  await entered.promise;
  gate.isShut = false;
  await lapse(database, LEASE);
  await sell(world, 4);
  await second.availability.publisher.drain();
  const { calls } = channel;
  release.resolve();
  await paused;
  assert.equal(channel.calls, calls, "it sent what it had valued before it was paused");
  assert.equal(channel.shows.get(item), 5);
});

test("what a call came to after its account was lost is not believed, and the channel is told again", async (t) => {
  const world = await twoProcesses(t);
  const { database, first, second, channel, item } = world;
  const [entered, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isFirst = true;
  channel.meet = async () => {
    if (!isFirst) return;
    isFirst = false;
    entered.resolve();
    await release.promise;
  };
  await sell(world, 1);
  const late = first.availability.publisher.drain();
  await entered.promise;
  await lapse(database, LEASE);
  await sell(world, 4);
  await second.availability.publisher.drain();
  assert.equal(channel.shows.get(item), 5);
  release.resolve();
  await late;
  assert.equal(channel.shows.get(item), 9, "the late call has its effect: that cannot be helped from here");
  await second.availability.publisher.drain();
  assert.equal(channel.shows.get(item), 5);
});

test("a value that was sent by a process that died is corrected even when it is right again by our own account", async (t) => {
  const world = await twoProcesses(t);
  const { database, first, second, channel, item } = world;
  const hold = await sell(world, 3);
  const { promise: sent, resolve } = Promise.withResolvers<void>();
  // It has had its effect, and its sender is never heard of again.
  channel.meet = async () => {
    channel.meet = async () => undefined;
    channel.shows.set(item, 7);
    resolve();
    await new Promise(() => undefined);
  };
  first.availability.publisher.drain().catch(() => 0);
  await sent;
  await lapse(database, LEASE);
  await giveBack(world, hold);
  await second.availability.publisher.drain();
  assert.equal(channel.shows.get(item), 10, "ten was told before, but seven is what the channel shows");
});

test("a call that had its effect and no answer is made good, though the value went back meanwhile", async (t) => {
  const world = await twoProcesses(t);
  const { clock, first, channel, item } = world;
  const hold = await sell(world, 3);
  channel.isLost = () => true;
  await first.availability.publisher.drain();
  assert.equal(channel.shows.get(item), 7);
  channel.isLost = () => false;
  await giveBack(world, hold);
  clock.advance(5_000);
  await first.availability.publisher.drain();
  assert.equal(channel.shows.get(item), 10);
});

const result = (item: string): ListingResult => ({
  itemId: item,
  dirtyVersion: 1,
  clean: true,
  published: 1,
  inDoubt: false,
  sold: 0,
  inFlightUntil: "2026-03-02T00:00:00Z",
  notBefore: null,
  problem: null,
});

test("whatever changes several listings locks them in the order of account and item", async (t) => {
  const { database } = await testDatabase(t);
  const core = openCore(database);
  await core.availability.saveChannels([{ channelId: web, name: "Web", locationIds: [] }]);
  // They lie in the table the other way round, which is the order in which a plain update meets them.
  for (const item of ["c", "b", "a"]) await core.availability.listOnAccount(shop, web, [item]);
  const now = core.clock.now();
  await database.execute(
    sql`update availability.publication set published = 1, sold_since = 0, in_flight = 1, in_flight_until = ${now}`,
  );
  const items = ["c", "b", "a"];
  const statements: Record<string, () => Promise<unknown>> = {
    markDirty: () => database.transaction((tx) => markDirty(tx, items, now)),
    recordResults: () => recordResults(database, shop, items.map(result), now),
    beginTelling: () =>
      database.transaction((tx) =>
        beginTelling(
          tx,
          shop,
          items.map((item) => ({ itemId: item, quantity: 1 })),
        ),
      ),
    tellAgain: () => database.transaction((tx) => tellAgain(tx, shop, items, now)),
    settleInFlight: () => settleInFlight(database, now),
    hearOfSales: () =>
      database.transaction((tx) =>
        hearOfSales(
          tx,
          items.map((item) => ({ accountId: shop, itemId: item, units: 1 })),
          now,
        ),
      ),
  };
  for (const [name, run] of Object.entries(statements)) {
    await database.execute(
      sql`update availability.publication set published = 1, sold_since = 0, in_flight = 1, in_flight_until = ${now}`,
    );
    const free = await whileFirstIsLocked(database, {
      lockFirst: (tx) => tx.query(sql`select 1 from availability.publication where item_id = 'a' for update`),
      run,
      free: () =>
        database.query<{ item_id: string }>(sql`
          select item_id from availability.publication order by item_id for update skip locked`),
    });
    assert.deepEqual(
      free.map((row) => row.item_id),
      ["b", "c"],
      `${name} had locked a later row before the first`,
    );
  }
});
