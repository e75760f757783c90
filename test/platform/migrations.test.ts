import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { emptyDatabase } from "#test/database.ts";
import {
  type Migration,
  migrate,
  pendingMigrations,
  readMigrations,
  requireCurrentSchema,
  sql,
  Terminal,
} from "../../src/platform/index.ts";

const { database } = await emptyDatabase();
const [first] = await readMigrations();
assert.ok(first !== undefined);

const folder = await mkdtemp(join(tmpdir(), "crossdock-migrations-"));
after(() => rm(folder, { recursive: true }));

function migration(number: number, name: string, text: string): Migration {
  return { number, name, text, checksum: createHash("sha256").update(text).digest("hex") };
}

const shelf = migration(
  2,
  "shelf",
  "create table shelf (id integer primary key);\ninsert into shelf values (1);",
);
const broken = migration(3, "broken", "create table half (id integer);\n\ninsert into nowhere values (1);");
const bin = migration(3, "bin", "create table bin (id integer primary key);");

function refusedWith(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Terminal && error.code === `platform.${code}`;
}

test("an empty database has everything before it", async () => {
  assert.deepEqual(await pendingMigrations(database, [first, shelf]), [first, shelf]);
  await assert.rejects(requireCurrentSchema(database, [first]), refusedWith("schema-behind"));
});

test("several processes that migrate at once apply each migration once", async () => {
  const applied = await Promise.all([1, 2, 3].map(() => migrate(database, [first, shelf])));
  assert.deepEqual(
    applied
      .flat()
      .map((each) => each.number)
      .sort(),
    [1, 2],
  );
  assert.deepEqual(await database.query(sql`select id from shelf`), [{ id: 1 }]);
  await requireCurrentSchema(database, [first, shelf]);
});

test("a migration that fails leaves nothing of itself, and says where", async () => {
  await assert.rejects(migrate(database, [first, shelf, broken]), (error) => {
    assert.ok(error instanceof Terminal);
    assert.equal(error.message, 'migration 0003-broken failed at line 3: relation "nowhere" does not exist');
    return true;
  });
  assert.deepEqual(await database.query(sql`select to_regclass('half') as found`), [{ found: null }]);
  assert.deepEqual(await pendingMigrations(database, [first, shelf, bin]), [bin]);
});

test("a migration that was edited after it had been applied is refused", async () => {
  const edited = migration(2, "shelf", "create table shelf (id bigint);");
  await assert.rejects(migrate(database, [first, edited, bin]), refusedWith("migration-edited"));
});

test("old code refuses a schema that a newer version made", async () => {
  await assert.rejects(migrate(database, [first]), refusedWith("schema-too-new"));
  await assert.rejects(requireCurrentSchema(database, [first]), refusedWith("schema-too-new"));
});

test("a migration numbered below what is applied is refused", async () => {
  const late = migration(3, "late", "select 1;");
  const far = migration(4, "far", "select 1;");
  await migrate(database, [first, shelf, far]);
  await assert.rejects(migrate(database, [first, shelf, late, far]), refusedWith("migration-edited"));
});

test("a file without a number, or with one that is taken, is refused", async () => {
  await writeFile(join(folder, "0001-one.sql"), "select 1;");
  assert.equal((await readMigrations(folder)).length, 1);
  await writeFile(join(folder, "0001-uno.sql"), "select 1;");
  await writeFile(join(folder, "two.sql"), "select 1;");
  await assert.rejects(
    readMigrations(folder),
    /two\.sql is not named 0001-name\.sql; 0001-uno\.sql repeats a number/,
  );
});

test("line ends that a checkout turned round are no edit", async () => {
  await rm(join(folder, "0001-uno.sql"));
  await rm(join(folder, "two.sql"));
  await writeFile(join(folder, "0001-one.sql"), "select 1;\nselect 2;\n");
  const [unix] = await readMigrations(folder);
  await writeFile(join(folder, "0001-one.sql"), "select 1;\r\nselect 2;\r\n");
  assert.deepEqual(await readMigrations(folder), [unix]);
});
