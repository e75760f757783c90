import { type Database, type Queryable, sql } from "../../src/platform/index.ts";

/** Resolves when this many statements on this database wait for a lock that another transaction holds. */
export async function untilBlocked(database: Queryable, statements = 1): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ blocked: number }>(sql`
      select count(*) as blocked from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`);
    if ((row?.blocked ?? 0) >= statements) return;
  }
}

/**
 * Runs a statement that locks several rows while somebody holds the first of them, and gives what `free` finds while it waits:
 * the rows that it has not locked yet.
 */
export async function whileFirstIsLocked<Row>(
  database: Database,
  work: {
    lockFirst(tx: Queryable): Promise<unknown>;
    run(): Promise<unknown>;
    free(): Promise<readonly Row[]>;
  },
): Promise<readonly Row[]> {
  let running: Promise<unknown> | undefined;
  let free: readonly Row[] = [];
  await database.transaction(async (tx) => {
    await work.lockFirst(tx);
    running = work.run();
    await untilBlocked(database);
    free = await work.free();
  });
  await running;
  return free;
}
