import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  accountId,
  channelId,
  itemId,
  lineId,
  locationId,
  quantity,
  type ReservationRequest,
  type Rule,
} from "@crossdock/canonical";
import fc from "fast-check";
import { type AdmissionRequest, type Decision, decide } from "../../src/availability/admission.ts";
import { openPositions } from "../../src/availability/open-positions.ts";
import { itemsToLockWhole, placesToLock } from "../../src/availability/places-to-lock.ts";
import { bookOf, type RuleBook } from "../../src/availability/rules/book.ts";
import { withoutSafetyStock } from "../../src/availability/rules/safety.ts";
import { openShelf } from "../../src/availability/shelf.ts";
import type { OpenStockRow } from "../../src/ledger/index.ts";
import { sql } from "../../src/platform/index.ts";
import { openCore, stock, tell } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { untilBlocked } from "../support/locks.ts";

const web = channelId("web");
const shop = channelId("shop");
const places = ["wh-1", "wh-2", "wh-3"].map(locationId);

describe("the places that are locked", () => {
  const goods = ["nut", "bolt"].map(itemId);
  const scope = fc.record({ item: fc.constantFrom(...goods) });
  const units = fc.integer({ min: 0, max: 6 }).map(quantity);
  const rule: fc.Arbitrary<Rule> = fc.oneof(
    fc
      .record({ kind: fc.constant("buffer" as const), about: scope, units })
      .map(({ about, ...rest }) => ({ ...rest, ...about })),
    fc
      .record({ kind: fc.constant("cap" as const), about: scope, units })
      .map(({ about, ...rest }) => ({ ...rest, ...about })),
    fc
      .record({ kind: fc.constant("protection" as const), about: scope, units })
      .map(({ about, ...rest }) => ({ ...rest, ...about, channel: shop })),
    fc
      .record({ kind: fc.constant("safety-stock" as const), about: scope, units })
      .map(({ about, ...rest }) => ({ ...rest, ...about, location: places[1] ?? locationId("wh-2") })),
  );
  const channels: readonly Rule[] = [web, shop].map((channel) => ({
    kind: "channel",
    channel,
    name: channel,
    locations: places,
  }));
  const lying = fc.array(fc.integer({ min: -2, max: 8 }), { minLength: 6, maxLength: 6 });
  const line = fc.record({ item: fc.constantFrom(...goods), units: fc.integer({ min: 1, max: 6 }) });
  const wanted = fc.array(
    fc.record({
      channel: fc.constantFrom(web, shop),
      policy: fc.constantFrom("all-or-nothing" as const, "partial" as const),
      lines: fc.array(line, { minLength: 1, maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 4 },
  );

  const rowsOf = (available: readonly number[]): readonly OpenStockRow[] =>
    available.map((there, at) => ({
      position_id: at + 1,
      item_id: goods[at % goods.length] ?? "",
      location_id: places[Math.floor(at / goods.length)] ?? "",
      lot: "",
      available: there,
      channel_reserved: 0,
      version: 1,
    }));

  function decideAll(book: RuleBook, rows: readonly OpenStockRow[], requests: readonly AdmissionRequest[]) {
    const shelf = openShelf(withoutSafetyStock(book, openPositions(rows, [])));
    return requests.map((request): Decision => decide(shelf, book, request));
  }

  const told = (decisions: readonly Decision[]) =>
    decisions.map(({ promised, rejections }) => ({
      promised: promised.map((each) => [each.lineId, each.position.positionId, each.quantity]),
      rejections,
    }));

  test("are all that a decision rests on: it stands though everything else is taken meanwhile", () => {
    fc.assert(
      fc.property(lying, fc.array(rule, { maxLength: 3 }), wanted, (available, rules, asked) => {
        const book = bookOf([...channels, ...rules]);
        const requests = asked.map(
          ({ channel, policy, lines }): AdmissionRequest => ({
            channelId: channel,
            policy,
            refused: [],
            lines: lines.map(({ item, units: many }, at) => ({
              lineId: lineId(String(at + 1)),
              itemId: item,
              quantity: quantity(many),
              orderedUnit: quantity(1),
              components: [{ itemId: item, quantity: 1 }],
            })),
          }),
        );
        const positions = rowsOf(available);
        const decisions = decideAll(book, positions, requests);
        const decided = {
          requests: requests.map((request) => ({ request })),
          admitted: decisions.map((decision) => ({ decision })),
          ...{ book, positions, expired: [] },
        };
        const locked = new Set(placesToLock(decided, itemsToLockWhole(decided)));
        const left = positions.map((row) => (locked.has(row.position_id) ? row : { ...row, available: 0 }));
        assert.deepEqual(told(decideAll(book, left, requests)), told(decisions));
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 500) },
    );
  });

  test("are few where nothing but what lies there bears on an item", () => {
    const positions = rowsOf([5, 5, 5, 5, 5, 5]);
    const placesOf = (book: RuleBook) => {
      const request: AdmissionRequest = {
        ...{ channelId: web, policy: "all-or-nothing", refused: [] },
        lines: goods.map((item, at) => ({
          ...{ lineId: lineId(String(at)), itemId: item, quantity: quantity(1), orderedUnit: quantity(1) },
          components: [{ itemId: item, quantity: 1 }],
        })),
      };
      const admitted = decideAll(book, positions, [request]).map((decision) => ({ decision }));
      const decided = { requests: [{ request }], admitted, ...{ book, positions, expired: [] } };
      return placesToLock(decided, itemsToLockWhole(decided));
    };
    assert.deepEqual(placesOf(bookOf(channels)), [1, 2]);
    const cap: Rule = { kind: "cap", item: itemId("bolt"), units: quantity(3) };
    assert.deepEqual(placesOf(bookOf([...channels, cap])), [1, 2, 4, 6]);
  });
});

describe("in the database", async () => {
  const { database } = await testDatabase();
  const core = openCore(database);
  await core.availability.saveChannels(
    [web, shop].map((channel) => ({ channelId: channel, name: channel, locationIds: places })),
  );
  let items = 0;

  /** A fresh item with so many at each place. */
  async function stocked(...units: readonly number[]) {
    items += 1;
    const id = itemId(`item-${items}`);
    const plain = { baseUnit: "EA", tracking: "none" as const, units: [], components: [] };
    await core.governance.saveItems([{ itemId: id, sku: id.toUpperCase(), description: id, ...plain }]);
    await tell(
      core,
      units.flatMap((many, at) =>
        many === 0
          ? []
          : [
              {
                id: `${id}-${at}`,
                minute: items,
                fact: stock.received(many, id, places[at] ?? locationId("")),
              },
            ],
      ),
    );
    await core.ledger.subscriber.drain();
    return id;
  }

  const reserve = async (item: string, units: number, more: Partial<ReservationRequest> = {}) => {
    const lines = [
      {
        lineId: lineId("1"),
        item: { scheme: "id" as const, value: item },
        quantity: { value: units, unit: "EA" },
      },
    ];
    const context = { clientId: "test", correlationId: "test" };
    const answer = await core.availability.reserve({ channelId: web, lines, ...more }, context);
    assert.ok("answer" in answer);
    const { outcome, reservations, rejections } = answer.answer;
    const from = reservations.map((each) => [each.locationId, each.quantity]);
    return { outcome, from, missing: rejections.map(({ shortBy }) => shortBy) };
  };

  /** Promises units in a transaction of its own, and ends it once somebody waits for it. */
  async function whileTaking<Answer>(
    item: string,
    units: number,
    ask: () => Promise<Answer>,
  ): Promise<Answer> {
    let asked: Promise<Answer> | undefined;
    await database.transaction(async (tx) => {
      const request: AdmissionRequest = {
        ...{ channelId: shop, policy: "all-or-nothing", refused: [] },
        lines: [
          {
            ...{ lineId: lineId("1"), itemId: itemId(item), quantity: quantity(units) },
            ...{ orderedUnit: quantity(1), components: [{ itemId: itemId(item), quantity: 1 }] },
          },
        ],
      };
      const order = { request, expiresAt: undefined, correlationId: "test", accountId: accountId("shop-1") };
      await core.availability.promise(tx, [order]);
      asked = ask();
      await untilBlocked(database);
    });
    assert.ok(asked);
    return asked;
  }

  const lockAt = (place: number, item: string) => sql`
    select from ledger.position where item_id = ${item} and location_id = ${places[place] ?? null} for update`;

  test("a promise waits for nobody at a place that it does not come from", async () => {
    const item = await stocked(5, 5, 0);
    await database.transaction(async (tx) => {
      await tx.execute(lockAt(1, item));
      assert.deepEqual((await reserve(item, 3)).from, [["wh-1", 3]]);
    });
  });

  test("of an item that a rule speaks of it waits for every place", async () => {
    const item = await stocked(5, 5, 0);
    const none = { buffer: 0, cap: null };
    await core.availability.saveRules([{ channelId: shop, itemId: item, protected: 6, ...none }]);
    let asked: ReturnType<typeof reserve> | undefined;
    await database.transaction(async (tx) => {
      await tx.execute(lockAt(1, item));
      asked = reserve(item, 3);
      await untilBlocked(database);
    });
    assert.deepEqual((await asked)?.from, [["wh-1", 3]]);
  });

  test("what was taken since it was seen is not promised twice", async () => {
    const enough = await stocked(5, 5, 0);
    assert.deepEqual((await whileTaking(enough, 1, () => reserve(enough, 3))).from, [["wh-1", 3]]);
    const elsewhere = await stocked(5, 5, 0);
    assert.deepEqual((await whileTaking(elsewhere, 4, () => reserve(elsewhere, 3))).from, [["wh-2", 3]]);
    const nowhere = await stocked(5, 0, 0);
    const refused = await whileTaking(nowhere, 4, () => reserve(nowhere, 3));
    assert.deepEqual(refused, { outcome: "rejected", from: [], missing: [2] });
  });

  test("what a hold that has run out gives back is chosen as if it had never been held", async () => {
    const item = await stocked(3, 5, 0);
    assert.deepEqual((await reserve(item, 3, { ttlSeconds: 1 })).from, [["wh-1", 3]]);
    core.clock.advance(1_000);
    assert.deepEqual((await reserve(item, 3)).from, [["wh-1", 3]]);
  });
});
