import type { ItemId } from "@crossdock/canonical";
import type { EarlyUnits } from "./admission-request.ts";
import { type ChannelStock, figureFor, sharedFigureFor } from "./channel.ts";
import { protectedLots } from "./protected-shelf.ts";
import { type OpenFences, partsAt } from "./ring-fence.ts";
import type { Channel, RuleBook } from "./rules/book.ts";
import { leftAt, networkPositions, type OpenPosition, putBack, type Shelf } from "./shelf.ts";

/** Where a channel is served: the shelf, the rules, and what is its own. */
export type Till = {
  readonly shelf: Shelf;
  readonly book: RuleBook;
  readonly channel: Channel;
  /** What is set aside for the channel; it is on the shelf too, while the request is decided. */
  readonly fences: OpenFences;
  /** What was taken off the shelf because its lots are too old for the channel. */
  readonly aged?: ReadonlyMap<number, number> | undefined;
};

/** Units that stay at positions whatever a line wants. */
export type Kept = ReadonlyMap<number, number>;
const NOTHING_KEPT: Kept = new Map();
type Wanted = {
  readonly early: readonly EarlyUnits[];
  readonly item: ItemId;
  readonly usable: readonly OpenPosition[];
  readonly step: number;
};

/**
 * What of usable positions is protected for others. Without a ring-fence the figure alone says how much may be taken; a channel that has
 * units of its own must take those, and not as many that others have a right to.
 */
export function keptForOthers(till: Till, { item, usable, step, early }: Wanted): Kept {
  const { shelf, book, channel, fences } = till;
  if (fences.size === 0) return NOTHING_KEPT;
  const stock = stockOn(shelf, fences, networkPositions(shelf, channel, item), item);
  if (stock.ringFenced === 0) return NOTHING_KEPT;
  const begunAt = new Set(early.map(({ positionId }) => positionId));
  const lots = usable.map((lot) => {
    const { available, ringFenced: own } = partsAt(shelf, fences, lot);
    const { positionId, locationId } = lot;
    return { positionId, locationId, shared: Math.max(0, available), own, isBegun: begunAt.has(positionId) };
  });
  return protectedLots(lots, { units: sharedFigureFor(book, channel, stock), step });
}

/** Does something while units that are kept for others are off the shelf. */
export function without<Value>(shelf: Shelf, kept: Kept, work: () => Value): Value {
  for (const [positionId, units] of kept) putBack(shelf, positionId, -units);
  const value = work();
  for (const [positionId, units] of kept) putBack(shelf, positionId, units);
  return value;
}

/** What there is of a network's positions for all, and for the channel alone. Loops, because every line of every request asks. */
function stockOn(
  shelf: Shelf,
  fences: OpenFences,
  network: readonly OpenPosition[],
  item: ItemId,
): ChannelStock {
  let [open, ringFenced, onShelf] = [0, 0, 0];
  for (const position of network) {
    if (fences.size === 0) {
      const left = leftAt(shelf, position);
      open += left;
      onShelf += Math.max(0, left);
    } else {
      const parts = partsAt(shelf, fences, position);
      open += parts.available;
      ringFenced += parts.ringFenced;
      onShelf += Math.max(0, parts.available) + parts.ringFenced;
    }
  }
  return { item, open, ringFenced, onShelf };
}

/** Units of an item that the channel may be promised now, wherever they lie. */
export function promisable({ shelf, book, channel, fences }: Till, item: ItemId): number {
  return figureFor(book, channel, stockOn(shelf, fences, networkPositions(shelf, channel, item), item));
}
