import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { sql } from "../../src/platform/index.ts";
import { openCore } from "../support/core.ts";
import { assertGolden } from "../support/golden.ts";
import { plainItem, seedAccount, seedShop } from "../support/seed.ts";
import { testSecretKey } from "../support/server.ts";
import { type Ending, openProgram } from "./program.ts";

const golden = new URL("golden/snapshot-import.txt", import.meta.url).pathname;

const [bad, good, packed, cut] = ["bad.csv", "night.csv", "packed.csv.gz", "cut.csv.gz"] as const;
const one = ["--id", "night", "--location", "WH1"];
const unreachable = { DATABASE_URL: "postgres://nobody:secret@127.0.0.1:1/none" };
const otherKey = { SECRET_KEY: Buffer.alloc(32, 8).toString("base64") };

const refusals: readonly Omit<Typed, "settings">[] = [
  { name: bad, args: one },
  { name: "none.csv", args: one },
  { name: "folder", args: one },
  { name: cut, args: one },
  { name: good, args: ["--account", "nobody", ...one] },
  { name: good, args: ["--account", "no such account", ...one] },
  { name: good, args: [...one, "--columns", "Artikel"] },
  { name: good, args: [...one, "--columns", "colour:bin"] },
  { name: good, args: [...one, "--watermark", "4711"] },
  { name: good, args: ["--id", "night"] },
  { name: good, args: ["--id", "night", "--location", "WH9"] },
  { name: good, args: ["--id", "", "--location", "WH1"] },
  { name: good, args: ["--id", "n".repeat(121), "--location", "WH1"] },
  { name: good, args: [...one, "--unit", "pieces, or so"] },
  { name: good, args: [...one, "--location-scheme", "Not A Scheme"] },
];

test("a file of stock at the command line: rehearsed, taken, repeated, and refused with what to do", async (t) => {
  const { dataDir, database, take, heard } = await openKeyboard(t);
  const write = (name: string, content: string | Buffer) => writeFile(join(dataDir, name), content);

  await write(good, "sku,quantity,bin\nBOLT,12,A1\nNUT,7,A2\nNOBODY,1,A3\n");
  const shown = await take(good, [...one, "--dry-run"]);
  assert.equal(shown.code, 0, shown.stderr);
  assert.equal(await pagesIn(database), 0, "a rehearsal takes nothing");
  assert.equal((await take(good, one)).code, 0);
  assert.equal(await pagesIn(database), 1);
  assert.equal((await take(good, one)).code, 0);
  assert.equal(await pagesIn(database), 1, "the same file changes nothing again");
  await write(packed, gzipSync("Artikel;Menge;location\r\nBOLT;1,5;WH1\r\nNUT;2;WH1\r\n"));
  const german = ["--id", "packed", "--columns", "item:Artikel,quantity:Menge"];
  assert.equal((await take(packed, german)).code, 1);
  await write(packed, gzipSync("Artikel;Menge;location\r\nBOLT;1;WH1\r\nNUT;2;WH1\r\n"));
  const json = await take(packed, [...german, "--json"]);
  assert.equal(JSON.parse(json.stdout).is, "taken");

  await write(bad, "sku,quantity\nBOLT,-1\n,5\nNUT,many\nNUT,3\n");
  await write(cut, gzipSync("sku,quantity\nBOLT,1\n".repeat(50)).subarray(0, 30));
  await mkdir(join(dataDir, "folder"));
  const before = await pagesIn(database);
  const refused: Ending[] = [];
  for (const { name, args } of refusals) refused.push(await take(name, args));
  for (const settings of [otherKey, unreachable]) refused.push(await take(good, one, settings));
  for (const { code, stdout, stderr } of refused) {
    assert.deepEqual([code, stdout], [1, ""], stderr);
    assert.doesNotMatch(stderr, /\n {4}at |:secret@/, "no trace of the program, and no password");
  }
  assert.equal(await pagesIn(database), before, "what is refused takes nothing");
  await assertGolden(golden, heard.join("\n"));
});

/** The program over a warehouse's stock, and what is typed and read. */
async function openKeyboard(t: TestContext) {
  const { run, database, dataDir } = await openProgram(t);
  await seedStock(database);
  const heard: string[] = [];
  return {
    ...{ dataDir, database, heard },
    async take(name: string, args: readonly string[], settings: Typed["settings"] = {}): Promise<Ending> {
      const account = args.includes("--account") ? [] : ["--account", "wms"];
      const given = ["snapshot", "import", join(dataDir, name), "--taken-at", "2026-11-01T02:00:00Z"];
      const ending = await run([...given, ...account, ...args], { SECRET_KEY: testSecretKey, ...settings });
      heard.push(transcript({ name, args, settings }, ending).replaceAll(`${dataDir}/`, ""));
      return ending;
    },
  };
}

type Typed = {
  readonly name: string;
  readonly args: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
};

/** A command and what came of it, as the person at the keyboard sees it. */
function transcript({ name, args, settings }: Typed, { code, stdout, stderr }: Ending): string {
  const typed = args.map((each) => (/^[\w:./-]+$/.test(each) ? each : `'${each}'`)).join(" ");
  const set = Object.keys(settings)
    .map((each) => `${each}=… `)
    .join("");
  return `$ ${set}crossdock snapshot import ${name} ${typed}\n${stdout}${stderr}(${code})\n`;
}

async function seedStock(database: Parameters<typeof openCore>[0]): Promise<void> {
  const core = openCore(database);
  await seedShop(core);
  await seedAccount(core, "wms");
  await core.governance.saveItems([plainItem("bolt"), plainItem("nut")]);
}

async function pagesIn(database: Parameters<typeof openCore>[0]): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    sql`select count(*)::int as count from backbone.event where type = 'StockSnapshotPage'`,
  );
  return row?.count ?? 0;
}
