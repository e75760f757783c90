import {
  type ChannelId,
  type ItemId,
  type LineId,
  type LineRejection,
  type LocationId,
  type Lot,
  type OrderId,
  type PromisePolicy,
  type Quantity,
  quantity,
} from "@crossdock/canonical";
import { type ChannelStock, figureFor, kitsPossible } from "./channel.ts";
import { type LinePlace, NO_TOTALS, replacedAt, type Totals, unitsOff } from "./fulfilment.ts";
import { closeFences, type OpenFences, openFences, partsAt } from "./ring-fence.ts";
import type { Channel, RuleBook } from "./rules/book.ts";
import {
  leftAt,
  networkPositions,
  type OpenPosition,
  putBack,
  type Shelf,
  type Taken,
  take,
  unitsInSteps,
} from "./shelf.ts";
import { noChannel, type Offered, shortage } from "./shortage.ts";

/** A line to be promised. A kit's components say what one unit of the line takes; a plain item has itself as its only one. */
export type AdmissionLine = {
  readonly lineId: LineId;
  readonly itemId: ItemId;
  readonly quantity: Quantity;
  /** Base units that were ordered as one, a case of twelve say: each location is promised whole ones. Divides `quantity`. */
  readonly orderedUnit: Quantity;
  readonly components: readonly { readonly itemId: ItemId; readonly quantity: number }[];
  readonly locationId?: LocationId | undefined;
  readonly lot?: Lot | undefined;
};

/** A request as admission decides it: everything resolved, every quantity in base units. */
export type AdmissionRequest = {
  readonly channelId: ChannelId;
  readonly policy: PromisePolicy;
  readonly lines: readonly AdmissionLine[];
  readonly orderId?: OrderId | undefined;
  /** What was picked or shipped for the order before it came. */
  readonly early?: readonly EarlyUnits[] | undefined;
  /** Lines that were refused before admission (an unknown item, a lossy unit). With `all-or-nothing` they refuse the rest. */
  readonly refused: readonly LineRejection[];
};

/** What happened to units of an order line at a place before the order was heard of. */
export type EarlyUnits = Totals & {
  readonly lineId: LineId;
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  readonly positionId: number;
};

/** One promise: so many units of one position for one line. */
export type Promised = Taken & {
  /** Units of it that had left before, or were not found: they were taken from what is available then, and are not taken again. */
  readonly early?: EarlyUnits | undefined;
  /** Units of it that need not be kept, because as many had left from elsewhere. They are not taken either. */
  readonly replaced?: number | undefined;
  /** Units of it that came out of what is set aside for the channel. */
  readonly fenced?: number | undefined;
};

/** What is decided of one request. */
export type Decision = {
  readonly promised: readonly Promised[];
  readonly rejections: readonly LineRejection[];
};

/** Why a request is not decided at all: its key was used for something else, or nobody sells through its channel. */
export type AdmissionRefusal = {
  readonly refused: "key-reused" | "unknown-channel";
  readonly message: string;
};

type LinePart = AdmissionLine["components"][number];

/** Everything that deciding a line looks at. */
type Desk = {
  readonly shelf: Shelf;
  readonly book: RuleBook;
  readonly channel: Channel;
  /** What is set aside for the channel; it is on the shelf too, while the request is decided. */
  readonly fences: OpenFences;
  readonly partial: boolean;
  readonly early: readonly EarlyUnits[];
  /** What earlier lines of the request were promised. */
  readonly before: readonly Promised[];
};

/** How many units of an item the channel may promise a line in whole steps now, and from which positions. */
function sellable({ shelf, book, channel, fences }: Desk, line: AdmissionLine, part: LinePart) {
  const network = networkPositions(shelf, channel, part.itemId);
  const figure = figureFor(book, channel, stockOn(shelf, fences, network, part.itemId));
  const usable = network.filter(
    (position) =>
      leftAt(shelf, position) > 0 &&
      (line.locationId === undefined || position.locationId === line.locationId) &&
      (line.lot === undefined || position.lot === line.lot),
  );
  const step = line.orderedUnit * part.quantity;
  return { units: Math.min(figure, unitsInSteps(shelf, usable, step)), usable, step };
}

/** What there is of a network's positions for all, and for the channel alone. Loops, because every line of every request asks. */
function stockOn(
  shelf: Shelf,
  fences: OpenFences,
  network: readonly OpenPosition[],
  item: ItemId,
): ChannelStock {
  let [open, ringFenced, onShelf] = [0, 0, 0];
  for (const position of network) {
    if (fences.size === 0) {
      const left = leftAt(shelf, position);
      open += left;
      onShelf += Math.max(0, left);
    } else {
      const parts = partsAt(shelf, fences, position);
      open += parts.available;
      ringFenced += parts.ringFenced;
      onShelf += Math.max(0, parts.available) + parts.ringFenced;
    }
  }
  return { item, open, ringFenced, onShelf };
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
  const promised = offers.flatMap(({ part, usable, step }) =>
    take(desk.shelf, usable, { lineId, units: units * part.quantity, step, begunAt }),
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
  const { channelId } = request;
  const fences = openFences(shelf, channelId);
  const decided = decideLines({ shelf, book, channel, fences }, request);
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

/** Decides the lines of a request, one after the other. */
function decideLines(
  counter: Pick<Desk, "shelf" | "book" | "channel" | "fences">,
  request: AdmissionRequest,
): Decision {
  const { shelf } = counter;
  const partial = request.policy === "partial";
  if (!partial && request.refused.length > 0) return { promised: [], rejections: request.refused };
  const promised: Promised[] = [];
  const rejections: LineRejection[] = [...request.refused];
  for (const line of request.lines) {
    const desk = { ...counter, partial, early: request.early ?? [], before: promised };
    const decided = decideLine(desk, line);
    promised.push(...decided.promised);
    rejections.push(...decided.rejections);
  }
  if (partial || rejections.length === 0) return { promised, rejections };
  for (const promise of promised) putBack(shelf, promise.position.positionId, takenUnits(promise));
  return { promised: [], rejections };
}
