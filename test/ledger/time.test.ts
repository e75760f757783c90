import assert from "node:assert/strict";
import { test } from "node:test";
import { type ItemId, STATUSES } from "@crossdock/canonical";
import fc from "fast-check";
import { createCheckpoints, type Moment, type PositionRow } from "../../src/ledger/index.ts";
import { sql } from "../../src/platform/index.ts";
import { atMinute, openCore, stock, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
/** A checkpoint for every third transfer, so that short histories have some. */
const checkpoints = createCheckpoints({ ...core, every: 3 });

const HOUR = 60;
const instant = (minute: number) => new Date(atMinute(minute));

async function positionOfItem(item: string, location: string = warehouse): Promise<PositionRow> {
  const [row] = await core.ledger.positionsOf(database, [item], [location]);
  assert.ok(row);
  return row;
}

const onHandOf = (row: PositionRow | undefined) => row?.available;

/** What the transfers of a position sum to at a moment, added up one by one. */
async function plainSum(positionId: number, { at, believedAt }: Moment): Promise<Record<string, number>> {
  const rows = await database.query<{ status: string; units: number }>(sql`
    select status, sum(units)::bigint as units
    from (
      select to_status as status, quantity as units, effective_at, recorded_at from ledger.transfer where to_position_id = ${positionId}
      union all
      select from_status, -quantity, effective_at, recorded_at from ledger.transfer where from_position_id = ${positionId}
    ) as side
    where effective_at <= ${at?.toISOString() ?? "infinity"}::timestamptz
      and recorded_at <= ${believedAt?.toISOString() ?? "infinity"}::timestamptz
    group by status having sum(units) <> 0`);
  return Object.fromEntries(rows.map((row) => [row.status, row.units]));
}

async function said(positionId: number, moment: Moment): Promise<Record<string, number>> {
  const row = await core.ledger.position(positionId, moment);
  assert.ok(row);
  const named = { ...row, "channel-reserved": row.channel_reserved, "in-transit": row.in_transit };
  return Object.fromEntries(STATUSES.filter((status) => named[status] !== 0).map((s) => [s, named[s]]));
}

test("stock as it was at a moment, as it was believed then, and both", async () => {
  const item = "as-of" as ItemId;
  core.clock.set(atMinute(10 * HOUR));
  await tell(core, [{ id: "t-1", minute: 8 * HOUR, fact: stock.received(12, item) }]);
  await core.ledger.subscriber.drain();
  core.clock.set(atMinute(12 * HOUR));
  await tell(core, [{ id: "t-2", minute: 11 * HOUR, fact: stock.adjusted(-2, item) }]);
  await core.ledger.subscriber.drain();
  core.clock.set(atMinute(14 * HOUR));
  await tell(core, [{ id: "t-3", minute: 9 * HOUR, fact: stock.adjusted(-3, item) }]);
  await core.ledger.subscriber.drain();
  const { position_id } = await positionOfItem(item);
  const at = async (moment: Moment) => onHandOf(await core.ledger.position(position_id, moment));
  assert.equal(await at({}), 7);
  assert.equal(await at({ at: instant(7 * HOUR) }), 0);
  assert.equal(await at({ at: instant(8 * HOUR) }), 12, "the instant itself is in it");
  assert.equal(await at({ at: instant(10 * HOUR) }), 9, "the loss that was told late had happened");
  assert.equal(await at({ believedAt: instant(10 * HOUR) }), 12);
  assert.equal(await at({ believedAt: instant(13 * HOUR) }), 10);
  assert.equal(await at({ at: instant(10 * HOUR), believedAt: instant(13 * HOUR) }), 12);
  const page = await core.ledger.positionPage({
    itemId: item,
    after: 0,
    limit: 10,
    at: instant(10 * HOUR),
  });
  assert.deepEqual(page.map((row) => `${row.location_id} ${row.available}`).toSorted(), [
    "scrap 3",
    "supplier -12",
    "wh-1 9",
  ]);
});

/** Facts as they are told, one after the other: when they happened, and how long after the one before they were told. */
const telling = fc.array(
  fc.record({
    minute: fc.integer({ min: 0, max: 20 * HOUR }),
    later: fc.integer({ min: 0, max: 90 }),
    kind: fc.constantFrom("receipt", "loss", "count", "checkpoint"),
    units: fc.integer({ min: 1, max: 20 }),
  }),
  { minLength: 4, maxLength: 24 },
);
const moments = fc.array(
  fc.record({
    at: fc.option(fc.integer({ min: -HOUR, max: 21 * HOUR })),
    believedAt: fc.option(fc.integer({ min: -HOUR, max: 70 * HOUR })),
  }),
  { minLength: 4, maxLength: 8 },
);

let run = 0;
let made = 0;

test("checkpoints and the transfers after them are the plain sum at every moment, whatever is told late", async () => {
  await fc.assert(
    fc.asyncProperty(telling, moments, async (facts, asked) => {
      run += 1;
      const item = `late-${run}` as ItemId;
      let now = 24 * HOUR;
      for (const [place, fact] of facts.entries()) {
        now += fact.later;
        core.clock.set(atMinute(now));
        if (fact.kind === "checkpoint") made += await checkpoints.make();
        else await tellOne(item, place, fact);
      }
      const rows = await core.ledger.positionsOf(database, [item], [warehouse, "count-variance", "scrap"]);
      for (const { position_id } of rows) {
        for (const { at, believedAt } of asked) {
          const moment = {
            at: at === null ? undefined : instant(at),
            believedAt: believedAt === null ? undefined : instant(believedAt),
          };
          assert.deepEqual(await said(position_id, moment), await plainSum(position_id, moment));
        }
      }
    }),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 30) },
  );
  assert.ok(made > 0, "no checkpoint was ever made");
});

async function tellOne(
  item: ItemId,
  place: number,
  { kind, units, minute }: { kind: string; units: number; minute: number },
): Promise<void> {
  const receipt = kind === "receipt" ? stock.received(units, item) : stock.adjusted(-units, item);
  const fact = kind === "count" ? stock.counted(units, item) : receipt;
  await tell(core, [{ id: `${item}-${place}`, minute, fact }]);
  await core.ledger.subscriber.drain();
}

test("an explanation walks back page by page from the balance that was asked for to nothing", async () => {
  const item = "walked" as ItemId;
  core.clock.set(atMinute(30 * HOUR));
  for (let place = 0; place < 23; place += 1)
    await tellOne(item, place, {
      kind: place % 4 === 3 ? "loss" : "receipt",
      units: 1 + place,
      minute: 60 + (place % 5),
    });
  await checkpoints.make();
  const { position_id } = await positionOfItem(item);
  const moment: Moment = { at: instant(63) };
  const expected = (await core.ledger.position(position_id, moment))?.available;
  let page = await core.ledger.explain(position_id, { ...moment, limit: 4 });
  let balance = expected;
  let seen = 0;
  while (page !== undefined) {
    assert.ok(page.balanced);
    assert.equal(page.position.available, expected);
    for (const row of page.transfers) {
      assert.equal(row.balances.available, balance);
      assert.ok(row.fact);
      balance = (balance ?? 0) - (row.to_position_id === position_id ? row.quantity : -row.quantity);
      seen += 1;
    }
    assert.equal(page.opening.available, balance);
    if (page.next === undefined) break;
    page = await core.ledger.explain(position_id, { ...moment, limit: 4, before: page.next });
  }
  assert.equal(balance, 0);
  assert.equal(
    seen,
    page?.totals.reduce((sum, total) => sum + total.transfers, 0),
  );
});

test("a long past is checkpointed in spans, and a second look finds nothing to do", async () => {
  const item = "long" as ItemId;
  core.clock.set(atMinute(40 * HOUR));
  await tell(
    core,
    Array.from({ length: 1_000 }, (_, place) => ({
      id: `long-${place}`,
      minute: place,
      fact: stock.received(1, item),
    })),
  );
  await core.ledger.subscriber.drain();
  const hundreds = createCheckpoints({ ...core, every: 100 });
  assert.ok((await hundreds.make()) >= 20, "two positions, ten checkpoints each");
  assert.equal(await hundreds.make(), 0);
  const { position_id } = await positionOfItem(item);
  assert.equal(onHandOf(await core.ledger.position(position_id, { at: instant(555) })), 556);
});
