import type { Queryable, Transaction } from "./database-transaction.ts";
import { script, sql } from "./sql.ts";

export type AppliedMigration = { number: number; name: string; checksum: string; applied_at: Date };

/**
 * Whether this database has ever been migrated. Asked of the catalogue's tables and not by `to_regclass`, which may answer from what the
 * connection remembered before it waited for another process that was migrating.
 */
export async function hasMigrationTable(db: Queryable): Promise<boolean> {
  const rows = await db.query<{ found: boolean }>(sql`
    select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                   where n.nspname = 'platform' and c.relname = 'migration') as found`);
  return rows[0]?.found === true;
}

/** In ascending order of number. */
export async function selectAppliedMigrations(db: Queryable): Promise<AppliedMigration[]> {
  return await db.query<AppliedMigration>(
    sql`select number, name, checksum, applied_at from platform.migration order by number`,
  );
}

/**
 * Waits for any other process that migrates. Both time limits are lifted for the wait; afterwards a migration waits for
 * locks no longer than anybody else, because those who queue behind it wait as well.
 */
export async function lockMigrations(tx: Transaction): Promise<void> {
  tx.send(script("set local statement_timeout = 0"));
  tx.send(script("set local lock_timeout = 0"));
  tx.send(sql`select pg_advisory_xact_lock(7011020)`);
  await tx.execute(script("set local lock_timeout = '10s'"));
}

export async function insertAppliedMigration(
  tx: Transaction,
  migration: { number: number; name: string; checksum: string },
): Promise<void> {
  await tx.execute(sql`
    insert into platform.migration (number, name, checksum)
    values (${migration.number}, ${migration.name}, ${migration.checksum})`);
}

/** The server's clock; asking for it also shows that the server answers. */
export async function selectServerTime(database: Queryable): Promise<Date> {
  const [row] = await database.query<{ now: Date }>(sql`select clock_timestamp() as now`);
  if (row === undefined) throw new Error("the server did not tell the time");
  return row.now;
}
