import {
  type LocationId,
  type Measure,
  type Quantity,
  type QuantityDelta,
  quantity,
  type Reference,
  referenceText,
  toBaseUnits,
  VIRTUAL_LOCATIONS,
} from "@crossdock/canonical";
import type { Resolution, ResolvedItem } from "../governance/index.ts";
import {
  namesDisagree,
  type Obstacle,
  quantityTooSmall,
  unitObstacle,
  unknownItem,
  unknownLocation,
  virtualLocation,
} from "./obstacle.ts";

const virtualLocations: ReadonlySet<string> = new Set(Object.values(VIRTUAL_LOCATIONS));

/**
 * Looks references and measures of one record up, and collects everything that stands in its way, so that a person who mends
 * it mends all of it. What it gives is undefined exactly when it has added an obstacle, or could not even ask.
 */
export type Translation = {
  readonly obstacles: readonly Obstacle[];
  item(reference: Reference): ResolvedItem | undefined;
  /** The item that names lead to, with the first name that did. Names that we do not know are passed over while another is known. */
  itemOf(
    names: readonly [Reference, ...Reference[]],
  ): { readonly reference: Reference; readonly item: ResolvedItem } | undefined;
  location(reference: Reference): LocationId | undefined;
  /** A quantity in base units, of at least `least`. */
  amount(
    measure: Measure,
    of: { reference: Reference; item: ResolvedItem | undefined; least: 0 | 1 },
  ): Quantity | undefined;
  /** A difference in base units, of any sign. */
  delta(
    measure: Measure,
    of: { reference: Reference; item: ResolvedItem | undefined },
  ): QuantityDelta | undefined;
  /** The lot that a person has said units of an item are of, where the record names none. */
  lotSaid(reference: Reference): string | undefined;
  refuse(obstacle: Obstacle): void;
};

/** Lots that a person has said of units whose source names none, by the name of the item. */
export type LotsSaid = ReadonlyMap<string, string>;

const NO_LOTS: LotsSaid = new Map();

/** Begins to translate one record with what its references were found to mean. */
export function beginTranslation(resolution: Resolution, lots: LotsSaid = NO_LOTS): Translation {
  const obstacles: Obstacle[] = [];
  const refuse = (obstacle: Obstacle): undefined => {
    obstacles.push(obstacle);
  };

  function delta(
    measure: Measure,
    { reference, item }: { reference: Reference; item: ResolvedItem | undefined },
  ): QuantityDelta | undefined {
    if (item === undefined) return undefined;
    const result = toBaseUnits(measure, item.units);
    return result.ok ? result.delta : refuse(unitObstacle(reference, result.rejected));
  }

  return {
    obstacles,
    refuse,
    delta,
    lotSaid: (reference) => lots.get(referenceText(reference)),
    itemOf([name, ...others]) {
      const known = [name, ...others].flatMap((reference) => {
        const item = resolution.items.get(referenceText(reference));
        return item === undefined ? [] : [{ reference, item }];
      });
      const [found] = known;
      if (found === undefined) return refuse(unknownItem(name, others));
      const other = known.find(({ item }) => item.itemId !== found.item.itemId);
      if (other === undefined) return found;
      return refuse(
        namesDisagree(
          { name: found.reference, itemId: found.item.itemId },
          { name: other.reference, itemId: other.item.itemId },
        ),
      );
    },
    item: (reference) => resolution.items.get(referenceText(reference)) ?? refuse(unknownItem(reference)),
    location(reference) {
      const found = resolution.locations.get(referenceText(reference));
      if (found === undefined) return refuse(unknownLocation(reference));
      return virtualLocations.has(found) ? refuse(virtualLocation(reference)) : found;
    },
    amount(measure, of) {
      const found = delta(measure, of);
      if (found === undefined) return undefined;
      return found < of.least ? refuse(quantityTooSmall(of.reference, found, of.least)) : quantity(found);
    },
  };
}
