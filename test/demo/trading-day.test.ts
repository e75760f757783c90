import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { accountId, channelId } from "@crossdock/canonical";
import { buyerPartsOf, DEMO, rangeOf, warehouseAccount } from "../../src/demo/company.ts";
import { createFigures, type PlacedOrder } from "../../src/demo/index.ts";
import type { PositionRow } from "../../src/ledger/index.ts";
import { runVerify } from "../../src/verify/index.ts";
import { manualClock } from "../support/clock.ts";
import { testDatabase } from "../support/database.ts";
import { newTown, openTown, type Town } from "./town.ts";

const ORDERS = 60;

/** Everything that the product says about orders of an account, by their number. */
async function ordersOf({ product }: Town, account: string) {
  const rows = await product.orchestration.orderPage({ limit: 1_000, accountIds: [accountId(account)] });
  return new Map(rows.map((row) => [row.order_number, row.state]));
}

/** What was ordered so far, by account and number; where it goes is part of it. */
async function wantedOf({ product, traffic }: Town): Promise<ReadonlyMap<string, string>> {
  await traffic.send();
  await product.drain();
  const rows = await product.orchestration.orderPage({ limit: 1_000 });
  const wanted = rows.map((row): [string, string] => {
    const { lines, parties } = row.content;
    return [`${row.account_id} ${row.order_number}`, JSON.stringify({ lines, parties })];
  });
  return new Map(wanted.toSorted(([a], [b]) => a.localeCompare(b)));
}

async function assertLawsHold({ product, clock }: Town): Promise<void> {
  const { report, text } = await runVerify({ database: product.database, now: clock.now() });
  assert.equal(report.failed, 0, text);
}

async function assertEachIsShipped(town: Town, placed: readonly PlacedOrder[]): Promise<void> {
  for (const account of [DEMO.shopAccount, ...town.simulation.retailers.keys()]) {
    const numbers = placed.filter((order) => order.accountId === account).map((order) => order.orderNumber);
    const known = await ordersOf(town, account);
    const open = numbers.filter((number) => known.get(number) !== "shipped");
    assert.deepEqual(open, [], `${account}: every order is shipped`);
    assert.deepEqual([...known.keys()].toSorted(), numbers.toSorted(), `${account}: and there are no others`);
  }
}

async function assertPartnersAreContent({ simulation, product }: Town): Promise<void> {
  for (const [account, retailer] of simulation.retailers) {
    assert.deepEqual(retailer.problems(), [], account);
    assert.deepEqual(retailer.acknowledgementsOwed(), [], `${account} has a 997 for everything`);
    const sets = new Set(retailer.received().map(({ set }) => set));
    assert.deepEqual([...sets].toSorted(), ["846", "855", "856", "997"], account);
  }
  assert.equal(simulation.problems.latest, undefined);
  const refused = await product.integration.refusedDocuments({ limit: 100 });
  assert.deepEqual(
    refused.map(({ kind, accountId: account, problem }) => `${kind} to ${account}: ${problem}`),
    [],
  );
}

/** Law 7: the stream is quiet, so the shop shows what may be promised. */
async function assertShopShowsTruth({ simulation, product }: Town): Promise<void> {
  const listed = simulation.company.items.filter((item) => item.inShop);
  const figures = await product.availability.availability(
    channelId(DEMO.shopChannel),
    listed.map((item) => item.itemId),
  );
  const promised = new Map(figures?.map((figure) => [String(figure.itemId), figure.availableToPromise]));
  for (const { sku, itemId } of listed) {
    assert.equal(simulation.shop.available(sku), promised.get(itemId), sku);
  }
}

/** Law 7 again: the last 846 about each item says what the retailer may order. */
async function assertRetailersKnowTruth({ simulation, product }: Town): Promise<void> {
  const { company } = simulation;
  for (const retailer of company.retailers) {
    const listed = rangeOf(company, retailer);
    const parts = buyerPartsOf(company, retailer.accountId);
    const figures = await product.availability.availability(
      channelId(retailer.channelId),
      listed.map((item) => item.itemId),
    );
    const promised = new Map(figures?.map((figure) => [String(figure.itemId), figure.availableToPromise]));
    const desk = simulation.retailers.get(retailer.accountId);
    for (const { sku, itemId } of listed) {
      const told = desk?.available(`IN:${parts.get(itemId)}`) ?? desk?.available(`VN:${sku}`);
      assert.equal(told, promised.get(itemId), `${sku} for ${retailer.accountId}`);
    }
  }
}

const onHandOf = (row: PositionRow): number =>
  row.available +
  row.held +
  row.allocated +
  row.picked +
  row.channel_reserved +
  row.quarantined +
  row.damaged;

/** The ledger has on hand what each warehouse has reported, and nothing is on the road. */
async function assertStockAsReported({ simulation, product }: Town): Promise<void> {
  const skuOf = new Map(simulation.company.items.map((item) => [item.itemId, item.sku]));
  for (const [locationId, warehouse] of simulation.warehouses.byLocation) {
    const rows = await product.ledger.positionPage({ locationId, after: 0, limit: 1_000 });
    const held = new Map<string, number>();
    for (const row of rows) {
      const sku = skuOf.get(row.item_id) ?? row.item_id;
      held.set(sku, (held.get(sku) ?? 0) + onHandOf(row));
    }
    for (const sku of warehouse.skus) {
      assert.equal(held.get(sku) ?? 0, warehouse.reported(sku), `${sku} at ${locationId}`);
    }
  }
}

/** Warehouses have said now and then what they have, and each of these snapshots was taken as of its last event. */
async function assertSnapshotsWereTaken({ product }: Town): Promise<void> {
  const listed = await product.ledger.snapshots.page({
    ...{ before: Number.MAX_SAFE_INTEGER, limit: 100, sources: undefined, locationId: undefined },
  });
  assert.ok(listed.length > 0, "no warehouse has posted a snapshot");
  for (const { record } of listed) {
    assert.equal(record.state, "applied", record.snapshot_id);
    assert.notEqual(record.watermark_number, null);
  }
}

/** After everything was counted, what was reported is what is there. */
async function countEverything(town: Town): Promise<void> {
  for (const warehouse of town.simulation.warehouses.byLocation.values()) warehouse.announceStock();
  await town.settle();
  for (const warehouse of town.simulation.warehouses.byLocation.values()) {
    for (const sku of warehouse.skus) assert.equal(warehouse.reported(sku), warehouse.truth(sku).onHand, sku);
  }
}

describe("a trading day", () => {
  it("loses no order and ends in agreement, though messages come late, twice and out of order", async (t) => {
    const town = await newTown(t);
    const placed = await town.trade(ORDERS);
    await town.settle();
    await assertEachIsShipped(town, placed);
    await assertPartnersAreContent(town);
    await assertStockAsReported(town);
    await assertSnapshotsWereTaken(town);
    await assertShopShowsTruth(town);
    await assertRetailersKnowTruth(town);
    await countEverything(town);
    await assertStockAsReported(town);
    await assertLawsHold(town);
  });

  it("is gone on with after a stop, by systems that remember nothing but what they have told", async (t) => {
    const database = await testDatabase(t);
    const clock = manualClock();
    const before = await openTown(database, clock);
    const morning = await before.trade(ORDERS / 2);
    // What a retailer has written and not sent dies with it, and its number is given to another order.
    await before.traffic.send();
    // The program ends in the middle: orders lie on the floor, goods are on the road, events are not sent.
    await before.close();
    const town = await openTown(database, clock, { run: 2 });
    t.after(() => town.close());
    assert.equal(town.simulation.isNew, false);
    const evening = await town.trade(ORDERS / 2);
    await town.settle();
    await assertEachIsShipped(town, [...morning, ...evening]);
    await assertStockAsReported(town);
    await assertShopShowsTruth(town);
    await assertLawsHold(town);
  });

  it("is the same for two companies of one seed, whatever the time, and another for another seed", async (t) => {
    const wantedBy = async (seed: string, run: number) => {
      const town = await openTown(await testDatabase(t), manualClock(), { seed, run, isLively: false });
      t.after(() => town.close());
      const placed = await town.trade(20);
      return { placed, wanted: await wantedOf(town) };
    };
    const first = await wantedBy("town", 1_700_000_000);
    assert.ok(first.placed.length > 10);
    assert.ok(
      new Set(first.placed.map((order) => order.accountId)).size > 1,
      "the shop and a retailer took part",
    );
    assert.deepEqual(await wantedBy("town", 1_800_000_000), first);
    assert.notDeepEqual((await wantedBy("village", 1_700_000_000)).wanted, first.wanted);
  });

  it("after a stop is another day, not the first one again", async (t) => {
    const database = await testDatabase(t);
    const clock = manualClock();
    const days: string[][] = [];
    for (const run of [1, 2]) {
      const town = await openTown(database, clock, { run, isLively: false });
      const before = new Set((await wantedOf(town)).keys());
      await town.trade(10);
      const today = [...(await wantedOf(town))].filter(([number]) => !before.has(number));
      days.push(today.map(([, wanted]) => wanted));
      await town.close();
    }
    const [first = [], second = []] = days;
    assert.ok(first.length > 5 && second.length > 5);
    assert.notDeepEqual(second.slice(0, 5), first.slice(0, 5));
  });

  it("is told of in figures", async (t) => {
    const town = await newTown(t, { isLively: false });
    const figures = createFigures(town.simulation);
    await town.trade(20);
    await town.settle();
    const { orders, channels, documents, parked, lag, problems } = await figures();
    assert.equal(orders.received, 20);
    assert.deepEqual([orders.promised, orders.shipped], [20, 20]);
    assert.ok(channels.told > 0);
    assert.deepEqual(
      [channels.waiting, documents.refused, parked, lag.facts, problems.count],
      [0, 0, 0, 0, 0],
    );
    assert.ok(documents.sent > 20);
  });

  it("is loaded once: the second start finds the company and its stock", async (t) => {
    const database = await testDatabase(t);
    const clock = manualClock();
    const first = await openTown(database, clock, { isLively: false });
    const stock = await first.product.ledger.positionPage({ after: 0, limit: 1_000 });
    await first.close();
    const second = await openTown(database, clock, { run: 2, isLively: false });
    t.after(() => second.close());
    assert.deepEqual(await second.product.ledger.positionPage({ after: 0, limit: 1_000 }), stock);
    const accounts = await second.product.integration.accounts.list({ limit: 100 });
    assert.ok(accounts.some((account) => account.accountId === warehouseAccount("wh-01")));
    assert.equal(accounts.length, 3 + 2 + 1);
  });
});
