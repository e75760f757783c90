import type { Availability } from "@crossdock/canonical";
import type { ResolvedItem } from "../governance/index.ts";
import { type AtpDesk, amountsOf } from "./atp.ts";

/** What a channel may sell of an item, without the moment. While nothing changes it is the same object, so that it need not be written out anew. */
export type Figure = Omit<Availability, "asOf">;

/** Figures of one moment. */
export type FiguresAt = { readonly asOf: string; readonly figures: readonly Figure[] };

/** The figure of an item, from what a channel has at hand. */
export function figureFor(desk: AtpDesk, item: ResolvedItem): Figure {
  return {
    channelId: desk.channel.channelId,
    itemId: item.itemId,
    sku: item.sku,
    ...amountsOf(desk, item),
    bookVersion: desk.book.version,
  };
}
