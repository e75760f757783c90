import { join } from "node:path";
import { test } from "node:test";
import { testDatabase } from "#test/database.ts";
import { assertGolden } from "#test/golden.ts";
import { describeSchema, migrationsFolder, sql } from "../../src/platform/index.ts";

const { database } = await testDatabase();

// PostgreSQL words some definitions differently from one major version to the next; the file is of the embedded one.
const [server] = await database.query<{ major: number }>(
  sql`select current_setting('server_version_num')::int / 10000 as major`,
);
const skip =
  server?.major === 18 ? false : `the golden file is PostgreSQL 18's, and this server is ${server?.major}`;

test("schema.sql shows what the migrations come to", { skip }, async () => {
  await assertGolden(join(migrationsFolder, "schema.sql"), await describeSchema(database));
});
