import { type ChannelId, type ItemId, type LocationId, locationId } from "@crossdock/canonical";
import type { Figures, FigureWithCells } from "./cells.ts";
import type { Views } from "./memory/service.ts";
import { cellsIn, channelIn } from "./memory/view.ts";
import type { Asking } from "./read-service.ts";

export type CellsAsked = {
  readonly channelId: ChannelId;
  readonly itemIds: readonly string[];
  /** Absent: every location of the channel's network. */
  readonly locationIds?: readonly string[] | undefined;
};

export type CellsAnswer = {
  readonly figures: Figures;
  /** Locations that were asked for and from which the channel may not sell. */
  readonly outsideNetwork: readonly LocationId[];
  readonly bookVersion: number;
  /** The moment that all of it is of. */
  readonly asOf: string;
};

/** What a channel may have promised of items from locations, all of one moment. Undefined when there is no such channel. */
export async function cellsNow(
  views: Views,
  { channelId, itemIds, locationIds }: CellsAsked,
  asking?: Asking,
): Promise<CellsAnswer | undefined> {
  const view = await views.view(itemIds, asking);
  const channel = channelIn(view, channelId);
  if (channel === undefined) return undefined;
  const network = new Set<string>(channel.locations);
  const wanted = locationIds === undefined ? undefined : new Set(locationIds);
  const outside = [...(wanted ?? [])].filter((id) => !network.has(id));
  return {
    figures: new Map(
      cellsIn(view, channel, wanted).map((each): [ItemId, FigureWithCells] => [each.figure.itemId, each]),
    ),
    outsideNetwork: outside.map(locationId),
    bookVersion: view.book.version,
    asOf: view.asOfText,
  };
}
