import {
  type Availability,
  type AvailabilityFormula,
  availableToPromise,
  type ChannelId,
  type ItemId,
  itemId,
  locationId,
  quantityDelta,
} from "@crossdock/canonical";
import type { Governance, ResolvedItem } from "../governance/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Clock, Database, Queryable } from "../platform/index.ts";
import { type Channel, type ChannelBook, formulaFor, kitsPossible } from "./channel.ts";
import { componentsOf } from "./request.ts";
import { sumExpiredHolds } from "./store.ts";

export type AtpDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Pick<Governance, "items">;
  readonly ledger: Pick<Ledger, "positionsOf">;
};

/** Stock of one item over a channel's network. */
type ItemStock = {
  readonly available: number;
  readonly expiredHolds: number;
  readonly byLocation: ReadonlyMap<string, number>;
};

const NO_STOCK: ItemStock = { available: 0, expiredHolds: 0, byLocation: new Map() };

async function stockOf(
  deps: AtpDeps,
  tx: Queryable,
  channel: Channel,
  itemIds: readonly string[],
): Promise<ReadonlyMap<string, ItemStock>> {
  const now = deps.clock.now();
  const [positions, expired] = await Promise.all([
    deps.ledger.positionsOf(tx, itemIds, channel.locations),
    sumExpiredHolds(tx, itemIds, now),
  ]);
  const expiredAt = new Map(expired.map((row) => [row.position_id, row.quantity]));
  const stock = new Map<string, ItemStock>();
  for (const [item, rows] of Map.groupBy(positions, (row) => row.item_id)) {
    const byLocation = new Map<string, number>();
    for (const row of rows) {
      const open = row.available + (expiredAt.get(row.position_id) ?? 0);
      byLocation.set(row.location_id, (byLocation.get(row.location_id) ?? 0) + open);
    }
    stock.set(item, {
      available: rows.reduce((sum, row) => sum + row.available, 0),
      expiredHolds: rows.reduce((sum, row) => sum + (expiredAt.get(row.position_id) ?? 0), 0),
      byLocation,
    });
  }
  return stock;
}

/** A kit's formula is that of the component which allows the fewest; its own figure is in whole kits. */
function limiting(
  item: ResolvedItem,
  formulas: ReadonlyMap<string, AvailabilityFormula>,
  none: AvailabilityFormula,
) {
  const parts = componentsOf(item);
  const formulaOf = (id: ItemId) => formulas.get(id) ?? none;
  const kits = kitsPossible(parts, (id) => availableToPromise(formulaOf(id)));
  const [fewest] = parts.toSorted(
    (a, b) =>
      availableToPromise(formulaOf(a.itemId)) / a.quantity -
      availableToPromise(formulaOf(b.itemId)) / b.quantity,
  );
  return {
    kits,
    formula: fewest === undefined ? none : formulaOf(fewest.itemId),
    part: fewest?.itemId ?? item.itemId,
  };
}

/**
 * What a channel may sell of items now. Undefined when there is no such channel; items that do not exist are left out. The figures
 * are of one snapshot. A kit shows the formula of its scarcest component.
 */
export async function availabilityOf(
  deps: AtpDeps,
  book: ChannelBook,
  channelId: ChannelId,
  itemIds: readonly string[],
): Promise<readonly Availability[] | undefined> {
  const channel = book.get(channelId);
  if (channel === undefined) return undefined;
  const items = await deps.governance.items(deps.database, itemIds);
  const parts = [
    ...new Set([...items.values()].flatMap((item) => componentsOf(item).map((part) => part.itemId))),
  ];
  const asOf = deps.clock.now();
  const stock = await deps.database.transaction((tx) => stockOf(deps, tx, channel, parts), {
    isolation: "repeatable read",
    readOnly: true,
  });
  const formula = (item: ItemId) => formulaFor(book, channel, { item, ...(stock.get(item) ?? NO_STOCK) });
  const formulas = new Map(parts.map((part) => [part, formula(part)]));
  return [...items.values()].map((item) => {
    const { kits, formula: shown, part } = limiting(item, formulas, formula(item.itemId));
    const locations = [...(stock.get(part)?.byLocation ?? [])].map(([location, available]) => ({
      locationId: locationId(location),
      available: quantityDelta(available),
    }));
    return {
      channelId,
      itemId: itemId(item.itemId),
      sku: item.sku,
      availableToPromise: kits,
      formula: shown,
      locations,
      asOf: asOf.toISOString(),
    };
  });
}
