import {
  type ChannelId,
  type ItemId,
  itemId,
  type LineRejection,
  type LocationId,
  quantity,
} from "@crossdock/canonical";
import {
  type AdmissionLine,
  type AdmissionRequest,
  type Decision,
  type EarlyUnits,
  type Promised,
  takesParts,
} from "./admission-request.ts";
import { kitsPossible } from "./channel.ts";
import { type LinePlace, NO_TOTALS, replacedAt, unitsOff } from "./fulfilment.ts";
import { closeFences, openFences } from "./ring-fence.ts";
import { isRuled, type RuleBook, termsOf } from "./rules/book.ts";
import {
  agedPositions,
  leftAt,
  networkPositions,
  putBack,
  type Shelf,
  take,
  takeOff,
  unitsInSteps,
} from "./shelf.ts";
import { noChannel, type Offered, shortage } from "./shortage.ts";
import { explainPlaces, type PositionBefore } from "./sourcing/explanation.ts";
import { type PlacingMethod, placeByRank } from "./sourcing/placing.ts";
import { type Ranking, rankingFor } from "./sourcing/ranking.ts";
import { type Counter, decideCapped, isCapped } from "./splits.ts";
import { type Kept, keptForOthers, promisable, type Till, without } from "./till.ts";

export type {
  AdmissionLine,
  AdmissionRefusal,
  AdmissionRequest,
  Decision,
  EarlyUnits,
  Promised,
} from "./admission-request.ts";

type LinePart = AdmissionLine["components"][number];

/** Everything that deciding a line looks at. */
type Desk = Till & {
  readonly partial: boolean;
  readonly early: readonly EarlyUnits[];
  /** What earlier lines of the request were promised. */
  readonly before: readonly Promised[];
  /** The only locations to look at; absent: all of the channel's. */
  readonly within?: ReadonlySet<LocationId> | undefined;
};

/** How many units of an item the channel may promise a line in whole steps now, and from which positions. */
function sellable(desk: Desk, line: AdmissionLine, part: LinePart) {
  const { shelf, channel, within } = desk;
  const usable = networkPositions(shelf, channel, part.itemId).filter(
    (position) =>
      leftAt(shelf, position) > 0 &&
      (within === undefined || within.has(position.locationId)) &&
      (line.locationId === undefined || position.locationId === line.locationId) &&
      (line.lot === undefined || position.lot === line.lot),
  );
  const step = line.orderedUnit * part.quantity;
  const kept = keptForOthers(desk, { item: part.itemId, usable, step, early: desk.early });
  const most = promisable(desk, part.itemId);
  const units = Math.min(
    most,
    without(shelf, kept, () => unitsInSteps(shelf, usable, step)),
  );
  return { units, usable, step, kept };
}

/** Units that a promise took off the shelf: those that had left before, here or elsewhere, were not on it or stay there. */
function takenUnits({ quantity: units, early, replaced = 0 }: Promised): number {
  return units - Math.min(units, early === undefined ? 0 : unitsOff(early)) - replaced;
}

/**
 * Decides a line of which units may have left before it was heard of. Those units stand on the shelf while the line is decided, and
 * their places are asked first; what the line did not need of them goes off the shelf again. Units that left from where nothing is
 * promised now replace as many that were promised elsewhere.
 */
function decideLine(desk: Desk, line: AdmissionLine): Decision {
  if (desk.early.length === 0) return decidePlainLine(desk, line);
  const early = desk.early.filter(({ lineId }) => lineId === line.lineId);
  for (const units of early) putBack(desk.shelf, units.positionId, unitsOff(units));
  const { promised, rejections } = decidePlainLine({ ...desk, early }, line);
  const begun = promised.map((promise): Promised => {
    const units = early.find(({ positionId }) => positionId === promise.position.positionId);
    return units === undefined ? promise : { ...promise, early: units };
  });
  for (const units of early) {
    const used = begun.find((promise) => promise.early === units)?.quantity ?? 0;
    putBack(desk.shelf, units.positionId, -Math.max(0, unitsOff(units) - used));
  }
  const settled = withReplaced(begun, early);
  for (const { position, replaced = 0 } of settled) putBack(desk.shelf, position.positionId, replaced);
  return { promised: settled, rejections };
}

/** Notes at each promise of a line how much of it was replaced by units that had left from elsewhere. */
function withReplaced(promised: readonly Promised[], early: readonly EarlyUnits[]): readonly Promised[] {
  const settled = new Map<Promised, number>();
  for (const own of Map.groupBy(promised, ({ position }) => position.itemId).values()) {
    const item = own[0]?.position.itemId;
    const loose = early.filter(
      (units) => units.itemId === item && own.every((other) => other.early !== units),
    );
    const replaced = replacedAt([
      ...own.map(placeOfPromise),
      ...loose.map((units) => ({ ...units, quantity: 0 })),
    ]);
    for (const [index, promise] of own.entries()) settled.set(promise, replaced[index] ?? 0);
  }
  return promised.map((promise) => ({ ...promise, replaced: settled.get(promise) ?? 0 }));
}

function placeOfPromise({ position: { locationId }, quantity, early }: Promised): LinePlace {
  return { ...NO_TOTALS, ...early, locationId, quantity };
}

/** How many units of a line there are to promise in whole ordered units, and from where its parts would come. */
function offersFor(desk: Desk, line: AdmissionLine) {
  const offers = line.components.map((part) => ({ part, ...sellable(desk, line, part) }));
  const unitsOf = new Map(offers.map(({ part, units }) => [part.itemId, units]));
  const kits = kitsPossible(line.components, (item) => unitsOf.get(item) ?? 0);
  return { offers, possible: kits - (kits % line.orderedUnit) };
}

/** What a line that is short is told that there was for it. */
function offered(desk: Desk, line: AdmissionLine, units: number): Offered {
  const isWhole = units === 0 && line.orderedUnit > 1;
  return {
    units,
    isKept: desk.partial,
    hasPieces: isWhole && offersFor(desk, { ...line, orderedUnit: quantity(1) }).possible > 0,
    isShared: line.components.some((part) =>
      desk.before.some(({ position }) => position.itemId === part.itemId),
    ),
  };
}

function decidePlainLine(desk: Desk, line: AdmissionLine): Decision {
  const { offers, possible } = offersFor(desk, line);
  const units = Math.min(possible, line.quantity);
  const rejections = units < line.quantity ? [shortage(line, offered(desk, line, units))] : [];
  if (units === 0) return { promised: [], rejections };
  const begunAt = new Set(desk.early.map(({ positionId }) => positionId));
  const { lineId } = line;
  const promised = offers.flatMap(({ part, usable, step, kept }) =>
    without(desk.shelf, kept, () =>
      take(desk.shelf, usable, { lineId, units: units * part.quantity, step, begunAt }),
    ),
  );
  return { promised, rejections };
}

/**
 * Decides one request and takes what it promises off the shelf. Lines see what earlier lines and earlier requests have taken, so two
 * lines of one item are checked against their sum. An all-or-nothing request that fails leaves the shelf as it was; until it is
 * put back, a line that is short takes what there is, so that what the lines are told to ask for can be had together.
 *
 * A channel that does not exist can promise nothing: each line is refused with the reason.
 */
export function decide(shelf: Shelf, book: RuleBook, request: AdmissionRequest): Decision {
  const channel = book.channels.get(request.channelId);
  if (channel === undefined) {
    return { promised: [], rejections: request.lines.map((line) => noChannel(line, request.channelId)) };
  }
  const aged = agedPositions(shelf, book, channel);
  if (aged.length === 0) return decideFor({ shelf, book, channel }, request);
  const off = takeOff(shelf, aged);
  const decided = decideFor({ shelf, book, channel }, request, off);
  for (const [positionId, units] of off) putBack(shelf, positionId, units);
  return decided;
}

/** Decides a request with what is set aside for its channel. `tooOld`: where nothing is for it, though something lies there. */
function decideFor(
  { shelf, book, channel }: Omit<Till, "fences">,
  request: AdmissionRequest,
  tooOld?: ReadonlyMap<number, number>,
): Decision {
  const { channelId } = request;
  const fences = openFences(shelf, channelId, tooOld);
  const decided = decideLines({ shelf, book, channel, fences, aged: tooOld }, request);
  if (fences.size === 0) return decided;
  const taken = decided.promised.map((promise) => ({
    positionId: promise.position.positionId,
    units: takenUnits(promise),
  }));
  const fenced = closeFences(shelf, { channelId, fences }, taken);
  return {
    ...decided,
    promised: decided.promised.map((promise, at) => ({ ...promise, fenced: fenced[at] ?? 0 })),
  };
}

/**
 * How many units of a line a channel may be promised now, in whole ordered units, however many the line asks for: what it is told that
 * there are. The shelf is left as it was.
 */
export function unitsPossible(
  shelf: Shelf,
  book: RuleBook,
  { channelId, line }: { readonly channelId: ChannelId; readonly line: AdmissionLine },
): number {
  const channel = book.channels.get(channelId);
  if (channel === undefined) return 0;
  const off = takeOff(shelf, agedPositions(shelf, book, channel));
  const fences = openFences(shelf, channelId, off);
  const { possible } = offersFor(
    { shelf, book, channel, fences, partial: true, early: [], before: [] },
    line,
  );
  closeFences(shelf, { channelId, fences }, []);
  for (const [positionId, units] of off) putBack(shelf, positionId, units);
  return possible;
}
/** What there is for a channel on a shelf that nothing else is decided on: where it lies, and how much of it may be promised. */
export function counterFor(shelf: Shelf, book: RuleBook, request: AdmissionRequest): Counter | undefined {
  const channel = book.channels.get(request.channelId);
  if (channel === undefined) return undefined;
  const aged = takeOff(shelf, agedPositions(shelf, book, channel));
  return counterOf({ shelf, book, channel, fences: openFences(shelf, channel.channelId, aged) }, request);
}

/** Decides the lines of a request, one after the other; where the number of locations is limited, together. */
function decideLines(till: Till, request: AdmissionRequest): Decision {
  if (!takesParts(request) && request.refused.length > 0)
    return { promised: [], rejections: request.refused };
  const ranking = rankingOf(till, request);
  if (request.explain !== true) return decidePlaces(till, request, ranking).decision;
  const before = positionsBefore(till, request);
  const { decision, method } = decidePlaces(till, request, ranking);
  const { channel, book } = till;
  const isProtected = (item: ItemId) => termsOf(book, channel, item).protectedForOthers > 0;
  const scene = {
    ...{ network: channel.locations, before, request, decision, ranking, method, isProtected },
    isRuled: (item: ItemId) => isRuled(book, channel, item),
  };
  return { ...decision, sourcing: explainPlaces(scene) };
}

/** Decides how much each line is promised, and then from where, if a rule ranks the locations. */
function decidePlaces(
  till: Till,
  request: AdmissionRequest,
  ranking: Ranking | undefined,
): { readonly decision: Decision; readonly method: PlacingMethod } {
  if (ranking === undefined) return { decision: decideUsually(till, request), method: "usual" };
  const counter = counterOf(till, request);
  const usual = decideUsually(till, request);
  if (usual.promised.length === 0) return { decision: usual, method: "usual" };
  counter.undo(usual.promised);
  const placed = placeByRank(counter, request, usual.promised, ranking);
  if (placed === undefined) return { decision: decideUsually(till, request), method: "usual" };
  const decision = { promised: placed.promised, rejections: usual.rejections };
  return { decision, method: placed.method };
}

/** What lies at the positions that a request may take from, for it and not for it. */
function positionsBefore(till: Till, request: AdmissionRequest): readonly PositionBefore[] {
  const { shelf, channel, aged } = till;
  const items = new Set(request.lines.flatMap((line) => line.components.map((part) => part.itemId)));
  return [...items].flatMap((item) => {
    const usable = networkPositions(shelf, channel, item);
    const kept = keptForOthers(till, { item, usable, step: 1, early: [] });
    return usable.map(({ positionId, itemId: own, locationId, lot, safetyStock = 0 }) => ({
      ...{ itemId: own, locationId, lot, safetyStock },
      left: shelf.left.get(positionId) ?? 0,
      kept: kept.get(positionId) ?? 0,
      tooOld: aged?.get(positionId) ?? 0,
    }));
  });
}

const NO_LOAD: ReadonlyMap<string, number> = new Map();

/** How the locations of a request are ranked; undefined where no rule says it, or where units have left from places already. */
function rankingOf({ book, channel, shelf }: Till, { destination, lines, early = [] }: AdmissionRequest) {
  if (book.sourcing.rules.size === 0 || early.length > 0) return undefined;
  const items = new Set(lines.flatMap((line) => line.components.map((part) => part.itemId)));
  const positions = [...items].flatMap((item) => networkPositions(shelf, channel, item));
  const lying = positions.filter((position) => leftAt(shelf, position) > 0);
  return rankingFor({ book, channel, destination, positions: lying, load: shelf.load ?? NO_LOAD });
}

/** Decides the lines of a request as where nobody ranks locations: from the first of the network that has all of a line, or else from the fullest. */
function decideUsually(till: Till, request: AdmissionRequest): Decision {
  const { shelf } = till;
  const partial = takesParts(request);
  const { early = [] } = request;
  // Where units have left already, the number of locations is not ours to limit any more.
  if (early.length === 0 && isCapped(request)) {
    const { promised, rejections } = decideCapped(counterOf(till, request), request);
    return { promised, rejections: [...request.refused, ...rejections] };
  }
  const promised: Promised[] = [];
  const rejections: LineRejection[] = [...request.refused];
  for (const line of request.lines) {
    const desk = { ...till, partial, early, before: promised };
    const decided = decideLine(desk, line);
    promised.push(...decided.promised);
    rejections.push(...decided.rejections);
  }
  if (partial || rejections.length === 0) return { promised, rejections };
  putAllBack(shelf, promised);
  return { promised: [], rejections };
}

function putAllBack(shelf: Shelf, promised: readonly Promised[]): void {
  for (const promise of promised) putBack(shelf, promise.position.positionId, takenUnits(promise));
}

const NOWHERE: ReadonlySet<number> = new Set();

/** Where the lines of a request are decided from some locations at a time. */
function counterOf(till: Till, request: AdmissionRequest): Counter {
  const { shelf, channel } = till;
  const partial = takesParts(request);
  const items = [...new Set(request.lines.flatMap((line) => line.components.map((part) => part.itemId)))];
  const positions = items.flatMap((item) => networkPositions(shelf, channel, item));
  const stocked = positions.filter((position) => leftAt(shelf, position) > 0);
  const have = new Set(stocked.map(({ locationId }) => locationId));
  const kept: Kept = new Map(
    items.flatMap((item) => [
      ...keptForOthers(till, { item, usable: networkPositions(shelf, channel, item), step: 1, early: [] }),
    ]),
  );
  return {
    locations: channel.locations.filter((location) => have.has(location)),
    lying: stocked.map((position) => ({
      item: position.itemId,
      location: position.locationId,
      lot: position.lot,
      units: leftAt(shelf, position) - (kept.get(position.positionId) ?? 0),
    })),
    promisable: (item) => promisable(till, itemId(item)),
    line: (line, within, before) => decideLine({ ...till, partial, early: [], before, within }, line),
    give(line, { part: at, location, steps }) {
      const part = line.components[at];
      if (part === undefined) return [];
      const usable = networkPositions(shelf, channel, part.itemId).filter(
        (position) =>
          position.locationId === location &&
          leftAt(shelf, position) > 0 &&
          (line.lot === undefined || position.lot === line.lot),
      );
      const step = line.orderedUnit * part.quantity;
      const want = { lineId: line.lineId, units: steps * step, step, begunAt: NOWHERE };
      return without(shelf, kept, () => take(shelf, usable, want));
    },
    undo: (promised) => putAllBack(shelf, promised),
  };
}
