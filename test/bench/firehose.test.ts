import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { faultsOfMessages, faultsOfPositions } from "../../bench/b3/audit.ts";
import { type Books, openBooks, placeInBooks } from "../../bench/b3/books.ts";
import { openFloor } from "../../bench/b3/floor.ts";
import type { MessageBooks } from "../../bench/b3/product-books.ts";
import { type Shift, workShift } from "../../bench/b3/shift.ts";
import { itemIdOf, OPENING_UNITS, skuOf, warehouseCode, warehouseId } from "../../bench/b3/world.ts";
import { seededRandom } from "../../src/platform/index.ts";

const size = { warehouses: 3, items: 20, eventsPerShift: 4_000, eventsPerDelivery: 50 };
const beginsAt = new Date("2026-03-02T06:00:00.000Z");

function worked(seed: string): { readonly shift: Shift; readonly books: Books } {
  const books = openBooks(size.warehouses, size.items);
  const floor = openFloor(books, size.warehouses);
  const random = seededRandom(seed);
  return { shift: workShift({ name: "s", size, floor, numbering: [1, 1, 1], random, beginsAt }), books };
}

type Said = {
  readonly eventId: string;
  readonly occurredAt: string;
  readonly type: string;
  readonly sku: string;
  readonly quantity?: number;
  readonly counted?: number;
  readonly delta?: number;
  readonly cartons?: readonly {
    readonly lines: readonly { readonly sku: string; readonly quantity: number }[];
  }[];
};

/** What all deliveries say, the repeated ones included. */
function saidIn(shift: Shift): { readonly warehouse: string; readonly event: Said }[] {
  return shift.deliveries.flatMap(({ body }) => {
    const { warehouse, events }: { warehouse: string; events: Said[] } = JSON.parse(body.toString());
    return events.map((event) => ({ warehouse, event }));
  });
}

type Stock = { readonly available: number; readonly picked: number };

/** What a good event leaves on the shelf and in the carts. */
function stockAfter({ available, picked }: Stock, event: Said): Stock {
  const units = event.quantity ?? event.delta ?? event.cartons?.[0]?.lines[0]?.quantity ?? 0;
  switch (event.type) {
    case "receipt":
    case "adjustment":
    case "transfer-in":
      return { available: available + units, picked };
    case "transfer-out":
      return { available: available - units, picked };
    case "pick":
      return { available: available - units, picked: picked + units };
    case "ship":
      return { available, picked: picked - units };
    case "count":
      return { available: (event.counted ?? 0) - picked, picked };
    default:
      return { available, picked };
  }
}

/** The good events of all messages, each once, by the time at which they happened. */
function goodInOrder(shift: Shift) {
  const good = new Set(shift.happenings.map(({ eventId }) => eventId));
  const events = new Map(saidIn(shift).map((one) => [one.event.eventId, one]));
  return [...events.values()]
    .filter(({ event }) => good.has(event.eventId))
    .toSorted((a, b) => (a.event.occurredAt < b.event.occurredAt ? -1 : 1));
}

describe("a shift of the firehose", () => {
  it("says how many events it posts, how many again, and how many are nonsense", () => {
    const { shift } = worked("counts");
    const said = saidIn(shift);
    const ids = new Set(said.map(({ event }) => event.eventId));
    const once = new Map(shift.deliveries.map((delivery) => [delivery.deliveryId, delivery.events]));
    const inMessages = [...once.values()].reduce((sum, events) => sum + events, 0);
    assert.equal(said.length, shift.delivered);
    assert.equal(ids.size, shift.good + shift.poison);
    assert.equal(inMessages, shift.good + shift.repeated + shift.poison);
    assert.equal(shift.deliveries.length - once.size, shift.redelivered);
    assert.equal(shift.happenings.length, shift.good);
    assert.ok(shift.repeated > 0 && shift.redelivered > 0 && shift.poison > 0);
  });

  it("posts one event in twenty late, and none more than half a minute", () => {
    const { shift } = worked("late");
    const times = shift.happenings.map(({ occurredAt }) => Date.parse(occurredAt));
    let newest = 0;
    const late = times.flatMap((time) => {
      newest = Math.max(newest, time);
      return newest > time ? [newest - time] : [];
    });
    assert.ok(late.length > 0.03 * times.length && late.length < 0.08 * times.length, `${late.length} late`);
    assert.ok(late.every((ms) => ms <= 30_000));
  });

  it("keeps books that equal what its messages say, each event once and in the order of its time", () => {
    const { shift, books } = worked("books");
    const onShelf = new Map<string, Stock>();
    for (const { warehouse, event } of goodInOrder(shift)) {
      const key = `${warehouse} ${event.sku ?? event.cartons?.[0]?.lines[0]?.sku}`;
      onShelf.set(key, stockAfter(onShelf.get(key) ?? { available: OPENING_UNITS, picked: 0 }, event));
    }
    for (const [key, stock] of onShelf) {
      const [code = "", sku = ""] = key.split(" ");
      const warehouse = [0, 1, 2].find((index) => warehouseCode(index) === code) ?? 0;
      const item = Array.from({ length: size.items }, (_, index) => index).find(
        (index) => skuOf(index) === sku,
      );
      const at = placeInBooks(books, warehouse, item ?? 0);
      assert.deepEqual(stock, { available: books.available[at], picked: books.picked[at] }, key);
    }
  });
});

describe("the audit of the firehose", () => {
  it("finds an event that counted twice, and one that is nowhere", () => {
    const { shift } = worked("audit");
    const { good, repeated, poison } = shift;
    const right: MessageBooks = {
      messages: shift.deliveries.length - shift.redelivered,
      unmapped: 0,
      deliveries: shift.deliveries.length,
      records: good + repeated + poison,
      applied: good,
      duplicates: repeated,
      ignored: 0,
      parked: poison,
      facts: good,
    };
    assert.deepEqual(faultsOfMessages(right, shift), []);
    assert.notDeepEqual(
      faultsOfMessages({ ...right, applied: good + 1, duplicates: repeated - 1 }, shift),
      [],
    );
    assert.notDeepEqual(faultsOfMessages({ ...right, applied: good - 1, facts: good - 1 }, shift), []);
  });

  it("names a position that is not what the warehouses say", () => {
    const books = openBooks(1, 2);
    books.available[1] = 7;
    const row = { item_id: itemIdOf(1), location_id: warehouseId(0), available: 7, picked: 0, in_transit: 0 };
    assert.deepEqual(faultsOfPositions([row], books), []);
    const [fault = ""] = faultsOfPositions([{ ...row, available: 8 }], books);
    assert.match(fault, /item-000001: 8 available.*not 7 available/);
    assert.match(faultsOfPositions([], books)[0] ?? "", /200 available/);
  });

  it("misses a load that should be on the road, and finds one that should not", () => {
    const books = openBooks(2, 1);
    books.onTheRoad.set("0 1 0", 5);
    assert.match(faultsOfPositions([], books).join(), /transit\.wh-01\.wh-02/);
    const other = {
      item_id: itemIdOf(0),
      location_id: "transit.wh-02.wh-01",
      available: 0,
      picked: 0,
      in_transit: 5,
    };
    const right = { ...other, location_id: "transit.wh-01.wh-02" };
    assert.deepEqual(faultsOfPositions([right], books), []);
    assert.match(faultsOfPositions([right, other], books).join(), /loads on the road: 2, not 1/);
  });
});
