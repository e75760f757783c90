import type { AvailabilityFormula, ItemId, Quantity } from "@crossdock/canonical";
import { quantity, quantityDelta } from "@crossdock/canonical";
import { type Channel, type RuleBook, termsOf } from "./rules/book.ts";

/**
 * The formula of an item for a channel. `available` is the sum over the channel's network; a location that facts have taken below
 * zero counts with its minus, because somebody has been promised what is missing there.
 */
export function formulaFor(
  book: RuleBook,
  channel: Channel,
  stock: {
    readonly item: ItemId;
    readonly available: number;
    readonly expiredHolds: number;
    /** What is set aside for this channel. */
    readonly ringFenced?: number;
  },
): AvailabilityFormula {
  const { buffer, cap, protectedForOthers, rules } = termsOf(book, channel, stock.item);
  return {
    available: quantityDelta(stock.available),
    expiredHolds: quantity(stock.expiredHolds),
    buffer,
    protectedForOthers,
    ...(cap === undefined ? {} : { cap }),
    ...(stock.ringFenced === undefined || stock.ringFenced === 0
      ? {}
      : { ringFenced: quantity(stock.ringFenced) }),
    ...(rules === undefined ? {} : { rules }),
  };
}

/** What a kit may promise: the fewest that any of its components allows. A plain item is its own only component. */
export function kitsPossible(
  components: readonly { readonly itemId: ItemId; readonly quantity: number }[],
  sellable: (item: ItemId) => number,
): Quantity {
  const possible = components.map((part) => Math.floor(sellable(part.itemId) / part.quantity));
  return quantity(Math.max(0, Math.min(...possible)));
}

/** What a channel is told of a figure: none, where it is below the least that is worth telling it. */
export function toldOf(channel: Channel, figure: number): number {
  return figure < channel.minimumToPublish ? 0 : figure;
}
