import assert from "node:assert/strict";
import { test } from "node:test";
import {
  channelId,
  type ItemId,
  itemId,
  lineId,
  locationId,
  type Reservation,
  type StockFact,
  quantity as toQuantity,
} from "@crossdock/canonical";
import fc from "fast-check";
import { loadRules } from "../../../src/availability/rules/version-service.ts";
import { sql } from "../../../src/platform/index.ts";
import { renderReport, verify } from "../../../src/verify/index.ts";
import { openCore, stock, tell } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
/** Another process over the same database. */
const other = openCore(database, { clock: core.clock });
const { availability } = core;
const places = ["wh-1", "wh-2", "wh-3"].map(locationId);
const [here = locationId(""), there = locationId(""), far = locationId("")] = places;
await availability.saveChannels([
  { channelId: "web", name: "Web", locationIds: places },
  { channelId: "retail", name: "Retail", locationIds: [there, locationId("wh-9")] },
]);

let made = 0;
let told = 0;

async function say(fact: StockFact): Promise<void> {
  told += 1;
  await tell(core, [{ id: `fact-${told}`, minute: told, fact }]);
  await core.ledger.subscriber.drain();
}

/** A fresh item with so much at each location. */
async function stocked(...units: readonly number[]): Promise<ItemId> {
  made += 1;
  const id = `item-${made}`;
  const item = { itemId: id, sku: id, description: id, baseUnit: "EA", tracking: "none" as const };
  await core.governance.saveItems([{ ...item, units: [], components: [] }]);
  for (const [index, each] of units.entries())
    if (each > 0) await say(stock.received(each, itemId(id), places[index]));
  return itemId(id);
}

let holds = 0;
async function held(
  item: ItemId,
  units: number,
  at = here,
  channel = "web",
): Promise<Reservation | undefined> {
  holds += 1;
  const answer = await availability.reserve(
    {
      channelId: channelId(channel),
      lines: [
        {
          lineId: lineId("1"),
          item: { scheme: "id", value: item },
          quantity: { value: units, unit: "EA" },
          locationId: at,
        },
      ],
    },
    { clientId: "test", key: `hold-${holds}`, correlationId: "test" },
  );
  return "answer" in answer ? answer.answer.reservations[0] : undefined;
}

async function heldAt(item: ItemId, units: number, at = here): Promise<string> {
  const reservation = await held(item, units, at);
  assert.ok(reservation !== undefined);
  return reservation.reservationId;
}

async function proposed(id: string, units?: number) {
  const found = await availability.proposeRelocation(id, units);
  if ("done" in found) assert.fail(found.refused.message);
  return found;
}

type Proposed = Awaited<ReturnType<typeof proposed>>;
const carryOut = (found: Proposed, units: number, to = there, by = availability) =>
  by.relocate({
    reservationId: found.reservationId,
    units,
    toLocationId: to,
    versions: found.versions,
    because: "test",
    correlationId: "test",
  });

async function availableAt(item: ItemId, at = there): Promise<number> {
  const rows = await core.ledger.positionsOf(database, [item], [at]);
  return rows.reduce((sum, row) => sum + row.available, 0);
}

test("what is proposed says what each location gives, what that leaves, whom it hits, and why others give nothing", async () => {
  const item = await stocked(5, 3, 0);
  const found = await proposed(await heldAt(item, 4), 2);
  const [offer] = found.offers;
  assert.deepEqual(
    [offer?.locationId, offer?.units, offer?.lots[0]?.leaves, offer?.channelsHit],
    [there, 2, 1, ["retail"]],
  );
  assert.deepEqual(
    found.notChosen.map((each) => each.locationId),
    [far],
  );
  assert.match(found.notChosen[0]?.because ?? "", /None of 2 can be promised/);
});

test("part of a promise goes to another location, and the rest stays", async () => {
  const item = await stocked(5, 3, 0);
  const id = await heldAt(item, 4);
  const answer = await carryOut(await proposed(id, 3), 3);
  assert.ok(answer.done);
  assert.equal(answer.reservation.quantity, 1);
  assert.deepEqual(
    answer.made.map((each) => [each.locationId, each.quantity, each.cameFrom]),
    [[there, 3, id]],
  );
  assert.deepEqual([await availableAt(item), await availableAt(item, here)], [0, 4]);
});

test("a proposal is refused with what has changed, and nothing has happened", async () => {
  const item = await stocked(5, 3);
  const id = await heldAt(item, 4);
  const found = await proposed(id, 2);
  await held(item, 1, there);
  const answer = await carryOut(found, 2);
  assert.ok(!answer.done);
  const changed = (await core.ledger.positionsOf(database, [item], [there]))[0]?.position_id;
  assert.match(answer.refused.message, new RegExp(`position ${changed} has changed`));
  assert.equal((await availability.reservation(id))?.quantity, 4);
  assert.ok((await carryOut(await proposed(id, 2), 2)).done);
});

test("what is set aside for another channel is not proposed, its own is, and goes back to it", async () => {
  const item = await stocked(5, 4);
  const setAside = (channel: string, quantity: number) =>
    availability.ringFences.setAside(
      {
        channelId: channelId(channel),
        itemId: item,
        locationId: there,
        lot: "",
        quantity: toQuantity(quantity),
        reason: "test",
        correlationId: "test",
      },
      async () => undefined,
    );
  await setAside("retail", 2);
  const id = await heldAt(item, 4);
  assert.equal((await proposed(id)).offers[0]?.units, 2);
  await setAside("web", 1);
  assert.equal((await proposed(id)).offers[0]?.units, 2);
  const answer = await carryOut(await proposed(id, 2), 2);
  assert.ok(answer.done);
  assert.deepEqual(
    answer.made.map((each) => each.ringFenced),
    [1],
  );
});

test("what stays somewhere as safety stock is not proposed", async () => {
  const item = await stocked(5, 4);
  await loadRules(core, [{ kind: "safety-stock", item, units: toQuantity(3) }]);
  const id = await heldAt(item, 2);
  const found = await proposed(id);
  assert.equal(found.offers[0]?.units, 1);
  assert.ok((await carryOut(found, 1)).done);
});

test("nothing is proposed of a promise that is over, of more than it has, or that nobody has made", async () => {
  const item = await stocked(5, 5);
  const id = await heldAt(item, 2);
  const refusal = async (of: string, units?: number) => {
    const found = await availability.proposeRelocation(of, units);
    return "done" in found ? found.refused.reason : "proposed";
  };
  assert.equal(await refusal(id, 3), "not-possible");
  assert.equal(await refusal("nobody"), "unknown-reservation");
  await availability.step([id], { step: "release", reason: "test", correlationId: "test" });
  assert.equal(await refusal(id), "wrong-state");
});

test("what a proposal shows is what happens, whatever lies and is promised where", async () => {
  const units = fc.nat({ max: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.tuple(fc.integer({ min: 1, max: 6 }), units, units),
      fc.tuple(units, units),
      units,
      fc.integer({ min: 1, max: 6 }),
      async (received, before, lost, asked) => {
        const item = await stocked(...received);
        const id = await heldAt(item, received[0]);
        for (const [index, each] of before.entries())
          if (each > 0) await held(item, each, places[index + 1] ?? far);
        if (lost > 0) await say(stock.adjusted(-lost, item, here));
        const found = await proposed(id, Math.min(asked, received[0]));
        const [offer] = found.offers;
        if (offer === undefined) {
          assert.deepEqual([await availableAt(item, there), await availableAt(item, far)], [0, 0]);
          return;
        }
        const answer = await carryOut(found, offer.units, offer.locationId);
        assert.ok(answer.done);
        assert.equal(
          answer.made.reduce((sum, each) => sum + each.quantity, 0),
          offer.units,
        );
        assert.equal(
          await availableAt(item, offer.locationId),
          offer.lots.reduce((sum, lot) => sum + lot.leaves, 0),
        );
        const kept = (await availability.reservation(id))?.quantity ?? 0;
        assert.equal(answer.reservation.state === "released" ? 0 : kept, received[0] - offer.units);
      },
    ),
    { numRuns: 25 },
  );
});

test("what a place is short by is no reason against moving some of it to where there are units", async () => {
  const item = await stocked(5, 3);
  const id = await heldAt(item, 5);
  await say(stock.adjusted(-5, item, here));
  const found = await proposed(id, 4);
  assert.equal(found.offers[0]?.units, 3);
  assert.ok((await carryOut(found, 3)).done);
  assert.deepEqual([await availableAt(item), await availableAt(item, here)], [0, -2]);
});

test("two processes that relocate and reserve at once promise no more than there is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), async (spare) => {
      const item = await stocked(6, spare);
      const ids = [await heldAt(item, 3), await heldAt(item, 3)];
      const found = await Promise.all(ids.map((id) => proposed(id, Math.min(3, spare))));
      const [answers] = await Promise.all([
        Promise.all(
          found.map((each, index) =>
            carryOut(each, each.units, there, (index === 0 ? core : other).availability),
          ),
        ),
        held(item, 1, there),
      ]);
      const [available] = await database.query<{ least: number; promised: number }>(sql`
        select min(available) as least, sum(held + allocated) as promised from ledger.position
        where item_id = ${item} and location_id = any (${places}::text[])`);
      assert.ok((available?.least ?? -1) >= 0);
      // Both found the same spare units: who was first has them, and the other is told what has changed.
      const [first, second] = answers;
      assert.ok(first?.done !== true || second?.done !== true);
    }),
    { numRuns: 10 },
  );
});

test("the oracle finds nothing to object to in all of it", async () => {
  const report = await verify(database, { now: core.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
});
