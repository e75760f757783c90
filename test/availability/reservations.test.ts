import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountId,
  type ChannelId,
  channelId,
  type ItemId,
  itemId,
  type LineId,
  lineId,
  orderId,
  quantity,
  type ReservationRequest,
} from "@crossdock/canonical";
import fc from "fast-check";
import { sql } from "../../src/platform/index.ts";
import { openCore, stock, tell, warehouse, widget } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const web: ChannelId = channelId("web");
const retail: ChannelId = channelId("retail");
const one: LineId = lineId("1");

const plainItem = (id: string, sku: string) => ({
  itemId: id,
  sku,
  description: sku,
  baseUnit: "EA",
  tracking: "none" as const,
  units: [{ unit: "XCS", numerator: 12, denominator: 1 }],
  components: [],
});

await core.governance.saveItems([
  plainItem("widget", "WIDGET"),
  plainItem("nut", "NUT"),
  plainItem("bolt", "BOLT"),
]);
await core.governance.saveItems([
  {
    ...plainItem("set", "SET"),
    components: [
      { itemId: "nut", quantity: 2 },
      { itemId: "bolt", quantity: 1 },
    ],
  },
]);
await core.availability.saveChannels([
  { channelId: "web", name: "Web", locationIds: ["wh-1", "wh-2"] },
  { channelId: "retail", name: "Retail", locationIds: ["wh-1", "wh-2"] },
]);

let told = 0;

async function receive(units: number, item: ItemId, location = warehouse): Promise<void> {
  told += 1;
  await tell(core, [{ id: `receive-${told}`, minute: told, fact: stock.received(units, item, location) }]);
  await core.ledger.subscriber.drain();
}

let items = 0;

/** A fresh item with stock, so that tests do not share a shelf. */
async function stocked(units: number): Promise<string> {
  items += 1;
  const id = `item-${items}`;
  await core.governance.saveItems([plainItem(id, `SKU-${items}`)]);
  if (units > 0) await receive(units, itemId(id));
  return id;
}

function request(item: string, units: number, more: Partial<ReservationRequest> = {}): ReservationRequest {
  return {
    channelId: web,
    lines: [{ lineId: one, item: { scheme: "id", value: item }, quantity: { value: units, unit: "EA" } }],
    ...more,
  };
}

const context = (key?: string) => ({ clientId: "test", key, correlationId: "test" });

async function reserve(wanted: ReservationRequest, key?: string) {
  const answer = await core.availability.reserve(wanted, context(key));
  assert.ok("answer" in answer, "the key was refused");
  return answer;
}

async function balances(item: string) {
  const [row] = await database.query<{
    available: number;
    held: number;
    allocated: number;
    picked: number;
  }>(sql`
    select sum(available)::bigint as available, sum(held)::bigint as held, sum(allocated)::bigint as allocated,
           sum(picked)::bigint as picked
    from ledger.position where item_id = ${item} and location_id like 'wh-%'`);
  return row;
}

test("a reservation moves units from available to held, and a release moves them back once", async () => {
  const item = await stocked(10);
  const { answer } = await reserve(request(item, 4));
  assert.equal(answer.outcome, "reserved");
  assert.deepEqual(await balances(item), { available: 6, held: 4, allocated: 0, picked: 0 });
  const id = answer.reservations[0]?.reservationId ?? "";
  const release = { step: "release" as const, reason: "test", correlationId: "test" };
  assert.deepEqual((await core.availability.step([id], release)).get(id), {
    done: true,
    already: false,
    reservation: { ...answer.reservations[0], state: "released" },
  });
  const again = (await core.availability.step([id], release)).get(id);
  assert.ok(again?.done && again.already, "a second release says that it was done");
  assert.deepEqual(await balances(item), { available: 10, held: 0, allocated: 0, picked: 0 });
});

test("steps that are asked for at the same moment are taken one after the other, each once", async () => {
  const item = await stocked(30);
  const made = await Promise.all(Array.from({ length: 10 }, () => reserve(request(item, 3))));
  const ids = made.map(({ answer }) => answer.reservations[0]?.reservationId ?? "");
  const options = { reason: "test", correlationId: "test" };
  const allocating = core.availability.step(ids, { step: "allocate", ...options });
  const releasing = ids.flatMap((id) =>
    [1, 2].map(() => core.availability.step([id, "nobody"], { step: "release", ...options })),
  );
  const allocated = [...(await allocating).values()];
  assert.ok(allocated.every((answer) => answer.done && answer.reservation.state === "allocated"));
  const released = await Promise.all(releasing);
  const alreadyOf = (answer: (typeof released)[number], id: string) => {
    const own = answer.get(id);
    return own?.done === true && own.already;
  };
  assert.deepEqual(
    released.map((answer, at) => alreadyOf(answer, ids[Math.floor(at / 2)] ?? "")),
    ids.flatMap(() => [false, true]),
  );
  assert.ok(released.every((answer) => answer.get("nobody")?.done === false));
  assert.deepEqual(await balances(item), { available: 30, held: 0, allocated: 0, picked: 0 });
});

test("what is not there is refused with the number that is missing", async () => {
  const item = await stocked(3);
  const { answer } = await reserve(request(item, 5));
  assert.equal(answer.outcome, "rejected");
  assert.deepEqual(
    answer.rejections.map(({ reason, shortBy }) => ({ reason, shortBy })),
    [{ reason: "insufficient-stock", shortBy: 2 }],
  );
});

test("requests that are refused alike in one batch are told what was there when each was decided", async () => {
  const item = await stocked(3);
  const wanted = [5, 5, 2, 5, 1, 5];
  const answers = await Promise.all(
    wanted.map((units, at) => reserve(request(item, units), `${item}-${at}`)),
  );
  assert.deepEqual(
    answers.map(({ answer }) => answer.rejections[0]?.shortBy ?? answer.outcome),
    [2, 2, "reserved", 4, "reserved", 5],
  );
  const again = await Promise.all(wanted.map((units, at) => reserve(request(item, units), `${item}-${at}`)));
  assert.deepEqual(
    again,
    answers.map(({ answer }) => ({ answer, replayed: true })),
  );
});

test("a request that the database cannot take fails alone, and its neighbours are answered", async () => {
  const item = await stocked(9);
  const unkeepable = core.availability.reserve(request(item, 1), context(`${item}-\u0000`));
  const neighbours = [1, 2, 3, 4].map((units) => reserve(request(item, units), `${item}-${units}`));
  await assert.rejects(unkeepable);
  const answers = await Promise.all(neighbours);
  assert.deepEqual(
    answers.map(({ answer }) => answer.outcome),
    ["reserved", "reserved", "reserved", "rejected"],
  );
  assert.deepEqual(await balances(item), { available: 3, held: 6, allocated: 0, picked: 0 });
});

test("partial takes what there is, all-or-nothing takes nothing", async () => {
  const item = await stocked(3);
  const partly = await reserve(request(item, 5, { policy: "partial" }));
  assert.equal(partly.answer.outcome, "partly-reserved");
  assert.equal(partly.answer.reservations[0]?.quantity, 3);
  assert.deepEqual(await balances(item), { available: 0, held: 3, allocated: 0, picked: 0 });
});

test("two lines of one item are checked against their sum", async () => {
  const item = await stocked(5);
  const [line] = request(item, 3).lines;
  assert.ok(line);
  const { answer } = await reserve(request(item, 3, { lines: [line, { ...line, lineId: lineId("2") }] }));
  assert.equal(answer.outcome, "rejected");
  assert.deepEqual(await balances(item), { available: 5, held: 0, allocated: 0, picked: 0 });
});

test("a kit takes its components, as many as the scarcest allows", async () => {
  await receive(9, itemId("nut"));
  await receive(3, itemId("bolt"));
  const { answer } = await reserve(request("set", 3));
  assert.deepEqual(
    answer.reservations.map((reservation) => [reservation.itemId, reservation.quantity]),
    [
      ["bolt", 3],
      ["nut", 6],
    ],
  );
  const short = await reserve(request("set", 1));
  assert.equal(short.answer.outcome, "rejected");
});

test("a case of twelve takes twelve units", async () => {
  const item = await stocked(24);
  const { answer } = await reserve({
    channelId: web,
    lines: [{ lineId: one, item: { scheme: "id", value: item }, quantity: { value: "1.5", unit: "XCS" } }],
  });
  assert.equal(answer.reservations[0]?.quantity, 18);
});

test("an order larger than any one location is split over the fewest", async () => {
  const item = await stocked(4);
  await receive(7, itemId(item), "wh-2" as typeof warehouse);
  const { answer } = await reserve(request(item, 9));
  assert.deepEqual(
    answer.reservations.map(({ locationId, quantity: units }) => [locationId, units]),
    [
      ["wh-2", 7],
      ["wh-1", 2],
    ],
  );
});

test("a hold stops counting at its expiry, though nothing swept it", async () => {
  const item = await stocked(2);
  await reserve(request(item, 2, { ttlSeconds: 60 }));
  core.clock.advance(59_999);
  assert.equal((await reserve(request(item, 2))).answer.outcome, "rejected");
  core.clock.advance(1);
  const shown = await core.availability.availability(web, [item]);
  assert.equal(shown?.[0]?.availableToPromise, 2);
  const after = await reserve(request(item, 2));
  assert.equal(after.answer.outcome, "reserved");
  assert.deepEqual(await balances(item), { available: 0, held: 2, allocated: 0, picked: 0 });
});

test("an expired hold cannot be allocated, a live one can and then never expires", async () => {
  const item = await stocked(2);
  const first =
    (await reserve(request(item, 1, { ttlSeconds: 10 }))).answer.reservations[0]?.reservationId ?? "";
  const second =
    (await reserve(request(item, 1, { ttlSeconds: 10 }))).answer.reservations[0]?.reservationId ?? "";
  const allocate = { step: "allocate" as const, reason: "test", correlationId: "test" };
  assert.ok((await core.availability.step([first], allocate)).get(first)?.done);
  core.clock.advance(10_000);
  const late = (await core.availability.step([second], allocate)).get(second);
  assert.ok(late !== undefined && !late.done && late.refused.reason === "expired");
  await core.availability.sweep();
  assert.deepEqual(await balances(item), { available: 1, held: 0, allocated: 1, picked: 0 });
});

test("the same key gives the first answer, and another payload is refused", async () => {
  const item = await stocked(5);
  const first = await reserve(request(item, 2), "key-1");
  const second = await reserve(request(item, 2), "key-1");
  assert.equal(second.replayed, true);
  assert.deepEqual(second.answer, first.answer);
  const other = await core.availability.reserve(request(item, 3), context("key-1"));
  assert.ok("refused" in other);
  assert.deepEqual(await balances(item), { available: 3, held: 2, allocated: 0, picked: 0 });
});

test("a key that was used for cases does not answer for as many pieces", async () => {
  const item = await stocked(24);
  const inCases = { lineId: one, item: { scheme: "id", value: item }, quantity: { value: 2, unit: "XCS" } };
  await reserve(request(item, 24, { lines: [inCases] }), "cases");
  assert.ok("refused" in (await core.availability.reserve(request(item, 24), context("cases"))));
});

test("fifty parallel requests of one key reserve once", async () => {
  const item = await stocked(50);
  const answers = await Promise.all(Array.from({ length: 50 }, () => reserve(request(item, 1), "parallel")));
  assert.equal(new Set(answers.map(({ answer }) => answer.reservations[0]?.reservationId)).size, 1);
  assert.deepEqual(await balances(item), { available: 49, held: 1, allocated: 0, picked: 0 });
});

test("a channel cannot take what is protected for another, nor its own buffer", async () => {
  const item = await stocked(10);
  await core.availability.saveRules([
    { channelId: "web", itemId: item, buffer: 2, cap: null, protected: 0 },
    { channelId: "retail", itemId: item, buffer: 0, cap: null, protected: 5 },
  ]);
  assert.equal((await core.availability.availability(web, [item]))?.[0]?.availableToPromise, 3);
  assert.equal((await reserve(request(item, 4))).answer.outcome, "rejected");
  assert.equal((await reserve(request(item, 10, { channelId: retail }))).answer.outcome, "reserved");
});

const commands = fc.array(
  fc.record({
    units: fc.integer({ min: 1, max: 4 }),
    release: fc.boolean(),
    ttl: fc.integer({ min: 1, max: 5 }),
    wait: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 1, maxLength: 12 },
);

test("no sequence of reservations, releases and expiries promises more than there is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 9 }), commands, async (units, steps) => {
      const item = await stocked(units);
      for (const step of steps) {
        const { answer } = await reserve(
          request(item, step.units, { ttlSeconds: step.ttl, policy: "partial" }),
        );
        core.clock.advance(step.wait * 1_000);
        const id = answer.reservations[0]?.reservationId;
        if (step.release && id !== undefined) {
          await core.availability.step([id], { step: "release", reason: "test", correlationId: "test" });
        }
        const now = await balances(item);
        assert.ok(units === 0 || (now?.available ?? 0) >= 0, "available fell below zero");
        if (units > 0) assert.equal((now?.available ?? 0) + (now?.held ?? 0), units);
      }
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 40) },
  );
});

const steps = fc.array(
  fc.record({ step: fc.constantFrom("pick", "ship"), units: fc.integer({ min: 1, max: 4 }) }),
  { minLength: 1, maxLength: 6 },
);

test("the promise, the picks and the shipments of a line end in the same statuses in any order", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.infiniteStream(fc.nat()), async (facts, chance) => {
      const ends: unknown[] = [];
      for (const shuffled of [false, true]) {
        items += 1;
        const item = itemId(`item-${items}`);
        await core.governance.saveItems([plainItem(item, `SKU-${items}`)]);
        await receive(40, item);
        const order = orderId(`order-${items}`);
        const happens = [
          () => allocate(item, order, 6),
          ...facts.map((fact) => () => fulfil(item, order, fact)),
        ].map((run, index) => ({ run, at: shuffled ? Number(chance.next().value) : index }));
        for (const { run } of happens.toSorted((a, b) => a.at - b.at)) await run();
        const [reservation] = await core.availability.reservationsOfOrder(order);
        ends.push({ ...(await balances(item)), state: reservation?.state });
      }
      assert.deepEqual(ends[1], ends[0]);
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 40) },
  );
});

async function allocate(item: ItemId, order: ReturnType<typeof orderId>, units: number): Promise<void> {
  await database.transaction((tx) =>
    core.availability.promise(tx, [
      {
        accountId: accountId("shop"),
        request: {
          channelId: web,
          policy: "all-or-nothing",
          orderId: order,
          refused: [],
          lines: [
            {
              lineId: one,
              itemId: item,
              quantity: quantity(units),
              orderedUnit: quantity(1),
              components: [{ itemId: item, quantity: 1 }],
            },
          ],
        },
        expiresAt: undefined,
        correlationId: order,
      },
    ]),
  );
}

async function fulfil(
  item: ItemId,
  order: string,
  { step, units }: { step: string; units: number },
): Promise<void> {
  told += 1;
  const orderLine = { orderId: order, lineId: "1" };
  const plain = step === "pick" ? stock.picked(units, orderLine) : stock.shipped(units, orderLine);
  const fact = JSON.parse(JSON.stringify(plain).replaceAll(`"${widget}"`, `"${item}"`));
  await tell(core, [{ id: `fulfil-${told}`, minute: told, fact }]);
  await core.ledger.subscriber.drain();
}
