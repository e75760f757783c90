import { type Queryable, sql, type Transaction } from "../platform/index.ts";

/** Lists items on an account; each is dirty at once, so that the channel is told a first value. */
export function listItems(
  database: Queryable,
  listing: {
    readonly accountId: string;
    readonly channelId: string;
    readonly itemIds: readonly string[];
    readonly at: Date;
  },
): Promise<number> {
  return database.execute(sql`
    insert into availability.publication (account_id, item_id, channel_id, dirty_since, dirty_version)
    select ${listing.accountId}, i.item_id, ${listing.channelId}, ${listing.at}, 1
    from unnest(${listing.itemIds}::text[]) as i (item_id)
    on conflict (account_id, item_id) do nothing`);
}

/** Marks every listing of items as possibly wrong, kits of the items included by the caller. */
export function markDirty(tx: Transaction, itemIds: readonly string[], at: Date): Promise<number> {
  return tx.execute(sql`
    update availability.publication
    set dirty_since = coalesce(dirty_since, ${at}), dirty_version = dirty_version + 1
    where item_id = any (${itemIds}::text[])`);
}

/** Forgets what was in flight long enough to have arrived, and has those listings valued again. */
export function settleInFlight(database: Queryable, now: Date): Promise<number> {
  return database.execute(sql`
    update availability.publication
    set in_flight = 0, in_flight_until = null, dirty_since = coalesce(dirty_since, ${now}), dirty_version = dirty_version + 1
    where in_flight_until <= ${now}`);
}

/** Accounts that have something to be told now. */
export async function selectDirtyAccounts(database: Queryable, now: Date): Promise<readonly string[]> {
  const rows = await database.query<{ account_id: string }>(sql`
    select distinct account_id from availability.publication
    where dirty_since is not null and (not_before is null or not_before <= ${now})`);
  return rows.map((row) => row.account_id);
}

/** Takes the sole right to call an account for a while; false while another process has it. */
export async function takeLease(
  database: Queryable,
  lease: { readonly accountId: string; readonly holder: string; readonly now: Date; readonly until: Date },
): Promise<boolean> {
  const touched = await database.execute(sql`
    insert into availability.publisher_lease (account_id, holder, held_until)
    values (${lease.accountId}, ${lease.holder}, ${lease.until})
    on conflict (account_id) do update set holder = excluded.holder, held_until = excluded.held_until
      where publisher_lease.held_until <= ${lease.now} or publisher_lease.holder = ${lease.holder}`);
  return touched > 0;
}

export type DirtyRow = {
  readonly item_id: string;
  readonly channel_id: string;
  readonly dirty_since: Date;
  readonly dirty_version: number;
  readonly published: number | null;
  readonly in_flight: number;
};

/** Listings of an account that may be wrong, the oldest first. */
export function selectDirty(
  database: Queryable,
  accountId: string,
  now: Date,
  limit: number,
): Promise<DirtyRow[]> {
  return database.query<DirtyRow>(sql`
    select item_id, channel_id, dirty_since, dirty_version, published, in_flight
    from availability.publication
    where account_id = ${accountId} and dirty_since is not null and (not_before is null or not_before <= ${now})
    order by dirty_since limit ${limit}`);
}

/** What became of a listing. `clean`: dirty no more, unless it changed meanwhile. */
export type ListingResult = {
  readonly itemId: string;
  readonly dirtyVersion: number;
  readonly clean: boolean;
  /** What the channel believes now; null leaves it as it was. */
  readonly published: number | null;
  readonly inFlight: number;
  readonly inFlightUntil: string | null;
  readonly notBefore: string | null;
  readonly problem: string | null;
};

/** Records the results of one call. A listing that changed during the call stays dirty. */
export function recordResults(
  tx: Queryable,
  accountId: string,
  results: readonly ListingResult[],
  at: Date,
): Promise<number> {
  return tx.execute(sql`
    update availability.publication p
    set dirty_since = case when r.clean and p.dirty_version = r.dirty_version then null else p.dirty_since end,
        published = coalesce(r.published, p.published),
        published_at = case when r.published is null then p.published_at else ${at} end,
        in_flight = r.in_flight, in_flight_until = r.in_flight_until, not_before = r.not_before, last_problem = r.problem
    from unnest(${results.map((r) => r.itemId)}::text[], ${results.map((r) => r.dirtyVersion)}::bigint[],
                ${results.map((r) => r.clean)}::boolean[], ${results.map((r) => r.published)}::bigint[],
                ${results.map((r) => r.inFlight)}::bigint[], ${results.map((r) => r.inFlightUntil)}::timestamptz[],
                ${results.map((r) => r.notBefore)}::timestamptz[], ${results.map((r) => r.problem)}::text[])
      as r (item_id, dirty_version, clean, published, in_flight, in_flight_until, not_before, problem)
    where p.account_id = ${accountId} and p.item_id = r.item_id`);
}
