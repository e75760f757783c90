import assert from "node:assert/strict";
import { test } from "node:test";
import { itemId, quantity, type StockFact } from "@crossdock/canonical";
import fc from "fast-check";
import { stock, warehouse } from "../../support/core.ts";
import { testDatabase } from "../../support/database.ts";
import { type Activity, drain, happen, openActivity, order, reserve } from "../../verify/activity.ts";

const { database } = await testDatabase();
const activity = await openActivity(database);
const { shortfalls } = activity.orders;

let items = 0;
/** An item that nothing has happened to yet. */
async function freshItem(): Promise<string> {
  items += 1;
  const id = `short-${items}`;
  await activity.governance.saveItems([
    { itemId: id, sku: id, description: id, baseUnit: "EA", tracking: "none", units: [], components: [] },
  ]);
  return id;
}

async function casesOf(item: string) {
  const { cases } = await shortfalls.cases({ after: 0, limit: 500 });
  return cases.filter(({ position }) => position.item_id === item);
}

/** What is missing of an item, and whom that hits by how many units. */
async function standing(item: string) {
  return (await casesOf(item)).map(({ missing, beyondPromises, hits }) => ({
    missing,
    beyondPromises,
    hits: hits.map(({ promise, units }) => [promise.orderId ?? promise.reservationId, units]),
  }));
}

/** Ten units of a new item, of which three orders have nine. */
async function promised(prefix: string, world: Activity = activity): Promise<string> {
  const item = await freshItem();
  await happen(world, stock.received(10, itemId(item)));
  for (const [name, units] of [
    ["a", 2],
    ["b", 3],
    ["c", 4],
  ] as const) {
    world.clock.advance(1_000);
    await order(world, `${prefix}-${name}`, [{ id: "1", item, units }]);
  }
  return item;
}

const lost = (item: string, units: number): StockFact => stock.adjusted(-units, itemId(item));

test("a page looks on where less is there than nothing, and nothing is promised of it", async () => {
  const before = await shortfalls.cases({ after: 0, limit: 500 });
  const after = Math.max(0, ...before.cases.map(({ position }) => position.position_id));
  const bare = await freshItem();
  await happen(activity, stock.received(1, itemId(bare)));
  await happen(activity, lost(bare, 3));
  const item = await promised("looked-on");
  await happen(activity, lost(item, 3));
  const { cases } = await shortfalls.cases({ after, limit: 1 });
  assert.deepEqual(
    cases.map(({ position, missing }) => [position.item_id, missing]),
    [[item, 2]],
  );
  await happen(activity, stock.adjusted(3, itemId(item)));
});

test("a loss opens a case that grows with the next and closes when the units are found again", async () => {
  const item = await promised("one");
  assert.deepEqual(await standing(item), []);
  await happen(activity, lost(item, 3));
  assert.deepEqual(await standing(item), [{ missing: 2, beyondPromises: 0, hits: [["one-c", 2]] }]);
  await happen(activity, stock.counted(4, itemId(item)));
  assert.deepEqual(await standing(item), [
    {
      missing: 5,
      beyondPromises: 0,
      hits: [
        ["one-c", 4],
        ["one-b", 1],
      ],
    },
  ]);
  await happen(activity, stock.received(5, itemId(item)));
  assert.deepEqual(await standing(item), []);
});

test("damage, a theft of everything and more: what nobody had promised is told apart", async () => {
  const item = await promised("two");
  const damaged: StockFact = {
    type: "StockStatusChanged",
    data: {
      item: itemId(item),
      location: warehouse,
      from: "available",
      to: "damaged",
      quantity: quantity(4),
    },
  };
  await happen(activity, damaged);
  assert.deepEqual(await standing(item), [{ missing: 3, beyondPromises: 0, hits: [["two-c", 3]] }]);
  await happen(activity, lost(item, 9));
  assert.deepEqual(await standing(item), [
    {
      missing: 9,
      beyondPromises: 3,
      hits: [
        ["two-c", 4],
        ["two-b", 3],
        ["two-a", 2],
      ],
    },
  ]);
});

test("a hold that has run out covers what is missing before it is swept", async () => {
  const item = await freshItem();
  await happen(activity, stock.received(5, itemId(item)));
  await order(activity, "held-o", [{ id: "1", item, units: 2 }]);
  activity.clock.advance(1_000);
  const [hold = ""] = await reserve(activity, item, 3, { ttlSeconds: 60 });
  await happen(activity, lost(item, 1));
  assert.deepEqual(await standing(item), [{ missing: 1, beyondPromises: 0, hits: [[hold, 1]] }]);
  activity.clock.advance(61_000);
  assert.deepEqual(await standing(item), []);
});

test("what a policy says counts for the cases that are open, and an unknown channel has none", async () => {
  const item = await promised("policy");
  await happen(activity, lost(item, 2));
  const say = (channelId: string, yields: readonly ("smallest-order" | "held-first")[]) =>
    shortfalls.setPolicy({
      channelId,
      rank: 5,
      yields,
      because: "test",
      saidBy: "me",
      correlationId: "test",
    });
  assert.equal(await say("mars", []), "unknown-channel");
  assert.deepEqual(await standing(item), [{ missing: 1, beyondPromises: 0, hits: [["policy-c", 1]] }]);
  assert.equal(await say("web", ["smallest-order"]), "set");
  assert.deepEqual(await standing(item), [{ missing: 1, beyondPromises: 0, hits: [["policy-a", 1]] }]);
  assert.equal(await say("web", []), "set");
  assert.deepEqual(await standing(item), [{ missing: 1, beyondPromises: 0, hits: [["policy-c", 1]] }]);
  assert.equal((await shortfalls.policyHistory({ before: undefined, limit: 10 })).length, 2);
});

test("pages of cases go on after the last position and leave none out", async () => {
  const all = (await shortfalls.cases({ after: 0, limit: 500 })).cases.map(
    ({ position }) => position.position_id,
  );
  const paged: number[] = [];
  let after: number | undefined = 0;
  while (after !== undefined) {
    const page = await shortfalls.cases({ after, limit: 1 });
    paged.push(...page.cases.map(({ position }) => position.position_id));
    after = page.next;
  }
  assert.deepEqual(paged, all);
  assert.ok(all.length > 0);
  for (const positionId of all) assert.notEqual(await shortfalls.caseOf(positionId), undefined);
  assert.match(await activity.metrics.text(), /crossdock_orchestration_shortfall_positions [1-9]/);
});

test("a case is the same whatever the order of the facts that made it, and however often they are told", async () => {
  let run = 0;
  const losses = fc.array(
    fc.integer({ min: -4, max: 3 }).filter((delta) => delta !== 0),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  const histories = losses.chain((deltas) => {
    const told = deltas.map((delta, index) => ({ delta, index }));
    return fc.tuple(
      fc.constant(told),
      fc.shuffledSubarray([...told, ...told], { minLength: 2 * told.length }),
    );
  });
  await fc.assert(
    fc.asyncProperty(histories, async ([told, shuffled]) => {
      const found: unknown[] = [];
      for (const facts of [told, shuffled]) {
        run += 1;
        const item = await promised(`any-${run}`);
        for (const { delta, index } of facts)
          await happen(activity, stock.adjusted(delta, itemId(item)), {
            id: `any-${run}-${index}`,
            minute: 900 + index,
          });
        await drain(activity);
        const seen = await standing(item);
        found.push(
          seen.map((each) => ({ ...each, hits: each.hits.map(([id, units]) => [String(id).at(-1), units]) })),
        );
      }
      assert.deepEqual(found[0], found[1]);
    }),
    { numRuns: 8 },
  );
});
