import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AccountId,
  accountSource,
  type MasterRecord,
  messageId,
  type Version,
} from "@crossdock/canonical";
import type { MappedRecord } from "@crossdock/connector-kit";
import { testDatabase } from "#test/database.ts";
import { runVerify } from "../../src/verify/index.ts";
import { createPartner, deliver, factsOf, openBench, received, saveMaster, sku, taken } from "./partner.ts";

const { database } = await testDatabase();
const bench = openBench(database);
const { integration, governance } = bench;
await saveMaster(bench, ["widget"]);
const erp = await createPartner(bench, "erp");
const wms = await createPartner(bench, "wms");
const own = { locationId: "", source: accountSource(erp) };
await governance.saveOwnership([
  { measure: "item-master", ...own },
  { measure: "valuation", ...own },
]);

let deliveries = 0;
async function send(account: AccountId, ...records: readonly MappedRecord[]) {
  deliveries += 1;
  const [id] = taken(await deliver(bench, account, [{ key: `d${deliveries}`, records }])).messageIds;
  await integration.drain();
  const status = await integration.message(messageId(id ?? ""));
  assert.ok(status !== undefined);
  const { records: all, applied, duplicates, ignored, parked } = status;
  assert.equal(all, applied + duplicates + ignored + parked);
  return { ...status, counts: { applied, duplicates, ignored, parked } };
}

let statements = 0;
function master(data: MasterRecord, version?: Version): MappedRecord {
  statements += 1;
  return {
    is: "master",
    at: `/${statements}`,
    statement: {
      ...{ type: "MasterDataStated", id: `m${statements}`, effectiveAt: "2026-03-02T08:00:00Z", data },
      ...(version === undefined ? {} : { version }),
    },
  };
}
const item = (value: string, description: string): MasterRecord => ({
  kind: "item",
  sku: value,
  description,
});
const v = (of: string, number: number): Version => ({ of, number });
const none = { applied: 0, duplicates: 0, ignored: 0, parked: 0 };

async function described(value: string): Promise<string | undefined> {
  const reference = sku(value);
  const { now } = await governance.resolve(database, { items: [reference], locations: [] });
  return now.items.get(`sku:${value}`)?.description;
}
const proposals = () => integration.proposals({ accountIds: [wms], limit: 10 });

test("the owner's word is taken, and what the same message says of stock may use it at once", async () => {
  const told = await send(
    erp,
    master(item("BOLT", "a bolt")),
    master({ kind: "item-unit", item: sku("BOLT"), unit: "XBX", factor: "200" }),
    master({
      kind: "item-name",
      item: sku("BOLT"),
      scheme: "vendor-part",
      value: "VB-1",
      validFrom: "always",
    }),
    master({ kind: "item-cost", item: sku("BOLT"), currency: "EUR", perUnit: "0.02" }),
    received("r1", { item: "BOLT", unit: "XBX", units: 2 }),
  );
  assert.deepEqual(told.counts, { ...none, applied: 5 });
  const [fact] = await factsOf(bench, erp);
  assert.equal(fact?.type === "StockReceived" && fact.data.quantity, 400);
  const history = await governance.masterHistory({ limit: 100 });
  assert.ok(history.some(({ changed_by: by }) => by === "/accounts/erp"));
});

test("the same again changes nothing and is a duplicate", async () => {
  assert.deepEqual((await send(erp, master(item("BOLT", "a bolt")))).counts, { ...none, duplicates: 1 });
});

test("an older version changes nothing, the same version under another id is a duplicate, another content is parked", async () => {
  assert.equal((await send(erp, master(item("NUT", "second"), v("NUT", 2)))).applied, 1);
  const older = await send(erp, master(item("NUT", "first"), v("NUT", 1)));
  assert.deepEqual(older.counts, { ...none, ignored: 1 });
  assert.deepEqual((await send(erp, master(item("NUT", "second"), v("NUT", 2)))).counts, {
    ...none,
    duplicates: 1,
  });
  const other = await send(erp, master(item("NUT", "else"), v("NUT", 2)));
  assert.equal(other.parkedRecords[0]?.reason, "contradicts-version");
  assert.equal(await described("NUT"), "second");
  assert.equal((await send(erp, master(item("NUT", "third"), v("NUT", 3)))).applied, 1);
  assert.equal(await described("NUT"), "third");
});

test("one version of an item may say several things of it", async () => {
  const version = v("CASE", 7);
  const told = await send(
    erp,
    master(item("CASE", "a case"), version),
    master({ kind: "item-unit", item: sku("CASE"), unit: "XCS", factor: "6" }, version),
  );
  assert.deepEqual(told.counts, { ...none, applied: 2 });
});

test("what names an unknown item waits for it, and goes on by itself", async () => {
  const told = await send(erp, master({ kind: "item-unit", item: sku("SOON"), unit: "XCS", factor: "6" }));
  assert.deepEqual(told.parkedRecords[0]?.waitsFor, { kind: "item", reference: "sku:SOON" });
  await send(erp, master(item("SOON", "here")));
  await integration.drain();
  assert.equal((await integration.message(told.messageId))?.applied, 1);
});

test("what is wrong is parked with what to do, and its neighbours are taken", async () => {
  const told = await send(
    erp,
    master({ kind: "item-name", item: sku("BOLT"), scheme: "gtin", value: "4012345678902" }),
    master(item("GEAR", "a gear")),
  );
  assert.deepEqual(told.counts, { ...none, applied: 1, parked: 1 });
  assert.equal(told.parkedRecords[0]?.reason, "bad-check-digit");
});

test("another's word changes nothing: it is a proposal where it differs, and a duplicate where it agrees", async () => {
  await send(erp, master(item("SAW", "a saw")));
  const told = await send(wms, master(item("SAW", "Saw, sharp")), master(item("GEAR", "a gear")));
  assert.deepEqual(told.counts, { ...none, duplicates: 1, parked: 1 });
  assert.equal(await described("SAW"), "a saw");
  const [open, ...others] = await proposals();
  assert.deepEqual(others, []);
  assert.equal(open?.reason, "not-the-owner");
  assert.match(open?.detail ?? "", /description "Saw, sharp" instead of "a saw"\. \/accounts\/erp owns this/);
});

test("a newer word about the same takes the place of an open proposal", async () => {
  const [before] = await proposals();
  await send(wms, master(item("SAW", "Saw, blunt")), master(item("GEAR", "Gear")));
  const open = await proposals();
  assert.deepEqual(
    open.map(({ statement }) => statement.data.kind === "item" && statement.data.description),
    ["Saw, blunt", "Gear"],
  );
  assert.ok(before !== undefined);
  assert.equal((await integration.parkedRecord(before))?.state, "dropped");
});

test("trying a proposal again leaves it one; accepting it takes it in the name of whoever accepts", async () => {
  const [saw, gear] = await proposals();
  assert.ok(saw !== undefined && gear !== undefined);
  assert.equal((await integration.retry(saw))?.state, "parked");
  const answer = await integration.acceptProposal({ ...saw, by: "anna" });
  assert.deepEqual([answer?.state, answer?.already], ["applied", false]);
  assert.equal(await described("SAW"), "Saw, blunt");
  assert.equal((await governance.masterHistory({ limit: 1 }))[0]?.changed_by, "anna");
  assert.equal((await integration.acceptProposal({ ...saw, by: "anna" }))?.already, true);
  assert.equal((await integration.drop({ ...gear, because: "no" }))?.state, "dropped");
  assert.deepEqual(await proposals(), []);
});

test("the class of an item is delivered like the rest of it, and is a proposal where another is the owner", async () => {
  const classed = (itemClass: string): MasterRecord => ({ kind: "item", sku: "CLASSED", itemClass });
  const classNow = async () => {
    const { now } = await governance.resolve(database, { items: [sku("CLASSED")], locations: [] });
    return now.items.get("sku:CLASSED")?.itemClass;
  };
  await send(erp, master(classed("A")));
  await send(wms, master(classed("B")));
  assert.equal(await classNow(), "A");
  const [open] = await proposals();
  assert.match(open?.detail ?? "", /itemClass "B" instead of "A"\. \/accounts\/erp owns this/);
  assert.ok(open !== undefined);
  assert.equal((await integration.acceptProposal({ ...open, by: "anna" }))?.state, "applied");
  assert.equal(await classNow(), "B");
});

test("what is parked for another reason is no proposal", async () => {
  const told = await send(wms, master({ kind: "item-name", item: sku("BOLT"), scheme: "gtin", value: "1" }));
  assert.equal(told.counts.parked, 1);
  assert.equal(
    await integration.acceptProposal({ messageId: told.messageId, record: 0, by: "anna" }),
    undefined,
  );
});

test("who owns it at the time that a statement speaks of decides", async () => {
  await governance.setOwner({
    ...{ measure: "item-master", locationId: "", source: accountSource(wms) },
    from: new Date("2027-01-01T00:00:00Z"),
    ...{ because: "the new system", changedBy: "anna", correlationId: "c" },
  });
  bench.clock.set(new Date("2027-02-01T00:00:00Z"));
  const late = master(item("SAW", "late word of the old owner"));
  assert.ok(late.is === "master");
  assert.equal((await send(erp, late)).applied, 1);
  const now = { ...late, statement: { ...late.statement, id: "n1", effectiveAt: "2027-02-01T00:00:00Z" } };
  assert.equal(
    (await send(wms, { ...now, statement: { ...now.statement, data: item("SAW", "new owner") } })).applied,
    1,
  );
});

test("the oracle tells what was said of master data from what became a fact", async () => {
  for (const number of [1, 2, 3]) {
    const told = master(item("SAW", `saw ${number}`));
    assert.ok(told.is === "master");
    const sequence = { stream: "S", number };
    const sent = await send(wms, {
      ...told,
      statement: { ...told.statement, effectiveAt: "2027-02-01T00:00:00Z", sequence },
    });
    assert.equal(sent.applied, 1);
  }
  const { report, text } = await runVerify({ database, now: bench.clock.now() });
  assert.equal(report.failed, 0, text);
});
