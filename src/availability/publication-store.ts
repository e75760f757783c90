import { type Queryable, sql, type Transaction } from "../platform/index.ts";

/*
 * Listings are locked in the order of account and item by every statement that changes several. The statements meet: facts mark
 * what a call's results clean.
 */

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
    with locked as (
      select account_id, item_id from availability.publication
      where item_id = any (${itemIds}::text[])
      order by account_id, item_id for no key update
    )
    update availability.publication p
    set dirty_since = coalesce(p.dirty_since, ${at}), dirty_version = p.dirty_version + 1
    from locked l where p.account_id = l.account_id and p.item_id = l.item_id`);
}

/** Marks listings of channels and items as possibly wrong; an empty channel or item stands for every one. */
export function markDirtyListings(
  tx: Transaction,
  of: readonly { readonly channelId: string; readonly itemId: string }[],
  at: Date,
): Promise<number> {
  const channels = of.map(({ channelId }) => channelId);
  const items = of.map(({ itemId }) => itemId);
  return tx.execute(sql`
    with concerned as (
      select * from unnest(${channels}::text[], ${items}::text[]) as c (channel_id, item_id)
    ), found as (
      select p.account_id, p.item_id from availability.publication p
      join concerned c on c.item_id = p.item_id and c.channel_id in ('', p.channel_id)
      union
      select p.account_id, p.item_id from availability.publication p
      join concerned c on c.item_id = '' and c.channel_id = p.channel_id
      union
      select p.account_id, p.item_id from availability.publication p
      where exists (select from concerned c where c.item_id = '' and c.channel_id = '')
    ), locked as (
      select p.account_id, p.item_id from availability.publication p join found using (account_id, item_id)
      order by p.account_id, p.item_id for no key update of p
    )
    update availability.publication p
    set dirty_since = coalesce(p.dirty_since, ${at}), dirty_version = p.dirty_version + 1
    from locked l where p.account_id = l.account_id and p.item_id = l.item_id`);
}

/** Forgets what was in flight long enough to have arrived, and has those listings valued again. */
export function settleInFlight(database: Queryable, now: Date): Promise<number> {
  return database.execute(sql`
    with locked as (
      select account_id, item_id from availability.publication
      where in_flight_until <= ${now}
      order by account_id, item_id for no key update
    )
    update availability.publication p
    set in_flight = 0, in_flight_until = null, dirty_since = coalesce(p.dirty_since, ${now}),
        dirty_version = p.dirty_version + 1
    from locked l where p.account_id = l.account_id and p.item_id = l.item_id`);
}

/** Units of a listing that a channel's own order says it has sold. */
export type Sale = { readonly accountId: string; readonly itemId: string; readonly units: number };

/**
 * Weighs orders that have arrived against what their channels were seen to sell, and has those listings looked at. What was in flight
 * is so no more; the rest the channel will be seen to have sold. A listing that was told nothing yet has nothing to sell from.
 */
export function hearOfSales(tx: Transaction, sales: readonly Sale[], at: Date): Promise<number> {
  return tx.execute(sql`
    with sale as (
      select account_id, item_id, sum(units)::bigint as units
      from unnest(${sales.map((s) => s.accountId)}::text[], ${sales.map((s) => s.itemId)}::text[],
                  ${sales.map((s) => s.units)}::bigint[]) as s (account_id, item_id, units)
      group by account_id, item_id
    ), locked as (
      select p.account_id, p.item_id, s.units from availability.publication p join sale s using (account_id, item_id)
      where p.published is not null
      order by p.account_id, p.item_id for no key update of p
    )
    update availability.publication p
    set in_flight = greatest(0, p.in_flight - l.units),
        sold_since = p.sold_since + greatest(0, l.units - p.in_flight),
        in_flight_until = case when p.in_flight > l.units then p.in_flight_until end,
        dirty_since = coalesce(p.dirty_since, ${at}), dirty_version = p.dirty_version + 1
    from locked l where p.account_id = l.account_id and p.item_id = l.item_id`);
}

/** Accounts that have something to be told now. */
export async function selectDirtyAccounts(database: Queryable, now: Date): Promise<readonly string[]> {
  const rows = await database.query<{ account_id: string }>(sql`
    select distinct account_id from availability.publication
    where dirty_since is not null and (not_before is null or not_before <= ${now})`);
  return rows.map((row) => row.account_id);
}

export type DirtyRow = {
  readonly item_id: string;
  readonly channel_id: string;
  readonly dirty_since: Date;
  readonly dirty_version: number;
  readonly published: number | null;
  readonly in_flight: number;
  readonly sold_since: number;
  readonly in_doubt: boolean;
  readonly telling: number | null;
};

/** Listings of an account that may be wrong, the oldest first. */
export function selectDirty(
  database: Queryable,
  accountId: string,
  now: Date,
  limit: number,
): Promise<DirtyRow[]> {
  return database.query<DirtyRow>(sql`
    select item_id, channel_id, dirty_since, dirty_version, published, in_flight, sold_since, in_doubt, telling
    from availability.publication
    where account_id = ${accountId} and dirty_since is not null and (not_before is null or not_before <= ${now})
    order by dirty_since limit ${limit}`);
}

/** A listing that a call is about to tell something. */
export type Telling = { readonly itemId: string; readonly quantity: number };

/** Notes before a call what it says: what the channel believes is not known until it answers. */
export function beginTelling(tx: Transaction, accountId: string, told: readonly Telling[]): Promise<number> {
  const itemIds = told.map((t) => t.itemId);
  return tx.execute(sql`
    with locked as (
      select account_id, item_id from availability.publication
      where account_id = ${accountId} and item_id = any (${itemIds}::text[])
      order by account_id, item_id for no key update
    )
    update availability.publication p
    set in_doubt = true, telling = t.quantity
    from locked l
    join unnest(${itemIds}::text[], ${told.map((t) => t.quantity)}::bigint[]) as t (item_id, quantity) using (item_id)
    where p.account_id = l.account_id and p.item_id = l.item_id`);
}

/**
 * Has listings valued and told again: what was asked of the channel may have its effect after somebody else has told it better.
 */
export function tellAgain(
  tx: Transaction,
  accountId: string,
  itemIds: readonly string[],
  at: Date,
): Promise<number> {
  return tx.execute(sql`
    with locked as (
      select account_id, item_id from availability.publication
      where account_id = ${accountId} and item_id = any (${itemIds}::text[])
      order by account_id, item_id for no key update
    )
    update availability.publication p
    set in_doubt = true, dirty_since = coalesce(p.dirty_since, ${at}), dirty_version = p.dirty_version + 1
    from locked l where p.account_id = l.account_id and p.item_id = l.item_id`);
}

/** What became of a listing. `clean`: dirty no more, unless it changed meanwhile. */
export type ListingResult = {
  readonly itemId: string;
  readonly dirtyVersion: number;
  readonly clean: boolean;
  /** What the channel believes now; null leaves it as it was. */
  readonly published: number | null;
  /** Whether it is still unknown what the channel believes. */
  readonly inDoubt: boolean;
  /** Units that the channel is now known to have sold since it was last seen. */
  readonly sold: number;
  /** How long units among them are waited for that no order has told of. */
  readonly inFlightUntil: string;
  readonly notBefore: string | null;
  readonly problem: string | null;
};

/**
 * Records the results of one call. A listing that changed during the call stays dirty. What was sold is weighed against the orders
 * that have arrived by now, those that came during the call included.
 */
export function recordResults(
  tx: Queryable,
  accountId: string,
  results: readonly ListingResult[],
  at: Date,
): Promise<number> {
  const itemIds = results.map((r) => r.itemId);
  return tx.execute(sql`
    with locked as (
      select account_id, item_id from availability.publication
      where account_id = ${accountId} and item_id = any (${itemIds}::text[])
      order by account_id, item_id for no key update
    )
    update availability.publication p
    set dirty_since = case when r.clean and p.dirty_version = r.dirty_version then null else p.dirty_since end,
        published = coalesce(r.published, p.published),
        published_at = case when r.published is null then p.published_at else ${at} end,
        in_doubt = r.in_doubt, telling = null,
        in_flight = greatest(0, p.in_flight - p.sold_since + r.sold),
        sold_since = greatest(0, p.sold_since - p.in_flight - r.sold),
        in_flight_until = case when p.in_flight - p.sold_since + r.sold <= 0 then null
                               when r.sold > 0 then r.in_flight_until else p.in_flight_until end,
        not_before = r.not_before,
        last_problem = r.problem
    from locked l
    join unnest(${itemIds}::text[], ${results.map((r) => r.dirtyVersion)}::bigint[],
                ${results.map((r) => r.clean)}::boolean[], ${results.map((r) => r.published)}::bigint[],
                ${results.map((r) => r.inDoubt)}::boolean[], ${results.map((r) => r.sold)}::bigint[],
                ${results.map((r) => r.inFlightUntil)}::timestamptz[], ${results.map((r) => r.notBefore)}::timestamptz[],
                ${results.map((r) => r.problem)}::text[])
      as r (item_id, dirty_version, clean, published, in_doubt, sold, in_flight_until, not_before, problem)
      using (item_id)
    where p.account_id = l.account_id and p.item_id = l.item_id`);
}

/** What an account shows of each of these items, as far as we know; those of which it was never told anything are left out. */
export function selectPublished(
  database: Queryable,
  accountId: string,
  itemIds: readonly string[],
): Promise<readonly { readonly item_id: string; readonly published: number }[]> {
  return database.query<{ item_id: string; published: number }>(sql`
    select item_id, published from availability.publication
    where account_id = ${accountId} and item_id = any (${itemIds}::text[]) and published is not null`);
}

export type UntoldRow = {
  readonly account_id: string;
  readonly listings: number;
  readonly oldest: Date | null;
};

/**
 * Listings that their channel has yet to be told of, and since when the one that waits longest does, for each account that has
 * listings. Accounts are few and listings many, so the recursion steps through the primary key from account to account instead of
 * reading every listing.
 */
export function selectUntoldByAccount(database: Queryable): Promise<UntoldRow[]> {
  return database.query<UntoldRow>(sql`
    with recursive account as (
      (select account_id from availability.publication order by account_id limit 1)
      union all
      select (select p.account_id from availability.publication p
              where p.account_id > a.account_id order by p.account_id limit 1)
      from account a where a.account_id is not null
    )
    select a.account_id, u.listings, u.oldest
    from account a
    cross join lateral (
      select count(*) as listings, min(p.dirty_since) as oldest from availability.publication p
      where p.account_id = a.account_id and p.dirty_since is not null
    ) as u
    where a.account_id is not null order by a.account_id`);
}
