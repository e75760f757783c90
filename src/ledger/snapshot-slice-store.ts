import { sql, type Transaction } from "../platform/index.ts";
import type { PositionToTake } from "./snapshot-store.ts";

/** A slice, with the count that its positions are held against. */
export type PlainSlice = {
  readonly sliceNumber: number;
  readonly locationId: string;
  readonly takenAt: Date;
  readonly inOrder: string;
  readonly conditions: boolean;
};

/** Locks the positions of a slice, then their accounts, each in the order of their ids: the lock order of the whole program. */
export function lockSlice(tx: Transaction, { sliceNumber }: PlainSlice): void {
  tx.send(sql`
    select count(*) from (
      select from ledger.position
      where position_id = any ((select position_ids from ledger.snapshot_slice where slice_number = ${sliceNumber})::bigint[])
      order by position_id for no key update
    ) as locked`);
  tx.send(sql`
    select count(*) from (
      select from ledger.position
      where position_id = any ((select account_ids from ledger.snapshot_slice where slice_number = ${sliceNumber})::bigint[])
      order by position_id for no key update
    ) as locked`);
}

/** What a slice came to. */
export type SlicePosted = {
  /** Every position that changed, column by column, as an object for each costs the server more than the change. */
  readonly item_ids: readonly string[];
  readonly location_ids: readonly string[];
  readonly lots: readonly string[];
  readonly versions: readonly number[];
  /** How many positions the slice has. */
  readonly positions: number;
  readonly positions_changed: number;
  readonly units_found: number;
  readonly units_missing: number;
  /** Positions of which nothing was posted, because something happened to them since they were compared. */
  readonly left: readonly PositionToTake[];
};

/**
 * Posts what a slice of locked positions differs by, in one statement: transfers, balances, and what checkpoints behind it have to hear.
 *
 * It is the rule of a single count (`count.ts`) for the one case that nearly all positions of a snapshot are in: nothing took effect after
 * it that it has not seen, and no later or rival count was made. A comparison has found the first, and an unchanged version says that it is
 * still so; of counts it is asked here. For all others the rule itself is asked, position by position.
 */
export async function postSlice(
  tx: Transaction,
  slice: PlainSlice,
  { now, isBehindCheckpoints }: { readonly now: Date; readonly isBehindCheckpoints: boolean },
): Promise<SlicePosted> {
  const { sliceNumber, locationId, takenAt, inOrder, conditions } = slice;
  const [posted] = await tx.query<SlicePosted>(sql`
    with compared as materialized (
      select r.*,
             r.version = p.version
               and not exists (select from ledger.count c where c.position_id = r.position_id and c.counted_at >= ${takenAt}
                                                            and (c.counted_at, c.in_order) <> (${takenAt}, ${inOrder}))
               and not exists (select from ledger.coverage f where f.location_id = ${locationId} and f.counted_at >= ${takenAt}
                                                               and (f.counted_at, f.in_order) <> (${takenAt}, ${inOrder})) as is_plain,
             r.on_hand - (p.available + p.held + p.allocated + p.picked + p.channel_reserved + p.quarantined + p.damaged) as found,
             case when ${conditions}::boolean then r.quarantined - p.quarantined else 0 end as found_quarantined,
             case when ${conditions}::boolean then r.damaged - p.damaged else 0 end as found_damaged
      from ledger.slice_position r join ledger.position p using (position_id) where r.slice_number = ${sliceNumber}
    ), found as materialized (
      select c.position_id, c.account_id, c.event_number, side.status, side.units
      from compared c
      cross join lateral (values ('available'::ledger.status, c.found - c.found_quarantined - c.found_damaged),
                                 ('quarantined', c.found_quarantined), ('damaged', c.found_damaged)) as side (status, units)
      where c.is_plain and side.units <> 0
    ), transferred as (
      insert into ledger.transfer (from_position_id, from_status, to_position_id, to_status, quantity, reason, effective_at, recorded_at,
                                   event_number)
      select case when units > 0 then account_id else position_id end, case when units > 0 then 'available' else status end,
             case when units > 0 then position_id else account_id end, case when units > 0 then status else 'available' end,
             abs(units), 'count', ${takenAt}, ${now}, event_number
      from found order by position_id
    ), told as (
      insert into ledger.checkpoint_change (position_id, taken_at, recorded_at, status, units, transfers)
      select c.position_id, c.taken_at, ${now}, side.status, sum(side.units), count(*)
      from found f
      cross join lateral (values (f.position_id, f.status, f.units), (f.account_id, 'available', -f.units)) as side (position_id, status, units)
      join ledger.checkpoint c on c.position_id = side.position_id and c.taken_at >= ${takenAt}
      where ${isBehindCheckpoints}::boolean group by c.position_id, c.taken_at, side.status
    ), change as (
      select position_id, coalesce(sum(units) filter (where status = 'available'), 0)::bigint as available,
             coalesce(sum(units) filter (where status = 'quarantined'), 0)::bigint as quarantined,
             coalesce(sum(units) filter (where status = 'damaged'), 0)::bigint as damaged, count(*) as transfers
      from found group by position_id
      union all
      select account_id, -sum(units)::bigint, 0, 0, count(*) from found group by account_id
    ), changed as (
      update ledger.position p
      set available = p.available + c.available, quarantined = p.quarantined + c.quarantined, damaged = p.damaged + c.damaged,
          uncovered = greatest(0, -(p.available + c.available)), version = p.version + c.transfers
      from change c where p.position_id = c.position_id returning p.item_id, p.location_id, p.lot, p.version
    )
    select total.*, told.*, (select count(*) from compared) as positions,
           (select coalesce(json_agg(c), '[]') from compared c where not is_plain) as left
    from (select count(distinct position_id) as positions_changed, coalesce(sum(units) filter (where units > 0), 0)::bigint as units_found,
                 coalesce(-sum(units) filter (where units < 0), 0)::bigint as units_missing from found) as total
    cross join (select coalesce(json_agg(item_id), '[]') as item_ids, coalesce(json_agg(location_id), '[]') as location_ids,
                       coalesce(json_agg(lot), '[]') as lots, coalesce(json_agg(version), '[]') as versions from changed) as told`);
  if (posted === undefined || posted.positions === 0) throw new Error(`slice ${sliceNumber} is lost`);
  return posted;
}
