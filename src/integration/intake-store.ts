import { type Database, type Queryable, sql } from "../platform/index.ts";

/** An account's messages and their records, counted. `repeated` are deliveries of what had been stored before. */
export type MessageTally = {
  readonly repeated: number;
  readonly stored: number;
  readonly suspect: number;
  readonly dead: number;
  readonly dismissed: number;
  readonly records: number;
  readonly applied: number;
  readonly duplicates: number;
  readonly duplicates_by_fingerprint: number;
  readonly applied_in_doubt: number;
  readonly ignored: number;
};

/** Counts an account's messages. It reads all of them: for a person who asks, and not for a metric. */
export async function tallyMessages(database: Queryable, accountId: string): Promise<MessageTally> {
  const [row] = await database.query<MessageTally>(sql`
    select coalesce(sum(delivery_count - 1), 0)::bigint as repeated, count(*) filter (where state = 'stored') as stored,
           count(*) filter (where state = 'suspect') as suspect, count(*) filter (where state = 'dead') as dead,
           count(*) filter (where state = 'dismissed') as dismissed,
           coalesce(sum(records), 0)::bigint as records, coalesce(sum(applied), 0)::bigint as applied,
           coalesce(sum(duplicates), 0)::bigint as duplicates,
           coalesce(sum(duplicates_by_fingerprint), 0)::bigint as duplicates_by_fingerprint,
           coalesce(sum(applied_in_doubt), 0)::bigint as applied_in_doubt, coalesce(sum(ignored), 0)::bigint as ignored
    from integration.message where account_id = ${accountId}`);
  if (row === undefined) throw new Error("a count of messages gave no row");
  return row;
}

/** An account's records that were ever parked, counted from their own rows, and apart those that were held as duplicates. */
export type ParkedTally = {
  readonly waiting: number;
  readonly parked: number;
  readonly dropped: number;
  readonly held: number;
  readonly released: number;
  readonly dropped_as_duplicate: number;
};

export async function tallyParked(
  database: Queryable,
  { accountId, suspect }: { readonly accountId: string; readonly suspect: string },
): Promise<ParkedTally> {
  const [row] = await database.query<ParkedTally>(sql`
    select count(*) filter (where p.state = 'waiting') as waiting, count(*) filter (where p.state = 'parked') as parked,
           count(*) filter (where p.state = 'dropped') as dropped,
           count(*) filter (where p.reason = ${suspect} and p.state = 'parked') as held,
           count(*) filter (where p.reason = ${suspect} and p.state = 'applied') as released,
           count(*) filter (where p.reason = ${suspect} and p.state = 'duplicate') as dropped_as_duplicate
    from integration.parked p join integration.message m using (message_id)
    where m.account_id = ${accountId}`);
  if (row === undefined) throw new Error("a count of parked records gave no row");
  return row;
}

/** What is remembered of a kind, to recognise it when it comes again. */
export type RememberedRow = { readonly kind: string; readonly remembered: number; readonly since: Date };

export function selectRemembered(database: Queryable, accountId: string): Promise<RememberedRow[]> {
  return database.query<RememberedRow>(sql`
    select kind, count(*) as remembered, min(counted_at) as since from integration.fingerprint
    where account_id = ${accountId} group by kind order by kind`);
}

/**
 * How large the table of fingerprints is, by the planner's own estimate, because counting it at every reading of the metrics would
 * cost more than it tells; and when its row that is forgotten next was written.
 */
export async function measureFingerprints(
  database: Queryable,
): Promise<{ readonly rows: number; readonly bytes: number; readonly oldest: Date | null }> {
  const [row] = await database.query<{ rows: number; bytes: number; oldest: Date | null }>(sql`
    select greatest(c.reltuples, 0)::bigint as rows, pg_total_relation_size(c.oid) as bytes,
           (select counted_at from integration.fingerprint order by expires_at limit 1) as oldest
    from pg_class c where c.oid = 'integration.fingerprint'::regclass`);
  return row ?? { rows: 0, bytes: 0, oldest: null };
}

/** Forgets what has fallen out of its window, the oldest first. Rows that a claim has locked are left for the next time. */
export function deleteExpiredFingerprints(
  database: Database,
  { now, limit }: { readonly now: Date; readonly limit: number },
): Promise<number> {
  return database.execute(sql`
    delete from integration.fingerprint where fingerprint in (
      select fingerprint from integration.fingerprint where expires_at <= ${now}
      order by expires_at limit ${limit} for update skip locked)`);
}
