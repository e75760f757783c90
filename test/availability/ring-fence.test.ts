import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type ChannelId,
  channelId,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
  type ReservationRequest,
  type StockFact,
} from "@crossdock/canonical";
import fc from "fast-check";
import { script, sql } from "../../src/platform/index.ts";
import { renderReport, verify } from "../../src/verify/index.ts";
import { openCore, stock, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const { ringFences } = core.availability;
const web = channelId("web");
const retail = channelId("retail");
const elsewhere = locationId("wh-2");
const one = lineId("1");

await core.availability.saveChannels([
  { channelId: "web", name: "Web", locationIds: ["wh-1", "wh-2"] },
  { channelId: "retail", name: "Retail", locationIds: ["wh-1", "wh-2"] },
]);

let made = 0;
let told = 0;

async function say(fact: StockFact): Promise<void> {
  told += 1;
  await tell(core, [{ id: `fact-${told}`, minute: told, fact }]);
  await core.ledger.subscriber.drain();
}

/** A fresh item with so much at the first warehouse, and so much at the second. */
async function stocked(units: number, more = 0): Promise<string> {
  made += 1;
  const id = `item-${made}`;
  const item = {
    itemId: id,
    sku: id.toUpperCase(),
    description: id,
    baseUnit: "EA",
    tracking: "none" as const,
  };
  await core.governance.saveItems([{ ...item, units: [], components: [] }]);
  if (units > 0) await say(stock.received(units, itemId(id), warehouse));
  if (more > 0) await say(stock.received(more, itemId(id), elsewhere));
  return id;
}

const command = (item: string, units: number, channel: ChannelId = retail, location = warehouse) => ({
  channelId: channel,
  itemId: itemId(item),
  locationId: location,
  lot: "",
  quantity: quantity(units),
  reason: "launch",
  correlationId: "test",
});

/** What a channel takes of an item: as much as there is for it, up to so many units. */
async function reserve(
  item: string,
  units: number,
  channel: ChannelId,
  more: Partial<ReservationRequest> = {},
) {
  const wanted: ReservationRequest = {
    channelId: channel,
    policy: "partial",
    lines: [{ lineId: one, item: { scheme: "id", value: item }, quantity: { value: units, unit: "EA" } }],
    ...more,
  };
  const answer = await core.availability.reserve(wanted, {
    clientId: "test",
    key: undefined,
    correlationId: "test",
  });
  assert.ok("answer" in answer);
  return answer.answer.reservations;
}

const took = (reservations: Awaited<ReturnType<typeof reserve>>) => [
  reservations.reduce((sum, each) => sum + each.quantity, 0),
  reservations.reduce((sum, each) => sum + (each.ringFenced ?? 0), 0),
];

async function figure(item: string, channel: ChannelId) {
  const [availability] = (await core.availability.availability(channel, [item])) ?? [];
  assert.ok(availability?.formula);
  return availability;
}

const atp = async (item: string, channel: ChannelId) => (await figure(item, channel)).availableToPromise;

async function balances(item: string) {
  const [row] = await database.query<Record<string, number>>(sql`
    select sum(available)::int as available, sum(held + allocated)::int as promised,
           sum(channel_reserved)::int as fenced, sum(available + held + allocated + channel_reserved)::int as total
    from ledger.position where item_id = ${item} and location_id like 'wh-%'`);
  return row;
}

const release = (id: string) =>
  core.availability.step([id], { step: "release", reason: "test", correlationId: "test" });

describe("stock that is set aside for a channel", () => {
  test("is promised by that channel, first, and by no other; a release puts it back where it came from", async () => {
    const item = await stocked(10);
    assert.deepEqual(await ringFences.setAside(command(item, 6)), {
      done: { channelId: retail, itemId: item, locationId: warehouse, lot: "", quantity: 6 },
    });
    assert.equal(await atp(item, web), 4);
    const { availableToPromise, formula } = await figure(item, retail);
    assert.equal(availableToPromise, 10);
    assert.deepEqual([formula?.available, formula?.ringFenced], [4, 6]);

    assert.deepEqual(took(await reserve(item, 5, web)), [4, 0]);
    const own = await reserve(item, 8, retail);
    assert.deepEqual(took(own), [6, 6]);
    assert.deepEqual(await balances(item), { available: 0, promised: 10, fenced: 0, total: 10 });
    await release(own[0]?.reservationId ?? "");
    assert.deepEqual(await balances(item), { available: 0, promised: 4, fenced: 6, total: 10 });
    assert.equal(await atp(item, web), 0);
  });

  test("and what is there for all are promised together, and go back each to its own", async () => {
    const item = await stocked(10);
    await ringFences.setAside(command(item, 3));
    const [mixed] = await reserve(item, 7, retail);
    assert.deepEqual(took(mixed === undefined ? [] : [mixed]), [7, 3]);
    assert.deepEqual(await balances(item), { available: 3, promised: 7, fenced: 0, total: 10 });
    await release(mixed?.reservationId ?? "");
    assert.deepEqual(await balances(item), { available: 7, promised: 0, fenced: 3, total: 10 });
    await release(mixed?.reservationId ?? "");
    assert.deepEqual(await balances(item), { available: 7, promised: 0, fenced: 3, total: 10 });
  });

  test("comes back when a hold runs out, swept or not", async () => {
    const item = await stocked(5);
    await ringFences.setAside(command(item, 5));
    await reserve(item, 5, retail, { ttlSeconds: 60 });
    assert.equal(await atp(item, retail), 0);
    core.clock.advance(61_000);
    assert.equal(await atp(item, retail), 5);
    assert.equal(await atp(item, web), 0);
    assert.deepEqual(took(await reserve(item, 5, web)), [0, 0]);
    assert.deepEqual(took(await reserve(item, 2, retail, { ttlSeconds: 60 })), [2, 2]);
    core.clock.advance(61_000);
    await core.availability.sweep();
    assert.deepEqual(await balances(item), { available: 0, promised: 0, fenced: 5, total: 5 });
  });

  test("is seen by every line of a request, and once", async () => {
    const item = await stocked(2);
    await ringFences.setAside(command(item, 2));
    const line = (id: string) => ({
      lineId: lineId(id),
      item: { scheme: "id" as const, value: item },
      quantity: { value: 2, unit: "EA" },
    });
    assert.deepEqual(took(await reserve(item, 0, retail, { lines: [line("1"), line("2")] })), [2, 2]);
    const item2 = await stocked(2);
    await ringFences.setAside(command(item2, 2));
    const all = { ...line("1"), item: { scheme: "id" as const, value: item2 } };
    const lines = [all, { ...all, lineId: lineId("2") }];
    assert.deepEqual(took(await reserve(item2, 0, retail, { policy: "all-or-nothing", lines })), [0, 0]);
    assert.deepEqual(await balances(item2), { available: 0, promised: 0, fenced: 2, total: 2 });
  });

  test("is shipped like any other, and is gone then", async () => {
    const item = await stocked(5);
    await ringFences.setAside(command(item, 3));
    const order = { orderId: orderId(`order-${item}`), lineId: one };
    await database.transaction((tx) =>
      core.availability.promise(tx, [
        {
          accountId: "portal" as never,
          request: {
            channelId: retail,
            policy: "partial",
            orderId: order.orderId,
            lines: [
              {
                lineId: one,
                itemId: itemId(item),
                quantity: quantity(4),
                orderedUnit: quantity(1),
                components: [{ itemId: itemId(item), quantity: 1 }],
              },
            ],
            refused: [],
          },
          expiresAt: undefined,
          correlationId: "test",
        },
      ]),
    );
    assert.deepEqual(await balances(item), { available: 1, promised: 4, fenced: 0, total: 5 });
    await say({
      type: "StockPicked",
      data: { item: itemId(item), location: warehouse, quantity: quantity(4), orderLine: order },
    });
    assert.deepEqual(await balances(item), { available: 1, promised: 0, fenced: 0, total: 1 });
  });

  test("is not taken by what others have protected, nor by what is missing on the shelf", async () => {
    const item = await stocked(6);
    await ringFences.setAside(command(item, 5));
    await core.availability.saveRules([
      { channelId: "web", itemId: item, buffer: 0, cap: null, protected: 4 },
    ]);
    assert.equal(await atp(item, retail), 5);
    await say(stock.adjusted(-3, itemId(item)));
    assert.equal(await atp(item, retail), 5);
    assert.deepEqual(took(await reserve(item, 9, retail)), [5, 5]);
    assert.deepEqual(await balances(item), { available: -2, promised: 5, fenced: 0, total: 3 });
  });
});

describe("a ring-fence is refused", () => {
  test("beyond what is available at the place, or protected for others", async () => {
    const item = await stocked(5, 5);
    const refusalOf = async (units: number, channel: ChannelId = retail) => {
      const answer = await ringFences.setAside(command(item, units, channel));
      return "refused" in answer ? answer.refused : "done";
    };
    assert.equal(await refusalOf(6), "insufficient-stock");
    await core.availability.saveRules([
      { channelId: "web", itemId: item, buffer: 0, cap: null, protected: 8 },
    ]);
    assert.equal(await refusalOf(3), "insufficient-stock");
    assert.equal(await refusalOf(2), "done");
    assert.equal(await refusalOf(1, channelId("nobody")), "unknown-channel");
    const outside = await ringFences.setAside(command(item, 1, retail, locationId("wh-9")));
    assert.ok("refused" in outside && outside.refused === "outside-network");
  });

  test("not for holds that have run out and nobody has swept", async () => {
    const item = await stocked(5);
    await reserve(item, 5, web, { ttlSeconds: 60 });
    assert.ok("refused" in (await ringFences.setAside(command(item, 5))));
    core.clock.advance(61_000);
    assert.ok("done" in (await ringFences.setAside(command(item, 5))));
  });

  test("a give-back beyond what is set aside; a part of it is given", async () => {
    const item = await stocked(5);
    await ringFences.setAside(command(item, 4));
    assert.ok("refused" in (await ringFences.giveBack(command(item, 5))));
    assert.ok("refused" in (await ringFences.giveBack(command(item, 1, web))));
    const given = await ringFences.giveBack(command(item, 3));
    assert.ok("done" in given && given.done.quantity === 1);
    assert.deepEqual(await balances(item), { available: 4, promised: 0, fenced: 1, total: 5 });
  });
});

test("a listing is looked at again when stock is set aside, and when it is given back", async () => {
  const item = await stocked(5);
  await core.availability.listOnAccount("shop-1" as never, web, [item]);
  const dirty = async () => {
    await core.availability.dirtyMarker.drain();
    const [row] = await database.query<{ version: number }>(sql`
      select dirty_version as version from availability.publication where item_id = ${item}`);
    return row?.version ?? 0;
  };
  const before = await dirty();
  await ringFences.setAside(command(item, 2));
  const after = await dirty();
  assert.ok(after > before);
  await ringFences.giveBack(command(item, 2));
  assert.ok((await dirty()) > after);
});

test("ring-fences are listed page by page", async () => {
  const item = await stocked(5, 5);
  await ringFences.setAside(command(item, 2));
  await ringFences.setAside(command(item, 1, web));
  await ringFences.setAside(command(item, 3, web, elsewhere));
  const page = async (after?: string) => {
    const rows = await ringFences.list({ itemId: itemId(item), after, limit: 2 });
    assert.ok(rows !== "bad-cursor");
    return rows;
  };
  const first = await page();
  assert.deepEqual(
    first.rows.map((row) => [row.channelId, row.quantity]),
    [
      ["retail", 2],
      ["web", 1],
    ],
  );
  assert.deepEqual(
    (await page(first.next)).rows.map((row) => [row.channelId, row.quantity]),
    [["web", 3]],
  );
  assert.equal(await ringFences.list({ after: "soon", limit: 2 }), "bad-cursor");
});

test("the database refuses a ring-fence that the ledger does not know", async () => {
  const item = await stocked(5);
  await ringFences.setAside(command(item, 2));
  const wrong = database.execute(
    script(`update availability.ring_fence set quantity = quantity + 1 where item_id = '${item}'`),
  );
  await assert.rejects(wrong, /channel-reserved, and its ring-fences sum to/);
});

/** Everything that must hold of an item, whatever was done. */
async function assertSound(item: string, total: number): Promise<void> {
  const found = await balances(item);
  assert.equal(found?.total, total);
  assert.ok((found?.available ?? -1) >= 0);
  const [sums] = await database.query<{ fences: number; holds: number }>(sql`
    select (select coalesce(sum(quantity), 0)::int from availability.ring_fence where item_id = ${item}) as fences,
           (select coalesce(sum(quantity), 0)::int from availability.reservation
            where item_id = ${item} and state in ('held', 'allocated')) as holds`);
  assert.deepEqual([sums?.fences, sums?.holds], [found?.fenced, found?.promised]);
}

type Step = {
  readonly what: "set-aside" | "give-back" | "reserve" | "release" | "expire";
  readonly channel: ChannelId;
  readonly place: typeof warehouse;
  readonly units: number;
  readonly pick: number;
};

/** Takes one step; `held` are the reservations that were made. */
async function take(
  item: string,
  held: string[],
  { what, channel, place, units, pick }: Step,
): Promise<void> {
  switch (what) {
    case "set-aside":
      await ringFences.setAside(command(item, units, channel, place));
      break;
    case "give-back":
      await ringFences.giveBack(command(item, units, channel, place));
      break;
    case "release":
      if (held.length > 0) await release(held[pick % held.length] ?? "");
      break;
    case "expire":
      core.clock.advance(31_000);
      break;
    case "reserve": {
      const promised = await atp(item, channel);
      const reservations = await reserve(item, units, channel, { ttlSeconds: 60 });
      assert.equal(took(reservations)[0], Math.min(units, promised));
      held.push(...reservations.map(({ reservationId }) => reservationId));
      break;
    }
    default:
      what satisfies never;
  }
}

test("whatever is set aside, given back, reserved, released and let run out: sums hold, and a channel gets what it was told", async () => {
  const step: fc.Arbitrary<Step> = fc.record({
    what: fc.constantFrom("set-aside", "give-back", "reserve", "reserve", "release", "expire"),
    channel: fc.constantFrom(web, retail),
    place: fc.constantFrom(warehouse, elsewhere),
    units: fc.integer({ min: 1, max: 9 }),
    pick: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
      const item = await stocked(9, 6);
      const held: string[] = [];
      for (const each of steps) {
        await take(item, held, each);
        await assertSound(item, 15);
      }
      core.clock.advance(61_000);
      await core.availability.sweep();
      await assertSound(item, 15);
      const ends = await balances(item);
      assert.equal((ends?.available ?? 0) + (ends?.fenced ?? 0), 15);
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 25) },
  );
});

test("many at once set aside, reserve and give back: nothing is promised twice", async () => {
  const item = await stocked(20);
  const acts = Array.from({ length: 60 }, (_, at) => {
    const channel = at % 2 === 0 ? web : retail;
    if (at % 3 === 0) return ringFences.setAside(command(item, 2, channel));
    if (at % 3 === 1) return reserve(item, 1, channel);
    return ringFences.giveBack(command(item, 1, channel));
  });
  await Promise.all(acts);
  await assertSound(item, 20);
});

test("after all of this, every law that the oracle knows is kept", async () => {
  const report = await verify(database, { now: core.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
});
