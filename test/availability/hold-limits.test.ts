import assert from "node:assert/strict";
import { test } from "node:test";
import { channelId, itemId, lineId, quantity, type ReservationAnswer } from "@crossdock/canonical";
import fc from "fast-check";
import { sql } from "../../src/platform/index.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
/** Another process over the same database. */
const other = openCore(database, { clock: core.clock });
const { availability } = core;
const web = channelId("web");
const why = { by: "test", because: "test", correlationId: "test" };

await availability.saveChannels([{ channelId: "web", name: "Web", locationIds: ["wh-1"] }]);

let made = 0;

/** A fresh item with so many units. */
async function stocked(units: number) {
  made += 1;
  const number = made;
  const id = itemId(`item-${number}`);
  const item = { itemId: id, sku: id, description: id, baseUnit: "EA", tracking: "none" as const };
  await core.governance.saveItems([{ ...item, units: [], components: [] }]);
  await tell(core, [{ id: `fact-${number}`, minute: number, fact: stock.received(units, id) }]);
  await core.ledger.subscriber.drain();
  return id;
}

type Hold = {
  readonly client: string;
  readonly item: string;
  readonly units: number;
  readonly ttlSeconds?: number;
};

async function hold({ client, item, units, ttlSeconds = 60 }: Hold, by = core): Promise<ReservationAnswer> {
  const line = {
    lineId: lineId("1"),
    item: { scheme: "id", value: item },
    quantity: { value: units, unit: "EA" },
  };
  const request = { channelId: web, ttlSeconds, lines: [line] };
  const answer = await by.availability.reserve(request, { clientId: client, correlationId: "test" });
  assert.ok("answer" in answer);
  return answer.answer;
}

const limitOf = ({ rejections }: ReservationAnswer) => {
  const [rejection] = rejections;
  return rejection === undefined
    ? undefined
    : [rejection.reason, rejection.limit?.kind, rejection.limit?.allowed, rejection.limit?.held];
};

test("each limit refuses what would pass it with its numbers, and others are not limited", async () => {
  const item = await stocked(100);
  const subject = "client:cart";
  await availability.holdLimits.set({
    limit: { subject, openHoldsMax: 3, unitsPerItemMax: 20, shareMaxPermille: 150, holdSecondsMax: 90 },
    ...why,
  });
  const cart = { client: "cart", item };
  assert.deepEqual(limitOf(await hold({ ...cart, units: 1, ttlSeconds: 91 })), [
    "hold-limit",
    "hold-seconds",
    90,
    0,
  ]);
  assert.deepEqual(limitOf(await hold({ ...cart, units: 16 })), ["hold-limit", "share-of-item", 15, 0]);
  assert.equal((await hold({ ...cart, units: 15 })).outcome, "reserved");
  assert.deepEqual(limitOf(await hold({ ...cart, units: 1 })), ["hold-limit", "share-of-item", 15, 15]);
  const more = await stocked(1_000);
  assert.deepEqual(limitOf(await hold({ client: "cart", item: more, units: 21 })), [
    "hold-limit",
    "units-per-item",
    20,
    0,
  ]);
  assert.equal((await hold({ client: "cart", item: more, units: 2 })).outcome, "reserved");
  assert.equal((await hold({ client: "cart", item: more, units: 2 })).outcome, "reserved");
  assert.deepEqual(limitOf(await hold({ client: "cart", item: more, units: 2 })), [
    "hold-limit",
    "open-holds",
    3,
    3,
  ]);
  assert.equal((await hold({ client: "somebody", item, units: 85 })).outcome, "reserved");
});

test("what has ended counts no more, what was moved or split does, and a limit can be taken away", async () => {
  const item = await stocked(100);
  const subject = "client:short";
  await availability.holdLimits.set({ limit: { subject, unitsPerItemMax: 10 }, ...why });
  const short = { client: "short", item };
  const [first] = (await hold({ ...short, units: 10, ttlSeconds: 5 })).reservations;
  const options = { reason: "test", correlationId: "test" };
  const split = await availability.change(first?.reservationId ?? "", { kind: "split", units: 4 }, options);
  assert.ok(split.done);
  assert.deepEqual(limitOf(await hold({ ...short, units: 1 })), ["hold-limit", "units-per-item", 10, 10]);
  await availability.step([first?.reservationId ?? ""], { step: "release", ...options });
  assert.equal((await hold({ ...short, units: 6, ttlSeconds: 5 })).outcome, "reserved");
  core.clock.advance(5_000);
  assert.equal((await hold({ ...short, units: 10 })).outcome, "reserved");
  await availability.holdLimits.set({ limit: { subject }, ...why });
  assert.equal((await hold({ ...short, units: 10 })).outcome, "reserved");
  const changes = await database.query(sql`
    select before, after from availability.hold_limit_change where subject = ${subject} order by change_number`);
  assert.equal(changes.length, 2);
});

test("requests of two processes at once, for whatever items, do not pass a limit together", async () => {
  const asked = fc.record({
    which: fc.nat({ max: 2 }),
    units: fc.integer({ min: 1, max: 5 }),
    isOther: fc.boolean(),
  });
  let client = 0;
  const run = fc.asyncProperty(fc.array(asked, { minLength: 4, maxLength: 16 }), async (requests) => {
    client += 1;
    const name = `racer-${client}`;
    const items = await Promise.all([stocked(30), stocked(30), stocked(30)]);
    await availability.holdLimits.set({
      limit: { subject: `client:${name}`, openHoldsMax: 5, unitsPerItemMax: 8, shareMaxPermille: 400 },
      ...why,
    });
    core.clock.advance(2_000);
    const answers = await Promise.all(
      requests.map(({ which, units, isOther }) =>
        hold({ client: name, item: items[which] ?? "", units }, isOther ? other : core),
      ),
    );
    const held = answers.flatMap(({ reservations }) => reservations);
    assert.ok(held.length <= 5, `${held.length} holds`);
    for (const own of Map.groupBy(held, ({ itemId: item }) => item).values())
      assert.ok(own.reduce((sum, each) => sum + each.quantity, 0) <= quantity(8));
    for (const answer of answers.filter(({ outcome }) => outcome === "rejected"))
      assert.equal(answer.rejections[0]?.reason, "hold-limit");
  });
  await fc.assert(run, { numRuns: 25 });
});
