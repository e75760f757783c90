import { type Queryable, sql } from "../platform/index.ts";

/** What has yet to be done: messages that nothing has been made of, and documents that have not left. */
export async function countBacklog(
  database: Queryable,
): Promise<{ readonly messages: number; readonly documents: number }> {
  const [row] = await database.query<{ messages: number; documents: number }>(sql`
    select (select count(*) from integration.message where state = 'stored') as messages,
           (select count(*) from integration.document where state in ('queued', 'rendered')) as documents`);
  return row ?? { messages: 0, documents: 0 };
}

/** Messages that a person must decide about. */
export async function countTroubled(
  database: Queryable,
): Promise<{ readonly suspect: number; readonly dead: number }> {
  const [row] = await database.query<{ suspect: number; dead: number }>(sql`
    select count(*) filter (where state = 'suspect') as suspect, count(*) filter (where state = 'dead') as dead
    from integration.message where state in ('suspect', 'dead')`);
  return row ?? { suspect: 0, dead: 0 };
}

export type StreamStandingRow = {
  readonly account_id: string;
  readonly stream: string;
  readonly lowest: number;
  readonly highest: number;
  readonly missing: number;
  readonly missing_since: Date | null;
};

/** Numbered streams, with how many of their numbers are missing and since when the first of these is. */
export function selectStreamStandings(database: Queryable, limit: number): Promise<StreamStandingRow[]> {
  return database.query<StreamStandingRow>(sql`
    select s.account_id, s.stream, s.lowest, s.highest, coalesce(g.missing, 0)::bigint as missing, g.missing_since
    from integration.stream s
    left join (
      select account_id, stream, sum(last - first + 1) as missing, min(seen_at) as missing_since
      from integration.gap group by account_id, stream
    ) as g on g.account_id = s.account_id and g.stream = s.stream
    order by g.missing_since nulls last, s.account_id, s.stream
    limit ${limit}`);
}

/** The greatest key of an account's messages that begins so, byte by byte. */
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

/** When an account was last heard of, and since when the first of its messages waits that nothing has been made of. */
export type HeardRow = {
  readonly account_id: string;
  readonly heard_at: Date | null;
  readonly waiting_since: Date | null;
};

/**
 * Waiting messages that are looked at: those that wait longest. Beyond them an account is behind in any case, and counting all of them once a
 * second helps nobody.
 */
const WAITING_MAX = 10_000;

/** When accounts were last heard of. Two looks at indexes for each of them. */
export function selectHeard(database: Queryable): Promise<readonly HeardRow[]> {
  return database.query<HeardRow>(sql`
    with waiting as (
      select account_id, min(received_at) as since
      from (select account_id, received_at from integration.message where state = 'stored'
            order by not_before, message_id limit ${WAITING_MAX}) as longest
      group by account_id
    )
    select a.account_id, w.since as waiting_since,
           (select max(m.received_at) from integration.message m where m.account_id = a.account_id) as heard_at
    from integration.account a left join waiting w using (account_id)`);
}
