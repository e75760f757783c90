import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccountId, SnapshotStatement, StockStatement } from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import { testDatabase } from "#test/database.ts";
import { plainItem } from "../support/seed.ts";
import { createPartner, deliver, factsOf, openBench, saveMaster, sku, stock, taken } from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database);
const { integration, governance } = bench;
await saveMaster(bench, ["widget"]);
await governance.saveItems([
  { ...plainItem("batched"), sku: "batched", tracking: "lot" },
  { ...plainItem("cheese"), sku: "cheese", tracking: "lot" },
  { ...plainItem("numbered"), sku: "numbered", tracking: "serial" },
]);

let deliveries = 0;
async function send(account: AccountId, ...records: readonly MappedRecord[]) {
  deliveries += 1;
  taken(await deliver(bench, account, [{ key: `d${deliveries}`, records }]));
  await integration.drain();
}

const location = { scheme: "code", value: "WH1" };
const each = (value: number) => ({ value, unit: "EA" });
const at = (hour: number) => `2026-03-02T${String(hour).padStart(2, "0")}:00:00Z`;
type Said = Pick<StockStatement, "type" | "data">;
const say = (id: string, said: Said, hour = 8): MappedRecord =>
  stock({ ...said, id, effectiveAt: at(hour) } as StockStatement);
const receipt = (item: string, units: number, lot?: string): Said => ({
  type: "StockReceived",
  data: { item: sku(item), location, quantity: each(units), ...(lot === undefined ? {} : { lot }) },
});

const waiting = async (account: AccountId) =>
  (await integration.unresolved({ accountIds: [account], limit: 10 })).map(
    ({ kind, waitsFor, records, atStake }) => [kind, waitsFor, records, ...atStake.map(({ value }) => value)],
  );
const lotsTold = async (account: AccountId) =>
  (await factsOf(bench, account))
    .map(({ id, data }) => `${id} ${"lot" in data ? data.lot : "none"}`)
    .toSorted();
const sayLot = (
  account: AccountId,
  lot: string,
  more: { item?: string; validFrom?: string; onward?: boolean } = {},
) =>
  integration.sayLots([
    {
      ...{ accountId: account, waitsFor: `sku:${more.item ?? "batched"}`, lot, by: "anna" },
      ...{ validFrom: more.validFrom, isOnward: more.onward === true },
    },
  ]);

test("units without a lot are listed by item, with what is at stake of those alone", async () => {
  const account = await createPartner(bench, "listed");
  await send(
    account,
    say("a", receipt("batched", 5)),
    say("b", receipt("batched", 7)),
    say("c", receipt("batched", 100, "L 9")),
    say("d", receipt("numbered", 1)),
  );
  assert.deepEqual(await waiting(account), [
    ["lot", "sku:batched", 2, "12"],
    ["lot", "sku:numbered", 1, "1"],
  ]);
  const [sum] = await integration.unresolvedSums([account]);
  assert.deepEqual([sum?.kind, sum?.names, sum?.records], ["lot", 2, 3]);
});

test("what waits goes on under the lot that is said, and what is said later waits again", async () => {
  const account = await createPartner(bench, "said");
  await send(account, say("a", receipt("batched", 5)), say("b", receipt("batched", 7), 10));
  const [said] = await sayLot(account, "L 1");
  assert.deepEqual(
    [said?.lot, said?.validFrom.toISOString(), said?.validTo?.toISOString(), said?.by],
    ["L 1", "2026-03-02T08:00:00.000Z", "2026-03-02T10:00:00.001Z", "anna"],
  );
  await integration.drain();
  assert.deepEqual(await lotsTold(account), ["a L 1", "b L 1"]);
  // What comes late of the same hours is of the same lot; what happens later is not.
  await send(account, say("c", receipt("batched", 1), 9), say("d", receipt("batched", 1), 11));
  assert.deepEqual(await lotsTold(account), ["a L 1", "b L 1", "c L 1"]);
  assert.deepEqual(await waiting(account), [["lot", "sku:batched", 1, "1"]]);
  assert.deepEqual(await sayLot(account, "L 1", { item: "cheese" }), [undefined]);
});

test("a lot may hold from then on, until somebody ends it; the last word about a moment counts", async () => {
  const account = await createPartner(bench, "onward");
  const other = await createPartner(bench, "onward-other");
  await send(account, say("a", receipt("batched", 5)));
  await send(other, say("o", receipt("batched", 5)));
  await sayLot(account, "L 1", { onward: true });
  await integration.drain();
  await send(account, say("b", receipt("batched", 1), 12));
  assert.deepEqual(await lotsTold(account), ["a L 1", "b L 1"]);
  assert.deepEqual(await waiting(other), [["lot", "sku:batched", 1, "5"]]);
  const standing = await integration.standingLots({ accountIds: [account], limit: 10 });
  assert.deepEqual(
    standing.map(({ lot, validTo }) => [lot, validTo]),
    [["L 1", undefined]],
  );
  const name = { accountId: account, waitsFor: "sku:batched", by: "bert" };
  assert.equal(await integration.endLot(name), true);
  assert.equal(await integration.endLot(name), false);
  const later = new Date(bench.clock.now().getTime() + 60_000).toISOString();
  await send(account, stock({ ...receipt("batched", 1), id: "c", effectiveAt: later } as StockStatement));
  assert.equal((await waiting(account)).length, 1);
  await sayLot(account, "L 2", { validFrom: at(0), onward: true });
  await integration.drain();
  await send(account, say("e", receipt("batched", 1), 12));
  assert.deepEqual(await lotsTold(account), ["a L 1", "b L 1", "c L 2", "e L 2"]);
});

const onePage: SnapshotStatement = {
  type: "StockSnapshotPage",
  effectiveAt: at(8),
  data: {
    ...{ snapshotId: "s", location, page: 1, pages: 1, scope: "full", conditions: false },
    rows: [
      { item: sku("batched"), counted: each(5) },
      { item: sku("widget"), counted: each(2) },
    ],
  },
};

/** A statement of each kind, with units that name no lot. */
const everyKind: readonly MappedRecord[] = [
  say("count", { type: "StockCounted", data: { item: sku("batched"), location, counted: each(5) } }),
  say("adjust", {
    type: "StockAdjusted",
    data: { item: sku("batched"), location, delta: each(-1), reason: "x" },
  }),
  say("convert", {
    type: "StockConverted",
    data: {
      ...{ location, reason: "kitting" },
      from: { item: sku("widget"), quantity: each(2) },
      to: { item: sku("batched"), quantity: each(1) },
    },
  }),
  say("ship", {
    type: "ShipmentDispatched",
    data: {
      ...{ location, shipmentNumber: "S" },
      cartons: [
        {
          lines: [
            { item: sku("batched"), quantity: each(1) },
            { item: sku("cheese"), quantity: each(2) },
            { item: sku("batched"), quantity: each(3), lot: "L 9" },
          ],
        },
      ],
    },
  }),
  { is: "snapshot", at: "/s", statement: onePage },
];

test("every kind of statement takes the lot for the units that lack one, and for no others", async () => {
  const account = await createPartner(bench, "kinds");
  await send(account, ...everyKind);
  assert.deepEqual(await waiting(account), [["lot", "sku:batched", 5, "13"]]);
  await sayLot(account, "L 1");
  await integration.drain();
  // The shipment lacks another lot now.
  assert.deepEqual(await waiting(account), [["lot", "sku:cheese", 1, "2"]]);
  await sayLot(account, "C 1", { item: "cheese" });
  await integration.drain();
  assert.deepEqual(await waiting(account), []);
  const told = new Map((await factsOf(bench, account)).map((fact) => [fact.id, fact]));
  const lots = (id: string) => {
    const fact = told.get(id);
    if (fact?.type === "StockConverted") return [fact.data.from.lot, fact.data.to.lot];
    if (fact?.type === "ShipmentDispatched")
      return fact.data.cartons.flatMap(({ lines }) => lines.map(({ lot }) => lot));
    return fact === undefined || !("lot" in fact.data) ? [] : [fact.data.lot];
  };
  assert.deepEqual(lots("count"), ["L 1"]);
  assert.deepEqual(lots("adjust"), ["L 1"]);
  assert.deepEqual(lots("convert"), [undefined, "L 1"]);
  assert.deepEqual(lots("ship"), ["L 1", "C 1", "L 9"]);
  const pages = (await factsOf(bench, account)).filter((fact) => fact.type === "StockSnapshotPage");
  assert.deepEqual(pages.map(({ data }) => [data.items, data.lots]).toSorted(), [
    [["batched"], ["L 1"]],
    [["widget"], undefined],
  ]);
});

test("what nobody tracks any more goes on without a lot, and a serial number is said of nothing", async () => {
  const account = await createPartner(bench, "untracked");
  await governance.saveItems([{ ...plainItem("loose"), sku: "loose", tracking: "serial" }]);
  await send(account, say("a", receipt("loose", 1)));
  await sayLot(account, "S 1", { item: "loose" });
  await integration.drain();
  assert.deepEqual(await waiting(account), [["lot", "sku:loose", 1, "1"]]);
  const changer = { by: "anna", correlationId: "untracked" };
  const [changed] = await governance.stateMaster([{ kind: "item", sku: "loose", tracking: "none" }], changer);
  assert.equal(changed?.outcome, "changed");
  await integration.drain();
  assert.deepEqual(await lotsTold(account), ["a none"]);
});

test("the same said again under a lot is a duplicate, and units without a lot may be ignored", async () => {
  const account = await createPartner(bench, "again");
  await send(account, say("a", receipt("batched", 5)));
  await sayLot(account, "L 1");
  await integration.drain();
  await send(account, say("a", receipt("batched", 5)));
  assert.deepEqual(await lotsTold(account), ["a L 1"]);
  assert.deepEqual(await waiting(account), []);
  await send(account, say("b", receipt("cheese", 5)));
  const name = { accountId: account, kind: "lot", waitsFor: "sku:cheese" } as const;
  assert.deepEqual(await integration.ignoreName({ ...name, because: "samples", by: "anna" }), {
    ...{ dropped: 1, left: 0 },
  });
});
