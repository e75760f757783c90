import type { ChannelId } from "@crossdock/canonical";
import type { ResolvedItem } from "../../governance/index.ts";
import type { AtpDesk, ItemStock } from "../atp.ts";
import { atLocations, cellsOf, type FigureWithCells } from "../cells.ts";
import { type Figure, figureFor } from "../figure.ts";
import { stockOfItem } from "../item-stock.ts";
import { componentsOf } from "../request.ts";
import type { Channel, RuleBook } from "../rules/book.ts";
import { PLACE_BYTES, type Remembered, VALUED_BYTES, type Valued } from "./remembered.ts";

/** What figures of some items are made of, all of one snapshot. */
export type View = {
  readonly book: RuleBook;
  readonly asOf: Date;
  readonly asOfText: string;
  readonly items: readonly ResolvedItem[];
  readonly stock: ReadonlyMap<string, Remembered>;
  /** Told when something remembered has grown. */
  readonly grew: (remembered: Remembered, bytes: number) => void;
};

/** What an item's stock is for a channel. Made once for each version of the rules, and of lots once for each moment. */
function valued({ book, asOf, grew }: View, channel: Channel, remembered: Remembered): Valued {
  const { read, itemId: item, hasLots } = remembered;
  const known = remembered.valued.get(channel.channelId);
  if (known?.book === book && (!hasLots || known.asOf === asOf)) return known;
  const stock = stockOfItem({ ...read, at: () => asOf.getTime() }, book, { channel, item });
  const made: Valued = { book, asOf, stock };
  remembered.valued.set(channel.channelId, made);
  if (known === undefined) grew(remembered, VALUED_BYTES + stock.locations.length * PLACE_BYTES);
  return made;
}

/** The stock of what an item is made of. */
function deskFor(view: View, channel: Channel, item: ResolvedItem): AtpDesk {
  const stock = new Map<string, ItemStock>();
  for (const { itemId } of componentsOf(item)) {
    const remembered = view.stock.get(itemId);
    if (remembered !== undefined) stock.set(itemId, valued(view, channel, remembered).stock);
  }
  return { book: view.book, channel, stock };
}

/** What has been made of an item that lies on shelves; of kits, which hang on the stock of several, nothing is kept. */
function keptOf(view: View, channel: Channel, item: ResolvedItem): Valued | undefined {
  const remembered = item.components.length > 0 ? undefined : view.stock.get(item.itemId);
  return remembered && valued(view, channel, remembered);
}

function figureOf(view: View, channel: Channel, item: ResolvedItem): Figure {
  const kept = keptOf(view, channel, item);
  // A SKU may change and leave the stock as it is.
  if (kept?.figure?.sku === item.sku) return kept.figure;
  const figure = figureFor(deskFor(view, channel, item), item);
  if (kept !== undefined) kept.figure = figure;
  return figure;
}

/** What a channel may sell of the items of a view, in its order. */
export function figuresIn(view: View, channel: Channel): readonly Figure[] {
  return view.items.map((item) => figureOf(view, channel, item));
}

/** The same with what each location can have promised: of the channel's whole network, or of those that are wanted. */
export function cellsIn(
  view: View,
  channel: Channel,
  wanted: ReadonlySet<string> | undefined,
): readonly FigureWithCells[] {
  return view.items.map((item) => {
    const figure = figureOf(view, channel, item);
    const kept = wanted === undefined ? keptOf(view, channel, item) : undefined;
    if (kept?.whole?.figure === figure) return kept.whole;
    const cells = cellsOf(deskFor(view, channel, item), figure, wanted);
    const made: FigureWithCells = { figure, cells, atLocations: atLocations(figure, cells) };
    if (kept !== undefined) kept.whole = made;
    return made;
  });
}

/** The channel of a view; undefined when there is no such channel. */
export const channelIn = ({ book }: View, channelId: ChannelId): Channel | undefined =>
  book.channels.get(channelId);
