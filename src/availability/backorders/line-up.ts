import type { BackorderId, ChannelId, ItemId, LineId, LocationId, Lot, OrderId } from "@crossdock/canonical";
import { quantity } from "@crossdock/canonical";
import { type AdmissionLine, type AdmissionRequest, decide } from "../admission.ts";
import type { RuleBook } from "../rules/book.ts";
import type { Shelf } from "../shelf.ts";

/** A backorder as its turn comes. */
export type Waiting = {
  readonly backorderId: BackorderId;
  readonly channelId: ChannelId;
  readonly orderId: OrderId | undefined;
  readonly lineId: LineId;
  readonly itemId: ItemId;
  /** Base units that still wait. */
  readonly units: number;
  readonly orderedUnit: number;
  readonly locationId: LocationId | undefined;
  readonly lot: Lot | undefined;
  readonly parts: AdmissionLine["components"];
  readonly needBy: Date | undefined;
  /** First come: the lower of two was queued before the other. */
  readonly queueNumber: number;
  readonly correlationId: string;
};

/** What a backorder would have promised if its turn were now. */
export function requestOf(waiting: Waiting): AdmissionRequest {
  const { channelId, orderId, lineId, itemId, units, orderedUnit, parts, locationId, lot } = waiting;
  const line = {
    ...{ lineId, itemId, quantity: quantity(units), orderedUnit: quantity(orderedUnit) },
    ...{ components: parts, locationId, lot },
  };
  return {
    ...{ channelId, policy: "partial", lines: [line], refused: [] },
    ...(orderId === undefined ? {} : { orderId }),
  };
}

/** Those who wait, and how far the decision has come with them. */
export type LineUp = {
  /** Keeps what is there for everybody who waits before one, or for all: it is not on the shelf any more. */
  keepBefore(backorderId: BackorderId | undefined): void;
  /** Goes on behind one that was decided, and keeps the parts that have come for what of it still waits. */
  keepRest(waiting: Waiting, unitsServed: number): void;
};

/**
 * Lets those who wait go first. Who comes later is decided on what they leave, by the same code and under the same rules: what a backorder
 * could not be promised, because it is protected for others say, it takes from nobody. Of a kit the parts that are there are kept, or the
 * one that is scarce would be sold singly whenever it comes.
 */
export function openLineUp(shelf: Shelf, book: RuleBook, waiting: readonly Waiting[]): LineUp {
  /** Channels for which nothing is left of an item: the shelf only empties, so nobody of theirs need be asked again. */
  const exhausted = new Set<string>();
  let next = 0;

  function keepPart(one: Waiting, part: Waiting["parts"][number], units: number): void {
    const name = `${one.channelId} ${part.itemId}`;
    if (!shelf.byItem.has(part.itemId) || exhausted.has(name)) return;
    const { rejections } = decide(shelf, book, requestOf({ ...one, units, parts: [part] }));
    const isForAnything = one.locationId === undefined && one.lot === undefined;
    if (rejections.length > 0 && isForAnything && one.orderedUnit * part.quantity === 1) exhausted.add(name);
  }
  const keep = (one: Waiting, units: number): void => {
    for (const part of one.parts) keepPart(one, part, units);
  };

  return {
    keepBefore(backorderId) {
      for (; next < waiting.length; next += 1) {
        const one = waiting[next];
        if (one === undefined || one.backorderId === backorderId) return;
        keep(one, one.units);
      }
    },
    keepRest(one, unitsServed) {
      next += 1;
      // Of anything but a kit there is nothing left that it could use.
      if (one.parts.length > 1 && one.units > unitsServed) keep(one, one.units - unitsServed);
    },
  };
}

/** The order in which those who wait are served: first come, first served. */
export function inTurn(waiting: readonly Waiting[]): readonly Waiting[] {
  return waiting.toSorted((a, b) => a.queueNumber - b.queueNumber);
}

/** Whether there is anything for whoever waits for items: where nothing lies, nobody need be asked. */
export function isAnythingThere(
  positions: readonly {
    readonly item_id: string;
    readonly available: number;
    readonly channel_reserved: number;
  }[],
  itemIds: ReadonlySet<string>,
): boolean {
  return positions.some((row) => itemIds.has(row.item_id) && (row.available > 0 || row.channel_reserved > 0));
}
