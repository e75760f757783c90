import { type Governance, survivorOf } from "../governance/index.ts";
import type { Clock, Database, Queryable } from "../platform/index.ts";
import {
  type ExpectationPage,
  type OpenTransfer,
  type ReceiptDifference,
  selectOpenTransfers,
  selectReceiptDifferences,
} from "./expectation-store.ts";
import { type MergedItem, selectMergedReceipts, selectMergedTransfers } from "./merged-expectation-store.ts";

type ExpectationDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Governance;
};

/** What was told of a merged item stays told of it; lists put it together with what was told of the item that it is now. */
export async function mergedItems({
  governance,
  database,
}: {
  readonly governance: Pick<Governance, "merges">;
  readonly database: Queryable;
}): Promise<readonly MergedItem[]> {
  const merges = await governance.merges(database);
  return merges.map(({ itemId }) => {
    const survivor = survivorOf(itemId, merges);
    return { itemId, survivor: survivor.itemId, units: survivor.units };
  });
}

/** Every item that is one with another. */
const kinOf = (merged: readonly MergedItem[]): readonly string[] =>
  merged.flatMap(({ itemId, survivor }) => [itemId, survivor]);

/** The first of two lists, in the order in which they were last told of. */
function together<Row extends { readonly last_event_number: number }>(
  rows: readonly Row[],
  others: readonly Row[],
  limit: number,
): readonly Row[] {
  return [...rows, ...others].toSorted((a, b) => a.last_event_number - b.last_event_number).slice(0, limit);
}

/** Transfers of which something is on its way still, or of which more arrived than left. */
export async function openTransfers(
  deps: ExpectationDeps,
  page: ExpectationPage,
): Promise<readonly OpenTransfer[]> {
  const merged = await mergedItems(deps);
  const now = deps.clock.now();
  const rows = selectOpenTransfers(deps.database, { ...page, without: kinOf(merged) }, now);
  const others = merged.length === 0 ? [] : selectMergedTransfers(deps.database, merged, page, now);
  return together(await rows, await others, page.limit);
}

/** Receipt lines that brought more or less than was expected. */
export async function receiptDifferences(
  deps: ExpectationDeps,
  page: ExpectationPage,
): Promise<readonly ReceiptDifference[]> {
  const merged = await mergedItems(deps);
  const rows = selectReceiptDifferences(deps.database, { ...page, without: kinOf(merged) });
  const others = merged.length === 0 ? [] : selectMergedReceipts(deps.database, merged, page);
  return together(await rows, await others, page.limit);
}
