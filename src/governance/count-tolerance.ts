import type { CountTolerance, ScopedTolerance } from "./count-tolerance-store.ts";

/** Of what a tolerance is asked. */
export type CountedThing = { readonly source: string; readonly locationId: string; readonly itemId: string };

/** The tolerances of some sources, locations and items, by which each count finds the narrowest that is about it. */
export type CountTolerances = {
  /** Undefined: nothing was said, so every count is posted as it comes. */
  of(thing: CountedThing): CountTolerance | undefined;
  /** Whether there is any that looks at money, so that costs are wanted. */
  readonly haveValues: boolean;
};

/**
 * An item before its class, a class before a location, and a location before a source: what is said of fewer things was meant for them.
 * Each weighs more than all after it together, so of two tolerances the one that names the narrower thing holds, whatever else they name.
 */
const narrowness = ({ scope }: ScopedTolerance): number =>
  (scope.itemId === undefined ? 0 : 8) +
  (scope.itemClass === undefined ? 0 : 4) +
  (scope.locationId === undefined ? 0 : 2) +
  (scope.source === undefined ? 0 : 1);

/** Orders tolerances for look-ups. */
export function countTolerances(scoped: readonly ScopedTolerance[]): CountTolerances {
  const narrowestFirst = scoped
    .toSorted((a, b) => narrowness(b) - narrowness(a))
    .map((each) => ({ ...each, ofClass: new Set(each.ofClass) }));
  return {
    haveValues: scoped.some(({ tolerance }) => tolerance.valueMax !== null),
    of({ source, locationId, itemId }) {
      const found = narrowestFirst.find(
        ({ scope, ofClass }) =>
          (scope.itemId ?? itemId) === itemId &&
          (scope.itemClass === undefined || ofClass.has(itemId)) &&
          (scope.locationId ?? locationId) === locationId &&
          (scope.source ?? source) === source,
      );
      return found?.tolerance;
    },
  };
}
