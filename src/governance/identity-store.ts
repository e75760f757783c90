import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { LotRow } from "./master-store.ts";

type Texts = readonly string[];

/** Locks items against being merged or split by another. Must have the turn; before any position is locked. */
export function lockItems(tx: Transaction, itemIds: Texts): Promise<{ item_id: string }[]> {
  return tx.query(sql`
    select item_id from governance.item where item_id = any (${itemIds}::text[]) order by item_id for no key update`);
}

/** An item that has become another: since when, and how many base units of that one a base unit of it is. */
export type MergedRow = {
  readonly item_id: string;
  readonly merged_into: string;
  readonly merged_since: Date;
  readonly merged_units: number;
};

/** All items that have become others. */
export function selectMerged(database: Queryable): Promise<MergedRow[]> {
  return database.query<MergedRow>(sql`
    select item_id, merged_into, merged_since, merged_units from governance.item
    where merged_into is not null order by item_id`);
}

/** One of them, which stays merged until the transaction ends; undefined when it is not any more. */
export async function holdMerged(tx: Transaction, itemId: string): Promise<MergedRow | undefined> {
  const [row] = await tx.query<MergedRow>(sql`
    select item_id, merged_into, merged_since, merged_units from governance.item
    where item_id = ${itemId} and merged_into is not null for share`);
  return row;
}

/** Says of an item that it has become another. */
export function setMerged(
  tx: Transaction,
  merged: { readonly itemId: string; readonly into: string; readonly since: Date; readonly units: bigint },
): Promise<number> {
  return tx.execute(sql`
    update governance.item set merged_into = ${merged.into}, merged_since = ${merged.since}, merged_units = ${merged.units}
    where item_id = ${merged.itemId}`);
}

/** Says of an item that it is itself again. */
export function clearMerged(tx: Transaction, itemId: string): Promise<number> {
  return tx.execute(sql`
    update governance.item set merged_into = null, merged_since = null, merged_units = null where item_id = ${itemId}`);
}

/**
 * Lots that both items know and of which master data states different days, or days that cannot be together. Where only receipts say one of
 * them, it is no matter: it becomes a disagreement, as it would have if the items had been one when it came.
 */
export function selectUnlikeLots(
  tx: Transaction,
  items: { readonly one: string; readonly other: string },
): Promise<{ lot: string }[]> {
  return tx.query(sql`
    select a.lot from governance.lot a join governance.lot b on b.lot = a.lot
    where a.item_id = ${items.one} and b.item_id = ${items.other}
      and ((a.expires_on <> b.expires_on and not a.expiry_from_receipts and not b.expiry_from_receipts)
           or a.made_on <> b.made_on
           or coalesce(a.made_on, b.made_on) > least(a.expires_on, b.expires_on))
    order by a.lot limit 10`);
}

/** Lets an item know the lots of another. What it knows stays; a day that master data states goes before one that receipts say. */
export function copyLots(
  tx: Transaction,
  items: { readonly from: string; readonly to: string },
  at: Date,
): Promise<Pick<LotRow, "lot">[]> {
  return tx.query(sql`
    insert into governance.lot as known (item_id, lot, expires_on, made_on, attributes, expiry_from_receipts, created_at)
    select ${items.to}, lot, expires_on, made_on, attributes, expiry_from_receipts, ${at}
    from governance.lot where item_id = ${items.from}
    on conflict (item_id, lot) do update
    set made_on = coalesce(known.made_on, excluded.made_on),
        expires_on = case when known.expires_on is null or (known.expiry_from_receipts and not excluded.expiry_from_receipts)
                          then coalesce(excluded.expires_on, known.expires_on) else known.expires_on end,
        expiry_from_receipts = case when known.expires_on is null then excluded.expiry_from_receipts
                                    else known.expiry_from_receipts
                                         and (excluded.expires_on is null or excluded.expiry_from_receipts) end
    returning lot`);
}
