import { type ChannelId, type ItemId, type LocationId, locationId } from "@crossdock/canonical";
import { type AtpDeps, readFigures } from "./atp-service.ts";
import { atLocations, cellsOf, type Figures, type FigureWithCells } from "./cells.ts";
import type { RuleBook } from "./rules/book.ts";

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
};

/** What a channel may have promised of items from locations, all of one snapshot. Undefined when there is no such channel. */
export async function cellsNow(
  deps: AtpDeps,
  book: RuleBook,
  { channelId, itemIds, locationIds }: CellsAsked,
): Promise<CellsAnswer | undefined> {
  const read = await readFigures(deps, book, channelId, itemIds);
  if (read === undefined) return undefined;
  const { figures, desk } = read;
  const network = new Set<string>(desk.channel.locations);
  const wanted = locationIds === undefined ? undefined : new Set(locationIds);
  const outside = [...(wanted ?? [])].filter((id) => !network.has(id));
  return {
    figures: new Map(
      figures.map((figure): [ItemId, FigureWithCells] => {
        const cells = cellsOf(desk, figure, wanted);
        return [figure.itemId, { figure, cells, atLocations: atLocations(figure, cells) }];
      }),
    ),
    outsideNetwork: outside.map(locationId),
    bookVersion: book.version,
  };
}
