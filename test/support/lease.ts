import { type Database, sql } from "../../src/platform/index.ts";

/**
 * Ends leases the way silence does: their holder has not renewed them, and has not been told either. On a machine that stood still
 * for as long as a lease lasts, it has ended already.
 */
export async function lapse(database: Database, name: string): Promise<void> {
  const ended = await database.execute(sql`
    update platform.lease set until = least(until, clock_timestamp()) where name = ${name}`);
  if (ended === 0) throw new Error(`nobody has held ${name}`);
}

/** Who holds a lease now. */
export async function holderOf(database: Database, name: string): Promise<string | undefined> {
  const [row] = await database.query<{ holder: string }>(sql`
    select holder from platform.lease where name = ${name} and until > clock_timestamp()`);
  return row?.holder;
}
