import { createHash, randomBytes } from "node:crypto";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type Database,
  type DatabaseOptions,
  EmbeddedPostgres,
  isUniqueViolation,
  migrate,
  openDatabase,
  quoteIdentifier,
  readMigrations,
  script,
  sql,
} from "../../src/platform/index.ts";

/** A server for tests: either the one that the run started, or one of our own. */
export type TestServer = { readonly url: string; stop(): Promise<void> };

/** A database of one's own, migrated, and gone after the test. */
export type TestDatabase = { readonly database: Database; readonly url: string };

/** Whatever lets a cleanup be registered: a test's context. Without one, the cleanup runs after the whole file. */
export type Cleanup = { after(run: () => Promise<void>): void };

/** Set by `test/run.ts`, so that a whole run shares one server. */
export const serverUrlVariable = "CROSSDOCK_TEST_SERVER_URL";

const dataDir = fileURLToPath(new URL("../../.crossdock/test", import.meta.url));

/** A test server keeps nothing, so it need not wait for the disk. */
const testOptions: DatabaseOptions = { allowUnsafeDurability: true, applicationName: "crossdock-test" };

/** The server named in the environment, or an embedded one in `.crossdock/test`, shared by whoever runs at the time. */
export async function startTestServer(): Promise<TestServer> {
  const given = process.env[serverUrlVariable] ?? process.env.TEST_DATABASE_URL;
  if (given !== undefined) return { url: given, stop: async () => undefined };
  const server = await EmbeddedPostgres.start({ dataDir, durability: "none", database: "test" });
  return { url: server.url, stop: server.stop };
}

/**
 * A fresh database, cloned from a template that has every migration. Call it once at the top of a test file, or inside a
 * test with its context for a database per test.
 */
export async function testDatabase(
  cleanup: Cleanup = { after },
  options: DatabaseOptions = {},
): Promise<TestDatabase> {
  return await cloned(await prepareTemplate(await sharedServer()), cleanup, options);
}

/** A fresh database with nothing in it, for tests of migrations themselves. */
export async function emptyDatabase(
  cleanup: Cleanup = { after },
  options: DatabaseOptions = {},
): Promise<TestDatabase> {
  return await cloned({ ...(await sharedServer()), template: "template0" }, cleanup, options);
}

type Shared = { readonly url: string; readonly admin: Database; readonly leave: () => Promise<void> };
type Templated = Shared & { readonly template: string };

/** Makes the template before the first test file asks for it, so that two of them do not make it at once. */
export async function warmTemplate(serverUrl: string): Promise<void> {
  const admin = await openDatabase(serverUrl, testOptions);
  try {
    await dropAbandoned(admin);
    await prepareTemplate({ url: serverUrl, admin, leave: async () => undefined });
  } finally {
    await admin.close();
  }
}

async function sharedServer(): Promise<Shared> {
  const server = await startTestServer();
  const admin = await openDatabase(server.url, { ...testOptions, poolMax: 2, statementTimeoutMs: 120_000 });
  const leave = async () => {
    await admin.close();
    await server.stop();
  };
  return { url: server.url, admin, leave };
}

async function cloned(from: Templated, cleanup: Cleanup, options: DatabaseOptions): Promise<TestDatabase> {
  const name = `test_${process.pid}_${randomBytes(5).toString("hex")}`;
  await from.admin.execute(script(`create database ${name} template ${quoteIdentifier(from.template)}`));
  const url = databaseUrl(from.url, name);
  const database = await openDatabase(url, { ...testOptions, ...options });
  cleanup.after(async () => {
    await database.close();
    await from.admin.execute(script(`drop database if exists ${name} with (force)`));
    await from.leave();
  });
  return { database, url };
}

/** Makes the template once for this state of the migrations; whoever comes second waits, and finds it. */
async function prepareTemplate(shared: Shared): Promise<Templated> {
  const migrations = await readMigrations();
  const checksums = migrations.map((migration) => migration.checksum).join();
  const template = `crossdock_template_${createHash("sha256").update(checksums).digest("hex").slice(0, 16)}`;
  if (await exists(shared.admin, template)) return { ...shared, template };
  const making = `making_${randomBytes(5).toString("hex")}`;
  await shared.admin.execute(script(`create database ${making} template template0`));
  const database = await openDatabase(databaseUrl(shared.url, making), testOptions);
  try {
    await migrate(database, migrations);
  } finally {
    await database.close();
  }
  await giveName(shared.admin, making, template);
  await dropOldTemplates(shared.admin);
  return { ...shared, template };
}

/** Migrated under a name of its own first, so that a template that carries the final name is complete. */
async function giveName(admin: Database, making: string, template: string): Promise<void> {
  try {
    await admin.execute(script(`alter database ${making} rename to ${template}`));
  } catch (error) {
    await admin.execute(script(`drop database ${making} with (force)`));
    if (!isDuplicate(error)) throw error;
  }
}

function isDuplicate(error: unknown): boolean {
  const duplicateDatabase = "42P04";
  return (
    isUniqueViolation(error) ||
    (error instanceof Error && "code" in error && error.code === duplicateDatabase)
  );
}

async function exists(admin: Database, name: string): Promise<boolean> {
  return (await admin.query(sql`select 1 from pg_database where datname = ${name}`)).length > 0;
}

// Several branches may be tested in turn; templates of states that nobody has any more would fill the disk.
const templatesKept = 5;

async function dropOldTemplates(admin: Database): Promise<void> {
  const old = await admin.query<{ name: string }>(sql`
    select datname as name from pg_database
    where datname like 'crossdock\\_template\\_%' order by oid desc offset ${templatesKept}`);
  for (const { name } of old) {
    // Somebody may be cloning it at this moment; then it stays until the next time.
    await admin.execute(script(`drop database if exists ${name}`)).catch(() => 0);
  }
}

/** Databases of tests that were killed before they could clean up; told by the process number in their name. */
async function dropAbandoned(admin: Database): Promise<void> {
  // On another machine's server the numbers mean other processes.
  if (process.env.TEST_DATABASE_URL !== undefined) return;
  const found = await admin.query<{ name: string; pid: number }>(sql`
    select datname as name, (regexp_match(datname, '^test_(\\d+)_'))[1]::int as pid
    from pg_database where datname ~ '^test_\\d+_'`);
  for (const { name } of found.filter(({ pid }) => !isRunning(pid))) {
    await admin.execute(script(`drop database if exists ${name} with (force)`));
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // Somebody else's, or nobody's; and only our own processes make such databases.
    return false;
  }
}

/** The same server, another database. */
export function databaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
}
