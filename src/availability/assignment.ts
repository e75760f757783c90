/** Units of an item that one line wants: so many steps, each from one location whole. */
export type NeededPart = {
  readonly item: string;
  readonly steps: number;
  readonly step: number;
  /** The only lot, the only location, that it may come from. */
  readonly lot?: string | undefined;
  readonly location?: string | undefined;
};

/** What one line wants, all of it. */
export type Need = {
  readonly parts: readonly NeededPart[];
  /** Locations that it may come from at most. */
  readonly locationsMax: number;
};

/** Units that lie at a place. */
export type Lying = {
  readonly item: string;
  readonly location: string;
  readonly lot: string;
  readonly units: number;
};

/** Steps of a part of a need that come from a location. */
export type Given = {
  readonly need: number;
  readonly part: number;
  readonly location: string;
  readonly steps: number;
};

export type Assignment = readonly Given[] | "none" | "given-up";

/** Looks that a search may take. Small requests need some hundreds; beyond it whoever waits behind the lock waits too long. */
export const ASSIGNMENT_LOOKS_MAX = 20_000;

type Choice = { readonly need: number; readonly part: number; readonly location: string };

/** A search under way: what is left, what is used, and how many more looks may be taken. */
type Search = {
  readonly needs: readonly Need[];
  readonly locations: readonly string[];
  readonly locationsMax: number;
  readonly left: Map<string, number>;
  readonly lotLeft: Map<string, number>;
  readonly inUse: Map<string, number>;
  readonly given: Given[];
  looks: number;
};

const at = (item: string, location: string): string => `${item}\n${location}`;
const lotAt = (item: string, location: string, lot: string): string => `${item}\n${location}\n${lot}`;

/**
 * Assigns locations to needs, all of them whole, from as few locations as there can be, and of those from the ones that come first. It is
 * exact: where there is an assignment it is found, unless the looks are used up before (`given-up`).
 */
export function assign(
  needs: readonly Need[],
  lying: readonly Lying[],
  among: { readonly locations: readonly string[]; readonly locationsMax: number; readonly looksMax?: number },
): Assignment {
  let looks = among.looksMax ?? ASSIGNMENT_LOOKS_MAX;
  const most = Math.min(among.locationsMax, among.locations.length);
  for (let locationsMax = 1; locationsMax <= most; locationsMax += 1) {
    const search = openSearch(needs, lying, { locations: among.locations, locationsMax, looks });
    if (searchNeed(search, 0, 0)) return search.given;
    looks = search.looks;
    if (looks <= 0) return "given-up";
  }
  return "none";
}

function openSearch(
  needs: readonly Need[],
  lying: readonly Lying[],
  bounds: Pick<Search, "locations" | "locationsMax" | "looks">,
): Search {
  const left = new Map<string, number>();
  const lotLeft = new Map<string, number>();
  for (const { item, location, lot, units } of lying) {
    left.set(at(item, location), (left.get(at(item, location)) ?? 0) + units);
    lotLeft.set(lotAt(item, location, lot), (lotLeft.get(lotAt(item, location, lot)) ?? 0) + units);
  }
  return { needs, ...bounds, left, lotLeft, inUse: new Map(), given: [] };
}

/** Goes on with a part of a need, and then with the next. */
function searchNeed(search: Search, need: number, part: number): boolean {
  const wanted = search.needs[need];
  if (wanted === undefined) return true;
  const wantedPart = wanted.parts[part];
  if (wantedPart === undefined) return searchNeed(search, need + 1, 0);
  return searchPlaces(search, { need, part }, { from: 0, missing: wantedPart.steps });
}

/** Gives what is missing of a part from the locations that are left to look at, as much as possible first. */
function searchPlaces(
  search: Search,
  of: { readonly need: number; readonly part: number },
  { from, missing }: { readonly from: number; readonly missing: number },
): boolean {
  search.looks -= 1;
  if (missing === 0) return searchNeed(search, of.need, of.part + 1);
  if (search.looks <= 0) return false;
  for (let index = from; index < search.locations.length; index += 1) {
    const choice: Choice = { ...of, location: search.locations[index] ?? "" };
    const most = Math.min(missing, stepsAt(search, choice));
    for (let steps = most; steps > 0; steps -= 1) {
      move(search, choice, steps);
      if (searchPlaces(search, of, { from: index + 1, missing: missing - steps })) return true;
      move(search, choice, -steps);
      if (search.looks <= 0) return false;
    }
  }
  return false;
}

/** Steps that a location can still give, none where it would be one location too many. */
function stepsAt(search: Search, { need, part, location }: Choice): number {
  const { parts, locationsMax } = search.needs[need] ?? { parts: [], locationsMax: 0 };
  const wanted = parts[part];
  if (wanted === undefined || (wanted.location !== undefined && wanted.location !== location)) return 0;
  if (!search.inUse.has(location) && search.inUse.size >= search.locationsMax) return 0;
  const own = new Set(search.given.flatMap((given) => (given.need === need ? [given.location] : [])));
  if (!own.has(location) && own.size >= locationsMax) return 0;
  const units = search.left.get(at(wanted.item, location)) ?? 0;
  const ofLot =
    wanted.lot === undefined ? units : search.lotLeft.get(lotAt(wanted.item, location, wanted.lot));
  return Math.floor(Math.max(0, Math.min(units, ofLot ?? 0)) / wanted.step);
}

/** Takes steps from a location, or puts them back where they are negative. */
function move(search: Search, choice: Choice, steps: number): void {
  const wanted = search.needs[choice.need]?.parts[choice.part];
  if (wanted === undefined) return;
  const units = steps * wanted.step;
  const { location } = choice;
  take(search.left, at(wanted.item, location), units);
  if (wanted.lot !== undefined) take(search.lotLeft, lotAt(wanted.item, location, wanted.lot), units);
  const uses = (search.inUse.get(location) ?? 0) + Math.sign(steps);
  if (uses === 0) search.inUse.delete(location);
  else search.inUse.set(location, uses);
  if (steps > 0) search.given.push({ ...choice, steps });
  else search.given.pop();
}

function take(left: Map<string, number>, name: string, units: number): void {
  left.set(name, (left.get(name) ?? 0) - units);
}
