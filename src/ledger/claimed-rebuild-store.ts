import { type Queryable, sql, type Transaction } from "../platform/index.ts";

/** Most wrong numbers of one place that one look gives; what is beyond is found by the next. */
const WRONG_MAX = 100_000;

/** Whose numbers of which location: the unit in which they are held against the log. */
export type ClaimedPlace = { readonly locationId: string; readonly source: string };

/** Every place of which a source that does not own it has said a number, or is kept as if it had. */
export async function selectClaimedPlaces(database: Queryable): Promise<readonly ClaimedPlace[]> {
  const rows = await database.query<{ location_id: string; source: string }>(sql`
    select distinct location_id, source from ledger.claim
    union select distinct location_id, source from ledger.claimed_quantity
    union select location_id, source from ledger.claimed_location
    order by location_id, source`);
  return rows.map((row) => ({ locationId: row.location_id, source: row.source }));
}

/** A number that is kept, and what the log makes of it; null where there is none. */
export type ClaimedRow = {
  readonly item_id: string;
  readonly lot: string;
  readonly kept: string | null;
  readonly rebuilt: string | null;
};

/**
 * Numbers of a place that are not what the log makes of them. What was said by a fact that lies in an archive is believed: no fact that
 * is here says so, and none may say otherwise.
 */
export function selectWrongClaimed(
  database: Queryable,
  { locationId, source }: ClaimedPlace,
): Promise<ClaimedRow[]> {
  return database.query<ClaimedRow>(sql`
    with kept as (
      select item_id, lot, said_at, in_order, on_hand, event_number from ledger.claimed_quantity
      where location_id = ${locationId} and source = ${source}
    )
    select coalesce(k.item_id, r.item_id) as item_id, coalesce(k.lot, r.lot) as lot,
           case when k.item_id is not null then format('%s as of %s by fact %s', k.on_hand, k.said_at, k.event_number) end as kept,
           case when r.item_id is not null then format('%s as of %s by fact %s', r.on_hand, r.said_at, r.event_number) end as rebuilt
    from kept k full join ledger.claimed_from_log(${locationId}, ${source}) r on (r.item_id, r.lot) = (k.item_id, k.lot)
    where (k.said_at, k.in_order, k.on_hand, k.event_number) is distinct from (r.said_at, r.in_order, r.on_hand, r.event_number)
      and not exists (select from ledger.claimed_unsettled u
                      where (u.location_id, u.source, u.said_at, u.in_order) = (${locationId}, ${source}, k.said_at, k.in_order))
      and (k.item_id is null or r.said_at > k.said_at or not exists (
             select from backbone.stretch s
             where s.state = 'archived' and s.first_number <= k.event_number and s.end_number > k.event_number))
    order by 1, 2 limit ${WRONG_MAX}`);
}

/** Whether a place's last full snapshot is not the one that the log has; what is kept, and what the log has. */
export async function selectWrongClaimedLocation(
  database: Queryable,
  { locationId, source }: ClaimedPlace,
): Promise<Pick<ClaimedRow, "kept" | "rebuilt"> | undefined> {
  const [row] = await database.query<Pick<ClaimedRow, "kept" | "rebuilt">>(sql`
    with kept as (
      select said_at, in_order, event_number from ledger.claimed_location where location_id = ${locationId} and source = ${source}
    )
    select case when k.said_at is not null then format('all as of %s by fact %s', k.said_at, k.event_number) end as kept,
           case when r.said_at is not null then format('all as of %s by fact %s', r.said_at, r.event_number) end as rebuilt
    from kept k full join ledger.claimed_location_from_log(${locationId}, ${source}) r on true
    where (k.said_at, k.in_order, k.event_number) is distinct from (r.said_at, r.in_order, r.event_number)
      and not exists (select from ledger.claimed_unsettled u
                      where (u.location_id, u.source, u.said_at, u.in_order) = (${locationId}, ${source}, k.said_at, k.in_order))`);
  return row;
}

/** Holds the numbers of a place still: nobody says another until this transaction has ended. */
export function lockClaimed(tx: Transaction): void {
  tx.send(sql`lock table ledger.claimed_quantity, ledger.claimed_location in share row exclusive mode`);
}

/** Sets numbers of a place, of these items, to what the log makes of them. The tables must be locked. Gives how many rows changed. */
export async function setClaimed(
  tx: Transaction,
  { locationId, source }: ClaimedPlace,
  itemIds: readonly string[],
): Promise<number> {
  const [row] = await tx.query<{ changed: number }>(sql`
    with rebuilt as materialized (
      select * from ledger.claimed_from_log(${locationId}, ${source}) where item_id = any (${itemIds}::text[])
    ), gone as (
      delete from ledger.claimed_quantity k
      where k.location_id = ${locationId} and k.source = ${source} and k.item_id = any (${itemIds}::text[])
        and not exists (select from rebuilt r where (r.item_id, r.lot) = (k.item_id, k.lot))
      returning 1
    ), said as (
      insert into ledger.claimed_quantity as k (location_id, item_id, lot, source, said_at, in_order, on_hand, event_number)
      select ${locationId}, item_id, lot, ${source}, said_at, in_order, on_hand, event_number from rebuilt
      on conflict (location_id, item_id, lot, source) do update
        set said_at = excluded.said_at, in_order = excluded.in_order, on_hand = excluded.on_hand, event_number = excluded.event_number
        where (k.said_at, k.in_order, k.on_hand, k.event_number)
          is distinct from (excluded.said_at, excluded.in_order, excluded.on_hand, excluded.event_number)
      returning 1
    )
    select (select count(*) from gone) + (select count(*) from said) as changed`);
  return row?.changed ?? 0;
}

/** Sets a place's last full snapshot to the one that the log has. The tables must be locked. */
export async function setClaimedLocation(
  tx: Transaction,
  { locationId, source }: ClaimedPlace,
): Promise<number> {
  const [row] = await tx.query<{ changed: number }>(sql`
    with rebuilt as materialized (
      select * from ledger.claimed_location_from_log(${locationId}, ${source})
    ), gone as (
      delete from ledger.claimed_location k
      where k.location_id = ${locationId} and k.source = ${source} and not exists (select from rebuilt)
      returning 1
    ), said as (
      insert into ledger.claimed_location as k (location_id, source, said_at, in_order, event_number)
      select ${locationId}, ${source}, said_at, in_order, event_number from rebuilt
      on conflict (location_id, source) do update
        set said_at = excluded.said_at, in_order = excluded.in_order, event_number = excluded.event_number
        where (k.said_at, k.in_order, k.event_number) is distinct from (excluded.said_at, excluded.in_order, excluded.event_number)
      returning 1
    )
    select (select count(*) from gone) + (select count(*) from said) as changed`);
  return row?.changed ?? 0;
}
