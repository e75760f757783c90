import type { Given, Lying, Need, NeededPart } from "../assignment.ts";
import { isBetter, leaveAdded, type Ranking, sumOf, type Values, worthOf } from "./ranking.ts";
import type { Plan } from "./search.ts";

/** Units that lie at locations, in all and lot by lot, and which locations a plan uses so far. */
type Lay = { readonly left: Map<string, number>; readonly used: Set<string> };

const key = (...names: readonly string[]): string => names.join("\n");

/** What must be there of a part at a location: units of the item, and of its lot where it wants one. */
const namesOf = ({ item, lot }: NeededPart, location: string): readonly string[] =>
  lot === undefined ? [key(item, location)] : [key(item, location), key(item, location, lot)];

function layOut(lying: readonly Lying[]): Map<string, number> {
  const left = new Map<string, number>();
  for (const { item, location, lot, units } of lying) {
    for (const name of [key(item, location), key(item, location, lot)])
      left.set(name, (left.get(name) ?? 0) + units);
  }
  return left;
}

/** Steps of a part that a location can give. */
function stepsAt({ left }: Lay, part: NeededPart, location: string): number {
  if (part.location !== undefined && part.location !== location) return 0;
  const units = namesOf(part, location).map((name) => left.get(name) ?? 0);
  return Math.floor(Math.max(0, Math.min(...units)) / part.step);
}

/**
 * A plan that is found quickly and need not be the best: part after part, from the location that would be worth most if all that is missing came
 * from there. Undefined where there is not enough. It knows no limit of locations.
 */
export function quickPlan(
  ranking: Ranking,
  needs: readonly Need[],
  lying: readonly Lying[],
  locations: readonly string[],
): Plan | undefined {
  const lay: Lay = { left: layOut(lying), used: new Set() };
  const before = new Map(lay.left);
  const given: Given[] = [];
  for (const [need, { parts }] of needs.entries()) {
    for (const [part, wanted] of parts.entries()) {
      const taken = takePart(ranking, lay, wanted, locations);
      if (taken === undefined) return undefined;
      given.push(...taken.map((each) => ({ need, part, ...each })));
    }
  }
  const plan = given.flatMap(({ need, part, location, steps }) => {
    const wanted = needs[need]?.parts[part];
    return wanted === undefined ? [] : [{ item: wanted.item, location, units: steps * wanted.step }];
  });
  return { given, worth: worthOf(ranking, plan, (item, location) => before.get(key(item, location)) ?? 0) };
}

function takePart(
  ranking: Ranking,
  lay: Lay,
  part: NeededPart,
  locations: readonly string[],
): readonly Pick<Given, "location" | "steps">[] | undefined {
  const taken: Pick<Given, "location" | "steps">[] = [];
  let missing = part.steps;
  while (missing > 0) {
    const location = bestFor(ranking, lay, { ...part, steps: missing }, locations);
    if (location === undefined) return undefined;
    const steps = Math.min(missing, stepsAt(lay, part, location));
    for (const name of namesOf(part, location))
      lay.left.set(name, (lay.left.get(name) ?? 0) - steps * part.step);
    lay.used.add(location);
    taken.push({ location, steps });
    missing -= steps;
  }
  return taken;
}

/** The location from which all of a part would be worth most, had it enough; of those that are worth the same, the first. */
function bestFor(
  ranking: Ranking,
  lay: Lay,
  part: NeededPart,
  locations: readonly string[],
): string | undefined {
  let best: { readonly location: string; readonly worth: Values } | undefined;
  for (const location of locations) {
    const there = stepsAt(lay, part, location);
    if (there === 0) continue;
    const alone = worthFrom(ranking, lay, part, location);
    // What it has not must come from one location more.
    const worth = there < part.steps ? sumOf(alone, leastToOpen(ranking, locations)) : alone;
    if (best === undefined || isBetter(worth, best.worth)) best = { location, worth };
  }
  return best?.location;
}

function worthFrom(ranking: Ranking, { left, used }: Lay, part: NeededPart, location: string): Values {
  const units = part.steps * part.step;
  const nothing = ranking.criteria.map(() => 0);
  const ofUnits = sumOf(nothing, ranking.ofUnit(part.item, location), units);
  const worth = used.has(location) ? ofUnits : sumOf(ofUnits, ranking.ofLocation(location));
  const { at } = ranking.leave;
  if (at < 0) return worth;
  const lies = left.get(key(part.item, location)) ?? 0;
  return worth.with(at, (worth[at] ?? 0) + leaveAdded(ranking, lies, units));
}

/** What it adds at the least to use one of some locations. */
const leastToOpen = (ranking: Ranking, locations: readonly string[]): Values =>
  ranking.criteria.map((_, index) =>
    locations.length === 0
      ? 0
      : locations.reduce(
          (least, location) => Math.min(least, ranking.ofLocation(location)[index] ?? 0),
          Number.MAX_SAFE_INTEGER,
        ),
  );
