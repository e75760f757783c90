import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { AccountId, SnapshotStatement } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import { testDatabase } from "#test/database.ts";
import type { UnresolvedKind } from "../../src/integration/index.ts";
import {
  createPartner,
  deliver,
  factsOf,
  openBench,
  ordered,
  received,
  saveMaster,
  sku,
  stock,
  taken,
} from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database);
const { integration, governance } = bench;
await saveMaster(bench, ["widget", "gadget"]);

let deliveries = 0;
async function send(account: AccountId, ...records: readonly MappedRecord[]) {
  deliveries += 1;
  const [id] = taken(await deliver(bench, account, [{ key: `d${deliveries}`, records }])).messageIds;
  await integration.drain();
  assert.ok(id !== undefined);
  return id;
}

const unresolved = (account: AccountId) => integration.unresolved({ accountIds: [account], limit: 10 });
const name = (accountId: AccountId, waitsFor: string, kind: UnresolvedKind = "item") => ({
  accountId,
  kind,
  waitsFor,
});
const because = { because: "we do not stock it", by: "anna" };

const shipped = (id: string, items: readonly string[]): MappedRecord =>
  stock({
    type: "ShipmentDispatched",
    id,
    effectiveAt: "2026-03-02T08:00:00Z",
    data: {
      location: { scheme: "code", value: "WH1" },
      shipmentNumber: id,
      cartons: [{ lines: items.map((item) => ({ item: sku(item), quantity: { value: 2, unit: "EA" } })) }],
    },
  });

function snapshotPage(id: string, items: readonly string[]): MappedRecord {
  const statement: SnapshotStatement = {
    type: "StockSnapshotPage",
    effectiveAt: "2026-03-02T08:00:00Z",
    data: {
      ...{ snapshotId: id, location: { scheme: "code", value: "WH1" }, page: 1, pages: 1 },
      ...{ scope: "full", conditions: false },
      rows: items.map((item) => ({ item: sku(item), counted: { value: 5, unit: "EA" } })),
    },
  };
  return { is: "snapshot", at: `/${id}`, statement };
}

test("what waits for a name is one line, with how many records, what is at stake, since when, and where to look", async () => {
  const account = await createPartner(bench, "counted");
  const first = await send(
    account,
    received("c1", { item: "new", units: 3, effectiveAt: "2026-03-02T07:00:00Z" }),
    received("c2", { item: "new", units: 2, unit: "XCS" }),
    ordered("c3", [
      { item: "widget", units: 70 },
      { item: "new", units: 4 },
    ]),
    received("c4", { item: "other" }),
  );
  bench.clock.advance(60_000);
  const second = await send(account, shipped("c5", ["new", "widget"]), snapshotPage("c6", ["widget", "new"]));
  const [line, ...others] = await unresolved(account);
  assert.deepEqual(
    { ...line, firstAt: undefined, lastAt: undefined },
    {
      ...name(account, "sku:new"),
      ...{ reference: sku("new"), others: [], unit: undefined, records: 5, messages: 2 },
      ...{ firstAt: undefined, lastAt: undefined, effectiveFrom: new Date("2026-03-02T07:00:00Z") },
      messageIds: [first, second].sort(),
      // 3 received, 4 ordered, 2 shipped, 5 counted; the widgets beside them are not in doubt.
      atStake: [
        { unit: "EA", value: "14" },
        { unit: "XCS", value: "2" },
      ],
    },
  );
  assert.equal((line?.lastAt.getTime() ?? 0) - (line?.firstAt.getTime() ?? 0), 60_000);
  assert.deepEqual(
    others.map(({ waitsFor, records }) => [waitsFor, records]),
    [["sku:other", 1]],
  );
});

test("at an unknown location everything that is said of it is at stake, of a unit what is said in it", async () => {
  const account = await createPartner(bench, "places");
  const nowhere = { scheme: "code", value: "WH9" };
  const counted = (id: string, item: string, value: string) =>
    stock({
      type: "StockCounted",
      id,
      effectiveAt: "2026-03-02T08:00:00Z",
      data: { item: sku(item), location: nowhere, counted: { value, unit: "EA" } },
    });
  await send(account, counted("p1", "widget", "7"), counted("p2", "gadget", "3.0"));
  await send(
    account,
    received("p3", { unit: "XPX", units: 2 }),
    received("p4", { item: "gadget", unit: "XPX" }),
  );
  assert.deepEqual(
    (await unresolved(account)).map(({ kind, waitsFor, unit, atStake }) => [kind, waitsFor, unit, atStake]),
    [
      ["location", "code:WH9", undefined, [{ unit: "EA", value: "10" }]],
      ["unit", "sku:gadget/XPX", "XPX", [{ unit: "XPX", value: "1" }]],
      ["unit", "sku:widget/XPX", "XPX", [{ unit: "XPX", value: "2" }]],
    ],
  );
});

test("the list goes on where it stopped, and its sums and metrics count the same", async () => {
  const account = await createPartner(bench, "pages");
  await send(
    account,
    received("g1", { item: "p1" }),
    received("g2", { item: "p2" }),
    received("g3", { item: "p2" }),
  );
  const [most, ...none] = await integration.unresolved({ accountIds: [account], limit: 1 });
  assert.deepEqual([most?.waitsFor, most?.records, none], ["sku:p2", 2, []]);
  assert.ok(most !== undefined);
  const after = { ...most, waitsForHash: createHash("md5").update(most.waitsFor).digest("hex") };
  const rest = await integration.unresolved({ accountIds: [account], after, limit: 5 });
  assert.deepEqual(
    rest.map(({ waitsFor }) => waitsFor),
    ["sku:p1"],
  );
  bench.clock.advance(30_000);
  const [sum] = await integration.unresolvedSums([account]);
  assert.deepEqual([sum?.kind, sum?.names, sum?.records], ["item", 2, 3]);
  const text = await bench.metricsText();
  assert.match(text, /integration_unresolved_names\{account="pages",kind="item"\} 2\n/);
  assert.match(text, /integration_unresolved_records\{account="pages",kind="item"\} 3\n/);
  assert.match(text, /integration_oldest_unresolved_seconds\{account="pages",kind="item"\} 30\n/);
});

test("an ignored name drops what waits for it, and what comes later counts as ignored; the equation holds", async () => {
  const account = await createPartner(bench, "ignoring");
  const first = await send(account, received("i1", { item: "gift" }), received("i2"));
  assert.deepEqual(await integration.ignoreName({ ...name(account, "sku:gift"), ...because }), {
    dropped: 1,
    left: 0,
  });
  const second = await send(account, received("i3", { item: "gift" }), received("i4"));
  assert.deepEqual(await unresolved(account), []);
  for (const id of [first, second]) {
    const status = await integration.message(id);
    assert.deepEqual([status?.records, status?.applied, status?.ignored, status?.parked], [2, 1, 1, 0]);
  }
  const [parked] = (await integration.message(first))?.parkedRecords ?? [];
  assert.match(parked?.settledBecause ?? "", /^sku:gift is ignored since .*, by anna: we do not stock it$/);
});

test("an order is never ignored, nor what says something of another item too", async () => {
  const account = await createPartner(bench, "kept");
  await send(
    account,
    ordered("k1", [{ item: "gift", units: 1 }]),
    shipped("k2", ["gift", "widget"]),
    shipped("k3", ["gift"]),
  );
  const done = await integration.ignoreName({ ...name(account, "sku:gift"), ...because });
  assert.deepEqual(done, { dropped: 1, left: 2 });
  await send(account, ordered("k4", [{ item: "gift", units: 1 }]));
  const [line] = await unresolved(account);
  assert.deepEqual([line?.waitsFor, line?.records], ["sku:gift", 3]);
});

test("another account's same name is waited for as before, and so is an ignored name that is heeded again", async () => {
  const [one, other] = [await createPartner(bench, "one"), await createPartner(bench, "other")];
  await integration.ignoreName({ ...name(one, "sku:toy"), ...because });
  await send(one, received("h1", { item: "toy" }));
  await send(other, received("h1", { item: "toy" }));
  assert.deepEqual([(await unresolved(one)).length, (await unresolved(other)).length], [0, 1]);
  const listed = await integration.ignoredNames({ accountIds: [one], limit: 5 });
  assert.deepEqual(
    listed.map(({ waitsFor, by, because: why }) => [waitsFor, by, why]),
    [["sku:toy", "anna", "we do not stock it"]],
  );
  assert.equal(await integration.heedName(name(one, "sku:toy")), true);
  assert.equal(await integration.heedName(name(one, "sku:toy")), false);
  await send(one, received("h2", { item: "toy" }));
  assert.equal((await unresolved(one)).length, 1);
});

test("an ignored row of a snapshot is not awaited: the snapshot is whole without it", async () => {
  const account = await createPartner(bench, "snapshots");
  await integration.ignoreName({ ...name(account, "sku:gift"), ...because });
  await send(account, snapshotPage("s1", ["widget", "gift", "gone"]));
  const [page] = await factsOf(bench, account);
  assert.ok(page?.type === "StockSnapshotPage");
  assert.equal(page.data.unresolved, 1);
  assert.deepEqual(
    (await unresolved(account)).map(({ waitsFor }) => waitsFor),
    ["sku:gone"],
  );
});

test("what waits for one name and then for an ignored one is dropped when the first appears", async () => {
  const account = await createPartner(bench, "chain");
  await integration.ignoreName({ ...name(account, "sku:late/XBG", "unit"), ...because });
  const id = await send(account, received("n1", { item: "late", unit: "XBG" }));
  assert.equal((await unresolved(account))[0]?.waitsFor, "sku:late");
  await governance.saveAliases([{ kind: "item", scheme: "sku", scope: "", value: "late", target: "widget" }]);
  await integration.drain();
  assert.deepEqual(await unresolved(account), []);
  assert.equal((await integration.message(id))?.ignored, 1);
});

test("what is meant by a name is told as long as something waits for it", async () => {
  const account = await createPartner(bench, "meant");
  await send(account, received("m1", { item: "who" }));
  const asked = [name(account, "sku:who"), name(account, "sku:nobody")];
  assert.deepEqual(await integration.awaited(asked), [
    { ...name(account, "sku:who"), reference: sku("who"), others: [], unit: undefined },
  ]);
});
