import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  channelId,
  type ItemId,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
  type Reservation,
  type ReservationRequest,
  type StockFact,
} from "@crossdock/canonical";
import fc from "fast-check";
import type { LifeChange } from "../../src/availability/index.ts";
import { sql } from "../../src/platform/index.ts";
import { renderReport, verify } from "../../src/verify/index.ts";
import { openCore, stock, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
/** Another process over the same database. */
const other = openCore(database, { clock: core.clock });
const { availability } = core;
const web = channelId("web");
const elsewhere = locationId("wh-2");
const outside = locationId("wh-9");
const one = lineId("1");

await availability.saveChannels([{ channelId: "web", name: "Web", locationIds: ["wh-1", "wh-2"] }]);

let made = 0;
let told = 0;
let holds = 0;

function nextKey(): string {
  holds += 1;
  return `hold-${holds}`;
}

async function say(fact: StockFact): Promise<void> {
  told += 1;
  await tell(core, [{ id: `fact-${told}`, minute: told, fact }]);
  await core.ledger.subscriber.drain();
}

/** A fresh item with so much at the first warehouse, and so much at the second. */
async function stocked(units: number, more = 0): Promise<ItemId> {
  made += 1;
  const id = `item-${made}`;
  const item = { itemId: id, sku: id, description: id, baseUnit: "EA", tracking: "none" as const };
  await core.governance.saveItems([{ ...item, units: [], components: [] }]);
  if (units > 0) await say(stock.received(units, itemId(id), warehouse));
  if (more > 0) await say(stock.received(more, itemId(id), elsewhere));
  return itemId(id);
}

async function held(item: ItemId, units: number, more: Partial<ReservationRequest> = {}) {
  const line = { lineId: one, item: { scheme: "id", value: item }, quantity: { value: units, unit: "EA" } };
  const request: ReservationRequest = { channelId: web, lines: [line], ...more };
  const answer = await availability.reserve(request, {
    clientId: "test",
    key: nextKey(),
    correlationId: "test",
  });
  assert.ok("answer" in answer);
  const [reservation] = answer.answer.reservations;
  assert.ok(reservation !== undefined, JSON.stringify(answer.answer.rejections));
  return reservation;
}

const options = { reason: "test", correlationId: "test" };
const change = (id: string, asked: LifeChange) => availability.change(id, asked, options);

async function changed(id: string, asked: LifeChange) {
  const answer = await change(id, asked);
  assert.ok(answer.done, JSON.stringify(answer));
  return answer;
}

async function refusal(id: string, asked: LifeChange) {
  const answer = await change(id, asked);
  assert.ok(!answer.done, "it was done");
  return answer.refused;
}

async function shelf(item: ItemId) {
  const rows = await database.query<{ text: string }>(sql`
    select format('%s %s/%s/%s/%s', location_id, available, held, allocated, channel_reserved) as text
    from ledger.position where item_id = ${item} and location_id like 'wh-%' order by location_id`);
  return rows.map((row) => row.text);
}

async function history(id: string) {
  const facts = (await availability.history(id)) ?? [];
  return facts.map(({ type }) => type);
}

const step = (id: string, what: "allocate" | "release") =>
  availability.step([id], { step: what, ...options });

describe("extending", () => {
  test("a hold lasts longer, is never shortened, and counts until its new end to the millisecond", async () => {
    const item = await stocked(5);
    const { reservationId: id } = await held(item, 5, { ttlSeconds: 60 });
    const until = new Date(core.clock.now().getTime() + 120_000);
    const first = await changed(id, { kind: "extend", until: { at: until } });
    assert.deepEqual([first.already, first.reservation.expiresAt], [false, until.toISOString()]);
    assert.equal((await changed(id, { kind: "extend", until: { at: until } })).already, true);
    const shorter = await changed(id, { kind: "extend", until: { ttlMs: 1 } });
    assert.deepEqual([shorter.already, shorter.reservation.expiresAt], [true, until.toISOString()]);
    core.clock.advance(119_999);
    assert.equal((await availability.reservation(id))?.state, "held");
    core.clock.advance(1);
    assert.equal((await availability.reservation(id))?.state, "expired");
    assert.equal((await held(item, 5)).quantity, 5);
    assert.deepEqual(await history(id), ["StockReserved", "ReservationExtended", "ReservationExpired"]);
  });

  test("a hold that has run out does not come back, though nobody has swept it", async () => {
    const { reservationId: id } = await held(await stocked(5), 5, { ttlSeconds: 1 });
    core.clock.advance(1_000);
    for (const asked of [
      { kind: "extend", until: { ttlMs: 60_000 } },
      { kind: "reduce", keep: 1 },
      { kind: "split", units: 1 },
      { kind: "move", locationId: elsewhere },
      { kind: "confirm", orderId: orderId("late") },
    ] satisfies LifeChange[])
      assert.equal((await refusal(id, asked)).reason, "expired", asked.kind);
  });

  test("a hold lasts a week in all at most, moved or not", async () => {
    const item = await stocked(5, 5);
    const { reservationId: id } = await held(item, 5, { ttlSeconds: 60 });
    const week = core.clock.now().getTime() + 7 * 86_400_000;
    const moved = await changed(id, { kind: "move", locationId: elsewhere });
    const next = moved.made[0]?.reservationId ?? "";
    core.clock.advance(1_000);
    const late = await refusal(next, { kind: "extend", until: { at: new Date(week + 1) } });
    assert.equal(late.reason, "hold-limit");
    assert.match(late.message, new RegExp(new Date(week).toISOString()));
    assert.equal((await changed(next, { kind: "extend", until: { at: new Date(week) } })).already, false);
  });
});

describe("reducing", () => {
  test("what is not kept is free at once, a second time changes nothing", async () => {
    const item = await stocked(10);
    const { reservationId: id } = await held(item, 8);
    const first = await changed(id, { kind: "reduce", keep: 3 });
    assert.deepEqual([first.already, first.reservation.quantity], [false, 3]);
    assert.deepEqual(await shelf(item), ["wh-1 7/3/0/0"]);
    assert.equal((await changed(id, { kind: "reduce", keep: 3 })).already, true);
    assert.equal((await refusal(id, { kind: "reduce", keep: 4 })).reason, "not-possible");
    await step(id, "allocate");
    await changed(id, { kind: "reduce", keep: 1 });
    assert.deepEqual(await shelf(item), ["wh-1 9/0/1/0"]);
    const types = ["StockReserved", "ReservationReduced", "ReservationAllocated", "ReservationReduced"];
    assert.deepEqual(await history(id), types);
  });

  test("its channel's own units go back to what is set aside for it first", async () => {
    const item = await stocked(10);
    const place = { channelId: web, itemId: item, locationId: warehouse, lot: "" };
    await availability.ringFences.setAside({ ...place, ...options, quantity: quantity(4) });
    const { reservationId: id } = await held(item, 6);
    assert.deepEqual(await shelf(item), ["wh-1 4/6/0/0"]);
    const { reservation } = await changed(id, { kind: "reduce", keep: 3 });
    assert.equal(reservation.ringFenced, 1);
    assert.deepEqual(await shelf(item), ["wh-1 4/3/0/3"]);
    const apart = await changed(id, { kind: "split", units: 2 });
    assert.deepEqual([apart.reservation.ringFenced, apart.made[0]?.ringFenced], [undefined, 1]);
    await step(apart.made[0]?.reservationId ?? "", "release");
    assert.deepEqual(await shelf(item), ["wh-1 5/1/0/4"]);
  });
});

describe("splitting", () => {
  test("one hold becomes two that end by themselves", async () => {
    const item = await stocked(5);
    const { reservationId: id, expiresAt } = await held(item, 5);
    const answer = await changed(id, { kind: "split", units: 2, lineId: lineId("2") });
    const [part] = answer.made;
    assert.deepEqual(part, {
      ...{ channelId: web, itemId: item, locationId: warehouse, lot: "", state: "held", expiresAt },
      ...{ reservationId: part?.reservationId, lineId: "2", quantity: 2, cameFrom: id },
    });
    assert.deepEqual(await availability.reservation(part?.reservationId ?? ""), part);
    await step(part?.reservationId ?? "", "allocate");
    await step(id, "release");
    assert.deepEqual(await shelf(item), ["wh-1 3/0/2/0"]);
    const whole = await held(item, 3);
    assert.equal((await refusal(whole.reservationId, { kind: "split", units: 3 })).reason, "not-possible");
  });
});

describe("moving", () => {
  test("units are taken there and given back here, or neither", async () => {
    const item = await stocked(5, 3);
    const { reservationId: id } = await held(item, 4, {
      lines: [
        {
          ...{ lineId: one, item: { scheme: "id", value: item }, quantity: { value: 4, unit: "EA" } },
          locationId: warehouse,
        },
      ],
    });
    const short = await refusal(id, { kind: "move", locationId: elsewhere });
    assert.deepEqual([short.reason, short.shortBy], ["insufficient-stock", 1]);
    assert.deepEqual(await shelf(item), ["wh-1 1/4/0/0", "wh-2 3/0/0/0"]);
    assert.equal((await refusal(id, { kind: "move", locationId: outside })).reason, "not-possible");
    assert.equal((await changed(id, { kind: "move", locationId: warehouse })).already, true);
    await changed(id, { kind: "reduce", keep: 3 });
    const moved = await changed(id, { kind: "move", locationId: elsewhere });
    assert.deepEqual([moved.reservation.state, moved.made.length], ["released", 1]);
    assert.deepEqual(await shelf(item), ["wh-1 5/0/0/0", "wh-2 0/3/0/0"]);
    const again = await changed(id, { kind: "move", locationId: elsewhere });
    assert.deepEqual([again.already, again.made], [true, moved.made]);
  });

  test("what another process takes meanwhile is not moved onto", async () => {
    const item = await stocked(4, 4);
    const mine = await held(item, 4, {
      lines: [
        {
          ...{ lineId: one, item: { scheme: "id", value: item }, quantity: { value: 4, unit: "EA" } },
          locationId: warehouse,
        },
      ],
    });
    const line = { lineId: one, item: { scheme: "id", value: item }, quantity: { value: 4, unit: "EA" } };
    const request = { channelId: web, lines: [{ ...line, locationId: elsewhere }] };
    const [moved, taken] = await Promise.all([
      change(mine.reservationId, { kind: "move", locationId: elsewhere }),
      other.availability.reserve(request, { clientId: "other", correlationId: "other" }),
    ]);
    const gotIt = "answer" in taken && taken.answer.outcome === "reserved";
    assert.notEqual(moved.done, gotIt, "exactly one of them has the units there");
    assert.deepEqual(await shelf(item), [moved.done ? "wh-1 4/0/0/0" : "wh-1 0/4/0/0", "wh-2 0/4/0/0"]);
  });
});

describe("confirming", () => {
  test("a hold becomes an order's, and is no longer split or moved", async () => {
    const item = await stocked(5, 5);
    const { reservationId: id } = await held(item, 5);
    const order = orderId("order-1");
    const first = await changed(id, { kind: "confirm", orderId: order });
    assert.deepEqual([first.reservation.state, first.reservation.orderId], ["allocated", order]);
    assert.equal((await changed(id, { kind: "confirm", orderId: order })).already, true);
    assert.deepEqual(await availability.reservationsOfOrder(order), [first.reservation]);
    for (const asked of [
      { kind: "split", units: 1 },
      { kind: "move", locationId: elsewhere },
      { kind: "confirm", orderId: orderId("another") },
    ] satisfies LifeChange[])
      assert.equal((await refusal(id, asked)).reason, "wrong-state", asked.kind);
    assert.equal((await changed(id, { kind: "extend", until: { ttlMs: 1 } })).already, true);
  });

  test("one line of an order has one promise at a place", async () => {
    const item = await stocked(5);
    const first = await held(item, 2);
    const second = await held(item, 2);
    const order = orderId("order-2");
    await changed(first.reservationId, { kind: "confirm", orderId: order });
    const twice = await refusal(second.reservationId, { kind: "confirm", orderId: order });
    assert.equal(twice.reason, "wrong-state");
  });
});

test("what there is not is said", async () => {
  assert.equal((await refusal("nobody", { kind: "reduce", keep: 1 })).reason, "unknown-reservation");
  assert.equal(await availability.history("nobody"), undefined);
});

const asked = fc.oneof(
  fc.record({
    kind: fc.constant("extend" as const),
    until: fc.record({ ttlMs: fc.integer({ min: 1, max: 9_000 }) }),
  }),
  fc.record({ kind: fc.constant("reduce" as const), keep: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ kind: fc.constant("split" as const), units: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant("move" as const), locationId: fc.constantFrom(warehouse, elsewhere) }),
  fc.record({ kind: fc.constantFrom("allocate" as const, "release" as const) }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 4_000 }) }),
  fc.record({ kind: fc.constant("hold" as const), units: fc.integer({ min: 1, max: 6 }) }),
);

test("whatever is asked of reservations by two processes at once, units are where they are promised, and the log says so", async () => {
  const run = fc.asyncProperty(
    fc.array(fc.tuple(asked, fc.nat(), fc.boolean()), { maxLength: 14 }),
    async (steps) => {
      const item = await stocked(10, 6);
      let known: Reservation[] = [await held(item, 4, { ttlSeconds: 5 })];
      for (let at = 0; at < steps.length; at += 2) {
        const came = await Promise.all(steps.slice(at, at + 2).map((each) => act(item, known, each)));
        known = [...known, ...came.flat()];
      }
      const [sums] = await database.query<{ promised: number; on_hand: number; wrong: number }>(sql`
      select sum(p.held + p.allocated)::bigint as promised,
             sum(p.available + p.held + p.allocated)::bigint as on_hand,
             count(*) filter (where p.held + p.allocated <> coalesce(r.units, 0) or p.available < 0)::bigint as wrong
      from ledger.position p
      left join (select position_id, sum(quantity) as units from availability.reservation
                 where state in ('held', 'allocated') group by position_id) r using (position_id)
      where p.item_id = ${item} and p.location_id like 'wh-%'`);
      assert.deepEqual([sums?.on_hand, sums?.wrong], [16, 0]);
    },
  );
  await fc.assert(run, { numRuns: 40 });
  const report = await verify(database, { now: core.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
});

type Asked = typeof asked extends fc.Arbitrary<infer One> ? One : never;

/** Does one thing to one of the reservations that are known; gives those that came of it. */
async function act(
  item: ItemId,
  known: readonly Reservation[],
  [what, which, isOther]: readonly [Asked, number, boolean],
): Promise<readonly Reservation[]> {
  const door = isOther ? other.availability : availability;
  const id = known[which % known.length]?.reservationId ?? "";
  switch (what.kind) {
    case "wait":
      core.clock.advance(what.ms);
      return [];
    case "hold": {
      const line = {
        lineId: one,
        item: { scheme: "id", value: item },
        quantity: { value: what.units, unit: "EA" },
      };
      const request = { channelId: web, ttlSeconds: 5, lines: [line] };
      const answer = await door.reserve(request, {
        clientId: "test",
        key: nextKey(),
        correlationId: "test",
      });
      return "answer" in answer ? answer.answer.reservations : [];
    }
    case "allocate":
    case "release":
      await door.step([id], { step: what.kind, ...options });
      return [];
    default: {
      const answer = await door.change(id, what, options);
      return answer.done ? answer.made : [];
    }
  }
}
