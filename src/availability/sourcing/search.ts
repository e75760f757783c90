import type { Given, Lying, Need, NeededPart } from "../assignment.ts";
import { isBetter, leaveAdded, type Ranking, sumOf, type Values } from "./ranking.ts";

/** Looks that a search may take: some ten milliseconds, while others wait behind the lock. */
export const RANKED_LOOKS_MAX = 5_000;

export type Plan = { readonly given: readonly Given[]; readonly worth: Values };

/** The best plan that was found; undefined: there is none, as far as was looked. */
export type Found = {
  readonly plan: Plan | undefined;
  /** Whether all plans were looked at, so that there is none better. */
  readonly isAll: boolean;
};

export type Bounds = {
  /** In the order of the network: of plans that are worth the same, the one that takes as much as it can from the first is found. */
  readonly locations: readonly string[];
  readonly locationsMax: number;
  readonly looksMax?: number;
  /** A part of a need of which at least one step must come from a location. */
  readonly forced?: Forced | undefined;
  /** A plan that there is, to begin with: only a better one takes its place. */
  readonly known?: Plan | undefined;
};
export type Forced = { readonly need: number; readonly part: number; readonly location: string };

type Part = NeededPart & {
  readonly need: number;
  readonly part: number;
  readonly locationsMax: number;
  /** What a unit of it adds at the least, wherever it comes from. */
  readonly least: Values;
  /** For each criterion the locations that it may come from, those first that are worth most by it: their places, and what a unit adds. */
  readonly cheapest: readonly (readonly { readonly place: number; readonly value: number }[])[];
};

/** A search under way. */
type Search = {
  readonly ranking: Ranking;
  readonly parts: readonly Part[];
  readonly locations: readonly string[];
  readonly locationsMax: number;
  readonly forced: Bounds["forced"];
  /** What it adds at the least to use one of the locations from one on. */
  readonly opening: readonly Values[];
  /** What the parts from one on add at the least. */
  readonly atLeast: readonly Values[];
  readonly left: Map<string, number>;
  readonly lotLeft: Map<string, number>;
  /** By location, how many times it is used in all; by need and location, the same. */
  readonly inUse: Map<string, number>;
  readonly given: Given[];
  best: Plan | undefined;
  looks: number;
};

const at = (...names: readonly (string | number)[]): string => names.join("\n");

/**
 * Finds the plan that is worth the most: every need whole, within its locations. Branches whose least worth is no better than the best plan
 * so far are left out, so the result is exact unless the looks are used up.
 */
export function bestPlan(
  needs: readonly Need[],
  lying: readonly Lying[],
  { ranking, ...bounds }: Bounds & { readonly ranking: Ranking },
): Found {
  const search = openSearch(needs, lying, { ranking, ...bounds });
  const nothing = ranking.criteria.map(() => 0);
  searchPart(search, { index: 0, from: 0, missing: search.parts[0]?.steps ?? 0, worth: nothing });
  return { plan: search.best, isAll: search.looks > 0 };
}

function openSearch(
  needs: readonly Need[],
  lying: readonly Lying[],
  { ranking, locations, locationsMax, forced, known, looksMax }: Bounds & { readonly ranking: Ranking },
): Search {
  const parts = needs.flatMap((wanted, need) =>
    wanted.parts.map((part, index): Part => {
      const places = locations
        .map((location, place) => ({ place, values: ranking.ofUnit(part.item, location), location }))
        .filter(({ location }) => part.location === undefined || part.location === location);
      const cheapest = ranking.criteria.map((_, at) =>
        places
          .map(({ place, values }) => ({ place, value: values[at] ?? 0 }))
          .toSorted((a, b) => a.value - b.value),
      );
      const least = cheapest.map(([first]) => first?.value ?? 0);
      return { ...part, need, part: index, locationsMax: wanted.locationsMax, least, cheapest };
    }),
  );
  const opening = leastFrom(ranking, locations, ranking.ofLocation);
  const left = new Map<string, number>();
  const lotLeft = new Map<string, number>();
  const add = (map: Map<string, number>, name: string, units: number) =>
    map.set(name, (map.get(name) ?? 0) + units);
  for (const { item, location, lot, units } of lying) {
    add(left, at(item, location), units);
    add(lotLeft, at(item, location, lot), units);
  }
  const atLeast: Values[] = [ranking.criteria.map(() => 0)];
  for (const part of parts.toReversed()) {
    const rest = atLeast[0] ?? [];
    atLeast.unshift(sumOf(rest, part.least, part.steps * part.step));
  }
  const looks = looksMax ?? RANKED_LOOKS_MAX;
  const state = { left, lotLeft, inUse: new Map(), given: [], best: known, looks };
  return { ranking, parts, locations, locationsMax, forced, opening, atLeast, ...state };
}

/** For the locations from each on, the least of what they have, criterion by criterion; nothing where none has anything. */
function leastFrom(
  ranking: Ranking,
  locations: readonly string[],
  valuesOf: (location: string) => Values | undefined,
): readonly Values[] {
  const nothing = ranking.criteria.map(() => 0);
  const least: (Values | undefined)[] = [undefined];
  for (const location of locations.toReversed()) {
    const [rest] = least;
    const own = valuesOf(location);
    const both =
      rest === undefined || own === undefined
        ? (own ?? rest)
        : own.map((value, at) => Math.min(value, rest[at] ?? 0));
    least.unshift(both);
  }
  return least.map((values) => values ?? nothing);
}

type State = {
  readonly index: number;
  readonly from: number;
  readonly missing: number;
  readonly worth: Values;
};

/** Goes on with what is missing of a part, at the locations from one on; then with the next part. */
function searchPart(search: Search, { index, from, missing, worth }: State): void {
  search.looks -= 1;
  const part = search.parts[index];
  if (part === undefined) {
    if (isForced(search) && (search.best === undefined || isBetter(worth, search.best.worth)))
      search.best = { given: [...search.given], worth };
    return;
  }
  if (missing === 0) {
    const next = search.parts[index + 1];
    searchPart(search, { index: index + 1, from: 0, missing: next?.steps ?? 0, worth });
    return;
  }
  const { best } = search;
  if (best !== undefined) {
    const least = leastForRest(search, part, { from, missing });
    if (least === undefined) return;
    const opened = sumOf(sumOf(worth, least), leastToOpen(search, part, { from, missing }));
    if (!isBetter(sumOf(opened, search.atLeast[index + 1] ?? []), best.worth)) return;
  }
  for (let place = from; place < search.locations.length; place += 1) {
    const location = search.locations[place] ?? "";
    for (let steps = Math.min(missing, stepsAt(search, part, location)); steps > 0; steps -= 1) {
      if (search.looks <= 0) return;
      const added = use(search, part, { location, steps });
      searchPart(search, { index, from: place + 1, missing: missing - steps, worth: sumOf(worth, added) });
      giveBack(search, part, { location, steps });
    }
  }
}

/** What the missing steps of a part add at the least at the locations from one on; undefined where these have not so many. */
function leastForRest(
  search: Search,
  part: Part,
  { from, missing }: Pick<State, "from" | "missing">,
): Values | undefined {
  const { left, locations } = search;
  const there = (place: number) =>
    Math.floor(Math.max(0, left.get(at(part.item, locations[place] ?? "")) ?? 0) / part.step);
  let isThere = true;
  const least = part.cheapest.map((places) => {
    let [rest, sum] = [missing, 0];
    for (const { place, value } of places) {
      if (rest === 0) break;
      if (place < from) continue;
      const steps = Math.min(rest, there(place));
      rest -= steps;
      sum += steps * part.step * value;
    }
    isThere &&= rest === 0;
    return sum;
  });
  return isThere ? least : undefined;
}

/**
 * What it adds at the least to open the locations that the missing steps need, of those from one on: as few as could have so many, were they
 * the fullest, each for the least that one of them adds.
 */
function leastToOpen(
  { inUse, left, locations, opening }: Search,
  part: Part,
  { from, missing }: Pick<State, "from" | "missing">,
): Values {
  let rest = missing;
  const closed: number[] = [];
  for (let place = from; place < locations.length; place += 1) {
    const location = locations[place] ?? "";
    const steps = Math.floor((left.get(at(part.item, location)) ?? 0) / part.step);
    if (steps <= 0) continue;
    if ((inUse.get(location) ?? 0) > 0) rest -= steps;
    else closed.push(steps);
  }
  let most = 0;
  for (const steps of closed.toSorted((a, b) => b - a)) {
    if (rest <= 0) break;
    rest -= steps;
    most += 1;
  }
  return most === 0 ? [] : (opening[from] ?? []).map((value) => value * most);
}

const isForced = ({ forced, given }: Search): boolean =>
  forced === undefined ||
  given.some(
    ({ need, part, location }) =>
      need === forced.need && part === forced.part && location === forced.location,
  );

/** Steps that a location can still give of a part, none where it would be one location too many. */
function stepsAt(search: Search, part: Part, location: string): number {
  if (part.location !== undefined && part.location !== location) return 0;
  const { inUse } = search;
  const isNew = (name: string) => (inUse.get(name) ?? 0) === 0;
  if (isNew(location) && countOf(search, "") >= search.locationsMax) return 0;
  if (isNew(at(part.need, location)) && countOf(search, part.need) >= part.locationsMax) return 0;
  const units = search.left.get(at(part.item, location)) ?? 0;
  const ofLot = part.lot === undefined ? units : (search.lotLeft.get(at(part.item, location, part.lot)) ?? 0);
  return Math.floor(Math.max(0, Math.min(units, ofLot)) / part.step);
}

/** Locations in use: in all, or by a need. */
function countOf({ given }: Search, need: number | ""): number {
  const places = new Set<string>();
  for (const each of given) if (need === "" || each.need === need) places.add(each.location);
  return places.size;
}

type Choice = { readonly location: string; readonly steps: number };

/** Takes steps of a part from a location; gives what that adds. */
function use(search: Search, part: Part, { location, steps }: Choice): Values {
  const { ranking, inUse } = search;
  const units = steps * part.step;
  const lies = search.left.get(at(part.item, location)) ?? 0;
  const isNew = (inUse.get(location) ?? 0) === 0;
  let added = sumOf(
    ranking.criteria.map(() => 0),
    ranking.ofUnit(part.item, location),
    units,
  );
  if (isNew) added = sumOf(added, ranking.ofLocation(location));
  const { at: index } = ranking.leave;
  if (index >= 0) added = added.with(index, (added[index] ?? 0) + leaveAdded(ranking, lies, units));
  shift(search, part, { location, steps });
  search.given.push({ need: part.need, part: part.part, location, steps });
  return added;
}

function giveBack(search: Search, part: Part, { location, steps }: Choice): void {
  shift(search, part, { location, steps: -steps });
  search.given.pop();
}

function shift(search: Search, part: Part, { location, steps }: Choice): void {
  const units = steps * part.step;
  const change = (map: Map<string, number>, name: string, by: number) =>
    map.set(name, (map.get(name) ?? 0) + by);
  change(search.left, at(part.item, location), -units);
  if (part.lot !== undefined) change(search.lotLeft, at(part.item, location, part.lot), -units);
  for (const name of [location, at(part.need, location)]) change(search.inUse, name, Math.sign(steps));
}
