import type { RuleBook } from "../rules/book.ts";
import type { QueueRow } from "./store.ts";

/** Items of which is remembered who waited for them last; beyond it they are found out about again. */
const ITEMS_REMEMBERED_MAX = 10_000;

/**
 * Who was seen to wait for items. It only says which locations to lock at once: what counts is read behind the lock, and where more
 * wait than was known, the locations that they may be served from are locked then.
 */
export type SeenQueues = {
  /** Notes who waits; gives whether everybody's locations are among those that are locked. */
  see(itemIds: readonly string[], queues: readonly QueueRow[]): void;
  /** The channels that were seen to wait for an item. */
  channelsOf(itemId: string): readonly string[];
};

/** Opens what this process remembers of queues. */
export function rememberQueues(): SeenQueues {
  const seen = new Map<string, readonly string[]>();
  return {
    see(itemIds, queues) {
      const byItem = Map.groupBy(queues, (row) => row.item_id);
      for (const item of itemIds) if (!byItem.has(item)) seen.delete(item);
      if (seen.size > ITEMS_REMEMBERED_MAX) seen.clear();
      for (const [item, rows] of byItem)
        seen.set(
          item,
          rows.map((row) => row.channel_id),
        );
    },
    channelsOf: (item) => seen.get(item) ?? [],
  };
}

/** Whether channels sell from a location that is not among those that are locked. */
export function reachBeyond(
  book: RuleBook,
  queues: readonly QueueRow[],
  locked: ReadonlySet<string>,
): boolean {
  return queues.some((row) =>
    (book.channels.get(row.channel_id)?.locations ?? []).some((place) => !locked.has(place)),
  );
}
