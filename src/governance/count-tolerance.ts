import type { CountTolerance, ScopedTolerance } from "./count-tolerance-store.ts";

/** Of what a tolerance is asked. */
export type CountedThing = { readonly source: string; readonly locationId: string; readonly itemId: string };

/** The tolerances of some sources and locations, by which each count finds the narrowest that is about it. */
export type CountTolerances = {
  /** Undefined: nothing was said, so every count is posted as it comes. */
  of(thing: CountedThing): CountTolerance | undefined;
  /** Whether there is any that looks at money, so that costs are wanted. */
  readonly haveValues: boolean;
  readonly isEmpty: boolean;
};

/** An item before a location, and a location before a source: what is said of fewer things was meant for them. */
const narrowness = ({ scope }: ScopedTolerance): number =>
  (scope.itemId === undefined ? 0 : 4) +
  (scope.locationId === undefined ? 0 : 2) +
  (scope.source === undefined ? 0 : 1);

/** Orders tolerances for look-ups. */
export function countTolerances(scoped: readonly ScopedTolerance[]): CountTolerances {
  const narrowestFirst = scoped.toSorted((a, b) => narrowness(b) - narrowness(a));
  return {
    isEmpty: scoped.length === 0,
    haveValues: scoped.some(({ tolerance }) => tolerance.valueMax !== null),
    of({ source, locationId, itemId }) {
      const found = narrowestFirst.find(
        ({ scope }) =>
          (scope.itemId ?? itemId) === itemId &&
          (scope.locationId ?? locationId) === locationId &&
          (scope.source ?? source) === source,
      );
      return found?.tolerance;
    },
  };
}
