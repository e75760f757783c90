import { type Queryable, sql } from "../platform/index.ts";

/*
 * Read only. The simulated systems forget everything when the program ends, and a real one does not: these are the questions
 * that they ask at a start to go on where they stopped, and two that the live line asks. The parts have no door for them.
 */

/** Where each warehouse's numbering stands. */
export function selectHighestNumbers(
  database: Queryable,
): Promise<{ account_id: string; stream: string; highest: number }[]> {
  return database.query<{ account_id: string; stream: string; highest: number }>(sql`
    select account_id, stream, highest from integration.stream`);
}

/** Whether there are messages that nothing has been made of yet. */
export async function existsUnmappedMessage(database: Queryable): Promise<boolean> {
  const rows = await database.query<{ one: number }>(sql`
    select 1 as one from integration.message where state = 'stored' limit 1`);
  return rows.length > 0;
}

/** Whether there are documents that have not reached their partner yet. */
export async function existsUnsentDocument(database: Queryable): Promise<boolean> {
  const rows = await database.query<{ one: number }>(sql`
    select 1 as one from integration.document where state in ('queued', 'rendered') limit 1`);
  return rows.length > 0;
}

/** Listings that a channel has yet to be told of, and since when the oldest waits. */
export async function selectUntold(
  database: Queryable,
): Promise<{ readonly waiting: number; readonly oldest: Date | null }> {
  const [row] = await database.query<{ waiting: number; oldest: Date | null }>(sql`
    select count(*)::int as waiting, min(dirty_since) as oldest
    from availability.publication where dirty_since is not null`);
  return row ?? { waiting: 0, oldest: null };
}

/** The greatest key of an account's messages that begins like this; keys with padded numbers sort by their numbers. */
export async function selectGreatestKey(
  database: Queryable,
  accountId: string,
  prefix: string,
): Promise<string | undefined> {
  const [row] = await database.query<{ key: string | null }>(sql`
    select max(key collate "C") as key from integration.message
    where account_id = ${accountId} and starts_with(key, ${prefix})`);
  return row?.key ?? undefined;
}
