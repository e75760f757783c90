import type { AvailabilityFormula, ChannelId, ItemId, LocationId, Quantity } from "@crossdock/canonical";
import { quantity, quantityDelta } from "@crossdock/canonical";

/** What a channel keeps back, shows at most, and has protected for itself. */
export type ChannelRule = {
  readonly buffer: number;
  readonly cap: number | undefined;
  readonly protected: number;
};

const NO_RULE: ChannelRule = { buffer: 0, cap: undefined, protected: 0 };

/** A channel with its network, nearest rank first, and its rules by item; the empty item is its default. */
export type Channel = {
  readonly channelId: ChannelId;
  readonly locations: readonly LocationId[];
  readonly rules: ReadonlyMap<string, ChannelRule>;
};

/** Every channel by id. Protection of one channel is what the others may not sell, so they are known together. */
export type ChannelBook = ReadonlyMap<string, Channel>;

/** The rule of a channel for an item. */
export function ruleFor(channel: Channel, item: ItemId): ChannelRule {
  return channel.rules.get(item) ?? channel.rules.get("") ?? NO_RULE;
}

/** What the other channels have protected of an item. */
export function protectedForOthers(book: ChannelBook, channel: Channel, item: ItemId): Quantity {
  let sum = 0;
  for (const other of book.values()) {
    if (other.channelId !== channel.channelId) sum += ruleFor(other, item).protected;
  }
  return quantity(sum);
}

/**
 * The formula of an item for a channel. `available` is the sum over the channel's network; a location that facts have taken below
 * zero counts with its minus, because somebody has been promised what is missing there.
 */
export function formulaFor(
  book: ChannelBook,
  channel: Channel,
  stock: {
    readonly item: ItemId;
    readonly available: number;
    readonly expiredHolds: number;
    /** What is set aside for this channel. */
    readonly ringFenced?: number;
  },
): AvailabilityFormula {
  const rule = ruleFor(channel, stock.item);
  return {
    available: quantityDelta(stock.available),
    expiredHolds: quantity(stock.expiredHolds),
    buffer: quantity(rule.buffer),
    protectedForOthers: protectedForOthers(book, channel, stock.item),
    ...(rule.cap === undefined ? {} : { cap: quantity(rule.cap) }),
    ...(stock.ringFenced === undefined || stock.ringFenced === 0
      ? {}
      : { ringFenced: quantity(stock.ringFenced) }),
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
