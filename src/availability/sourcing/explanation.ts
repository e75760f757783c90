import {
  type ItemId,
  type JudgedLocation,
  type LocationId,
  quantity,
  type SourcingExplanation,
} from "@crossdock/canonical";
import {
  type AdmissionLine,
  type AdmissionRequest,
  type Decision,
  type Promised,
  takesParts,
} from "../admission-request.ts";
import type { Lying, Need } from "../assignment.ts";
import { EXACT_SEARCH_MAX, isCapped } from "../splits.ts";
import { needsOf, type PlacingMethod, planFor } from "./placing.ts";
import { firstDifference, isBetter, type Ranking, type Values, worthOf } from "./ranking.ts";

/** A position of the network before a request was decided: what was there for it, and what was there and not for it. */
export type PositionBefore = {
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  readonly lot: string;
  /** What could be taken, what is kept for others included. */
  readonly left: number;
  readonly kept: number;
  readonly tooOld: number;
  readonly safetyStock: number;
};

/** Everything that a decision about places looked at, and what it came to. */
export type Scene = {
  readonly network: readonly LocationId[];
  readonly before: readonly PositionBefore[];
  readonly request: AdmissionRequest;
  readonly decision: Decision;
  readonly ranking: Ranking | undefined;
  readonly method: PlacingMethod;
  /** Whether units of an item are protected for others, wherever they lie. */
  readonly isProtected: (item: ItemId) => boolean;
  /** Whether any rule says how many of an item the channel may be promised. */
  readonly isRuled: (item: ItemId) => boolean;
};

type Verdict = Omit<JudgedLocation, "locationId">;
type Part = {
  readonly line: AdmissionLine;
  readonly at: number;
  readonly part: AdmissionLine["components"][number];
};

/** What the plan that was taken is worth, and what is needed to compare others with it. */
type Compared = { readonly needs: readonly Need[]; readonly worth: Values; readonly lying: readonly Lying[] };

/** Says of every location of the network what it gives of each part of each line, or why it gives nothing. */
export function explainPlaces(scene: Scene): SourcingExplanation {
  const { request, decision, ranking, method } = scene;
  const compared = ranking === undefined ? undefined : comparedWith(scene, ranking);
  const parts = request.lines.flatMap((line, at) =>
    line.components.map((part) => explainPart(scene, compared, { line, at, part })),
  );
  return {
    ...(ranking === undefined ? {} : { rule: ranking.rule.key, version: ranking.rule.since }),
    ...{ method, criteria: [...(ranking?.criteria ?? [])] },
    ...(compared === undefined || decision.promised.length === 0 ? {} : { worth: [...compared.worth] }),
    parts,
  };
}

function comparedWith({ before, request, decision }: Scene, ranking: Ranking): Compared | undefined {
  const needs = needsOf(request, decision.promised);
  if (needs === undefined) return undefined;
  const lying = before.map(({ itemId: item, locationId: location, lot, left, kept }) => ({
    ...{ item, location, lot, units: left - kept },
  }));
  const units = (item: string, location: string) =>
    lying
      .filter((each) => each.item === item && each.location === location)
      .reduce((sum, each) => sum + each.units, 0);
  const plan = decision.promised.map(({ position, quantity: taken }) => ({
    ...{ item: position.itemId, location: position.locationId, units: taken },
  }));
  return { needs, lying, worth: worthOf(ranking, plan, units) };
}

function explainPart(
  scene: Scene,
  compared: Compared | undefined,
  of: Part,
): SourcingExplanation["parts"][number] {
  const { line, part } = of;
  const own = promisedOf(scene, of);
  const byPlace = Map.groupBy(own, ({ position }) => position.locationId);
  const given = sumUnits(own);
  const locations = scene.network.map((locationId): JudgedLocation => {
    const units = sumUnits(byPlace.get(locationId) ?? []);
    if (units > 0) return { locationId, units: quantity(units) };
    return { locationId, ...whyNot(scene, compared, { ...of, locationId, given }) };
  });
  const wanted = quantity(line.quantity * part.quantity);
  return { lineId: line.lineId, itemId: part.itemId, wanted, promised: quantity(given), locations };
}

const promisedOf = ({ decision }: Scene, { line, part }: Part): readonly Promised[] =>
  decision.promised.filter(
    ({ lineId, position }) => lineId === line.lineId && position.itemId === part.itemId,
  );

const sumUnits = (promised: readonly Promised[]): number =>
  promised.reduce((sum, each) => sum + each.quantity, 0);

type Asked = Part & { readonly locationId: LocationId; readonly given: number };

function whyNot(scene: Scene, compared: Compared | undefined, asked: Asked): Verdict {
  const there = whyNoneThere(scene, asked);
  if ("reason" in there) return there;
  const { line, part, given } = asked;
  if (given < line.quantity * part.quantity) return whyShort(scene, asked);
  return scene.ranking === undefined || compared === undefined
    ? whyNotUsually(scene, asked, there.free)
    : whyRankedLower(scene, { compared, ranking: scene.ranking }, asked);
}

/** What lay at a location before the request, of the lots that it may take. */
function lotsAt(
  { before }: Scene,
  { line, part, locationId }: Pick<Asked, "line" | "part" | "locationId">,
): readonly PositionBefore[] {
  return before.filter(
    (lot) =>
      lot.itemId === part.itemId &&
      lot.locationId === locationId &&
      (line.lot === undefined || lot.lot === line.lot),
  );
}

/** Why nothing could be taken at a location, or what could. */
function whyNoneThere(
  scene: Scene,
  { line, part, locationId }: Asked,
): (Verdict & { readonly reason: string }) | { readonly free: number } {
  const named = line.locationId !== undefined && line.locationId !== locationId;
  const lots = lotsAt(scene, { line, part, locationId });
  if (named || (line.lot !== undefined && lots.length === 0)) return { reason: "asked-elsewhere" };
  const sum = (of: (lot: PositionBefore) => number) => lots.reduce((total, lot) => total + of(lot), 0);
  const step = line.orderedUnit * part.quantity;
  const [left, kept, tooOld, safety] = [
    sum((lot) => Math.max(0, lot.left)),
    sum((lot) => lot.kept),
    sum((lot) => lot.tooOld),
    sum((lot) => lot.safetyStock),
  ];
  if (left <= 0 && tooOld > 0) return { reason: "below-shelf-life", here: tooOld };
  if (left <= 0 && safety > 0) return { reason: "safety-stock", here: safety };
  if (left <= 0) return { reason: "no-stock" };
  if (left < step) return { reason: "not-whole-units", here: left };
  if (left - kept < step) return { reason: "protected", here: kept };
  const others = scene.decision.promised
    .filter(({ position }) => position.itemId === part.itemId && position.locationId === locationId)
    .reduce((total, each) => total + each.quantity, 0);
  const free = left - kept - others;
  return free < step ? { reason: "other-lines", here: others } : { free };
}

/** Why a line that is short takes nothing from where there is something. */
function whyShort({ request, decision, isProtected, isRuled }: Scene, { line, part }: Asked): Verdict {
  if (!takesParts(request) && decision.rejections.length > 0) return { reason: "refused" };
  if (isCapped(request)) return { reason: "too-many-locations" };
  if (line.components.length > 1) return { reason: "other-part-short" };
  // How much is promised is decided before the places are ranked: other lines left no whole unit then.
  if (!isRuled(part.itemId)) return { reason: "other-lines" };
  return { reason: isProtected(part.itemId) ? "protected" : "channel-limit" };
}

/** Why the usual order of locations passes one that could give something. */
function whyNotUsually(scene: Scene, asked: Asked, free: number): Verdict {
  const chosen = new Set(promisedOf(scene, asked).map(({ position }) => position.locationId));
  const fewest = Math.min(
    ...[...chosen].map((locationId) =>
      lotsAt(scene, { ...asked, locationId }).reduce(
        (sum, { left, kept }) => sum + Math.max(0, left) - kept,
        0,
      ),
    ),
  );
  if (free >= asked.given || free >= fewest) return { reason: "later-in-network" };
  return isCapped(scene.request)
    ? { reason: "too-many-locations" }
    : { reason: "less-there", here: free, chosen: fewest };
}

/** By which criterion the best plan with a location is worth less than the one that was taken. */
function whyRankedLower(
  { request, network }: Scene,
  { compared, ranking }: { readonly compared: Compared; readonly ranking: Ranking },
  { at: need, line, part, locationId: location }: Asked,
): Verdict {
  const { needs, lying, worth } = compared;
  const locations = network.filter((place) =>
    lying.some((each) => each.location === place && each.units > 0),
  );
  if (needs.length * locations.length > EXACT_SEARCH_MAX) return { reason: "not-searched" };
  const forced = { need, part: line.components.indexOf(part), location };
  const { plan, isAll } = planFor({ lying, locations }, request, { ranking, needs, forced });
  if (plan === undefined) return { reason: isAll ? "too-many-locations" : "not-searched" };
  if (!isAll || isBetter(plan.worth, worth)) return { reason: "not-searched" };
  const differs = firstDifference(plan.worth, worth);
  const criterion = ranking.criteria[differs];
  if (criterion === undefined) return { reason: "later-in-network" };
  return { reason: "ranked-lower", criterion, here: plan.worth[differs] ?? 0, chosen: worth[differs] ?? 0 };
}
