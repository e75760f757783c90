import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { accountId, itemId } from "@crossdock/canonical";
import fc from "fast-check";
import { FileRefused } from "../../src/governance/index.ts";
import { createIntegration, directConnector } from "../../src/integration/index.ts";
import { readSnapshotHeadings, type SnapshotColumnRules } from "../../src/integration/snapshot-columns.ts";
import { readStockFile } from "../../src/integration/stock-file-service.ts";
import { createMetrics, createSecretBox, silentLog, sql } from "../../src/platform/index.ts";
import { snapshotFilesPort } from "../../src/ports/snapshot-files.ts";
import { renderReport, verify } from "../../src/verify/index.ts";
import { atMinute, openCore, stock, tell, warehouse } from "../support/core.ts";
import { testDatabase } from "../support/database.ts";
import { plainItem, seedAccount, seedShop } from "../support/seed.ts";

const { database } = await testDatabase();
const core = openCore(database);
await seedShop(core);
await seedAccount(core, "wms");
const integration = createIntegration({
  ...core,
  log: silentLog,
  metrics: createMetrics(),
  secretBox: createSecretBox(Buffer.alloc(32, 7)),
  connectors: [directConnector],
});
const files = snapshotFilesPort({ ...core, integration });
const items = ["bolt", "nut", "washer"].map(plainItem);
await core.governance.saveItems(items);
await core.governance.saveCosts([
  { itemId: "bolt", currency: "EUR", perUnit: "0.25" },
  { itemId: "nut", currency: "EUR", perUnit: "2" },
]);
core.clock.set(atMinute(200));

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const stored = (content: string | Buffer, size = 7) => ({
  open: () => inPieces(Buffer.from(content), size),
});

let taken = 0;

type StoredFile = Parameters<typeof files.importFile>[0];
type Options = Partial<Parameters<typeof files.importFile>[1]>;

function importing(content: string | Buffer, more: Options = {}, file: StoredFile = stored(content)) {
  taken += 1;
  return files.importFile(file, {
    ...{ accountId: accountId("wms"), snapshotId: `file-${taken}`, takenAt: atMinute(100) },
    ...{ scope: "full", location: "WH1", unit: "EA", columns: {}, isRehearsal: false },
    caller: { clientId: "test", correlationId: "test" },
    ...more,
  });
}

async function answerOf(content: string | Buffer, more: Options = {}) {
  const outcome = await importing(content, more);
  assert.equal(outcome.is, "done", JSON.stringify(outcome));
  return outcome.is === "done" ? outcome.answer : assert.fail();
}

async function problemOf(content: string | Buffer, more: Options = {}): Promise<string> {
  const outcome = await importing(content, more);
  return outcome.is === "unreadable" ? outcome.problem : assert.fail(JSON.stringify(outcome));
}

async function read(): Promise<void> {
  await core.ledger.subscriber.drain();
  await core.ledger.snapshotSubscriber.drain();
  await core.ledger.snapshotWorker.drain();
}

async function onHand(): Promise<Readonly<Record<string, number>>> {
  const rows = await database.query<{ item_id: string; units: number }>(sql`
    select item_id, sum(available + quarantined + damaged)::int as units from ledger.position
    where location_id = ${warehouse} group by item_id having sum(available + quarantined + damaged) <> 0`);
  return Object.fromEntries(rows.map((row) => [row.item_id, row.units]));
}

async function countOf(table: "fact" | "message"): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    table === "fact"
      ? sql`select count(*)::int as count from backbone.event where type = 'StockSnapshotPage'`
      : sql`select count(*)::int as count from integration.message`,
  );
  return row?.count ?? 0;
}

async function linesOf(content: string | Buffer, size = 5) {
  const lines: (readonly [number, ...string[]])[] = [];
  for await (const { line, cells } of readStockFile(stored(content, size).open()))
    lines.push([line, ...cells]);
  return lines;
}

describe("a file is read as what its bytes are", () => {
  const same: readonly [number, ...string[]][] = [
    [1, "sku", "quantity"],
    [2, "A", "5"],
    [3, "Schraube ä", "0.5"],
  ];
  const sheet = "sku,quantity\nA,5\nSchraube ä,0.5\n";
  const cases = {
    "commas and line feeds": sheet,
    "a byte order mark, semicolons and Windows' line ends": `\ufeff${sheet.replaceAll(",", ";").replaceAll("\n", "\r\n")}`,
    "tabs, and no line end at the end": sheet.replaceAll(",", "\t").trimEnd(),
    gzip: gzipSync(sheet),
  };
  for (const [name, content] of Object.entries(cases)) {
    test(name, async () => {
      for (const size of [1, 3, 1_000]) assert.deepEqual(await linesOf(content, size), same);
    });
  }

  test("NDJSON, whose first line says which keys there are", async () => {
    const objects = '{"sku":"A","quantity":5}\n\n{"quantity":"0.5","sku":"Schraube ä"}';
    assert.deepEqual(await linesOf(objects), [
      [1, "sku", "quantity"],
      [1, "A", "5"],
      [3, "Schraube ä", "0.5"],
    ]);
    assert.deepEqual(await linesOf(gzipSync(objects)), await linesOf(objects));
  });

  const refused: readonly (readonly [string | Buffer, RegExp])[] = [
    ["", /empty/],
    ["  \n ", /empty/],
    [Buffer.from([0xff, 0xfe, 0x41, 0]), /UTF-16/],
    [Buffer.from("PK\u0003\u0004"), /workbook or a ZIP/],
    [Buffer.from([0x73, 0x6b, 0x75, 0x0a, 0xe4, 0x0a]), /not UTF-8/],
    [gzipSync(sheet).subarray(0, -4), /gzipped and damaged/],
    ['sku,quantity\n"A,5\n', /stops being CSV/],
    ['{"sku":"A"}\n{"sku":"B","lot":"L"}\n', /Line 2 has "lot", which the first line has not/],
    ['{"sku":{"a":1}}\n', /Line 1 is no JSON object/],
    ['{"sku":"A"}\n[1]\n', /Line 2 is no JSON object/],
    [`{"sku":"${"A".repeat(200_000)}"}`, /more than 100000 characters/],
  ];
  for (const [content, why] of refused) {
    test(`what it is not is said: ${why.source}`, async () => {
      await assert.rejects(
        linesOf(content),
        (error) => error instanceof FileRefused && why.test(error.message),
      );
    });
  }
});

describe("columns go by their headings", () => {
  const rules: SnapshotColumnRules = { headings: {}, unit: "EA", location: "WH1" };
  const readWith = (headings: readonly string[], more: Partial<SnapshotColumnRules> = {}) =>
    readSnapshotHeadings(headings, { ...rules, ...more });
  const problem = (headings: readonly string[], more: Partial<SnapshotColumnRules> = {}) => {
    const columns = readWith(headings, more);
    return "problem" in columns ? columns.problem : "";
  };

  test("in any case and order, with what is not read told", () => {
    const columns = readWith([" On Hand ", "Bin", "GTIN", "Lot"]);
    assert.ok(!("problem" in columns));
    assert.deepEqual(columns.places, { quantity: 0, item: 2, lot: 3 });
    assert.deepEqual([columns.itemScheme, columns.ignored], ["gtin", ["Bin"]]);
  });

  test("or as they are said to be called", () => {
    const columns = readWith(["Artikel", "Menge", "sku"], {
      headings: { item: "artikel", quantity: "Menge" },
    });
    assert.ok(!("problem" in columns));
    assert.deepEqual(columns.places, { item: 0, quantity: 1 });
  });

  test("and what is missing or could be two things is a problem with its names", () => {
    assert.match(
      problem(["name", "quantity"]),
      /No column is the item: the first line has "name", "quantity"/,
    );
    assert.match(problem(["sku", "gtin", "quantity"]), /"sku" and "gtin" could both be the item/);
    assert.match(problem(["sku", "qty"], { headings: { lot: "Charge" } }), /no column "Charge"/);
    assert.match(problem(["sku", "qty"], { location: undefined }), /Nothing says where/);
    assert.match(problem(["sku", "qty", "location"]), /Leave one of the two out/);
  });
});

test("faulty lines are told with their numbers, and nothing of the file is taken", async () => {
  const before = await countOf("message");
  const content =
    "sku,quantity,unit,status\nBOLT,1,EA,\n,2,EA,\nNUT,-3,EA,\nNUT,,EA,\nNUT,1.000,EA,\nNUT,x,EA,\nNUT,1,EA,gone\n";
  const outcome = await importing(content);
  assert.equal(outcome.is, "faulty");
  assert.ok(outcome.is === "faulty");
  const told = outcome.faults.map(({ line, column }) => [line, column]);
  assert.deepEqual(told, [
    [3, "sku"],
    [4, "quantity"],
    [5, "quantity"],
    [7, "quantity"],
    [8, "status"],
  ]);
  assert.equal(outcome.faultCount, 5);
  assert.equal(await countOf("message"), before);
});

test("a location that nobody knows, an account that is not there, and a field that there is not are told before", async () => {
  const sheet = "sku,quantity,location\nBOLT,1,WH1\nBOLT,1,NOWHERE\n";
  const outcome = await importing(sheet, { location: undefined });
  const told =
    outcome.is === "faulty" ? outcome.faults.map(({ line, message }) => `${line}: ${message}`) : [];
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /^3: code:NOWHERE is no location .* send it again\.$/);
  assert.equal((await importing(sheet, { accountId: accountId("nobody") })).is, "unknown-account");
  assert.match(await problemOf("sku,quantity\nBOLT,1\n", { columns: { bin: "sku" } }), /"bin" is nothing/);
  assert.match(await problemOf("sku,quantity\n"), /headings and no line/);
});

test("a rehearsal says what would change, in positions, units and money, and changes nothing", async () => {
  await tell(core, [
    { id: "r-1", minute: 10, fact: stock.received(12, itemId("bolt")) },
    { id: "r-2", minute: 10, fact: stock.received(3, itemId("nut")) },
    { id: "r-3", minute: 150, fact: stock.received(50, itemId("bolt")) },
  ]);
  await read();
  const facts = await countOf("fact");
  const content = "sku,quantity\nBOLT,4\nBOLT,4\nWASHER,7\nGHOST,1\n";
  const { is, lines, snapshots } = await answerOf(content, { isRehearsal: true });
  assert.deepEqual([is, lines], ["rehearsed", 4]);
  assert.deepEqual(snapshots[0]?.would, {
    ...{ locationId: "wh-1", linesUnknown: 1, unknown: ["sku:GHOST"], wouldBeHeld: [], isClaim: false },
    positions: { compared: 3, differing: 3 },
    units: { expected: 15, found: 7, missing: 7 },
    value: [{ currency: "EUR", found: "0", missing: "7" }],
  });
  assert.equal(await countOf("fact"), facts);
  const [left] = await database.query<{ count: number }>(
    sql`select count(*)::int as count from ledger.snapshot_row`,
  );
  assert.equal(left?.count, 0, "what was rehearsed is not kept");
});

test("what a file does is what its rehearsal said, and a second time it does nothing", async () => {
  const content = "sku,quantity\nBOLT,4\nBOLT,4\nWASHER,7\n";
  const snapshotId = "as-rehearsed";
  const [shown] = (await answerOf(content, { snapshotId, isRehearsal: true })).snapshots;
  const [first] = (await answerOf(content, { snapshotId })).snapshots;
  assert.deepEqual(first?.taken, { pages: 1, duplicates: 0, parked: 0, linesParked: 0 });
  await read();
  assert.deepEqual(await onHand(), { bolt: 58, washer: 7 });
  const [done] = await core.ledger.snapshots.page({
    ...{ before: Number.MAX_SAFE_INTEGER, limit: 1, sources: undefined, locationId: undefined },
  });
  assert.equal(done?.record.snapshot_id, snapshotId);
  assert.deepEqual(
    [done?.record.positions_changed, done?.record.units_found, done?.record.units_missing],
    [shown?.would?.positions.differing, shown?.would?.units.found, shown?.would?.units.missing],
  );
  const [again] = (await answerOf(gzipSync(content), { snapshotId })).snapshots;
  assert.deepEqual(again?.taken, { pages: 1, duplicates: 1, parked: 0, linesParked: 0 });
  await read();
  assert.deepEqual(await onHand(), { bolt: 58, washer: 7 });
});

test("another file under the same id is not taken for it, and says what differs", async () => {
  const snapshotId = "as-rehearsed";
  const [other] = (await answerOf("sku,quantity\nBOLT,9\n", { snapshotId })).snapshots;
  assert.equal(other?.taken?.parked, 1);
  assert.match(other?.taken?.why ?? "", /id of another fact of this source/);
});

test("any lines of any locations in any order are summed by position, as NDJSON and as CSV", async () => {
  const line = fc.record({
    sku: fc.constantFrom("BOLT", "NUT", "WASHER"),
    quantity: fc.nat(40),
    location: fc.constantFrom("WH1", "WH2"),
    unit: fc.constantFrom("EA", "XCS"),
  });
  let minute = 300;
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { minLength: 1, maxLength: 30 }),
      fc.boolean(),
      async (lines, isSheet) => {
        minute += 10;
        core.clock.set(atMinute(minute + 5));
        const sheet = ["location,sku,quantity,unit"];
        for (const each of lines) sheet.push(`${each.location},${each.sku},${each.quantity},${each.unit}`);
        const content = isSheet ? sheet.join("\n") : lines.map((each) => JSON.stringify(each)).join("\n");
        const places = { location: undefined, takenAt: atMinute(minute) };
        const answer = await answerOf(content, places);
        assert.equal(answer.lines, lines.length);
        await read();
        for (const [code, id] of [
          ["WH1", "wh-1"],
          ["WH2", "wh-2"],
        ] as const) {
          if (!lines.some((each) => each.location === code)) continue;
          for (const { itemId, sku } of items) {
            const own = lines.filter((each) => each.location === code && each.sku === sku);
            const counted = own.reduce(
              (sum, each) => sum + each.quantity * (each.unit === "XCS" ? 12 : 1),
              0,
            );
            const [row] = await core.ledger.positionsOf(database, [itemId], [id]);
            assert.equal(row?.available ?? 0, counted, `${sku} at ${code}`);
          }
        }
      },
    ),
    { numRuns: Number(process.env.PROPERTY_RUNS ?? 15) },
  );
  const report = await verify(database, { now: core.clock.now() });
  assert.equal(report.failed, 0, renderReport(report));
});

test("a file longer than a page is as many pages, and one that would empty a location is held as a whole", async () => {
  const many = Array.from({ length: 2_300 }, (_, at) => plainItem(`many-${at}`));
  await core.governance.saveItems(many);
  core.clock.advance(60_000);
  const takenAt = core.clock.now().toISOString();
  const sheet = ["sku,quantity", ...many.map(({ sku }) => `${sku},10`)].join("\n");
  const [whole] = (await answerOf(sheet, { takenAt, scope: "partial" })).snapshots;
  assert.equal(whole?.taken?.pages, 3);
  await read();
  assert.equal((await onHand())["many-2299"], 10);
  core.clock.advance(60_000);
  const short = sheet.slice(0, 3_000).split("\n").slice(0, -1).join("\n");
  const later = { takenAt: core.clock.now().toISOString(), snapshotId: "short" };
  const [shown] = (await answerOf(short, { ...later, isRehearsal: true })).snapshots;
  assert.deepEqual(shown?.would?.wouldBeHeld, ["units-missing"]);
  await answerOf(short, later);
  await read();
  assert.equal((await onHand())["many-2299"], 10, "it is held, as the rehearsal said");
});

describe("a file that somebody writes to between the two readings is not counted", () => {
  const before = `sku,quantity\n${"bolt,1\n".repeat(2_000)}`;
  const after = {
    "a line more": `${before}nut,1\n`,
    "a line less": before.slice(0, -"bolt,1\n".length),
    "half of it, as while it is being replaced": before.slice(0, before.length / 2),
    "another number": `${before.slice(0, -2)}2\n`,
    "a line that is faulty": `${before.slice(0, -2)}x\n`,
    "nothing any more": "",
  };
  for (const [how, content] of Object.entries(after)) {
    for (const isRehearsal of [false, true]) {
      test(`${how}, ${isRehearsal ? "rehearsed" : "taken"}`, async () => {
        await read();
        const held = await onHand();
        const versions = [before, content];
        const open = () => inPieces(Buffer.from(versions.shift() ?? assert.fail("read a third time")), 5_000);
        const outcome = await importing("", { isRehearsal }, { open });
        assert.equal(outcome.is, "unreadable");
        await read();
        assert.deepEqual(await onHand(), held);
        const waiting = sql`select 1 as one from ledger.snapshot where state <> 'gathering' and snapshot_id = ${`file-${taken}`}`;
        assert.deepEqual(await database.query(waiting), [], "without its last page it is never taken");
      });
    }
  }
});
