import type { LocationId, ShipTo, SourcingCriterion } from "@crossdock/canonical";
import { type BookRule, type Channel, type RuleBook, sourcingRule } from "../rules/book.ts";
import type { OpenPosition } from "../shelf.ts";
import { metresBetween, type Point } from "./distance.ts";

/** A value for each criterion, in their order; less is better, and an earlier one goes before all that follow. */
export type Values = readonly number[];

/**
 * How the locations of a channel are ranked for one request. What a plan is worth is, criterion by criterion, a sum over the locations that
 * it uses and the units that each gives, so plans can be compared exactly.
 */
export type Weighing = {
  readonly criteria: readonly SourcingCriterion[];
  /** What it adds to use a location at all. */
  readonly ofLocation: (location: string) => Values;
  /** What each unit of an item adds that comes from a location. */
  readonly ofUnit: (item: string, location: string) => Values;
  /** Units of an item that should stay at a location, and which criterion counts those that do not; -1: none. */
  readonly leave: { readonly units: number; readonly at: number };
};

/** The same, and which rule says it. */
export type Ranking = Weighing & { readonly rule: BookRule<"sourcing"> };

/** What stands for a distance, a cost or a day that nobody knows: such a location comes last, and sums of it stay exact. */
export const UNKNOWN = 1_000_000_000;
/** A load is counted in thousandths of what a location can do. */
const LOAD_SCALE = 1_000;
const DAY_MS = 86_400_000;

export type RankingInputs = {
  readonly book: RuleBook;
  readonly channel: Channel;
  readonly destination: ShipTo | undefined;
  /** The positions that may be promised, for the days on which their lots expire. */
  readonly positions: readonly OpenPosition[];
  /** Units that wait to be picked, by location. */
  readonly load: ReadonlyMap<string, number>;
};

/** How a request's locations are ranked; undefined where no rule speaks of its channel. */
export function rankingFor(inputs: RankingInputs): Ranking | undefined {
  const rule = sourcingRule(inputs.book, inputs.channel);
  if (rule === undefined) return undefined;
  const { criteria, leaveUnits = 0 } = rule.rule;
  const ofLocation = remembered((location) =>
    criteria.map((criterion) => fixedValue(criterion, location, inputs)),
  );
  const ranks = new Map((rule.rule.locations ?? []).map((id, rank): [string, number] => [id, rank]));
  const days = criteria.includes("expiry") ? firstDays(inputs.positions) : NO_DAYS;
  const ofUnit = remembered((location) => {
    const values = criteria.map((criterion) => unitValue(criterion, location, { ...inputs, ranks }));
    const at = criteria.indexOf("expiry");
    if (at < 0) return () => values;
    return (item: string) => values.with(at, days.get(`${item} ${location}`) ?? UNKNOWN);
  });
  return {
    ...{ rule, criteria, ofLocation, ofUnit: (item, location) => ofUnit(location)(item) },
    leave: { units: leaveUnits, at: criteria.indexOf("protection") },
  };
}

function remembered<Value>(find: (location: string) => Value): (location: string) => Value {
  const known = new Map<string, Value>();
  return (location) => {
    const before = known.get(location);
    if (before !== undefined) return before;
    const value = find(location);
    known.set(location, value);
    return value;
  };
}

function fixedValue(criterion: SourcingCriterion, location: string, inputs: RankingInputs): number {
  if (criterion === "fewest-locations") return 1;
  if (criterion !== "cost") return 0;
  const lane = laneTo(inputs, location);
  return lane === undefined ? UNKNOWN : Math.min(UNKNOWN, lane.perOrder ?? 0);
}

function unitValue(
  criterion: SourcingCriterion,
  location: string,
  inputs: RankingInputs & { readonly ranks: ReadonlyMap<string, number> },
): number {
  const { book, load, ranks } = inputs;
  switch (criterion) {
    case "priority":
      return ranks.get(location) ?? ranks.size;
    case "distance":
      return metresTo(inputs, location) ?? UNKNOWN;
    case "cost":
      return Math.min(UNKNOWN, laneTo(inputs, location)?.perUnit ?? 0);
    case "load": {
      const capacity = book.sourcing.places.get(location)?.capacityUnits;
      if (capacity === undefined) return UNKNOWN;
      return Math.min(UNKNOWN, Math.floor(((load.get(location) ?? 0) * LOAD_SCALE) / capacity));
    }
    case "fewest-locations":
    case "expiry":
    case "protection":
      // Of the location as a whole, of the item's lots there, and of what stays.
      return 0;
    default:
      return criterion satisfies never;
  }
}

/** The lane from a location to where a request goes: of those whose zone fits, the narrowest. */
function laneTo({ book, destination }: RankingInputs, location: string) {
  const { zone } = destination ?? {};
  if (zone === undefined) return undefined;
  return book.sourcing.lanes.get(location)?.find((lane) => zone.startsWith(lane.zone));
}

const pointOf = (at: Partial<Point> | undefined): Point | undefined => {
  const { latitude, longitude } = at ?? {};
  return latitude === undefined || longitude === undefined ? undefined : { latitude, longitude };
};

/** How far it is to where a request goes: over the earth where both ends are known, else as its lane says. */
function metresTo(inputs: RankingInputs, location: string): number | undefined {
  const from = pointOf(inputs.book.sourcing.places.get(location));
  const to = pointOf(inputs.destination);
  if (from !== undefined && to !== undefined) return metresBetween(from, to);
  const { metres } = laneTo(inputs, location) ?? {};
  return metres === undefined ? undefined : Math.min(UNKNOWN, metres);
}

const NO_DAYS: ReadonlyMap<string, number> = new Map();

/** The day on which the first lot of an item at a location expires, in days since 1970. */
function firstDays(positions: readonly OpenPosition[]): ReadonlyMap<string, number> {
  const days = new Map<string, number>();
  for (const { itemId: item, locationId: place, expiresOn } of positions) {
    if (expiresOn === undefined) continue;
    const day = Date.parse(expiresOn) / DAY_MS;
    const key = `${item} ${place}`;
    days.set(key, Math.min(day, days.get(key) ?? day));
  }
  return days;
}

/** Whether one plan is worth more than another: by the first criterion in which they differ. */
export function isBetter(one: Values, other: Values): boolean {
  const at = firstDifference(one, other);
  return at >= 0 && (one[at] ?? 0) < (other[at] ?? 0);
}

/** The first criterion in which plans differ; -1 where they are worth the same. */
export const firstDifference = (one: Values, other: Values): number =>
  one.findIndex((value, at) => value !== (other[at] ?? 0));

export const sumOf = (one: Values, other: Values, times = 1): Values =>
  times === 0 || other.length === 0 ? one : one.map((value, at) => value + (other[at] ?? 0) * times);

/** What a plan is worth: so many units of items from locations, of what lies there before. */
export function worthOf(
  ranking: Weighing,
  plan: readonly { readonly item: string; readonly location: LocationId | string; readonly units: number }[],
  lying: (item: string, location: string) => number,
): Values {
  let worth: Values = ranking.criteria.map(() => 0);
  for (const location of new Set(plan.map((each) => each.location)))
    worth = sumOf(worth, ranking.ofLocation(location));
  const taken = Map.groupBy(plan, (each) => `${each.item} ${each.location}`);
  for (const parts of taken.values()) {
    const [first] = parts;
    if (first === undefined) continue;
    const units = parts.reduce((sum, part) => sum + part.units, 0);
    worth = sumOf(worth, ranking.ofUnit(first.item, first.location), units);
    const { at } = ranking.leave;
    if (at >= 0) {
      const added = leaveAdded(ranking, lying(first.item, first.location), units);
      worth = worth.with(at, (worth[at] ?? 0) + added);
    }
  }
  return worth;
}

/** How many more units than before are missing of those that should stay, when so many are taken of what lies there. */
export function leaveAdded({ leave: { units, at } }: Weighing, lies: number, taken: number): number {
  if (at < 0) return 0;
  const missing = (left: number) => Math.max(0, units - Math.max(0, left));
  return missing(lies - taken) - missing(lies);
}
