import type { Transaction } from "../platform/index.ts";
import { copyLots } from "./identity-store.ts";
import { type LotStatement, lotBy } from "./lot-days.ts";
import {
  copyStatements,
  type LotColumns,
  markDisagreements,
  type StatementRow,
  selectStatements,
  selectTrackedItems,
  selectUnknownLots,
} from "./lot-store.ts";
import { type Key, keyText } from "./master.ts";
import type { MasterDifference } from "./master-difference.ts";
import type { LotState } from "./master-state.ts";
import { type LotRow, putLots, selectLots } from "./master-store.ts";

/** A lot by its item and number. */
export type LotKey = { readonly itemId: string; readonly lot: string };

const textOf = ({ itemId, lot }: LotKey): string => keyText([itemId, lot] satisfies Key);

/** Each lot once, as the columns of a query. */
export function lotColumns(keys: readonly LotKey[]): LotColumns {
  const distinct = [...new Map(keys.map((key) => [textOf(key), key])).values()];
  return { itemIds: distinct.map(({ itemId }) => itemId), lots: distinct.map(({ lot }) => lot) };
}

/** A lot as it is stored. */
export const toLotState = (row: LotRow): LotState => ({
  expiresOn: row.expires_on ?? undefined,
  madeOn: row.made_on ?? undefined,
  expiryFromReceipts: row.expiry_from_receipts,
  attributes: row.attributes,
});

/** A statement as it is stored. */
export const toStatement = (row: StatementRow): LotStatement => ({
  ...{ itemId: row.item_id, lot: row.lot, source: row.source, byOwner: row.by_owner },
  expiresOn: row.expires_on ?? undefined,
  effectiveAt: row.effective_at.getTime(),
  ...{ factId: row.fact_id, factNumber: row.event_number, recordedAt: row.recorded_at },
});

/** Lots are put as they are to be, and what receipts say of them is held against that. Must have the turn. */
export async function writeLots(tx: Transaction, lots: MasterDifference["lots"], at: Date): Promise<void> {
  if (lots.length === 0) return;
  const columns = {
    itemIds: lots.map(({ itemId }) => itemId),
    lots: lots.map(({ lot }) => lot),
    expiresOn: lots.map(({ expiresOn }) => expiresOn ?? null),
    madeOn: lots.map(({ madeOn }) => madeOn ?? null),
    attributes: lots.map(({ attributes }) => JSON.stringify(attributes)),
    expiryFromReceipts: lots.map(({ expiryFromReceipts }) => expiryFromReceipts),
  };
  await putLots(tx, columns, at);
  await markDisagreements(tx, columns, at);
}

/**
 * Lets lots be what is said of them by now: makes those that master data does not know, where their items have lots at all, and writes
 * the days that receipts alone state. Must have the turn.
 */
export async function settleLots(tx: Transaction, keys: readonly LotKey[], at: Date): Promise<void> {
  if (keys.length === 0) return;
  const columns = lotColumns(keys);
  const tracked = new Set((await selectTrackedItems(tx, columns.itemIds)).map((row) => row.item_id));
  const known = new Map(
    (await selectLots(tx, columns)).map((row) => [keyText([row.item_id, row.lot]), toLotState(row)]),
  );
  const statements = Map.groupBy((await selectStatements(tx, columns)).map(toStatement), textOf);
  const made = [...statements].flatMap(([key, said]) => {
    const [first] = said;
    if (first === undefined || !tracked.has(first.itemId)) return [];
    const before = known.get(key);
    const after = lotBy(before, said);
    if (before !== undefined && before.expiresOn === after.expiresOn) return [];
    const { itemId, lot } = first;
    return [{ attributes: {}, ...before, ...after, itemId, lot }];
  });
  await writeLots(tx, made, at);
  await markDisagreements(tx, columns, at);
}

/** Makes the lots that receipts have spoken of before their items were told to have lots. Must have the turn. */
export async function settleUnknownLots(
  tx: Transaction,
  itemIds: readonly string[],
  at: Date,
): Promise<void> {
  if (itemIds.length === 0) return;
  const tracked = (await selectTrackedItems(tx, itemIds)).map((row) => row.item_id);
  const unknown = tracked.length === 0 ? [] : await selectUnknownLots(tx, tracked);
  await settleLots(
    tx,
    unknown.map((row) => ({ itemId: row.item_id, lot: row.lot })),
    at,
  );
}

/** Lets an item know the lots of another, with all that receipts have said of them. Must have the turn. */
export async function shareLots(
  tx: Transaction,
  items: { readonly from: string; readonly to: string },
  at: Date,
): Promise<void> {
  const copied = await copyLots(tx, items, at);
  const said = await copyStatements(tx, items);
  await settleLots(
    tx,
    [...copied, ...said].map(({ lot }) => ({ itemId: items.to, lot })),
    at,
  );
}
