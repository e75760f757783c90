import assert from "node:assert/strict";
import { test } from "node:test";
import { channelId, type ItemId, itemId, lineId, locationId } from "@crossdock/canonical";
import fc from "fast-check";
import { sql } from "../../../src/platform/index.ts";
import { openCore, stock, tell } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";
import { untilBlocked } from "../../support/locks.ts";

/*
 * The law of turns, said without a word about how it is kept: where somebody who asks is given units of a place, everybody who has waited
 * longer and may be served from that place has all that he waits for, once what is his was given to him.
 */

const { database } = await testDatabase();
const core = openCore(database);
/** Processes that share nothing but the database. */
const processes = [core, openCore(database, { clock: core.clock })];
const RUNS = Number(process.env.PROPERTY_RUNS ?? 12);

const NETWORKS = { web: ["wh-1"], retail: ["wh-1", "wh-2"], market: ["wh-2"] } as const;
type Channel = keyof typeof NETWORKS;
await core.availability.saveChannels(
  Object.entries(NETWORKS).map(([id, locations]) => ({
    channelId: id,
    name: id,
    locationIds: [...locations],
  })),
);

type Asked = { readonly channel: Channel; readonly units: number; readonly waits: boolean };
type Round = {
  readonly comes: readonly (readonly [place: "wh-1" | "wh-2", units: number])[];
  readonly asked: readonly Asked[];
};

const channel = fc.constantFrom<Channel>("web", "retail", "market");
const asked = fc.record({ channel, units: fc.integer({ min: 1, max: 6 }), waits: fc.boolean() });
const comes = fc.tuple(fc.constantFrom<"wh-1" | "wh-2">("wh-1", "wh-2"), fc.integer({ min: 1, max: 8 }));
const round: fc.Arbitrary<Round> = fc.record({
  comes: fc.array(comes, { maxLength: 2 }),
  asked: fc.array(asked, { minLength: 1, maxLength: 4 }),
});

let shops = 0;

async function openShop(): Promise<ItemId> {
  shops += 1;
  const id = itemId(`good-${shops}`);
  const item = { itemId: id, sku: id, description: id, baseUnit: "EA", tracking: "none" as const };
  await core.governance.saveItems([{ ...item, units: [], components: [] }]);
  return id;
}

async function ask(item: ItemId, { channel: by, units, waits }: Asked, process: number) {
  const line = {
    lineId: lineId("1"),
    item: { scheme: "id", value: item },
    quantity: { value: units, unit: "EA" },
  };
  const policy = waits ? ("backorder" as const) : ("partial" as const);
  const request = { channelId: channelId(by), policy, ttlSeconds: 600, lines: [line] };
  const at = processes[process % processes.length] ?? core;
  const answer = await at.availability.reserve(request, { clientId: "till", correlationId: "test" });
  assert.ok("answer" in answer);
  return answer.answer;
}

const waitingFor = async (item: ItemId) =>
  (await core.availability.backorders.page({ after: 0, limit: 1_000, itemId: item, withEnded: false })).rows;

/** Gives those who wait what is theirs, in both processes at once. */
async function offer(): Promise<void> {
  await core.availability.backorders.subscriber.drain();
  await Promise.all(processes.map((each) => each.availability.backorders.offer()));
}

const isOfNetwork = (by: string, place: string): boolean =>
  Object.entries(NETWORKS).some(([id, places]) => id === by && places.some((known) => known === place));

/** What lies where, with what is promised of it. */
function shelves(item: ItemId) {
  return database.query<{ location_id: string; available: number; promised: number }>(sql`
    select location_id, available, held + allocated as promised from ledger.position
    where item_id = ${item} and location_id in ('wh-1', 'wh-2')`);
}

async function play(item: ItemId, { comes: arrivals, asked: all }: Round, number: number): Promise<void> {
  const before = await waitingFor(item);
  await tell(
    core,
    arrivals.map(([place, units], at) => ({
      id: `${item}-${number}-${at}`,
      minute: number,
      fact: stock.received(units, item, locationId(place)),
    })),
  );
  await core.ledger.subscriber.drain();
  const answers = await Promise.all(all.map((each, at) => ask(item, each, at)));
  await offer();
  const after = new Set((await waitingFor(item)).map(({ backorderId }) => backorderId));
  const given = new Set(answers.flatMap(({ reservations }) => reservations.map((each) => each.locationId)));
  for (const place of given) {
    const passedOver = before.filter(
      (each) => after.has(each.backorderId) && isOfNetwork(each.channelId, place),
    );
    assert.deepEqual(passedOver, [], `somebody was given units of ${place} before them`);
  }
}

async function judge(item: ItemId, rounds: readonly Round[]): Promise<void> {
  const lies = await shelves(item);
  for (const row of lies) assert.ok(row.available >= 0, `${row.available} left at ${row.location_id}`);
  for (const waiting of await waitingFor(item)) {
    const there = lies.filter((row) => row.available > 0 && isOfNetwork(waiting.channelId, row.location_id));
    assert.deepEqual(there, [], `${waiting.backorderId} waits for what lies there`);
  }
  const came = rounds.flatMap((each) => each.comes).reduce((sum, [, units]) => sum + units, 0);
  assert.equal(
    lies.reduce((sum, row) => sum + row.available + row.promised, 0),
    came,
  );
}

test("nobody is given what another who has waited longer could have, whichever process he asks", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 5 }), async (rounds) => {
      const item = await openShop();
      for (const [number, each] of rounds.entries()) await play(item, each, number);
      await judge(item, rounds);
    }),
    { numRuns: RUNS },
  );
});

test("a worker that dies while it serves has served nobody, and the next serves all", async () => {
  const item = await openShop();
  await ask(item, { channel: "retail", units: 5, waits: true }, 0);
  await tell(core, [{ id: `${item}-in`, minute: 1, fact: stock.received(7, item, locationId("wh-1")) }]);
  await core.ledger.subscriber.drain();
  await core.availability.backorders.subscriber.drain();
  let dying: Promise<number> = Promise.resolve(0);
  await database.transaction(async (tx) => {
    await core.ledger.lockPositionsOf(tx, [item], ["wh-1"]);
    dying = processes[1]?.availability.backorders.offer() ?? dying;
    dying.catch(() => undefined);
    await untilBlocked(database);
    await database.query(sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
  });
  await assert.rejects(dying);
  assert.deepEqual(
    (await waitingFor(item)).map(({ served }) => Number(served)),
    [0],
  );
  await offer();
  assert.deepEqual(await waitingFor(item), []);
  const [shelf] = await shelves(item);
  assert.deepEqual([shelf?.available, shelf?.promised], [2, 5]);
});
