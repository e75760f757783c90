import {
  availableToPromise,
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
import { type Channel, type ChannelBook, formulaFor, kitsPossible } from "./channel.ts";

/** A line to be promised. A kit's components say what one unit of the line takes; a plain item has itself as its only one. */
export type AdmissionLine = {
  readonly lineId: LineId;
  readonly itemId: ItemId;
  readonly quantity: Quantity;
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

/** Units of an order line that left their place before the order was heard of. Those that were shipped had been picked. */
export type EarlyUnits = {
  readonly lineId: LineId;
  readonly positionId: number;
  readonly picked: number;
  readonly shipped: number;
};

/** A locked position as admission sees it: what is available, expired holds included. */
export type OpenPosition = {
  readonly positionId: number;
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  readonly lot: Lot;
  readonly available: number;
};

/** One promise: so many units of one position for one line. */
export type Promised = {
  readonly lineId: LineId;
  readonly position: OpenPosition;
  readonly quantity: Quantity;
  /** Units of it that had left before: they were taken from what is available then, and are not taken again. */
  readonly early?: EarlyUnits | undefined;
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

/** The stock of one decision run: positions by item, and what is left of each after the promises made so far. */
export type Shelf = {
  readonly byItem: ReadonlyMap<string, readonly OpenPosition[]>;
  readonly left: Map<number, number>;
  /** The positions of an item that a channel sells from, in its order, once they were asked for. */
  readonly networks: Map<string, readonly OpenPosition[]>;
};

/** Lays the locked positions out for deciding. */
export function openShelf(positions: readonly OpenPosition[]): Shelf {
  return {
    byItem: Map.groupBy(positions, (position) => position.itemId),
    left: new Map(positions.map((position) => [position.positionId, position.available])),
    networks: new Map(),
  };
}

const leftAt = (shelf: Shelf, position: OpenPosition): number => shelf.left.get(position.positionId) ?? 0;

/** The channel's positions of an item, in the order of its network. Sorted once a run: most requests of a rush want the same. */
function networkPositions(shelf: Shelf, channel: Channel, item: ItemId): readonly OpenPosition[] {
  const name = `${channel.channelId} ${item}`;
  const known = shelf.networks.get(name);
  if (known !== undefined) return known;
  const rank = (position: OpenPosition) => channel.locations.indexOf(position.locationId);
  const network = (shelf.byItem.get(item) ?? [])
    .filter((position) => rank(position) >= 0)
    .toSorted((a, b) => rank(a) - rank(b) || a.positionId - b.positionId);
  shelf.networks.set(name, network);
  return network;
}

/** Everything that deciding a line looks at. */
type Desk = {
  readonly shelf: Shelf;
  readonly book: ChannelBook;
  readonly channel: Channel;
  readonly partial: boolean;
  readonly early: readonly EarlyUnits[];
};

/** How many units of an item the channel may promise now, and from which positions. */
function sellable({ shelf, book, channel }: Desk, line: AdmissionLine, item: ItemId) {
  const network = networkPositions(shelf, channel, item);
  const available = network.reduce((sum, position) => sum + leftAt(shelf, position), 0);
  const atp = availableToPromise(formulaFor(book, channel, { item, available, expiredHolds: 0 }));
  const usable = network.filter(
    (position) =>
      leftAt(shelf, position) > 0 &&
      (line.locationId === undefined || position.locationId === line.locationId) &&
      (line.lot === undefined || position.lot === line.lot),
  );
  const atHand = usable.reduce((sum, position) => sum + leftAt(shelf, position), 0);
  return { units: Math.min(atp, atHand), usable };
}

/**
 * Takes units off the shelf: from where units have left already, then from one position when one has enough (the first in the
 * channel's order), otherwise from the fullest first, which makes the fewest splits.
 */
function take(
  { shelf, early }: Desk,
  lineId: LineId,
  usable: readonly OpenPosition[],
  units: number,
): Promised[] {
  const begun = usable.filter(({ positionId }) => early.some((other) => other.positionId === positionId));
  const fresh = usable.filter((position) => !begun.includes(position));
  const whole = [...begun, ...fresh].find((position) => leftAt(shelf, position) >= units);
  const fullestFirst = fresh.toSorted((a, b) => leftAt(shelf, b) - leftAt(shelf, a));
  const order = begun.length === 0 && whole !== undefined ? [whole] : [...begun, ...fullestFirst];
  const promised: Promised[] = [];
  let missing = units;
  for (const position of order) {
    if (missing === 0) break;
    const taken = Math.min(missing, leftAt(shelf, position));
    shelf.left.set(position.positionId, leftAt(shelf, position) - taken);
    promised.push({ lineId, position, quantity: quantity(taken) });
    missing -= taken;
  }
  return promised;
}

function shortage(line: AdmissionLine, possible: number): LineRejection {
  return {
    lineId: line.lineId,
    itemId: line.itemId,
    ...(line.locationId === undefined ? {} : { locationId: line.locationId }),
    reason: "insufficient-stock",
    shortBy: quantity(line.quantity - possible),
    message: `${possible} of ${line.quantity} can be promised; ask for ${possible} or wait for stock.`,
  };
}

const leftEarly = ({ picked, shipped }: EarlyUnits): number => Math.max(picked, shipped);

/** Units that a promise took off the shelf: those that had left before were not on it. */
function takenUnits({ quantity: units, early }: Promised): number {
  return units - Math.min(units, early === undefined ? 0 : leftEarly(early));
}

/**
 * Decides a line of which units may have left before it was heard of. Those units stand on the shelf while the line is decided, and
 * their places are asked first; what the line did not need of them goes off the shelf again.
 */
function decideLine(desk: Desk, line: AdmissionLine): Decision {
  if (desk.early.length === 0) return decidePlainLine(desk, line);
  const early = desk.early.filter(({ lineId }) => lineId === line.lineId);
  const { left } = desk.shelf;
  const change = (positionId: number, units: number) =>
    left.set(positionId, (left.get(positionId) ?? 0) + units);
  for (const units of early) change(units.positionId, leftEarly(units));
  const { promised, rejections } = decidePlainLine({ ...desk, early }, line);
  const begun = promised.map((promise) => {
    const units = early.find(({ positionId }) => positionId === promise.position.positionId);
    return units === undefined ? promise : { ...promise, early: units };
  });
  for (const units of early) {
    const used = begun.find((promise) => promise.early === units)?.quantity ?? 0;
    change(units.positionId, -Math.max(0, leftEarly(units) - used));
  }
  return { promised: begun, rejections };
}

function decidePlainLine(desk: Desk, line: AdmissionLine): Decision {
  const offers = new Map(line.components.map(({ itemId }) => [itemId, sellable(desk, line, itemId)]));
  const possible = kitsPossible(line.components, (item) => offers.get(item)?.units ?? 0);
  const units = Math.min(possible, line.quantity);
  const rejections = units < line.quantity ? [shortage(line, units)] : [];
  if (units === 0 || (rejections.length > 0 && !desk.partial)) return { promised: [], rejections };
  const promised = line.components.flatMap((part) =>
    take(desk, line.lineId, offers.get(part.itemId)?.usable ?? [], units * part.quantity),
  );
  return { promised, rejections };
}

/**
 * Decides one request and takes what it promises off the shelf. Lines see what earlier lines and earlier requests have taken, so two
 * lines of one item are checked against their sum. An all-or-nothing request that fails leaves the shelf as it was.
 *
 * A channel that does not exist can promise nothing: each line is refused with the reason.
 */
export function decide(shelf: Shelf, book: ChannelBook, request: AdmissionRequest): Decision {
  const channel = book.get(request.channelId);
  if (channel === undefined)
    return { promised: [], rejections: request.lines.map((line) => shortage(line, 0)) };
  const partial = request.policy === "partial";
  if (!partial && request.refused.length > 0) return { promised: [], rejections: request.refused };
  const promised: Promised[] = [];
  const rejections: LineRejection[] = [...request.refused];
  for (const line of request.lines) {
    const decided = decideLine({ shelf, book, channel, partial, early: request.early ?? [] }, line);
    promised.push(...decided.promised);
    rejections.push(...decided.rejections);
  }
  if (partial || rejections.length === 0) return { promised, rejections };
  for (const promise of promised) {
    const { position } = promise;
    shelf.left.set(position.positionId, leftAt(shelf, position) + takenUnits(promise));
  }
  return { promised: [], rejections };
}
