import type { Availability, ChannelId } from "@crossdock/canonical";
import type { Governance } from "../governance/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Clock, Database, Transaction } from "../platform/index.ts";
import { keptForWaiting, networksOf } from "./backorders/kept-service.ts";
import { selectQueues } from "./backorders/store.ts";
import { readLotDays } from "./expiry-service.ts";
import { figureFor } from "./figure.ts";
import { placeOfRow, type StockRead, stockFor } from "./item-stock.ts";
import { partIdsOf } from "./request.ts";
import { selectRingFences } from "./ring-fence-store.ts";
import { bookAt, type RuleBook } from "./rules/book.ts";
import { sumExpiredHolds } from "./store.ts";

export type AtpDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Pick<Governance, "items">;
  readonly ledger: Pick<Ledger, "positionsOf">;
};

/** Reads the stock of items at locations, with what is set aside there for channels. */
export async function readStock(
  deps: Pick<AtpDeps, "ledger" | "clock">,
  tx: Transaction,
  wanted: {
    readonly itemIds: readonly string[];
    readonly locations: readonly string[];
    /** Whose ring-fences are read; absent: everybody's. */
    readonly channelIds?: readonly string[];
    /** By whose rules those who wait are looked at. */
    readonly book: RuleBook;
  },
): Promise<StockRead> {
  const { itemIds, locations, book } = wanted;
  const now = deps.clock.now();
  const [found, expired, queues] = await Promise.all([
    deps.ledger.positionsOf(tx, itemIds, locations),
    sumExpiredHolds(tx, { itemIds, now }),
    selectQueues(tx, itemIds),
  ]);
  const places = [...new Set([...locations, ...networksOf(book, queues)])];
  const isWider = places.length > locations.length;
  const positions = isWider ? await deps.ledger.positionsOf(tx, itemIds, places) : found;
  const channelIds = wanted.channelIds && [...wanted.channelIds, ...queues.map((row) => row.channel_id)];
  const fenced = positions.filter((row) => row.channel_reserved > 0).map((row) => row.position_id);
  const [fences, lotDays] = await Promise.all([
    fenced.length === 0 ? [] : selectRingFences(tx, fenced, channelIds),
    readLotDays(tx, positions.map(placeOfRow)),
  ]);
  const waitedFor = new Set(queues.map((row) => row.item_id));
  const kept = await keptForWaiting(tx, book, { ...{ positions, expired, fences }, itemIds: waitedFor, now });
  return {
    ...{ lotDays, at: () => now.getTime(), waiting: kept.shared },
    positions: Map.groupBy(positions, (row) => row.item_id),
    expired: Map.groupBy(expired, (row) => row.position_id),
    fences: Map.groupBy(kept.fences, (row) => row.position_id),
  };
}

/**
 * What a channel may sell of items now. Undefined when there is no such channel; items that do not exist are left out. The figures
 * are of one snapshot.
 */
export async function availabilityOf(
  deps: AtpDeps,
  held: RuleBook,
  channelId: ChannelId,
  itemIds: readonly string[],
): Promise<readonly Availability[] | undefined> {
  const asOf = deps.clock.now();
  const book = bookAt(held, asOf.getTime());
  const channel = book.channels.get(channelId);
  if (channel === undefined) return undefined;
  const items = await deps.governance.items(deps.database, itemIds);
  const parts = partIdsOf(items.values());
  const wanted = { itemIds: parts, locations: channel.locations, channelIds: [channelId], book };
  const read = await deps.database.transaction((tx) => readStock(deps, tx, wanted), {
    isolation: "repeatable read",
    readOnly: true,
  });
  const stock = new Map(parts.map((part) => [String(part), stockFor(read, book, channel, part)]));
  const desk = { book, channel, stock };
  return [...items.values()].map((item) => ({ ...figureFor(desk, item), asOf: asOf.toISOString() }));
}
