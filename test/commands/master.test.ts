import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { sql } from "../../src/platform/index.ts";
import { openProgram } from "./program.ts";

test("master data at the command line: rehearsed, taken, repeated, and refused with what to do", async (t) => {
  const { run, database, dataDir } = await openProgram(t);
  await run(["migrate"]);
  const [file, report] = [join(dataDir, "items.csv"), join(dataDir, "report.csv")];
  await writeFile(file, "sku,description\nBOLT,Bolt M8\nNUT,Nut M8\n");
  const take = (...args: string[]) => run(["master", "import", ...args]);

  const shown = await take("item", file, "--report", report);
  assert.equal(shown.code, 0, shown.stderr);
  assert.match(shown.stdout, /2 created.*\nNothing was changed/);
  assert.match(await readFile(report, "utf8"), /^line,outcome.*\r\n2,created,item BOLT,.*\r\n3,created/);
  const token = /--token (\S+)/.exec(shown.stdout)?.[1] ?? "";
  const differs = await take("item", file, "--token", "another");
  assert.deepEqual([differs.code, /Rehearse it again/.test(differs.stdout)], [1, true]);
  assert.match((await take("item", file, "--token", token)).stdout, /The file was taken/);
  assert.match((await take("item", file)).stdout, /2 unchanged/);

  for (const [args, says] of [
    [["item", join(dataDir, "none.csv")], /none\.csv: ENOENT/],
    [["pallet", file], /pallet is no kind of master data; there are item/],
    [["item", dataDir], /EISDIR/],
  ] as const) {
    const refused = await take(...args);
    assert.equal(refused.code, 1);
    assert.doesNotMatch(refused.stderr, /\n {4}at /, "no trace of the program");
    assert.match(refused.stderr, says);
  }

  const busy = await database.transaction(async (tx) => {
    await tx.query(sql`select from governance.change_turn for update`);
    return run(["master", "import", "item", file], { DATABASE_LOCK_TIMEOUT_MS: "100" });
  });
  assert.equal(busy.code, 1);
  assert.match(
    busy.stderr.trim(),
    /^[^\n]*Nothing was changed; another import may be running\. Try again\.$/,
  );
});
