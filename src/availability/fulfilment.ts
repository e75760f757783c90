import { quantity } from "@crossdock/canonical";
import type { EarmarkSplit, EarmarkUse, LineStep } from "../ledger/index.ts";

/**
 * What has happened to an order line's item at one place, in all. Its statuses are a function of these totals, not of the order in which
 * facts came (docs/decisions/0009, 0031): what was shipped must have been picked, and what was put back was picked before.
 */
export type Totals = {
  readonly picked: number;
  /** Units that were picked and put back. */
  readonly putBack: number;
  readonly shipped: number;
  /** Units that were to be picked and were not there. */
  readonly notFound: number;
};

/** Nothing has happened yet. */
export const NO_TOTALS: Totals = { picked: 0, putBack: 0, shipped: 0, notFound: 0 };

/** The totals of a stored row. */
export function totalsOf(row: {
  readonly picked: number;
  readonly put_back: number;
  readonly shipped: number;
  readonly not_found: number;
}): Totals {
  return { picked: row.picked, putBack: row.put_back, shipped: row.shipped, notFound: row.not_found };
}

/** How far a promise of so many units has been fulfilled. */
export type Progress = Totals & { readonly quantity: number };

/** One place that an order line's item was promised at, left from, or both. Nothing may have been promised here, or nothing left. */
export type LinePlace = Progress & { readonly locationId: string };

/** Units that are off the shelf for the line: its effective pick. */
export function unitsGone({
  picked,
  putBack,
  shipped,
}: Pick<Totals, "picked" | "putBack" | "shipped">): number {
  return Math.max(picked - putBack, shipped);
}

/** Units of a promise that were not found, and were not picked after all. */
export function unitsShort(progress: Progress): number {
  return Math.min(progress.notFound, Math.max(0, progress.quantity - unitsGone(progress)));
}

/** Units that are neither on the shelf for the line nor to be looked for there: gone, or not found. */
export const unitsOff = (totals: Totals): number => unitsGone(totals) + totals.notFound;

const outstanding = (place: Progress): number => Math.max(0, place.quantity - unitsOff(place));
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
 * `places` are all places of one item of one line; the answers are in their order. Together the places keep what was promised and found
 * less what has gone, and nothing once all of it has.
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

/**
 * The state that totals amount to. A promise of which nothing is due any more is short where units of it were not found, and released
 * where all of it was replaced; of others the rest counts.
 */
export function stateOf(
  progress: Progress & { readonly replaced: number },
): "allocated" | "picked" | "shipped" | "released" | "short" {
  const short = unitsShort(progress);
  const due = progress.quantity - progress.replaced - short;
  if (due === 0) return short > 0 ? "short" : "released";
  if (progress.shipped >= due) return "shipped";
  return unitsGone(progress) >= due ? "picked" : "allocated";
}

/** What is still allocated at each place; `places` are all places of one item of one line. */
export function keptAt(places: readonly LinePlace[]): readonly number[] {
  const replaced = replacedAt(places);
  return places.map((place, index) => outstanding(place) - (replaced[index] ?? 0));
}

const TOTAL_OF = {
  pick: "picked",
  short: "notFound",
  "put-back": "putBack",
  ship: "shipped",
} as const satisfies Record<LineStep, keyof Totals>;

/** What a step does to the places of a line. */
export type Advance<Place extends LinePlace> = {
  readonly places: readonly Place[];
  /** Where the units come from at the place of the step. */
  readonly splits: readonly Omit<EarmarkSplit, "reservationId">[];
  /** Units of each place that its promise keeps no longer, because others left instead; in the order of the places. */
  readonly yielded: readonly number[];
  /** Units of each place that its promise keeps again, because units came back. */
  readonly restored: readonly number[];
};

/** Units at one place of a line, and what happened to them. */
export type Step = Pick<EarmarkUse, "step" | "to"> & { readonly at: number; readonly units: number };

/**
 * What a step moves, and the places after it. A pick that a shipment was ahead of moves nothing again, and units that were not picked
 * are not put back. Where units come back, promises keep them again: here, or where they had yielded.
 */
export function advance<Place extends LinePlace>(places: readonly Place[], done: Step): Advance<Place> {
  const { at, step, units } = done;
  const total = TOTAL_OF[step];
  const after = places.map((place, index) =>
    index === at ? { ...place, [total]: place[total] + units } : place,
  );
  const keptAfter = keptAt(after);
  const freed = keptAt(places).map((kept, index) => kept - (keptAfter[index] ?? 0));
  const gone = sumGone(after) - sumGone(places);
  const splits = splitsOf(done, { gone, promised: Math.max(0, freed[at] ?? 0) });
  return {
    places: after,
    splits: splits.filter((split) => split.quantity > 0),
    yielded: freed.map((units, index) => (index === at ? 0 : Math.max(0, units))),
    restored: freed.map((units) => Math.max(0, 0 - units)),
  };
}

/** Where the units of a step come from: `gone` more are off the shelf than before, and `promised` fewer are kept for the line here. */
function splitsOf(
  { step, to, units }: Step,
  { gone, promised }: { readonly gone: number; readonly promised: number },
): readonly Omit<EarmarkSplit, "reservationId">[] {
  const allocated = { from: "allocated" as const, quantity: quantity(promised) };
  const available = (count: number) => ({ from: "available" as const, quantity: quantity(count) });
  const picked = (count: number) => ({ from: "picked" as const, quantity: quantity(count) });
  switch (step) {
    case "pick":
      return [allocated, available(gone - promised)];
    case "ship":
      return [allocated, available(gone - promised), picked(units - gone)];
    case "short":
      return [allocated, available(units - promised)];
    case "put-back":
      // Units that we do not know to be picked are on the shelf already, as far as the books go.
      return [picked(0 - gone), available(to === "available" ? 0 : units + gone)];
    default:
      return step satisfies never;
  }
}

const sumGone = (places: readonly LinePlace[]): number =>
  places.reduce((sum, place) => sum + unitsGone(place), 0);
