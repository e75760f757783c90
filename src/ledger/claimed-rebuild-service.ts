import type { Database, Log, Queryable } from "../platform/index.ts";
import {
  type ClaimedPlace,
  lockClaimed,
  selectClaimedPlaces,
  selectWrongClaimed,
  selectWrongClaimedLocation,
  setClaimed,
  setClaimedLocation,
} from "./claimed-rebuild-store.ts";
import { type Difference, differenceText } from "./rebuild.ts";
import { settleIn } from "./rebuild-store.ts";

/** Items whose numbers are set in one transaction. What another system says meanwhile waits for it. */
const REPAIR_ITEMS_MAX = 5_000;

/** Tells every number that is kept of another system and is not what the log makes of it. */
export async function compareClaimed(tx: Queryable, found: (difference: Difference) => void): Promise<void> {
  for (const place of await selectClaimedPlaces(tx)) {
    const whole = await selectWrongClaimedLocation(tx, place);
    if (whole !== undefined) found({ kind: "claimed", ...place, of: undefined, ...textsOf(whole) });
    for (const { item_id: itemId, lot, ...row } of await selectWrongClaimed(tx, place))
      found({ kind: "claimed", ...place, of: { itemId, lot }, ...textsOf(row) });
  }
}

const textsOf = ({ kept, rebuilt }: { readonly kept: string | null; readonly rebuilt: string | null }) => ({
  kept: kept ?? undefined,
  rebuilt: rebuilt ?? undefined,
});

/** Sets numbers to what the log makes of them now, having held still those who may say others. Gives how many were set. */
export async function repairClaimed(
  { database, log }: { readonly database: Database; readonly log: Log },
  differences: readonly Difference[],
): Promise<number> {
  const wrong = differences.filter((difference) => difference.kind === "claimed");
  const places = Map.groupBy(wrong, ({ locationId, source }) => JSON.stringify([locationId, source]));
  for (const of of places.values()) {
    const [place] = of;
    if (place !== undefined) await repairPlace(database, place, of);
    for (const difference of of)
      log.warn({ event: "ledger.claimed-rebuilt", was: differenceText(difference) });
  }
  return wrong.length;
}

async function repairPlace(
  database: Database,
  place: ClaimedPlace,
  of: readonly (Difference & { readonly kind: "claimed" })[],
): Promise<void> {
  const itemIds = [...new Set(of.flatMap((difference) => difference.of?.itemId ?? []))];
  if (of.some((difference) => difference.of === undefined)) {
    await database.transaction(async (tx) => {
      settleIn(tx);
      lockClaimed(tx);
      await setClaimedLocation(tx, place);
    });
  }
  for (let start = 0; start < itemIds.length; start += REPAIR_ITEMS_MAX) {
    await database.transaction(async (tx) => {
      settleIn(tx);
      lockClaimed(tx);
      await setClaimed(tx, place, itemIds.slice(start, start + REPAIR_ITEMS_MAX));
    });
  }
}
