import {
  type AppliedRule,
  type Availability,
  availableToPromise,
  type ItemId,
  type KitComponentAvailability,
  type LocationId,
  quantity,
  quantityDelta,
} from "@crossdock/canonical";
import { type ChannelStock, formulaFor, sharedFigureFor } from "./channel.ts";
import { protectedPlaces } from "./protected-shelf.ts";
import type { Channel, RuleBook } from "./rules/book.ts";

/** Stock of one item over a channel's network. */
export type ItemStock = {
  readonly available: number;
  readonly expiredHolds: number;
  /** What of it is for those who wait. */
  readonly waitingAhead?: number;
  /** What of it stays at the places, whoever asks. */
  readonly safetyStock?: number;
  readonly safetyRules?: readonly AppliedRule[];
  /** What lies there and is too old for the channel. */
  readonly belowShelfLife?: number;
  /** What is set aside for the channel. */
  readonly ringFenced?: number;
  /** When a lot that counts will count no more, in milliseconds; undefined: none that is there will. */
  readonly changesAt?: number | undefined;
  readonly locations: readonly {
    readonly locationId: LocationId;
    /** What is left here beyond the safety stock and what is for those who wait, expired holds and the channel's own included; what facts have taken below zero counts with its minus. */
    readonly available: number;
    /** What could be taken from here: one lot's minus takes nothing from another. */
    readonly onShelf: number;
    /** What of that is set aside for the channel. */
    readonly own?: number;
  }[];
};

const NO_STOCK: ItemStock = { available: 0, expiredHolds: 0, locations: [] };

/** Everything that a figure is computed from. */
export type AtpDesk = {
  readonly book: RuleBook;
  readonly channel: Channel;
  readonly stock: ReadonlyMap<string, ItemStock>;
};

type Figure = Pick<Availability, "availableToPromise" | "formula" | "locations" | "kit">;
type Part = { readonly itemId: ItemId; readonly quantity: number };

function channelStock(stock: ItemStock, item: ItemId): ChannelStock {
  const {
    locations,
    available,
    expiredHolds,
    waitingAhead = 0,
    safetyStock = 0,
    belowShelfLife = 0,
    ringFenced = 0,
  } = stock;
  return {
    ...{ item, ringFenced },
    open: available + expiredHolds - waitingAhead - safetyStock - belowShelfLife,
    onShelf: locations.reduce((sum, each) => sum + each.onShelf, 0),
  };
}

/** What could be taken from each location, less what is protected there for others. */
function takeable(
  { book, channel }: AtpDesk,
  found: ItemStock,
  { itemId: item, quantity: step }: Part,
): readonly number[] {
  const { locations, ringFenced = 0 } = found;
  if (ringFenced === 0) return locations.map(({ onShelf }) => onShelf);
  const rank = new Map(channel.locations.map((id, index): [string, number] => [id, index]));
  const places = locations
    .map(({ locationId, onShelf, own = 0 }) => ({ place: locationId, shared: onShelf - own, own }))
    .toSorted((a, b) => (rank.get(a.place) ?? 0) - (rank.get(b.place) ?? 0));
  const units = sharedFigureFor(book, channel, channelStock(found, item));
  const kept = protectedPlaces(places, { units, step });
  return locations.map(({ locationId, onShelf }) => onShelf - (kept.get(locationId) ?? 0));
}

/** The figure of an item that lies on shelves. */
export function itemFigure({ book, channel, stock }: AtpDesk, item: ItemId) {
  const found = stock.get(item) ?? NO_STOCK;
  const {
    locations,
    available,
    expiredHolds,
    waitingAhead = 0,
    safetyStock = 0,
    safetyRules = [],
    belowShelfLife = 0,
  } = found;
  const formula = formulaFor(book, channel, {
    ...{ available, expiredHolds, waitingAhead, safetyStock, safetyRules, belowShelfLife },
    ...channelStock(found, item),
  });
  return {
    availableToPromise: availableToPromise(formula),
    formula,
    locations: locations.map((each) => ({
      locationId: each.locationId,
      available: quantityDelta(each.available),
    })),
  } satisfies Figure;
}

/** What a component allows of a kit, as admission would promise it: each location gives what whole kits take. */
function componentFigure(desk: AtpDesk, { itemId, quantity: perKit }: Part): KitComponentAvailability {
  const { availableToPromise: units, formula } = itemFigure(desk, itemId);
  const found = desk.stock.get(itemId) ?? NO_STOCK;
  const onShelves = takeable(desk, found, { itemId, quantity: perKit });
  const locations = found.locations.map(({ locationId, available }, index) => ({
    locationId,
    available: quantityDelta(available),
    kits: quantity(Math.floor((onShelves[index] ?? 0) / perKit)),
  }));
  const atLocations = locations.reduce((sum, { kits }) => sum + kits, 0);
  return {
    itemId,
    perKit: quantity(perKit),
    availableToPromise: units,
    formula,
    locations,
    kits: quantity(Math.min(Math.floor(units / perKit), atLocations)),
  };
}

/** The figure of a kit, in kits: what its scarcest component allows, the first of several that are as scarce. */
export function kitFigure(desk: AtpDesk, parts: readonly Part[]): Figure {
  const components = parts.map((part) => componentFigure(desk, part));
  const [scarcest] = components.toSorted((a, b) => a.kits - b.kits);
  if (scarcest === undefined) throw new Error("a kit of no components was to be valued");
  return { availableToPromise: scarcest.kits, kit: { limitedBy: scarcest.itemId, components } };
}

/** What may be promised of an item: of a kit by what its components allow, of anything else by its own stock. */
export function amountsOf(
  desk: AtpDesk,
  { itemId: item, components }: { readonly itemId: ItemId; readonly components: readonly Part[] },
): Figure {
  return components.length > 0 ? kitFigure(desk, components) : itemFigure(desk, item);
}
