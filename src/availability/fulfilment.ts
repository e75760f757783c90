import { quantity } from "@crossdock/canonical";
import type { EarmarkSplit } from "../ledger/index.ts";

/**
 * How far a promise has been fulfilled. Its statuses are a function of these totals, not of the order in which facts came
 * (docs/decisions/0009): what was shipped must have been picked, so the effective pick is the greater of the two.
 */
export type Progress = { readonly quantity: number; readonly picked: number; readonly shipped: number };

/** One place that an order line's item was promised at, left from, or both. Nothing may have been promised here, or nothing left. */
export type LinePlace = Progress & { readonly locationId: string };

/** Units that are off the shelf for the line: its effective pick. */
export function unitsGone({ picked, shipped }: Pick<Progress, "picked" | "shipped">): number {
  return Math.max(picked, shipped);
}

const outstanding = (place: Progress): number => Math.max(0, place.quantity - unitsGone(place));
const beyondPromise = (place: Progress): number => Math.max(0, unitsGone(place) - place.quantity);

/** Lets `spare` units replace what is outstanding at some of the places, the first first; gives what is left of them. */
function replace(
  places: readonly LinePlace[],
  replaced: number[],
  { spare, isAt }: { readonly spare: number; readonly isAt: (place: LinePlace) => boolean },
): number {
  let left = spare;
  places.forEach((place, index) => {
    if (!isAt(place)) return;
    const before = replaced[index] ?? 0;
    const units = Math.min(left, outstanding(place) - before);
    replaced[index] = before + units;
    left -= units;
  });
  return left;
}

/**
 * How many units of each place's promise need not be kept, because as many left from elsewhere for the same line beyond what was
 * promised there (docs/decisions/0018): first at the same location, from another lot say, then anywhere, earlier promises first.
 * `places` are all places of one item of one line; the answers are in their order. Together the places keep what was promised less
 * what has gone, and nothing once all of it has.
 */
export function replacedAt(places: readonly LinePlace[]): readonly number[] {
  const replaced = places.map(() => 0);
  const byLocation = Map.groupBy(places, ({ locationId }) => locationId);
  const spare = [...byLocation].reduce((sum, [location, own]) => {
    const beyond = own.reduce((units, place) => units + beyondPromise(place), 0);
    const isAt = (place: LinePlace) => place.locationId === location;
    return sum + replace(places, replaced, { spare: beyond, isAt });
  }, 0);
  replace(places, replaced, { spare, isAt: () => true });
  return replaced;
}

/** The state that totals amount to. A promise that was replaced whole is released; of others the rest counts. */
export function stateOf(
  progress: Progress & { readonly replaced: number },
): "allocated" | "picked" | "shipped" | "released" {
  const due = progress.quantity - progress.replaced;
  if (due === 0) return "released";
  if (progress.shipped >= due) return "shipped";
  return unitsGone(progress) >= due ? "picked" : "allocated";
}

/** What is still allocated at each place. */
function keptAt(places: readonly LinePlace[]): readonly number[] {
  const replaced = replacedAt(places);
  return places.map((place, index) => outstanding(place) - (replaced[index] ?? 0));
}

/** What a pick or a shipment does to the places of a line. */
export type Advance<Place extends LinePlace> = {
  readonly places: readonly Place[];
  /** Where the units come from at the place that they leave. */
  readonly splits: readonly Omit<EarmarkSplit, "reservationId">[];
  /** Units of each place that its promise keeps no longer, because these left instead; in the order of the places. */
  readonly yielded: readonly number[];
};

/**
 * What a pick or shipment of `units` at the place `at` moves, and the places after it. A pick that a shipment was ahead of moves
 * nothing again. Nothing that was gone comes back, so no place ever keeps more than before.
 */
export function advance<Place extends LinePlace>(
  places: readonly Place[],
  { at, step, units }: { readonly at: number; readonly step: "pick" | "ship"; readonly units: number },
): Advance<Place> {
  const after = places.map((place, index) => {
    if (index !== at) return place;
    const { picked, shipped } = place;
    return step === "pick" ? { ...place, picked: picked + units } : { ...place, shipped: shipped + units };
  });
  const keptAfter = keptAt(after);
  const given = keptAt(places).map((kept, index) => kept - (keptAfter[index] ?? 0));
  const gone = sumGone(after) - sumGone(places);
  const promised = given[at] ?? 0;
  const splits = [
    { from: "allocated" as const, quantity: quantity(promised) },
    { from: "available" as const, quantity: quantity(gone - promised) },
    { from: "picked" as const, quantity: quantity(step === "ship" ? units - gone : 0) },
  ];
  return {
    places: after,
    splits: splits.filter((split) => split.quantity > 0),
    yielded: given.map((units, index) => (index === at ? 0 : units)),
  };
}

const sumGone = (places: readonly LinePlace[]): number =>
  places.reduce((sum, place) => sum + unitsGone(place), 0);
