import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { PositionRow } from "./store.ts";

/** What deciding about promises looks at. Half the columns of a position, because an order looks at dozens and takes from a few. */
export type OpenStockRow = Pick<
  PositionRow,
  "position_id" | "item_id" | "location_id" | "lot" | "available" | "channel_reserved" | "version"
>;

/** Positions of items at locations as they are now, without a lock: a consistent picture of one moment. */
export function selectOpenStock(
  database: Queryable,
  itemIds: readonly string[],
  locationIds: readonly string[],
): Promise<OpenStockRow[]> {
  return database.query<OpenStockRow>(sql`
    select position_id, item_id, location_id, lot, available, channel_reserved, version
    from ledger.position
    where item_id = any (${itemIds}::text[]) and location_id = any (${locationIds}::text[])
    order by position_id`);
}

/** Locks positions of real places, in the lock order of the program. */
export function lockOpenStock(tx: Transaction, positionIds: readonly number[]): Promise<OpenStockRow[]> {
  return tx.query<OpenStockRow>(sql`
    select position_id, item_id, location_id, lot, available, channel_reserved, version
    from ledger.position where position_id = any (${positionIds}::bigint[])
    order by position_id
    for no key update`);
}
