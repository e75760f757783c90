import { type Fraction, isSameFraction, type Key } from "./master.ts";
import type { ItemState, LocationState, LotState, MasterState, OpenState } from "./master-state.ts";
import { type Point, pointChanges, type Timeline } from "./timeline.ts";

/** Points that have to be taken away and put. */
type Points<Value> = {
  readonly removed: { readonly key: Key; readonly from: number }[];
  readonly put: (Point<Value> & { readonly key: Key })[];
};

/** What has to be written so that what is stored becomes what was decided. */
export type MasterDifference = {
  readonly items: readonly ItemState[];
  readonly locations: readonly LocationState[];
  readonly calendars: Points<string>;
  readonly names: Points<string>;
  readonly units: Points<Fraction>;
  readonly costs: Points<string>;
  readonly lots: readonly (LotState & { readonly itemId: string; readonly lot: string })[];
  readonly componentsOut: readonly { readonly kit: string; readonly component: string }[];
  readonly components: readonly {
    readonly kit: string;
    readonly component: string;
    readonly quantity: number;
  }[];
};

/** Compares a state with the one that its decisions have made of it. */
export function differenceOf(before: MasterState, after: OpenState): MasterDifference {
  const items = [...after.items.values()].filter((item) => before.items.get(item.itemId) !== item);
  const names: Points<string> = { removed: [], put: [] };
  for (const [text, key] of after.keys) {
    collect(names, key, { before: before.names.get(text), after: after.names.get(text) }, Object.is);
  }
  const places = [...after.locations.values()]
    .map((place) => ({ place, was: before.locations.get(place.locationId) }))
    .filter(({ place, was }) => place !== was);
  const pairs = items.map((item) => ({ item, was: before.items.get(item.itemId) }));
  return {
    items: pairs.filter(({ item, was }) => !isSameRow(item, was)).map(({ item }) => item),
    locations: places.filter(({ place, was }) => !isSamePlace(place, was)).map(({ place }) => place),
    calendars: calendarsOf(places),
    names,
    units: coursesOf(pairs, ({ units }) => units, isSameFraction),
    costs: coursesOf(pairs, ({ costs }) => costs, Object.is),
    lots: pairs.flatMap(({ item, was }) =>
      [...item.lots]
        .filter(([lot, state]) => was?.lots.get(lot) !== state)
        .map(([lot, state]) => ({ ...state, itemId: item.itemId, lot })),
    ),
    componentsOut: pairs.flatMap(({ item, was }) =>
      [...(was?.components.keys() ?? [])]
        .filter((component) => !item.components.has(component))
        .map((component) => ({ kit: item.itemId, component })),
    ),
    components: pairs.flatMap(({ item, was }) =>
      [...item.components]
        .filter(([component, quantity]) => was?.components.get(component) !== quantity)
        .map(([component, quantity]) => ({ kit: item.itemId, component, quantity })),
    ),
  };
}

const isSameRow = (item: ItemState, was: ItemState | undefined): boolean =>
  was !== undefined &&
  item.sku === was.sku &&
  item.description === was.description &&
  item.baseUnit === was.baseUnit &&
  item.tracking === was.tracking &&
  item.itemClass === was.itemClass &&
  item.mergedInto === was.mergedInto;

const isSamePlace = (place: LocationState, was: LocationState | undefined): boolean =>
  was !== undefined &&
  place.code === was.code &&
  place.name === was.name &&
  place.type === was.type &&
  place.timeZone === was.timeZone;

function calendarsOf(
  places: readonly { readonly place: LocationState; readonly was: LocationState | undefined }[],
): Points<string> {
  const points: Points<string> = { removed: [], put: [] };
  for (const { place, was } of places) {
    for (const [about, after] of place.calendar) {
      const before = was?.calendar.get(about);
      if (before !== after) collect(points, [place.locationId, about], { before, after }, Object.is);
    }
  }
  return points;
}

function coursesOf<Value>(
  pairs: readonly { readonly item: ItemState; readonly was: ItemState | undefined }[],
  courses: (item: ItemState) => ReadonlyMap<string, Timeline<Value>>,
  isSame: (one: Value, other: Value) => boolean,
): Points<Value> {
  const points: Points<Value> = { removed: [], put: [] };
  for (const { item, was } of pairs) {
    for (const [name, after] of courses(item)) {
      const before = was === undefined ? undefined : courses(was).get(name);
      if (before !== after) collect(points, [item.itemId, name], { before, after }, isSame);
    }
  }
  return points;
}

function collect<Value>(
  points: Points<Value>,
  key: Key,
  course: { readonly before: Timeline<Value> | undefined; readonly after: Timeline<Value> | undefined },
  isSame: (one: Value, other: Value) => boolean,
): void {
  const { removed, put } = pointChanges(course.before ?? [], course.after ?? [], isSame);
  for (const from of removed) points.removed.push({ key, from });
  for (const point of put) points.put.push({ ...point, key });
}
