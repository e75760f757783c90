import assert from "node:assert/strict";
import { before, test } from "node:test";
import { accountSource, locationId, quantity } from "@crossdock/canonical";
import { sql } from "../../src/platform/index.ts";
import { atMinute, openCore, stock, type Told, tell, widget } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";

const { database } = await testDatabase();
const core = openCore(database);
const [wms, erp] = [accountSource("wms-1"), accountSource("erp")];
const PLACES = ["wh-line", "wh-judged", "wh-claim", "wh-snapshot", "wh-busy"].map(locationId);

before(() =>
  core.governance.saveLocations(
    PLACES.map((place) => ({
      locationId: place,
      code: place.toUpperCase(),
      name: place,
      type: "warehouse",
      timeZone: "UTC",
    })),
  ),
);

const moment = (minute: number) => new Date(atMinute(minute));

function own(locationIdText: string, source: string | null, minute?: number) {
  const from = minute === undefined ? undefined : moment(minute);
  return core.governance.setOwner(
    {
      ...{ measure: "physical-stock", locationId: locationIdText, source, from },
      ...{ because: "test", changedBy: "tester", correlationId: "c-1" },
    },
    core.ledger.ownershipWitness,
  );
}

async function available(place: string): Promise<number> {
  const rows = await core.ledger.positionsOf(database, [widget], [place]);
  return rows.reduce((sum, row) => sum + row.available, 0);
}

test("the owner at the time that a fact speaks of decides, whenever the fact comes", async () => {
  const [place] = PLACES;
  assert.ok(place);
  await own(place, erp);
  await own(place, wms, 100);
  await tell(core, [
    { id: "l-1", minute: 120, fact: stock.received(1, widget, place), account: "wms-1" },
    { id: "l-2", minute: 99, fact: stock.received(10, widget, place), account: "erp" },
    { id: "l-3", minute: 100, fact: stock.received(100, widget, place), account: "erp" },
    { id: "l-4", minute: 80, fact: stock.received(1_000, widget, place), account: "wms-1" },
  ]);
  await core.ledger.subscriber.drain();
  assert.equal(await available(place), 11);
  const claims = await database.query(sql`
    select source, owner, effective_at from ledger.claim where location_id = ${place} order by effective_at`);
  assert.deepEqual(claims, [
    { source: wms, owner: erp, effective_at: moment(80) },
    { source: erp, owner: wms, effective_at: moment(100) },
  ]);
});

test("an owner is changed where nothing would have been judged otherwise, and refused where something would", async () => {
  const [, place] = PLACES;
  assert.ok(place);
  await tell(core, [
    { id: "j-1", minute: 10, fact: stock.received(5, widget, place), account: "wms-1" },
    { id: "j-2", minute: 20, fact: stock.counted(5, widget, place), account: "wms-1" },
  ]);
  await core.ledger.subscriber.drain();
  assert.equal((await own(place, wms)).is, "set", "who alone has spoken may own what it spoke about");
  const refused = await own(place, erp, 20);
  assert.ok(refused.is === "judged-already");
  const { statement } = refused;
  assert.deepEqual(
    [statement?.source, statement?.locationId, statement?.effectiveAt],
    [wms, place, atMinute(20)],
    "a count that changed nothing was judged as well",
  );
  assert.equal((await own(place, erp, 21)).is, "set");
  assert.equal(
    (await own("", erp)).is,
    "set",
    "what is said everywhere changes nothing where a place has its own",
  );
  assert.equal((await own("", null)).is, "set");
});

test("what was taken for a claim stays one: its source cannot have been the owner afterwards", async () => {
  const [, , place] = PLACES;
  assert.ok(place);
  await own(place, wms);
  await tell(core, [{ id: "c-1", minute: 30, fact: stock.received(7, widget, place), account: "erp" }]);
  await core.ledger.subscriber.drain();
  for (const source of [erp, null]) assert.equal((await own(place, source, 30)).is, "judged-already");
  assert.equal(
    (await own(place, accountSource("another"), 30)).is,
    "set",
    "it would have been a claim as well",
  );
  assert.equal((await own(place, erp, 31)).is, "set");
});

const page = (place: (typeof PLACES)[number], account: string, snapshotId: string): Omit<Told, "minute"> => ({
  id: `${snapshotId}-1`,
  account,
  fact: {
    type: "StockSnapshotPage",
    data: {
      ...{ snapshotId, location: place, scope: "full", conditions: false, page: 1, pages: 1 },
      items: [widget],
      counted: [quantity(3)],
    },
  },
});

test("a snapshot is judged by the owner at the time that it was taken", async () => {
  const [, , , place] = PLACES;
  assert.ok(place);
  await own(place, erp);
  await own(place, wms, 50);
  await tell(core, [
    { ...page(place, "erp", "before"), minute: 40 },
    { ...page(place, "erp", "after"), minute: 60 },
  ]);
  await core.ledger.snapshotSubscriber.drain();
  const states = await database.query(sql`
    select snapshot_id, owner from ledger.snapshot where location_id = ${place} order by taken_at`);
  assert.deepEqual(states, [
    { snapshot_id: "before", owner: erp },
    { snapshot_id: "after", owner: wms },
  ]);
  const refused = await own(place, wms, 40);
  assert.ok(refused.is === "judged-already");
  assert.equal(refused.statement?.effectiveAt, atMinute(40));
});

test("no batch is judged by the owners of before while they change", async () => {
  const place = PLACES[4];
  assert.ok(place);
  await tell(core, [{ id: "b-1", minute: 10, fact: stock.received(5, widget, place), account: "erp" }]);
  let reader: Promise<number> | undefined;
  const witnessed = await core.governance.setOwner(
    {
      ...{ measure: "physical-stock", locationId: place, source: wms },
      ...{ because: "test", changedBy: "tester", correlationId: "c-1" },
    },
    async (tx, handovers) => {
      const judged = await core.ledger.ownershipWitness(tx, handovers);
      // The reader comes while the change is on its way, and has to wait for its end.
      reader = core.ledger.subscriber.drain();
      for (let round = 0; round < 5; round += 1) await core.database.query(sql`select 1`);
      return judged;
    },
  );
  assert.equal(witnessed.is, "set");
  assert.equal(await reader, 1);
  assert.equal(await available(place), 0);
});
