import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type AccountId, accountId } from "@crossdock/canonical";
import { DELIVERY_ID_HEADER, SIGNING_SECRET, signatureHeaders, wmsConnector } from "@crossdock/connector-wms";
import { type FakeWarehouse, startFakeWarehouse } from "@crossdock/connector-wms/fake";
import { type ManualClock, manualClock } from "#test/clock.ts";
import { testDatabase } from "#test/database.ts";
import { sql } from "../../src/platform/index.ts";
import { type Bench, factsOf, openBench, saveMaster } from "./partner.ts";

const SECRET = "a secret of forty characters, or about that";
const MINUTE_MS = 60_000;
const { database } = await testDatabase();

type Town = {
  readonly bench: Bench;
  readonly clock: ManualClock;
  readonly warehouse: FakeWarehouse;
  readonly account: AccountId;
  /** Lets the warehouse's post arrive, and maps it. */
  deliver(): Promise<void>;
};

let towns = 0;

/** A warehouse, and an account that is told by it and, unless it has no address, can ask it. */
async function openTown(t: TestContext, { canBeAsked = true } = {}): Promise<Town> {
  towns += 1;
  const clock = manualClock();
  const bench = openBench(database, { clock, connectors: [wmsConnector] });
  await saveMaster(bench, ["widget"]);
  const account = accountId(`warehouse-${towns}`);
  const warehouse = await startFakeWarehouse({
    seed: towns,
    code: "WH1",
    secret: SECRET,
    stock: [{ sku: "widget", onHand: 100 }],
    now: () => clock.now(),
    async sendTo({ body, deliveryId }) {
      const headers = { ...signatureHeaders(SECRET, clock.now(), body), [DELIVERY_ID_HEADER]: deliveryId };
      return "answer" in (await bench.integration.receive({ accountId: account, headers, body }));
    },
  });
  t.after(() => warehouse.close());
  const created = await bench.integration.accounts.create({
    accountId: account,
    connector: "wms",
    settings: canBeAsked ? { url: warehouse.url } : {},
    secrets: { [SIGNING_SECRET]: SECRET },
  });
  assert.ok("created" in created, JSON.stringify(created));
  const deliver = async () => {
    await warehouse.drain();
    await bench.integration.drain();
  };
  return { bench, clock, warehouse, account, deliver };
}

const numbersOf = async ({ bench, account }: Town) =>
  (await factsOf(bench, account)).flatMap(({ sequence }) => sequence?.number ?? []).toSorted((a, b) => a - b);

const gapsOf = ({ bench, account }: Town) => bench.integration.gaps({ accountId: account, limit: 10 });

/** Events 1 to 6, of which 3 and 4 never arrive. */
async function loseTwo(town: Town): Promise<void> {
  const { floor, loseNext } = town.warehouse;
  const receive = () => floor.receive({ sku: "widget", quantity: 1 });
  receive();
  receive();
  loseNext(2);
  for (let event = 3; event <= 6; event += 1) receive();
  await town.deliver();
}

/** Events of these numbers come after all, in a message of their own. */
async function arriveLate({ bench, clock, account }: Town, numbers: readonly number[]): Promise<void> {
  const events = numbers.map((sequence) => ({
    ...{ type: "receipt", eventId: `WH1-${sequence}`, sequence, sku: "widget", quantity: 1 },
    occurredAt: clock.now().toISOString(),
  }));
  const body = Buffer.from(JSON.stringify({ warehouse: "WH1", events }));
  const headers = { ...signatureHeaders(SECRET, clock.now(), body), [DELIVERY_ID_HEADER]: "late" };
  await bench.integration.receive({ accountId: account, headers, body });
  await bench.integration.drain();
}

test("a gap is waited for, asked for when its grace is over, and filled with what its source has", async (t) => {
  const town = await openTown(t);
  const { bench, clock, warehouse } = town;
  await loseTwo(town);
  assert.deepEqual(await numbersOf(town), [1, 2, 5, 6], "facts do not wait");
  const [gap] = await gapsOf(town);
  assert.deepEqual([gap?.first, gap?.last, gap?.state, gap?.asks], [3, 4, "waiting", 0]);
  assert.equal(await bench.integration.backfill(), 0);
  assert.equal(warehouse.timesAsked(), 0);
  clock.advance(MINUTE_MS);
  assert.equal((await gapsOf(town))[0]?.state, "missing");
  assert.equal(await bench.integration.backfill(), 1);
  await bench.integration.drain();
  assert.deepEqual(await numbersOf(town), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(await gapsOf(town), []);
  assert.match(
    await bench.metricsText(),
    /integration_backfills_total\{connector="wms",answer="answered"\} 1/,
  );
});

test("what arrives after all, late and again, counts once", async (t) => {
  const town = await openTown(t);
  await loseTwo(town);
  town.clock.advance(MINUTE_MS);
  await Promise.all([town.bench.integration.backfill(), town.bench.integration.backfill()]);
  await town.bench.integration.drain();
  await arriveLate(town, [3, 4]);
  assert.deepEqual(await numbersOf(town), [1, 2, 3, 4, 5, 6]);
});

test("numbers that the source never used are closed with its reason, and stay closed", async (t) => {
  const town = await openTown(t);
  const { warehouse, clock, bench, account } = town;
  warehouse.floor.receive({ sku: "widget", quantity: 1 });
  warehouse.skipNumber("the transaction was rolled back");
  warehouse.floor.receive({ sku: "widget", quantity: 1 });
  await town.deliver();
  assert.equal((await gapsOf(town)).length, 1);
  clock.advance(MINUTE_MS);
  await bench.integration.backfill();
  assert.deepEqual(await gapsOf(town), []);
  const voids = await database.query<{ first: number; last: number; because: string }>(sql`
    select first, last, because from integration.void_number where account_id = ${account}`);
  assert.deepEqual(voids, [{ first: 2, last: 2, because: "the transaction was rolled back" }]);
  warehouse.floor.receive({ sku: "widget", quantity: 1 });
  await town.deliver();
  assert.deepEqual(await gapsOf(town), []);
});

test("a source that fails is asked again later and later, and one that cannot be asked says what to mend", async (t) => {
  const town = await openTown(t);
  const { bench, clock, warehouse } = town;
  await loseTwo(town);
  clock.advance(MINUTE_MS);
  warehouse.server.failNext({ kind: "error-before-effect", status: 503 }, { kind: "garbled-after-effect" });
  await bench.integration.backfill();
  const [first] = await gapsOf(town);
  assert.deepEqual([first?.asks, first?.answer], [1, "the warehouse answered 503"]);
  assert.equal(await bench.integration.backfill(), 0, "it is not due");
  clock.advance(MINUTE_MS);
  assert.equal(await bench.integration.backfill(), 1);
  assert.match((await gapsOf(town))[0]?.answer ?? "", /something else than events/);
  clock.advance(MINUTE_MS);
  assert.equal(await bench.integration.backfill(), 0, "the wait has doubled");
  clock.advance(MINUTE_MS);
  await bench.integration.backfill();
  await bench.integration.drain();
  assert.deepEqual(await gapsOf(town), []);

  const silent = await openTown(t, { canBeAsked: false });
  await loseTwo(silent);
  silent.clock.advance(MINUTE_MS);
  await silent.bench.integration.backfill();
  assert.match((await gapsOf(silent))[0]?.answer ?? "", /has no `url`/);
});

test("a person voids a gap with a reason, once; a number that comes after all counts, and is written down beside it", async (t) => {
  const town = await openTown(t, { canBeAsked: false });
  const { bench, account } = town;
  await loseTwo(town);
  const by = { clientId: "ann", correlationId: "c-1" };
  const told = { accountId: account, stream: "WH1", first: 3, last: 4, because: "scrapped labels", by };
  assert.equal(await bench.integration.voidNumbers({ ...told, last: 5 }), "not-missing");
  assert.equal(await bench.integration.voidNumbers(told), "voided");
  assert.equal(await bench.integration.voidNumbers(told), "already");
  assert.deepEqual(await gapsOf(town), []);
  const voids = () => bench.integration.voids({ accountId: account, after: undefined, limit: 10 });
  assert.partialDeepStrictEqual(await voids(), [{ first: 3, last: 4, told_by: "ann", arrived: [] }]);
  await arriveLate(town, [4]);
  assert.deepEqual(await numbersOf(town), [1, 2, 4, 5, 6]);
  assert.deepEqual(await gapsOf(town), []);
  assert.partialDeepStrictEqual(await voids(), [{ first: 3, last: 4, told_by: "ann", arrived: [4] }]);
});
