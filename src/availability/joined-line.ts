import { keptAt, type LinePlace, NO_TOTALS, type Totals, unitsGone } from "./fulfilment.ts";

/** A place of an order line, lot by lot, with the promise that was made there, if any was. */
export type PromisedPlace<Promise extends object> = LinePlace & {
  readonly lot: string;
  readonly promise: Promise | undefined;
};

/** The places of a line once two items are one, and what its promises and its picks keep otherwise because of it. */
export type JoinedLine<Promise extends object> = {
  readonly places: readonly PromisedPlace<Promise>[];
  /** Units that each promise keeps no longer; fewer than none where it keeps units again. */
  readonly freed: ReadonlyMap<Promise, number>;
  /** Units that two names had both taken off the shelf: picked under the one, shipped under the other. They are there after all. */
  readonly pickedTwice: readonly {
    readonly locationId: string;
    readonly lot: string;
    readonly units: number;
  }[];
};

const times = (totals: Totals, units: number): Totals => ({
  picked: totals.picked * units,
  putBack: totals.putBack * units,
  shipped: totals.shipped * units,
  notFound: totals.notFound * units,
});

const plus = (a: Totals, b: Totals): Totals => ({
  picked: a.picked + b.picked,
  putBack: a.putBack + b.putBack,
  shipped: a.shipped + b.shipped,
  notFound: a.notFound + b.notFound,
});

/** Totals of an item as totals of another, of which each unit of it is so many. */
export const totalsAs = times;

const spot = ({ locationId, lot }: { readonly locationId: string; readonly lot: string }) =>
  `${locationId} ${lot}`;

/** What happened at one spot happened once: to the first place there, the promise that was made first where there are any. */
function pooled<Promise extends object>(
  places: readonly PromisedPlace<Promise>[],
): readonly PromisedPlace<Promise>[] {
  const first = new Map<string, number>();
  const pool: PromisedPlace<Promise>[] = [];
  for (const place of places) {
    const at = first.get(spot(place));
    const there = at === undefined ? undefined : pool[at];
    if (at === undefined || there === undefined) {
      first.set(spot(place), pool.length);
      pool.push(place);
      continue;
    }
    pool[at] = { ...there, ...plus(there, place) };
    if (place.promise !== undefined) pool.push({ ...place, ...NO_TOTALS });
  }
  return pool;
}

function goneBySpot(places: readonly PromisedPlace<object>[]): ReadonlyMap<string, number> {
  const gone = new Map<string, number>();
  for (const place of places) gone.set(spot(place), (gone.get(spot(place)) ?? 0) + unitsGone(place));
  return gone;
}

/**
 * Joins an order line's places of an item with those of the item that it becomes, `units` to one. Both lists have the promises first, in
 * the order in which they were made, which `isEarlier` tells. All of it is a function of totals (docs/decisions/0009), so it comes out the
 * same whether what happened was told before the items became one or after, and of which.
 */
export function joinLine<Promise extends object>(
  from: readonly PromisedPlace<Promise>[],
  into: readonly PromisedPlace<Promise>[],
  { units, isEarlier }: { readonly units: number; readonly isEarlier: (a: Promise, b: Promise) => boolean },
): JoinedLine<Promise> {
  const converted = from.map((place) => ({
    ...place,
    ...times(place, units),
    quantity: place.quantity * units,
  }));
  const all = [...converted, ...into].toSorted((a, b) => {
    if (a.promise === undefined || b.promise === undefined)
      return Number(a.promise === undefined) - Number(b.promise === undefined);
    return isEarlier(a.promise, b.promise) ? -1 : 1;
  });
  const places = pooled(all);
  const kept = new Map<Promise, number>();
  const keep = (some: readonly PromisedPlace<Promise>[], times: number) => {
    const units = keptAt(some);
    some.forEach(({ promise }, at) => {
      if (promise !== undefined) kept.set(promise, (kept.get(promise) ?? 0) + times * (units[at] ?? 0));
    });
  };
  keep(from, units);
  keep(into, 1);
  keep(places, -1);
  const after = goneBySpot(places);
  const pickedTwice = [...goneBySpot(all)].flatMap(([key, gone]) => {
    const place = places.find((each) => spot(each) === key);
    const twice = gone - (after.get(key) ?? 0);
    return place === undefined || twice === 0
      ? []
      : [{ locationId: place.locationId, lot: place.lot, units: twice }];
  });
  const freed = new Map([...kept].filter(([, change]) => change !== 0));
  return { places, freed, pickedTwice };
}
