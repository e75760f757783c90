import type { Availability, ChannelId } from "@crossdock/canonical";
import type { LogPosition } from "../../backbone/index.ts";

/** Somebody who wants to hear of a channel's figures. Holds at most a mark for each item, however long it does not ask. */
export type Watcher = {
  readonly channelId: ChannelId;
  readonly items: ReadonlySet<string>;
  /** Items that may have changed since they were told. */
  readonly pending: Set<string>;
  /** What each item was told with last. */
  readonly told: Map<string, number>;
  /** Everything up to here is marked. */
  marked: LogPosition;
  /** Everything up to here was told, or left its figure as it was. Undefined before it was told anything. */
  settled: LogPosition | undefined;
  isValuing: boolean;
  isEnded: boolean;
  /** Wakes who waits for a mark. */
  wake: () => void;
};

/** A watcher that was told nothing yet. */
export function newWatcher(channelId: ChannelId, itemIds: readonly string[], at: LogPosition): Watcher {
  const items = new Set(itemIds);
  const quiet = { settled: undefined, isValuing: false, isEnded: false, wake: () => undefined };
  return { channelId, items, pending: new Set(), told: new Map(), marked: at, ...quiet };
}

/** Marks items of a watcher. It need not be told of the others. */
export function mark(watcher: Watcher, itemIds: Iterable<string>): void {
  for (const id of itemIds) if (watcher.items.has(id)) watcher.pending.add(id);
}

/** Lets a watcher know that the log was read up to a position; whoever has nothing to be told stands there as well. */
export function moveTo(watcher: Watcher, position: LogPosition): void {
  watcher.marked = position;
  if (watcher.pending.size > 0) watcher.wake();
  else if (watcher.settled !== undefined && !watcher.isValuing) watcher.settled = position;
}

/** Of figures that were looked up, those that are other than what was told; from now on they count as told. */
export function tellOnlyChanged(
  { told }: Watcher,
  itemIds: readonly string[],
  values: ReadonlyMap<string, Availability>,
): readonly Availability[] {
  return itemIds.flatMap((id) => {
    const figure = values.get(id);
    if (figure === undefined || told.get(id) === figure.availableToPromise) return [];
    told.set(id, figure.availableToPromise);
    return [figure];
  });
}
