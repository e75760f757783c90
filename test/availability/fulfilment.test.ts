import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accountId,
  type ConditionStatus,
  channelId,
  type ItemId,
  itemId,
  type LineId,
  lineId,
  locationId,
  type OrderId,
  orderId,
  quantity,
  type StockFact,
} from "@crossdock/canonical";
import fc from "fast-check";
import {
  advance,
  type LinePlace,
  NO_TOTALS,
  replacedAt,
  stateOf,
  unitsGone,
  unitsOff,
  unitsShort,
} from "../../src/availability/fulfilment.ts";
import type { LineStep } from "../../src/ledger/index.ts";
import { sql } from "../../src/platform/index.ts";
import { openCore, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem } from "../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
const web = channelId("web");
const one: LineId = lineId("1");
/** Each run fulfils three orders against the database. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 20);

/** Two warehouses that the channel sells from, and one that it does not, but that may ship all the same. */
const [first, second, foreign] = ["wh-1", "wh-2", "wh-3"] as const;
await core.availability.saveChannels([{ channelId: "web", name: "Web", locationIds: [first, second] }]);

type Use = {
  readonly step: LineStep;
  readonly units: number;
  readonly at: string;
  readonly lot: string;
  readonly status: ConditionStatus;
};

const usesOf = (steps: readonly LineStep[]): fc.Arbitrary<Use> =>
  fc.record({
    step: fc.constantFrom(...steps),
    units: fc.integer({ min: 1, max: 6 }),
    at: fc.constantFrom(first, second, foreign),
    lot: fc.constantFrom("A", "B"),
    status: fc.constantFrom("available", "quarantined", "damaged"),
  });

/** What leaves; and everything that can happen to units of a line on the floor. */
const leaving = usesOf(["pick", "ship"]);
const anything = usesOf(["pick", "ship", "short", "put-back"]);

const place: fc.Arbitrary<LinePlace> = fc.record({
  locationId: fc.constantFrom(first, second, foreign),
  quantity: fc.integer({ min: 0, max: 9 }),
  picked: fc.integer({ min: 0, max: 12 }),
  putBack: fc.integer({ min: 0, max: 6 }),
  shipped: fc.integer({ min: 0, max: 12 }),
  notFound: fc.integer({ min: 0, max: 6 }),
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const keptOf = (places: readonly LinePlace[]): readonly number[] => {
  const replaced = replacedAt(places);
  return places.map((own, at) => Math.max(0, own.quantity - unitsOff(own)) - (replaced[at] ?? 0));
};

test("the places of a line together keep what was promised and found less what has gone, and none keeps less than nothing", () => {
  fc.assert(
    fc.property(fc.array(place, { maxLength: 6 }), (places) => {
      const kept = keptOf(places);
      const due = sum(places.map((own) => own.quantity - unitsShort(own))) - sum(places.map(unitsGone));
      assert.equal(sum(kept), Math.max(0, due));
      assert.ok(kept.every((units) => units >= 0));
    }),
  );
});

test("a lot that is shipped in place of another replaces the promise of its own location first", () => {
  const places = [
    { ...NO_TOTALS, locationId: first, quantity: 5 },
    { ...NO_TOTALS, locationId: second, quantity: 5 },
    { ...NO_TOTALS, locationId: second, quantity: 0, shipped: 7 },
  ];
  assert.deepEqual(replacedAt(places), [2, 5, 0]);
});

test("a step moves what it changes of each status: promises give and take exactly what they keep less or more", () => {
  const step = fc.record({
    step: fc.constantFrom("pick" as const, "ship" as const, "short" as const, "put-back" as const),
    units: fc.integer({ min: 1, max: 9 }),
    to: fc.constantFrom("available" as const, "quarantined" as const, "damaged" as const),
    at: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(place, { minLength: 1, maxLength: 6 }), step, (places, { step, units, to, at }) => {
      const index = at % places.length;
      const done = advance(places, { at: index, step, units, to });
      const before = keptOf(places);
      const after = keptOf(done.places);
      const from = (status: string) =>
        sum(done.splits.filter((s) => s.from === status).map((s) => s.quantity));
      before.forEach((kept, other) => {
        const given = other === index ? from("allocated") : (done.yielded[other] ?? 0);
        assert.equal((after[other] ?? 0) + given, kept + (done.restored[other] ?? 0));
        assert.ok(step === "put-back" || done.restored[other] === 0);
      });
      const gone = sum(done.places.map(unitsGone)) - sum(places.map(unitsGone));
      const off = { pick: gone, ship: gone, short: units, "put-back": from("available") }[step];
      assert.equal(from("allocated") + from("available"), off);
      assert.equal(from("picked"), { pick: 0, ship: units - gone, short: 0, "put-back": 0 - gone }[step]);
    }),
    { numRuns: 3_000 },
  );
});

test("the state of a promise says what is due: short when nothing of it is left to find, shipped when the rest has left", () => {
  const of = (quantity: number, totals: Partial<LinePlace>) =>
    stateOf({ ...NO_TOTALS, ...totals, quantity, replaced: 0 });
  assert.equal(of(5, { notFound: 5 }), "short");
  assert.equal(of(5, { notFound: 2 }), "allocated");
  assert.equal(of(5, { notFound: 2, picked: 3 }), "picked");
  assert.equal(of(5, { notFound: 2, shipped: 3 }), "shipped");
  assert.equal(of(5, { notFound: 2, picked: 5 }), "picked");
  assert.equal(of(5, { picked: 5, putBack: 5 }), "allocated");
  assert.equal(of(5, { picked: 5, putBack: 2, shipped: 5 }), "shipped");
});

let facts = 0;
let orders = 0;

/** An item with stock in two lots at each warehouse, and an order for it that nobody has promised yet. */
async function open(): Promise<{ readonly item: ItemId; readonly order: OrderId }> {
  orders += 1;
  const item = itemId(`item-${orders}`);
  await core.governance.saveItems([{ ...plainItem(item), tracking: "lot" as const }]);
  await say(
    [first, second, foreign].flatMap((at) =>
      ["A", "B"].map((lot): StockFact => {
        const data = { item, location: locationId(at), lot, quantity: quantity(5) };
        return { type: "StockReceived", data };
      }),
    ),
  );
  return { item, order: orderId(`order-${orders}`) };
}

async function say(told: readonly StockFact[]): Promise<void> {
  await put(told);
  await core.ledger.subscriber.drain();
}

/** Puts facts on the log for the ledger to read. */
async function put(told: readonly StockFact[]): Promise<void> {
  const numbered = told.map((fact, index) => ({ fact, minute: facts + index }));
  facts += told.length;
  await tell(
    core,
    numbered.map((each) => ({ ...each, id: `fact-${each.minute}` })),
  );
}

function factOf(use: Omit<Use, "status"> & Partial<Use>, item: ItemId, order: OrderId): StockFact {
  const { step, units, at, lot, status = "available" } = use;
  const orderLine = { orderId: order, lineId: one };
  const goods = { item, quantity: quantity(units), lot, orderLine };
  const location = locationId(at);
  if (step === "pick") return { type: "StockPicked", data: { ...goods, location } };
  if (step === "short") return { type: "StockPickedShort", data: { ...goods, location } };
  if (step === "put-back") return { type: "PickCancelled", data: { ...goods, location, status } };
  const shipmentNumber = `S-${facts}`;
  return { type: "ShipmentDispatched", data: { location, shipmentNumber, cartons: [{ lines: [goods] }] } };
}

async function promise(item: ItemId, order: OrderId, units: number): Promise<void> {
  await database.transaction((tx) => promiseIn(tx, item, order, units));
}

async function promiseIn(
  tx: Parameters<typeof core.availability.promise>[0],
  item: ItemId,
  order: OrderId,
  units: number,
): Promise<void> {
  const line = {
    lineId: one,
    itemId: item,
    quantity: quantity(units),
    orderedUnit: quantity(1),
    components: [{ itemId: item, quantity: 1 }],
  };
  const request = {
    channelId: web,
    policy: "partial" as const,
    orderId: order,
    refused: [],
    lines: [line],
  };
  await core.availability.promise(tx, [
    { accountId: accountId("shop"), request, expiresAt: undefined, correlationId: order },
  ]);
}

type Balance = {
  readonly location_id: string;
  readonly lot: string;
  readonly available: number;
  readonly allocated: number;
  readonly picked: number;
  readonly quarantined: number;
  readonly damaged: number;
};

async function endOf(item: ItemId, order: OrderId) {
  const balances = await database.query<Balance>(sql`
    select location_id, lot, available, allocated, picked, quarantined, damaged from ledger.position
    where item_id = ${item} and location_id like 'wh-%' order by location_id, lot`);
  const promises = await database.query<{ state: string; location_id: string }>(sql`
    select location_id, lot, quantity, picked, shipped, replaced, put_back, not_found, state::text as state
    from availability.reservation where order_id = ${order} order by location_id, lot`);
  return { balances, promises };
}

const totalsOf = ({ balances }: Awaited<ReturnType<typeof endOf>>) => ({
  available: sum(balances.map((row) => row.available)),
  allocated: sum(balances.map((row) => row.allocated)),
  picked: sum(balances.map((row) => row.picked)),
  onHand: balances.map((row) => [row.location_id, row.lot, row.available + row.allocated + row.picked]),
});

const shuffled = <Value>(values: readonly Value[], chance: Iterator<number>): Value[] =>
  values
    .map((value) => ({ value, at: Number(chance.next().value) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);

const PROMISED = 14;

test("whatever happens to units of a line on the floor ends the same in any order and in any batches", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anything, { minLength: 1, maxLength: 8 }),
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 8 }),
      async (uses, chance, batch) => {
        const asTold = await open();
        await promise(asTold.item, asTold.order, PROMISED);
        for (const each of uses) await say([factOf(each, asTold.item, asTold.order)]);
        const mixed = await open();
        await promise(mixed.item, mixed.order, PROMISED);
        const facts = shuffled(uses, chance).map((each) => factOf(each, mixed.item, mixed.order));
        for (let start = 0; start < facts.length; start += batch)
          await say(facts.slice(start, start + batch));
        assert.deepEqual(await endOf(mixed.item, mixed.order), await endOf(asTold.item, asTold.order));
      },
    ),
    { numRuns: RUNS },
  );
});

test("picks and shipments from anywhere end the same in any order and in any batches, the promise included", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(leaving, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      async (uses, chance) => {
        const asTold = await open();
        await promise(asTold.item, asTold.order, PROMISED);
        for (const each of uses) await say([factOf(each, asTold.item, asTold.order)]);
        const expected = await endOf(asTold.item, asTold.order);

        const mixed = await open();
        await promise(mixed.item, mixed.order, PROMISED);
        await say(shuffled(uses, chance).map((each) => factOf(each, mixed.item, mixed.order)));
        assert.deepEqual(await endOf(mixed.item, mixed.order), expected);

        // The promise looks where units have left already, so it may be made elsewhere; what is kept in all is the same.
        const late = await open();
        for (const each of shuffled([undefined, ...uses], chance)) {
          if (each === undefined) await promise(late.item, late.order, PROMISED);
          else await say([factOf(each, late.item, late.order)]);
        }
        assert.deepEqual(totalsOf(await endOf(late.item, late.order)), totalsOf(expected));
      },
    ),
    { numRuns: RUNS },
  );
});

test("a line that has left whole leaves no promise open, wherever it left from and whenever it was promised", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(leaving, { maxLength: 4 }), fc.nat({ max: 5 }), async (uses, promisedAfter) => {
      const { item, order } = await open();
      const shipped = sum(uses.filter(({ step }) => step === "ship").map(({ units }) => units));
      const rest: Omit<Use, "status"> = {
        step: "ship",
        units: Math.max(1, PROMISED - shipped),
        at: foreign,
        lot: "A",
      };
      const all = [...uses, rest];
      for (const [at, each] of all.entries()) {
        if (at === Math.min(promisedAfter, uses.length)) await promise(item, order, PROMISED);
        await say([factOf(each, item, order)]);
      }
      const { balances, promises } = await endOf(item, order);
      assert.equal(sum(balances.map((row) => row.allocated)), 0);
      assert.ok(promises.length > 0);
      assert.ok(
        promises.every(({ state }) => state !== "allocated"),
        JSON.stringify(promises),
      );
    }),
    { numRuns: RUNS },
  );
});

test("a promise and a shipment from elsewhere that cross each other see each other", async () => {
  const { item, order } = await open();
  await put([factOf({ step: "ship", units: PROMISED, at: foreign, lot: "A" }, item, order)]);
  let drained: Promise<unknown> | undefined;
  await database.transaction(async (tx) => {
    await promiseIn(tx, item, order, PROMISED);
    drained = core.ledger.subscriber.drain();
    await Promise.race([drained, someoneWaits()]);
  });
  await drained;
  const { balances, promises } = await endOf(item, order);
  assert.equal(sum(balances.map((row) => row.allocated)), 0);
  assert.deepEqual([...new Set(promises.map(({ state }) => state))], ["released"]);
});

/** Ends once a connection to this database waits for another's lock. */
async function someoneWaits(): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ waiting: number }>(sql`
      select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
    if (row !== undefined && row.waiting > 0) return;
  }
}

test("what was not found is given up and quarantined; what is put back is kept again while its promise is open", async () => {
  const { item, order } = await open();
  await promise(item, order, 5);
  const here = { units: 2, at: first, lot: "A" };
  const use = (step: LineStep, units: number) => say([factOf({ ...here, step, units }, item, order)]);
  const own = async () => {
    const { balances, promises } = await endOf(item, order);
    const [row] = balances;
    return [row?.available, row?.allocated, row?.picked, row?.quarantined, promises[0]?.state];
  };
  await use("short", 2);
  assert.deepEqual(await own(), [0, 3, 0, 2, "allocated"]);
  await use("pick", 3);
  assert.deepEqual(await own(), [0, 0, 3, 2, "picked"]);
  await use("put-back", 3);
  assert.deepEqual(await own(), [0, 3, 0, 2, "allocated"]);
  const step = { step: "release" as const, reason: "test", correlationId: "test" };
  const ids = (await core.availability.reservationsOfOrder(order)).map((made) => made.reservationId);
  await core.availability.step(ids, step);
  assert.deepEqual(await own(), [3, 0, 0, 2, "released"]);
  await use("pick", 1);
  await use("put-back", 1);
  assert.deepEqual(await own(), [3, 0, 0, 2, "released"]);
});

test("a promise is not released while a put-back waits for its pick", async () => {
  const { item, order } = await open();
  await promise(item, order, 3);
  await say([factOf({ step: "put-back", units: 2, at: first, lot: "A" }, item, order)]);
  const [made] = await core.availability.reservationsOfOrder(order);
  assert.ok(made);
  const step = { step: "release" as const, reason: "test", correlationId: "test" };
  const answer = (await core.availability.step([made.reservationId], step)).get(made.reservationId);
  assert.ok(answer !== undefined && !answer.done && answer.refused.reason === "wrong-state");
});

test("a promise that was replaced in part is not released by hand, and one that was replaced whole is released", async () => {
  const { item, order } = await open();
  await promise(item, order, 8);
  await say([factOf({ step: "ship", units: 5, at: foreign, lot: "A" }, item, order)]);
  const step = { step: "release" as const, reason: "test", correlationId: "test" };
  const answers: unknown[] = [];
  for (const { reservationId, quantity: units } of await core.availability.reservationsOfOrder(order)) {
    const answer = (await core.availability.step([reservationId], step)).get(reservationId);
    answers.push([units, answer?.done === true ? answer.already : answer?.refused.reason]);
  }
  assert.deepEqual(answers, [
    [5, true],
    [3, false],
  ]);
  const again = await open();
  await promise(again.item, again.order, 8);
  await say([factOf({ step: "ship", units: 2, at: foreign, lot: "A" }, again.item, again.order)]);
  const [partly] = await core.availability.reservationsOfOrder(again.order);
  const refused = (await core.availability.step([partly?.reservationId ?? ""], step)).get(
    partly?.reservationId ?? "",
  );
  assert.ok(refused !== undefined && !refused.done && refused.refused.reason === "wrong-state");
});
