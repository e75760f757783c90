/** What a channel finds somewhere: units that are there for all, and its own. */
type Parts = {
  readonly shared: number;
  readonly own: number;
  /** Units of the line have left from here before: they are promised first. */
  readonly isBegun?: boolean;
};
type PlaceParts<Place> = Parts & { readonly place: Place };

/** How much a channel may be promised of what is there for all, in whole steps where several units go together. */
type Allowed = { readonly units: number; readonly step: number };

/**
 * Units that a channel must leave at places, because they are protected for others: what is there for all beyond what it may be promised of
 * that. Its own units it may always take. Places are given in the channel's order; those at which it need not leave anything are left out.
 *
 * What it may be promised goes first to where units of the line have left before; then to where the fewest make a whole step together
 * with the channel's own, which makes the most steps that there can be; then to its first places.
 */
export function protectedPlaces<Place>(
  places: readonly PlaceParts<Place>[],
  { units, step }: Allowed,
): ReadonlyMap<Place, number> {
  const left = new Map(places.map(({ place, shared }) => [place, shared]));
  if (places.reduce((sum, { shared }) => sum + shared, 0) <= units) return new Map();
  let budget = units;
  const give = (place: Place, most: number) => {
    const there = left.get(place) ?? 0;
    const given = Math.min(budget, there, most);
    left.set(place, there - given);
    budget -= given;
  };
  for (const { place, isBegun = false } of places) if (isBegun) give(place, Number.MAX_SAFE_INTEGER);
  const toStep = ({ place, own, shared }: PlaceParts<Place>) => {
    const rest = (own + shared - (left.get(place) ?? 0)) % step;
    return rest === 0 ? 0 : step - rest;
  };
  for (const { place, missing } of places
    .map((each) => ({ place: each.place, missing: toStep(each) }))
    .toSorted((a, b) => a.missing - b.missing)) {
    if (missing <= Math.min(budget, left.get(place) ?? 0)) give(place, missing);
  }
  for (const { place } of places) {
    const most = Math.min(budget, left.get(place) ?? 0);
    give(place, most - (most % step));
  }
  for (const { place } of places) give(place, Number.MAX_SAFE_INTEGER);
  return new Map([...left].filter(([, kept]) => kept > 0));
}

/** A lot at a location, one position. */
export type LotParts = Parts & { readonly positionId: number; readonly locationId: string };

/** The same position by position: how much stays at a location does not depend on the lots that it is of. */
export function protectedLots(lots: readonly LotParts[], allowed: Allowed): ReadonlyMap<number, number> {
  const places = [...Map.groupBy(lots, ({ locationId }) => locationId)].map(([place, parts]) => ({
    place,
    parts,
    shared: parts.reduce((sum, { shared }) => sum + shared, 0),
    own: parts.reduce((sum, { own }) => sum + own, 0),
    isBegun: parts.some(({ isBegun = false }) => isBegun),
  }));
  const keptAt = protectedPlaces(places, allowed);
  return new Map(
    places.flatMap(({ place, shared, parts }) => {
      const named = parts.map((part) => ({ ...part, place: part.positionId }));
      return [...protectedPlaces(named, { units: shared - (keptAt.get(place) ?? 0), step: 1 })];
    }),
  );
}
