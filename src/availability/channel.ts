import type { AppliedRule, AvailabilityFormula, ItemId, Quantity } from "@crossdock/canonical";
import { quantity, quantityDelta } from "@crossdock/canonical";
import { type Channel, type RuleBook, termsOf } from "./rules/book.ts";
import { usual, type Worked } from "./rules/formula.ts";

/** What there is of an item over a channel's network. */
export type ChannelStock = {
  readonly item: ItemId;
  /** What is there for all, less safety stock and what is too old. Where facts have taken it below zero it counts with its minus: somebody was promised it. */
  readonly open: number;
  /** What is set aside for the channel. */
  readonly ringFenced: number;
  /** What could be taken from its places, one by one: one lot's minus takes nothing from another. */
  readonly onShelf: number;
};

/** How many a channel may sell of an item. No formula promises more than lies there. */
export function figureFor(book: RuleBook, channel: Channel, stock: ChannelStock): number {
  const { formula } = channel;
  const inputs = { ...termsOf(book, channel, stock.item), open: stock.open, ringFenced: stock.ringFenced };
  if (formula === undefined) return Math.max(0, usual(inputs));
  return Math.max(0, Math.min(formula.compute(inputs), figureMax(book, channel, stock)));
}

/** How many units that are there for all a channel may sell: what it might if nothing were set aside for it. */
export function sharedFigureFor(book: RuleBook, channel: Channel, stock: ChannelStock): number {
  const { onShelf, ringFenced } = stock;
  return figureFor(book, channel, { ...stock, ringFenced: 0, onShelf: onShelf - ringFenced });
}

/** What no formula can go beyond: what lies there, and of what is there for all no more than without anything set aside. */
function figureMax(book: RuleBook, channel: Channel, stock: ChannelStock): number {
  const { onShelf, ringFenced } = stock;
  return ringFenced === 0 ? onShelf : Math.min(onShelf, sharedFigureFor(book, channel, stock) + ringFenced);
}

/** The sums that a figure shows, and the rules behind what stays at the places. */
export type ShownStock = ChannelStock & {
  readonly available: number;
  readonly expiredHolds: number;
  readonly waitingAhead: number;
  readonly safetyStock: number;
  readonly belowShelfLife: number;
  readonly safetyRules: readonly AppliedRule[];
};

/** The same as an explanation, with every input and the rules that gave them. */
export function formulaFor(book: RuleBook, channel: Channel, stock: ShownStock): AvailabilityFormula {
  const terms = termsOf(book, channel, stock.item);
  const { buffer, cap, ratioPermille, protectedForOthers } = terms;
  const worked = workedOut(channel, { ...terms, open: stock.open, ringFenced: stock.ringFenced });
  const rules = [...(terms.rules ?? []), ...stock.safetyRules, ...formulaRules(book, channel)];
  return {
    available: quantityDelta(stock.available),
    expiredHolds: quantity(stock.expiredHolds),
    buffer,
    protectedForOthers,
    ...(cap === undefined ? {} : { cap }),
    ...(stock.waitingAhead === 0 ? {} : { waitingAhead: quantity(stock.waitingAhead) }),
    ...(stock.safetyStock === 0 ? {} : { safetyStock: quantity(stock.safetyStock) }),
    ...(stock.belowShelfLife === 0 ? {} : { belowShelfLife: quantity(stock.belowShelfLife) }),
    ...(ratioPermille === undefined ? {} : { ratioPermille }),
    ...(stock.ringFenced === 0 ? {} : { ringFenced: quantity(stock.ringFenced) }),
    ...(worked === undefined
      ? {}
      : { worked: { formulas: worked, atMost: quantity(figureMax(book, channel, stock)) } }),
    ...(rules.length === 0 ? {} : { rules }),
  };
}

function workedOut({ formula }: Channel, inputs: Parameters<typeof usual>[0]): Worked[] | undefined {
  if (formula === undefined) return undefined;
  const worked: Worked[] = [];
  formula.compute(inputs, (each) => worked.push(each));
  return worked;
}

function formulaRules(book: RuleBook, { formula }: Channel): readonly AppliedRule[] {
  const keys = [...new Set(formula?.of ?? [])];
  return keys.map((key) => ({
    input: "formula",
    rule: key,
    version: book.rules.get(key)?.since ?? book.version,
  }));
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
