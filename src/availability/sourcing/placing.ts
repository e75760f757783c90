import type { AdmissionRequest, Promised } from "../admission-request.ts";
import type { Need } from "../assignment.ts";
import { type Counter, EXACT_SEARCH_MAX, giveAll } from "../splits.ts";
import { quickPlan } from "./quick-plan.ts";
import type { Ranking } from "./ranking.ts";
import { bestPlan, type Forced, type Found } from "./search.ts";

/** How places were found. `exact`: there is no plan that is worth more. `ranked`: the best that was found in the time that there is. */
export type PlacingMethod = "exact" | "ranked" | "usual";

/** What is needed of each part of each line, when a decision has said how much each is promised. Undefined: it is not in whole steps. */
export function needsOf(
  request: AdmissionRequest,
  promised: readonly Promised[],
): readonly Need[] | undefined {
  const needs = request.lines.map((line): Need => {
    const own = promised.filter(({ lineId }) => lineId === line.lineId);
    const { lot, locationId: location, locationsMax = Number.MAX_SAFE_INTEGER } = line;
    const parts = line.components.map((part) => {
      const step = line.orderedUnit * part.quantity;
      const units = own
        .filter(({ position }) => position.itemId === part.itemId)
        .reduce((sum, each) => sum + each.quantity, 0);
      return { item: part.itemId, steps: units / step, step, lot, location };
    });
    return { parts, locationsMax };
  });
  return needs.every(({ parts }) => parts.every(({ steps }) => Number.isInteger(steps))) ? needs : undefined;
}

/** Finds the best plan for needs; at most so many locations, and where that is said, one of them for a part. */
export function planFor(
  { lying, locations }: Pick<Counter, "lying" | "locations">,
  request: Pick<AdmissionRequest, "locationsMax">,
  {
    ranking,
    needs,
    forced,
  }: { readonly ranking: Ranking; readonly needs: readonly Need[]; readonly forced?: Forced },
): Found {
  const isLimited =
    request.locationsMax !== undefined || needs.some(({ locationsMax }) => locationsMax < locations.length);
  const quick = isLimited || forced !== undefined ? undefined : quickPlan(ranking, needs, lying, locations);
  if (needs.length * locations.length > EXACT_SEARCH_MAX) return { plan: quick, isAll: false };
  const { locationsMax = locations.length } = request;
  return bestPlan(needs, lying, { ranking, locations, locationsMax, forced, known: quick });
}

/**
 * Lets what a request was promised come from the locations that its channel's rule ranks first: as many units of each line, from elsewhere.
 * The counter's shelf must be as it was before. Undefined, with nothing taken: no better place was found in time, or none can be given.
 */
export function placeByRank(
  counter: Counter,
  request: AdmissionRequest,
  promised: readonly Promised[],
  ranking: Ranking,
): { readonly promised: readonly Promised[]; readonly method: PlacingMethod } | undefined {
  const needs = needsOf(request, promised);
  if (needs === undefined) return undefined;
  const { plan, isAll } = planFor(counter, request, { ranking, needs });
  if (plan === undefined) return undefined;
  const given = giveAll(counter, request.lines, plan.given);
  if (isAllGiven(needs, given)) return { promised: given, method: isAll ? "exact" : "ranked" };
  counter.undo(given);
  return undefined;
}

/** Whether lots were there for everything that the plan gives. */
function isAllGiven(needs: readonly Need[], given: readonly Promised[]): boolean {
  const wanted = needs.flatMap(({ parts }) => parts).reduce((sum, { steps, step }) => sum + steps * step, 0);
  return given.reduce((sum, each) => sum + each.quantity, 0) === wanted;
}
