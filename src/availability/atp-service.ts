import { type Availability, type ChannelId, itemId, locationId } from "@crossdock/canonical";
import type { Governance } from "../governance/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Clock, Database, Queryable } from "../platform/index.ts";
import { type ItemStock, itemFigure, kitFigure } from "./atp.ts";
import { componentsOf } from "./request.ts";
import { selectRingFences } from "./ring-fence-store.ts";
import type { Channel, RuleBook } from "./rules/book.ts";
import { sumExpiredHolds } from "./store.ts";

export type AtpDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Pick<Governance, "items">;
  readonly ledger: Pick<Ledger, "positionsOf">;
};

async function stockOf(
  deps: AtpDeps,
  tx: Queryable,
  channel: Channel,
  itemIds: readonly string[],
): Promise<ReadonlyMap<string, ItemStock>> {
  const now = deps.clock.now();
  const { channelId, locations } = channel;
  const [positions, expired] = await Promise.all([
    deps.ledger.positionsOf(tx, itemIds, locations),
    sumExpiredHolds(tx, { itemIds, channelId, now }),
  ]);
  const fenced = positions.filter((row) => row.channel_reserved > 0).map((row) => row.position_id);
  const fences = fenced.length === 0 ? [] : await selectRingFences(tx, fenced, [channelId]);
  const expiredAt = new Map(expired.map((row) => [row.position_id, row.quantity]));
  const ownAt = new Map(expired.map((row) => [row.position_id, row.fenced]));
  for (const row of fences) ownAt.set(row.position_id, (ownAt.get(row.position_id) ?? 0) + row.quantity);
  const stock = new Map<string, ItemStock>();
  for (const [item, rows] of Map.groupBy(positions, (row) => row.item_id)) {
    const open = rows.map((row) => ({
      ...row,
      open: row.available + (expiredAt.get(row.position_id) ?? 0),
      own: ownAt.get(row.position_id) ?? 0,
    }));
    stock.set(item, {
      available: rows.reduce((sum, row) => sum + row.available, 0),
      expiredHolds: rows.reduce((sum, row) => sum + (expiredAt.get(row.position_id) ?? 0), 0),
      ringFenced: open.reduce((sum, row) => sum + row.own, 0),
      locations: [...Map.groupBy(open, (row) => row.location_id)].map(([location, own]) => ({
        locationId: locationId(location),
        available: own.reduce((sum, row) => sum + row.open + row.own, 0),
        onShelf: own.reduce((sum, row) => sum + Math.max(0, row.open) + row.own, 0),
      })),
    });
  }
  return stock;
}

/**
 * What a channel may sell of items now. Undefined when there is no such channel; items that do not exist are left out. The figures
 * are of one snapshot.
 */
export async function availabilityOf(
  deps: AtpDeps,
  book: RuleBook,
  channelId: ChannelId,
  itemIds: readonly string[],
): Promise<readonly Availability[] | undefined> {
  const channel = book.channels.get(channelId);
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
  const desk = { book, channel, stock };
  return [...items.values()].map((item) => ({
    channelId,
    itemId: itemId(item.itemId),
    sku: item.sku,
    ...(item.components.length > 0 ? kitFigure(desk, item.components) : itemFigure(desk, item.itemId)),
    bookVersion: book.version,
    asOf: asOf.toISOString(),
  }));
}
