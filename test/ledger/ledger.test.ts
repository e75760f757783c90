import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sql } from "../../src/platform/index.ts";
import { type Core, openCore, stock, type Told, tell, warehouse, widget } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();

async function onHand(core: Core, item: string = widget): Promise<number> {
  const rows = await core.ledger.positionsOf(core.database, [item], [warehouse]);
  return rows.reduce(
    (sum, row) => sum + row.available + row.held + row.allocated + row.picked + row.quarantined + row.damaged,
    0,
  );
}

/** Units that count variance has absorbed of an item: what all counts together have found, with its sign turned. */
async function variance(core: Core, item: string): Promise<number> {
  const rows = await core.ledger.positionsOf(core.database, [item], ["count-variance"]);
  return 0 - rows.reduce((sum, row) => sum + row.available, 0);
}

const core = openCore(database);

test("the worked example of DOMAIN comes out exactly", async () => {
  const minute = (hour: number, minutes: number) => hour * 60 + minutes;
  await tell(core, [{ id: "w-1", minute: minute(8, 0), fact: stock.received(12) }]);
  await tell(core, [{ id: "w-2", minute: minute(11, 0), fact: stock.counted(10) }]);
  await tell(core, [{ id: "w-3", minute: minute(11, 5), fact: stock.adjusted(-1) }]);
  await core.ledger.subscriber.drain();
  assert.equal(await onHand(core), 9);
  assert.equal(await variance(core, widget), -2);
  await tell(core, [{ id: "w-4", minute: minute(10, 30), fact: stock.adjusted(-2) }]);
  await core.ledger.subscriber.drain();
  assert.equal(await onHand(core), 9);
  assert.equal(await variance(core, widget), 0);
});

/** Facts about one item: receipts, adjustments, counts, some at the same minute. */
const history = fc.array(
  fc.record({
    minute: fc.integer({ min: 0, max: 12 }),
    kind: fc.constantFrom("receipt", "loss", "count"),
    units: fc.integer({ min: 1, max: 20 }),
  }),
  { minLength: 1, maxLength: 9 },
);

let run = 0;

test("any permutation and repetition of the same facts ends in the same on-hand and the same variance", async () => {
  await fc.assert(
    fc.asyncProperty(
      history,
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 4 }),
      async (facts, chance, batch) => {
        run += 1;
        const outcomes: string[] = [];
        for (const variant of ["straight", "shuffled"]) {
          const item = `item-${run}-${variant}` as typeof widget;
          const told = facts.map(
            (fact, index): Told => ({
              id: `${item}-${index}`,
              minute: fact.minute,
              fact: stated(fact, item),
            }),
          );
          const order = variant === "straight" ? told : shuffled([...told, ...told], chance);
          for (let start = 0; start < order.length; start += batch) {
            await tell(core, order.slice(start, start + batch));
            await core.ledger.subscriber.drain();
          }
          outcomes.push(`${await onHand(core, item)} on hand, variance ${await variance(core, item)}`);
        }
        assert.equal(outcomes[1], outcomes[0]);
      },
    ),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 60) },
  );
});

function stated(fact: { kind: string; units: number }, item: typeof widget) {
  if (fact.kind === "receipt") return stock.received(fact.units, item);
  return fact.kind === "loss" ? stock.adjusted(-fact.units, item) : stock.counted(fact.units, item);
}

function shuffled(told: readonly Told[], chance: Iterator<number>): Told[] {
  return told
    .map((entry) => ({ entry, at: Number(chance.next().value) }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ entry }) => entry);
}

test("positions equal the sum of their transfers, and an item's positions sum to zero", async () => {
  const unequal = await database.query(sql`
    with moved as (
      select to_position_id as position_id, to_status as status, quantity from ledger.transfer
      union all select from_position_id, from_status, -quantity from ledger.transfer
    ), summed as (
      select position_id, sum(quantity) as total from moved group by position_id
    )
    select p.position_id from ledger.position p left join summed s using (position_id)
    where available + held + allocated + picked + channel_reserved + quarantined + damaged + in_transit <> coalesce(s.total, 0)`);
  assert.deepEqual(unequal, []);
  const unbalanced = await database.query(sql`
    select item_id from ledger.position group by item_id
    having sum(available + held + allocated + picked + channel_reserved + quarantined + damaged + in_transit) <> 0`);
  assert.deepEqual(unbalanced, []);
});

test("an explanation's totals add up to the position and name the fact behind each transfer", async () => {
  const [row] = await core.ledger.positionsOf(database, [widget], [warehouse]);
  assert.ok(row);
  const explanation = await core.ledger.explain(row.position_id, { limit: 100 });
  assert.ok(explanation?.balanced);
  assert.equal(explanation.position.available, 9);
  assert.deepEqual(
    explanation.totals.map(({ reason, balances }) => `${reason} ${balances.available}`),
    ["count -2", "count-correction 2", "receipt 12", "scrap -3"],
  );
  assert.deepEqual(
    explanation.transfers
      .toReversed()
      .map((transfer) => `${transfer.reason} ${transfer.quantity} ${transfer.fact?.type}`),
    [
      "receipt 12 StockReceived",
      "scrap 2 StockAdjusted",
      "count 2 StockCounted",
      "count-correction 2 StockAdjusted",
      "scrap 1 StockAdjusted",
    ],
    "in the order of their effect",
  );
});

test("a source that does not own a location's stock makes a claim, and moves nothing", async () => {
  await core.governance.saveLocations([
    { locationId: "wh-9", code: "WH9", name: "Nine", type: "warehouse", timeZone: "UTC" },
  ]);
  await core.governance.saveOwnership([
    { measure: "physical-stock", locationId: "wh-9", source: "/accounts/wms-9" },
  ]);
  const nine = "wh-9" as typeof warehouse;
  await tell(core, [
    { id: "c-1", minute: 1, fact: stock.received(5, widget, nine), account: "wms-9" },
    { id: "c-2", minute: 2, fact: stock.received(7, widget, nine), account: "erp" },
  ]);
  await core.ledger.subscriber.drain();
  const rows = await core.ledger.positionsOf(database, [widget], ["wh-9"]);
  assert.deepEqual(
    rows.map((row) => row.available),
    [5],
  );
  const claims = await database.query(sql`select source, owner from ledger.claim`);
  assert.deepEqual(claims, [{ source: "/accounts/erp", owner: "/accounts/wms-9" }]);
});
