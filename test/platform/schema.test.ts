import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { testDatabase } from "#test/database.ts";
import { describeSchema, migrationsFolder } from "../../src/platform/index.ts";

const { database } = await testDatabase();

test("schema.sql shows what the migrations come to", async () => {
  const golden = join(migrationsFolder, "schema.sql");
  const found = await describeSchema(database);
  if (process.env.UPDATE_GOLDEN === "1") await writeFile(golden, found);
  assert.equal(
    found,
    await readFile(golden, "utf8"),
    "run the test with UPDATE_GOLDEN=1 and review the difference",
  );
});
