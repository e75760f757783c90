import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { Database } from "./database.ts";
import { platformErrors, Retryable, Terminal } from "./errors.ts";
import { script } from "./sql.ts";
import {
  type AppliedMigration,
  hasMigrationTable,
  insertAppliedMigration,
  lockMigrations,
  selectAppliedMigrations,
} from "./store.ts";

/** One step forward of the schema: `0007-ledger.sql`. There are no steps back. */
export type Migration = {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly text: string;
};

/** The migrations that this version of Crossdock was written for. */
export const migrationsFolder: string = fileURLToPath(new URL("../../migrations", import.meta.url));

const fileName = /^(\d{4})-([a-z0-9]+(?:-[a-z0-9]+)*)\.sql$/;

/** Files that lie in the folder without being migrations. */
const otherFiles: ReadonlySet<string> = new Set(["schema.sql", "README.md"]);

/** Reads a folder's migrations in ascending order; refuses names without a number and numbers given twice. */
export async function readMigrations(folder: string = migrationsFolder): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => !otherFiles.has(name)).sort();
  const wrong = names.filter((name) => !fileName.test(name));
  const numbers = names.map((name) => name.slice(0, 4));
  const twice = names.filter((_, index) => numbers.indexOf(numbers[index] ?? "") !== index);
  if (wrong.length + twice.length > 0) {
    const says = [
      ...wrong.map((name) => `${name} is not named 0001-name.sql`),
      ...twice.map((n) => `${n} repeats a number`),
    ];
    throw new Terminal(platformErrors.migrationFilesInvalid, `in ${folder}: ${says.join("; ")}`);
  }
  return await Promise.all(names.map((name) => readMigration(folder, name)));
}

async function readMigration(folder: string, file: string): Promise<Migration> {
  // A checkout may turn line ends round; that is no edit.
  const text = (await readFile(join(folder, file), "utf8")).replaceAll("\r\n", "\n");
  const checksum = createHash("sha256").update(text).digest("hex");
  return { number: Number(file.slice(0, 4)), name: file.slice(5, -".sql".length), checksum, text };
}

/**
 * What is still to be applied, in order. Throws when the database was migrated by a newer version, or when an applied
 * migration has been edited, removed, or overtaken by a later number.
 */
export async function pendingMigrations(
  database: Database,
  migrations: readonly Migration[],
): Promise<Migration[]> {
  if (!(await hasMigrationTable(database))) return [...migrations];
  return stillPending(await selectAppliedMigrations(database), migrations);
}

/** Refuses to go on unless the schema is exactly the one that this version understands. */
export async function requireCurrentSchema(
  database: Database,
  migrations: readonly Migration[],
): Promise<void> {
  const pending = await pendingMigrations(database, migrations);
  if (pending.length === 0) return;
  throw new Terminal(
    platformErrors.schemaBehind,
    `the database lacks ${pending.length} migration(s), from ${label(pending[0])}; run crossdock migrate`,
  );
}

/**
 * Applies what is pending, each migration in a transaction of its own together with its record, and gives what it
 * applied. Several processes may do this at once: they take turns, and each migration is applied by one of them.
 */
export async function migrate(database: Database, migrations: readonly Migration[]): Promise<Migration[]> {
  const applied: Migration[] = [];
  while (true) {
    const next = await applyNext(database, migrations);
    if (next === undefined) return applied;
    applied.push(next);
  }
}

async function applyNext(
  database: Database,
  migrations: readonly Migration[],
): Promise<Migration | undefined> {
  let next: Migration | undefined;
  try {
    await database.transaction(async (tx) => {
      await lockMigrations(tx);
      const before = (await hasMigrationTable(tx)) ? await selectAppliedMigrations(tx) : [];
      next = stillPending(before, migrations)[0];
      if (next === undefined) return;
      await tx.execute(script(next.text));
      await insertAppliedMigration(tx, next);
    });
  } catch (error) {
    if (next === undefined || error instanceof Terminal || error instanceof Retryable) throw error;
    throw migrationError(next, error);
  }
  return next;
}

function migrationError(migration: Migration, error: unknown): Terminal {
  const says = error instanceof Error ? error.message : String(error);
  const position = error instanceof pg.DatabaseError ? Number(error.position) : Number.NaN;
  const line = Number.isInteger(position) ? migration.text.slice(0, position).split("\n").length : undefined;
  const where = line === undefined ? "" : ` at line ${line}`;
  return new Terminal(
    platformErrors.migrationFailed,
    `migration ${label(migration)} failed${where}: ${says}`,
    {
      cause: error,
    },
  );
}

function stillPending(applied: readonly AppliedMigration[], migrations: readonly Migration[]): Migration[] {
  const newest = migrations.at(-1)?.number ?? 0;
  const files = new Map(migrations.map((migration) => [migration.number, migration]));
  for (const done of applied) {
    if (done.number > newest) {
      throw new Terminal(
        platformErrors.schemaTooNew,
        `the database has migration ${label(done)}, and this version knows only up to ${newest}; start the newer version`,
      );
    }
    if (files.get(done.number)?.checksum !== done.checksum) {
      const what = files.has(done.number) ? "was edited" : "was removed";
      throw new Terminal(
        platformErrors.migrationEdited,
        `migration ${label(done)} ${what} after it had been applied`,
      );
    }
  }
  const reached = applied.at(-1)?.number ?? 0;
  const done = new Set(applied.map((migration) => migration.number));
  const pending = migrations.filter((migration) => !done.has(migration.number));
  const overtaken = pending.find((migration) => migration.number < reached);
  if (overtaken === undefined) return pending;
  throw new Terminal(
    platformErrors.migrationEdited,
    `migration ${label(overtaken)} was added below ${reached}, which is applied already; give it a higher number`,
  );
}

function label(migration: { readonly number: number; readonly name: string } | undefined): string {
  return migration === undefined ? "" : `${String(migration.number).padStart(4, "0")}-${migration.name}`;
}
