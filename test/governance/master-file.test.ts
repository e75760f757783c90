import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { manualClock } from "#test/clock.ts";
import { testDatabase } from "#test/database.ts";
import { createGovernance, type MasterOutcome } from "../../src/governance/index.ts";
import { seededIds, toCsvCell } from "../../src/platform/index.ts";

const { database } = await testDatabase();
const clock = manualClock("2026-03-02T09:00:00.000Z");
const governance = createGovernance({ database, clock, ids: seededIds(clock, 1) });

type Options = { kind?: "item" | "item-name" | "item-unit"; token?: string; skipRefused?: boolean };

async function take(file: string | Buffer, { kind = "item", ...options }: Options = {}) {
  const rows: { line: number; outcome: MasterOutcome }[] = [];
  const report = await governance.importMasterFile({
    ...{ kind, bytes: Buffer.from(file), changer: { by: "test" }, ...options },
    onRow: (line, outcome) => rows.push({ line, outcome }),
  });
  return { report, rows };
}

const itemsOf = async (itemClass: string) =>
  (await governance.itemPage({ itemClass, afterSku: "", limit: 100 })).map(({ sku }) => sku);

const problemOf = async (file: string | Buffer, options?: Options) => {
  const { report } = await take(file, options);
  return "problem" in report ? report.problem : `taken: ${JSON.stringify(report)}`;
};

/** Rehearses and takes a file. */
async function load(file: string | Buffer, options: Options = {}) {
  const shown = await take(file, options);
  assert.ok("token" in shown.report, JSON.stringify(shown.report));
  return take(file, { ...options, token: shown.report.token, skipRefused: true });
}

/** A ZIP archive (APPNOTE 6.3) of files, each deflated. */
function zipOf(files: Readonly<Record<string, string>>, { claims }: { claims?: number } = {}): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = deflateRawSync(text);
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(8, 4);
    about.writeUInt32LE(crc32(text), 10);
    about.writeUInt32LE(data.length, 14);
    about.writeUInt32LE(claims ?? Buffer.byteLength(text), 18);
    about.writeUInt16LE(name.length, 22);
    const head = Buffer.concat([Buffer.from("PK\u0003\u0004"), about, Buffer.from(name)]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.from("PK\u0001\u0002\u0014\u0000"), about, rest, Buffer.from(name));
    local.push(head, data);
    offset += head.length + data.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, directory, Buffer.from("PK\u0005\u0006"), end]);
}

/** The least that a workbook is. */
const workbook = (sheet: string, strings: readonly string[] = []) => ({
  "xl/workbook.xml": `<workbook xmlns:r="r"><sheets><sheet name="A" r:id="rId1"/></sheets></workbook>`,
  "xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>`,
  "xl/worksheets/sheet1.xml": `<worksheet><sheetData>${sheet}</sheetData></worksheet>`,
  "xl/sharedStrings.xml": `<sst>${strings.map((text) => `<si><t>${text}</t></si>`).join("")}</sst>`,
});

describe("a CSV file", () => {
  test("is taken with a byte order mark, semicolons, quotes, any line ends and any order of columns", async () => {
    const file =
      '\ufeffDescription;SKU;Base Unit\r\n"Bolt; 8 x 40 ""zinc""";CSV-1;EA\r\n\r\n"two";CSV-2;\r\n';
    const { report, rows } = await load(file);
    assert.deepEqual("counts" in report && [report.is, report.counts.created], ["applied", 2]);
    assert.deepEqual(
      rows.map(({ line }) => line),
      [2, 4],
    );
    const item = await governance.itemPage({ afterSku: "CSV-", limit: 1 });
    assert.equal(item[0]?.description, 'Bolt; 8 x 40 "zinc"');
    const again = await take(file);
    assert.deepEqual("counts" in again.report && again.report.counts, {
      ...{ created: 0, changed: 0, unchanged: 2, refused: 0 },
    });
  });

  test("says which class each item would be moved to before it moves it, and leaves the class of an empty cell", async () => {
    await load("sku,item_class\nCLASS-1,A\nCLASS-2,A\nCLASS-3,\n");
    const file = "sku,Item Class\nCLASS-1,B\nCLASS-2,\nCLASS-3,B\n";
    const shown = await take(file);
    const moved = (before: string) => ({
      ...{ outcome: "changed", before: { itemClass: before }, after: { itemClass: "B" } },
    });
    const told = shown.rows.map(({ outcome: { subject: _subject, id: _id, ...told } }) => told);
    assert.deepEqual(told, [moved("A"), { outcome: "unchanged" }, moved("")]);
    assert.deepEqual(await itemsOf("B"), []);
    await load(file);
    assert.deepEqual(await itemsOf("B"), ["CLASS-1", "CLASS-3"]);
    assert.deepEqual(await itemsOf("A"), ["CLASS-2"]);
    const { rows } = await take(`sku,item_class\nCLASS-1,${"x".repeat(41)}\n`);
    assert.match(JSON.stringify(rows[0]), /item_class.*up to 40 characters|up to 40 characters.*item_class/);
  });

  test("is read as Windows-1252 where it is not UTF-8", async () => {
    await load(Buffer.from("sku,description\nLATIN-1,Stra\u00dfe\n", "latin1"));
    assert.equal(
      (await governance.itemPage({ afterSku: "LATIN-", limit: 1 }))[0]?.description,
      "Stra\u00dfe",
    );
  });

  test("says which line and column is wrong, and takes none of it unless told to leave those out", async () => {
    const file =
      "sku,base_unit,tracking\nGOOD-1,EA,none\nBAD-1,KG,none\nBAD-2,EA,sometimes\n,EA,none\nGOOD-1,EA,lot\nBAD-3,EA,none,more\n";
    const { rows, report } = await take(file);
    assert.deepEqual(
      rows.map(({ line, outcome }) => [
        line,
        outcome.outcome === "refused" ? [outcome.reason, outcome.field] : outcome.outcome,
      ]),
      [
        [2, "created"],
        [3, ["bad-unit", "baseUnit"]],
        [4, ["invalid", "tracking"]],
        [5, ["invalid", "sku"]],
        [6, ["twice", undefined]],
        [7, ["invalid", undefined]],
      ],
    );
    assert.match(JSON.stringify(rows[2]), /none, lot, serial/);
    assert.match(JSON.stringify(rows[4]), /stated before, at 2/);
    assert.ok("token" in report);
    const stopped = await take(file, { token: report.token });
    assert.equal("is" in stopped.report && stopped.report.is, "refused");
    assert.equal((await governance.itemPage({ afterSku: "GOOD-", limit: 1 }))[0]?.sku === "GOOD-1", false);
  });

  test("keeps the zeros that a spreadsheet is told to keep, and says so where they are lost", async () => {
    await load("sku\nZERO-1\n");
    const file = `item,scheme,value\nZERO-1,gtin,="012345678905"\nZERO-1,gtin,12345678905\n`;
    const { rows } = await take(file, { kind: "item-name" });
    assert.deepEqual(
      rows.map(({ outcome }) => outcome.outcome),
      ["created", "refused"],
    );
    assert.match(JSON.stringify(rows[1]), /drop leading zeros/);
  });

  for (const [what, file, says] of [
    ["no bytes", "", /empty/],
    [
      "200 columns",
      `${Array.from({ length: 200 }, (_, at) => `c${at}`).join(",")}\n`,
      /200 columns.*item_id, sku/,
    ],
    ["a heading that is not one", "sku,colour\nA,red\n", /"colour".*item_id, sku/],
    ["a heading that is missing", "description\nA\n", /lacks the headings sku/],
    ["a heading twice", "sku,SKU\nA,B\n", /sku stands twice/],
    ["a quote that never closes", 'sku,description\nA,"open\n', /never closed/],
    ["a cell of 10 MB", `sku,description\nA,"${"x".repeat(10_000_000)}"\n`, /more than 100000 characters/],
    ["NUL characters", "sku\nA\u0000B\n", /NUL/],
    ["UTF-16", Buffer.from("\ufeffsku\nA\n", "utf16le"), /UTF-16/],
    ["an old workbook", Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0, 0]), /\.xls/],
    ["gzip", Buffer.from([0x1f, 0x8b, 8, 0]), /gzip/],
    ["an archive of a CSV", zipOf({ "items.csv": "sku\nA\n" }), /archive, but no workbook/],
    ["a damaged archive", Buffer.from("PK\u0003\u0004 and no more"), /archive/],
  ] as const) {
    test(`that is ${what} is refused whole, with what to do`, async () => {
      assert.match(await problemOf(file), says);
    });
  }
});

describe("a workbook", () => {
  test("is read by its first sheet: shared and inline texts, numbers, and gaps", async () => {
    const sheet =
      '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>description</t></is></c><c r="B1" t="s"><v>1</v></c><c r="D1" t="inlineStr"><is><t>item_class</t></is></c></row>' +
      '<row r="3"><c r="A3"><v>4.711E3</v></c><c r="C3" t="inlineStr"><is><t>A &amp; B</t></is></c><c r="D3"><v>7</v></c></row>';
    await load(zipOf(workbook(sheet, ["sku", "base_unit"])));
    const [item] = await governance.itemPage({ afterSku: "4710", limit: 1 });
    assert.deepEqual([item?.sku, item?.description, item?.item_class], ["4711", "A & B", "7"]);
  });

  test("has no formulas, no document type, and unpacks to what it says", async () => {
    const heading = '<row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is></c></row>';
    const formula = `${heading}<row r="2"><c r="A2"><f>1+1</f><v>2</v></c></row>`;
    const { rows } = await take(zipOf(workbook(formula)));
    assert.match(JSON.stringify(rows[0]), /A2 holds a formula/);
    const entity = { ...workbook(heading), "xl/sharedStrings.xml": '<!DOCTYPE a [<!ENTITY b "c">]><sst/>' };
    assert.match(await problemOf(zipOf(entity)), /document type/);
    assert.match(await problemOf(zipOf(workbook(heading), { claims: 400_000_000 })), /unpacks to more/);
    assert.match(
      await problemOf(zipOf(workbook(heading), { claims: 3 })),
      /too many bytes|damaged|cannot be unpacked/,
    );
  });
});

test("what we write for spreadsheets never runs as a formula", () => {
  assert.equal(toCsvCell("=1+1"), "'=1+1");
  assert.equal(toCsvCell('@SUM("a")'), `"'@SUM(""a"")"`);
  assert.equal(toCsvCell("plain"), "plain");
  for (const kind of [
    "item",
    "item-name",
    "item-unit",
    "kit-component",
    "item-cost",
    "lot",
    "location",
    "location-calendar",
    "location-day",
  ] as const) {
    assert.match(governance.masterTemplate(kind), /^[a-z_,]+\r\n[^\r]+\r\n$/);
  }
});
