import { type ItemId, type LocationId, type Quantity, quantity } from "@crossdock/canonical";
import type { AtpDesk } from "./atp.ts";
import type { Figure } from "./figure.ts";

/** How many of an item a channel may have promised from one location. */
export type Cell = { readonly locationId: LocationId; readonly availableToPromise: Quantity };

type Counted = Pick<Figure, "itemId" | "availableToPromise" | "kit">;

/** What could be taken of an item at each location, whatever the channel may sell in all: of a kit, whole ones from there alone. */
function onShelves({ stock }: AtpDesk, { itemId, kit }: Counted): ReadonlyMap<LocationId, number> {
  if (kit === undefined) {
    const { locations = [] } = stock.get(itemId) ?? {};
    return new Map(locations.map(({ locationId, onShelf }) => [locationId, onShelf]));
  }
  const parts = kit.components.map(
    ({ locations }) => new Map(locations.map(({ locationId, kits }) => [locationId, Number(kits)])),
  );
  const places = [...(parts[0]?.keys() ?? [])];
  return new Map(places.map((place) => [place, Math.min(...parts.map((kits) => kits.get(place) ?? 0))]));
}

/**
 * What a channel may have promised of an item from each location: what is on the shelf there, and never more than it may sell in all.
 * Locations that could promise none are left out, and `wanted` leaves out all others. The sum may be more than the figure, because
 * any of the locations can give what the rules allow once.
 */
export function cellsOf(desk: AtpDesk, figure: Counted, wanted?: ReadonlySet<string>): readonly Cell[] {
  return [...onShelves(desk, figure)].flatMap(([locationId, onShelf]) => {
    const units = Math.min(figure.availableToPromise, onShelf);
    if (units <= 0 || wanted?.has(locationId) === false) return [];
    return [{ locationId, availableToPromise: quantity(units) }];
  });
}

/** What locations can have promised together. */
export function atLocations({ availableToPromise }: Counted, cells: readonly Cell[]): Quantity {
  const sum = cells.reduce((units, cell) => units + cell.availableToPromise, 0);
  return quantity(Math.min(availableToPromise, sum));
}

/** A figure with its cells. */
export type FigureWithCells = {
  readonly figure: Figure;
  readonly cells: readonly Cell[];
  /** What the locations that were asked for can have promised together. */
  readonly atLocations: Quantity;
};

/** Figures by the ids of their items. */
export type Figures = ReadonlyMap<ItemId, FigureWithCells>;
