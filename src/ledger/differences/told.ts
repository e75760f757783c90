import type { DifferenceName, NamedDifference, OpenStatement, TellingFact } from "./difference.ts";
import { matchMovements, type ToldMovement } from "./matching.ts";

/** Facts that are shown of one part. */
export const FACTS_SHOWN_MAX = 50;

/** A fact or statement as one side tells it; `units` is what it does to what is compared. `open`: it is in no book of ours yet. */
export type ToldFact = TellingFact & ToldMovement & { readonly open: OpenStatement["is"] | undefined };

/**
 * Names what is not the same in both books.
 *
 * A movement that both tell is no difference, unless ours is not in our books yet. What only we have is a difference where the system
 * tells what moves, and since it has (`toldSince`, in milliseconds): of one that only counts, nobody knows what it has. There a statement that is not in our books yet is taken to be in
 * its number, because that is what happened.
 */
export function namesOf(
  ours: readonly ToldFact[],
  theirs: readonly ToldFact[],
  toldSince: number | undefined,
): readonly NamedDifference[] {
  const { same, otherwise, onlyOurs, onlyTheirs } = matchMovements(ours, theirs);
  const leading: [DifferenceName, TellingFact][] = [];
  const lead = (name: DifferenceName, told: ToldFact, units: number) =>
    leading.push([name, telling(told, units)]);
  for (const pair of same)
    if (pair.ours.open !== undefined) lead(pair.ours.open, pair.ours, -pair.ours.units);
  for (const pair of otherwise) {
    if (pair.ours.open === undefined) lead("told-otherwise", pair.ours, pair.ours.units - pair.theirs.units);
    else lead(pair.ours.open, pair.ours, -pair.theirs.units);
  }
  for (const told of onlyOurs) {
    if (told.open === undefined) {
      if (toldSince !== undefined && told.at >= toldSince) lead("only-ours", told, told.units);
    } else if (toldSince === undefined) lead(told.open, told, -told.units);
  }
  for (const told of onlyTheirs) lead(told.open ?? "only-theirs", told, -told.units);
  return [...Map.groupBy(leading, ([name]) => name)].map(([name, facts]) => ({
    name,
    units: facts.reduce((sum, [, { units }]) => sum + units, 0),
    facts: facts.slice(0, FACTS_SHOWN_MAX).map(([, fact]) => fact),
    factsLeftOut: Math.max(0, facts.length - FACTS_SHOWN_MAX),
  }));
}

/** A told fact without what only matching needs. */
export function telling(
  { factNumber, record, source, type, effectiveAt, because }: ToldFact,
  units: number,
): TellingFact {
  return { factNumber, record, source, type, effectiveAt, because, units };
}
