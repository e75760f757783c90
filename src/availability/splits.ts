import type { LineRejection, LocationId } from "@crossdock/canonical";
import {
  type AdmissionLine,
  type AdmissionRequest,
  type Decision,
  type Promised,
  takesParts,
} from "./admission-request.ts";
import { assign, type Given, type Lying, type Need } from "./assignment.ts";

/** Sets of locations that are tried for one request at most: all sets of up to three out of a dozen are fewer. */
export const LOCATION_SETS_MAX = 400;
/** Lines times locations up to which lines that compete are searched exactly. Beyond it they are decided one after the other. */
export const EXACT_SEARCH_MAX = 400;

/** Where lines are decided, some locations at a time. What it decides is off the shelf until it is undone. */
export type Counter = {
  /** The channel's locations that have anything of what is asked for, in its order. */
  readonly locations: readonly LocationId[];
  readonly lying: readonly Lying[];
  /** Units of an item that the channel may be promised, wherever they lie. */
  readonly promisable: (item: string) => number;
  readonly line: (
    line: AdmissionLine,
    within: ReadonlySet<LocationId> | undefined,
    before: readonly Promised[],
  ) => Decision;
  /** Takes what an assignment gives a line. */
  readonly give: (line: AdmissionLine, given: Given) => readonly Promised[];
  readonly undo: (promised: readonly Promised[]) => void;
};

/** Whether anything limits the number of locations. */
export const isCapped = ({ locationsMax, lines }: AdmissionRequest): boolean =>
  locationsMax !== undefined || lines.some((line) => line.locationsMax !== undefined);

/** Sets of locations of up to so many, the smaller and the earlier first. */
export function* setsOf<Place>(places: readonly Place[], most: number): Generator<readonly Place[]> {
  for (let size = 1; size <= Math.min(most, places.length); size += 1) yield* setsOfSize(places, size);
}

function* setsOfSize<Place>(places: readonly Place[], size: number): Generator<readonly Place[]> {
  if (size === 0) yield [];
  for (const [index, place] of places.entries()) {
    if (size === 0) return;
    for (const rest of setsOfSize(places.slice(index + 1), size - 1)) yield [place, ...rest];
  }
}

function* firstOf<Value>(values: Iterable<Value>, most: number): Generator<Value> {
  let count = 0;
  for (const value of values) {
    if (count >= most) return;
    count += 1;
    yield value;
  }
}

type Tried = { readonly promised: readonly Promised[]; readonly rejections: readonly LineRejection[] };

/**
 * Decides a request of which the locations are limited, as a whole or line by line: from as few as there can be, and of those from the
 * ones that the channel names first.
 *
 * Sets of locations are tried one after the other. Lines compete where they want the same item, or have limits of their own: then a
 * small request is searched exactly, and a large one is decided line after line, which may miss what only another order would find.
 */
export function decideCapped(counter: Counter, request: AdmissionRequest): Tried {
  return takesParts(request) ? mostOf(counter, request) : allOf(counter, request);
}

function allOf(counter: Counter, request: AdmissionRequest): Tried {
  const { lines, locationsMax } = request;
  for (const set of candidateSets(counter, locationsMax)) {
    const tried = tryWithin(counter, lines, new Set(set));
    if (tried.rejections.length === 0) return tried;
    counter.undo(tried.promised);
  }
  const found = searched(counter, lines, locationsMax ?? counter.locations.length);
  return found === undefined ? refusal(counter, request) : { promised: found, rejections: [] };
}

/** The set of locations from which the most lines are promised whole, and of those the one that gives the most units. */
function mostOf(counter: Counter, { lines, locationsMax }: AdmissionRequest): Tried {
  let best: { readonly set: ReadonlySet<LocationId>; readonly score: readonly [number, number] } | undefined;
  for (const places of candidateSets(counter, locationsMax)) {
    const set = new Set(places);
    const { promised, rejections } = tryWithin(counter, lines, set);
    const score = [-rejections.length, promised.reduce((sum, each) => sum + each.quantity, 0)] as const;
    counter.undo(promised);
    if (best === undefined || isMore(score, best.score)) best = { set, score };
  }
  return tryWithin(counter, lines, best?.set ?? new Set());
}

/** Sets of locations to try: all of them where their number is not limited, else small ones first, and at last the fullest locations. */
function* candidateSets(
  counter: Counter,
  locationsMax: number | undefined,
): Generator<readonly LocationId[]> {
  const { locations } = counter;
  if (locationsMax === undefined) {
    yield locations;
    return;
  }
  yield* firstOf(setsOf(locations, locationsMax), LOCATION_SETS_MAX);
  yield fullest(counter, locationsMax);
}

/** The locations that have the most of what is asked for. */
function fullest({ locations, lying }: Counter, most: number): readonly LocationId[] {
  const unitsAt = new Map<string, number>();
  for (const { location, units } of lying) unitsAt.set(location, (unitsAt.get(location) ?? 0) + units);
  return locations.toSorted((a, b) => (unitsAt.get(b) ?? 0) - (unitsAt.get(a) ?? 0)).slice(0, most);
}

const isMore = ([a, b]: readonly [number, number], [c, d]: readonly [number, number]): boolean =>
  a > c || (a === c && b > d);

/** Decides lines one after the other from some locations. */
function tryWithin(
  counter: Counter,
  lines: readonly AdmissionLine[],
  within: ReadonlySet<LocationId>,
): Tried {
  const promised: Promised[] = [];
  const rejections: LineRejection[] = [];
  for (const line of lines) {
    const decided = tryLine(counter, line, within, promised);
    promised.push(...decided.promised);
    rejections.push(...decided.rejections);
  }
  return { promised, rejections };
}

/** Decides a line from as many of some locations as it may come from: whole where it can be, else as much as possible. */
function tryLine(
  counter: Counter,
  line: AdmissionLine,
  within: ReadonlySet<LocationId>,
  before: readonly Promised[],
): Decision {
  const { locationsMax = within.size } = line;
  if (within.size <= locationsMax) return counter.line(line, within, before);
  let best: { readonly set: ReadonlySet<LocationId>; readonly units: number } | undefined;
  for (const places of firstOf(setsOf([...within], locationsMax), LOCATION_SETS_MAX)) {
    const set = new Set(places);
    const decided = counter.line(line, set, before);
    if (decided.rejections.length === 0) return decided;
    counter.undo(decided.promised);
    const units = decided.promised.reduce((sum, each) => sum + each.quantity, 0);
    if (best === undefined || units > best.units) best = { set, units };
  }
  return counter.line(line, best?.set ?? within, before);
}

/** Whether a line's outcome depends on how others are served, or on where its own parts are taken. */
function compete(lines: readonly AdmissionLine[]): boolean {
  const items = lines.flatMap((line) => line.components.map((part) => part.itemId));
  return new Set(items).size < items.length || lines.some((line) => line.locationsMax !== undefined);
}

/** Searches small requests exactly. Where lines do not compete, the sets that were tried were all that there are. */
function searched(
  counter: Counter,
  lines: readonly AdmissionLine[],
  locationsMax: number,
): readonly Promised[] | undefined {
  const { length: places } = counter.locations;
  const wereAllTried = 2 ** places <= LOCATION_SETS_MAX;
  if ((wereAllTried && !compete(lines)) || lines.length * places > EXACT_SEARCH_MAX) return undefined;
  const needs = lines.map(needOf);
  const wanted = new Map<string, number>();
  for (const { item, steps, step } of needs.flatMap(({ parts }) => parts))
    wanted.set(item, (wanted.get(item) ?? 0) + steps * step);
  if ([...wanted].some(([item, units]) => units > counter.promisable(item))) return undefined;
  const found = assign(needs, counter.lying, { locations: counter.locations, locationsMax });
  if (typeof found === "string") return undefined;
  return giveAll(counter, lines, found);
}

/** Takes what a plan gives lines off the shelf. Lines that insist on a lot first: the others take what is left of it. */
export function giveAll(
  counter: Pick<Counter, "give">,
  lines: readonly AdmissionLine[],
  plan: readonly Given[],
): readonly Promised[] {
  const isPinned = ({ need }: Given) => lines[need]?.lot !== undefined;
  const order = [...plan.filter(isPinned), ...plan.filter((given) => !isPinned(given))];
  return order.flatMap((given) => {
    const line = lines[given.need];
    return line === undefined ? [] : counter.give(line, given);
  });
}

function needOf(line: AdmissionLine): Need {
  const { orderedUnit, locationsMax = Number.MAX_SAFE_INTEGER } = line;
  const parts = line.components.map((part) => ({
    item: part.itemId,
    steps: line.quantity / orderedUnit,
    step: orderedUnit * part.quantity,
    lot: line.lot,
    location: line.locationId,
  }));
  return { parts, locationsMax };
}

/** Why nothing is promised: for want of stock, or because it would have to come from too many locations. */
function refusal(counter: Counter, { lines, locationsMax }: AdmissionRequest): Tried {
  const promised: Promised[] = [];
  const rejections: LineRejection[] = [];
  for (const line of lines) {
    const decided = counter.line(line, undefined, promised);
    promised.push(...decided.promised);
    rejections.push(...decided.rejections);
  }
  counter.undo(promised);
  if (rejections.length > 0) return { promised: [], rejections };
  return { promised: [], rejections: lines.map((line) => tooManyPlaces(line, locationsMax)) };
}

function tooManyPlaces(line: AdmissionLine, ofAll: number | undefined): LineRejection {
  const { lineId, itemId, quantity: shortBy } = line;
  const limits = [
    ...(ofAll === undefined ? [] : [`all lines from ${ofAll} together`]),
    ...(line.locationsMax === undefined ? [] : [`this line from ${line.locationsMax}`]),
  ];
  const asked = limits.length === 0 ? "another line's limit" : limits.join(", ");
  const message = `There is enough of everything, but not from so few locations (${asked}); allow more splits or ask for less.`;
  return { lineId, itemId, reason: "split-limit", shortBy, message };
}
