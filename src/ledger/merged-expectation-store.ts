import { type Queryable, sql } from "../platform/index.ts";
import type { ExpectationPage, OpenTransfer, ReceiptDifference } from "./expectation-store.ts";

/** An item that was merged, what it is now, and how many base units of that one each of its own is. */
export type MergedItem = { readonly itemId: string; readonly survivor: string; readonly units: number };

const columnsOf = (merged: readonly MergedItem[]) => ({
  itemIds: merged.map(({ itemId }) => itemId),
  survivors: merged.map(({ survivor }) => survivor),
  units: merged.map(({ units }) => units),
  /** Every item that is one with another. */
  kin: merged.flatMap(({ itemId, survivor }) => [itemId, survivor]),
});

/**
 * Transfers of items that are one with others, with what was told of all of them together: what left under one name may arrive under
 * another. Found by the rows that are open by themselves, of which there is one wherever the sum is.
 */
export function selectMergedTransfers(
  database: Queryable,
  merged: readonly MergedItem[],
  { locationId, after, limit }: ExpectationPage,
  now: Date,
): Promise<OpenTransfer[]> {
  const { itemIds, survivors, units, kin } = columnsOf(merged);
  return database.query<OpenTransfer>(sql`
    with became as (
      select * from unnest(${itemIds}::text[], ${survivors}::text[], ${units}::bigint[]) as b (item_id, survivor, units)
    ), open as (
      select distinct t.from_location_id, t.to_location_id, t.transfer_number, coalesce(b.survivor, t.item_id) as survivor, t.lot
      from ledger.lane_transfer t left join became b using (item_id)
      where t.dispatched <> t.received + t.lost and t.item_id = any (${kin}::text[])
        and (${locationId ?? null}::text is null or t.to_location_id = ${locationId ?? null})
    ), summed as (
      select o.from_location_id, o.to_location_id, o.transfer_number, o.survivor as item_id, o.lot,
             sum(t.dispatched * coalesce(b.units, 1))::bigint as dispatched, sum(t.received * coalesce(b.units, 1))::bigint as received,
             sum(t.lost * coalesce(b.units, 1))::bigint as lost, max(t.expected_at) as expected_at,
             max(t.last_event_number) as last_event_number
      from open o
      join ledger.lane_transfer t using (from_location_id, to_location_id, transfer_number, lot)
      left join became b on b.item_id = t.item_id
      where coalesce(b.survivor, t.item_id) = o.survivor
      group by 1, 2, 3, 4, 5
    )
    select *, dispatched - received - lost as outstanding,
           coalesce(dispatched > received + lost and expected_at < ${now}, false) as overdue
    from summed where dispatched <> received + lost and last_event_number > ${after}
    order by last_event_number limit ${limit}`);
}

/**
 * Receipt lines of items that are one with others, with what came under all their names together and what was expected last. A line that
 * brought exactly what it should under each of two names is not among them.
 */
export function selectMergedReceipts(
  database: Queryable,
  merged: readonly MergedItem[],
  { locationId, after, limit }: ExpectationPage,
): Promise<ReceiptDifference[]> {
  const { itemIds, survivors, units, kin } = columnsOf(merged);
  return database.query<ReceiptDifference>(sql`
    with became as (
      select * from unnest(${itemIds}::text[], ${survivors}::text[], ${units}::bigint[]) as b (item_id, survivor, units)
    ), differs as (
      select distinct l.location_id, l.purchase_order, l.receipt_number, l.receipt_line, coalesce(b.survivor, l.item_id) as survivor
      from ledger.receipt_line l left join became b using (item_id)
      where l.received <> l.expected and l.item_id = any (${kin}::text[])
        and (${locationId ?? null}::text is null or l.location_id = ${locationId ?? null})
    ), summed as (
      select d.location_id, d.purchase_order, d.receipt_number, d.receipt_line, d.survivor as item_id,
             (array_agg(l.expected * coalesce(b.units, 1) order by l.expected_as_of desc, l.expected * coalesce(b.units, 1) desc))[1] as expected,
             sum(l.received * coalesce(b.units, 1))::bigint as received, max(l.last_event_number) as last_event_number
      from differs d
      join ledger.receipt_line l using (location_id, purchase_order, receipt_number, receipt_line)
      left join became b on b.item_id = l.item_id
      where coalesce(b.survivor, l.item_id) = d.survivor
      group by 1, 2, 3, 4, 5
    )
    select *, received - expected as difference from summed where received <> expected and last_event_number > ${after}
    order by last_event_number limit ${limit}`);
}
