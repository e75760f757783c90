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
import { formulaFor } from "./channel.ts";
import type { Channel, RuleBook } from "./rules/book.ts";

/** Stock of one item over a channel's network. */
export type ItemStock = {
  readonly available: number;
  readonly expiredHolds: number;
  /** What of it stays at the places, whoever asks. */
  readonly safetyStock?: number;
  readonly safetyRules?: readonly AppliedRule[];
  /** What is set aside for the channel. */
  readonly ringFenced?: number;
  readonly locations: readonly {
    readonly locationId: LocationId;
    /** What is left here beyond the safety stock, expired holds and the channel's own included; what facts have taken below zero counts with its minus. */
    readonly available: number;
    /** What could be taken from here: one lot's minus takes nothing from another. */
    readonly onShelf: number;
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

/** The figure of an item that lies on shelves. */
export function itemFigure({ book, channel, stock }: AtpDesk, item: ItemId) {
  const found = stock.get(item) ?? NO_STOCK;
  const { locations, available, expiredHolds, safetyStock = 0, safetyRules = [], ringFenced = 0 } = found;
  const formula = formulaFor(book, channel, {
    ...{ item, available, expiredHolds, safetyStock, safetyRules, ringFenced },
    open: available + expiredHolds - safetyStock,
    onShelf: locations.reduce((sum, each) => sum + each.onShelf, 0),
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
  const locations = (desk.stock.get(itemId) ?? NO_STOCK).locations.map(
    ({ locationId, available, onShelf }) => ({
      locationId,
      available: quantityDelta(available),
      kits: quantity(Math.floor(onShelf / perKit)),
    }),
  );
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
