import {
  type ItemId,
  type LineId,
  type LocationId,
  type Lot,
  type Quantity,
  quantity,
} from "@crossdock/canonical";
import { type Channel, type RuleBook, termsOf } from "./rules/book.ts";
import { isTooOld } from "./shelf-life.ts";

/** A locked position as admission sees it: what is available, expired holds included. */
export type OpenPosition = {
  readonly positionId: number;
  readonly itemId: ItemId;
  readonly locationId: LocationId;
  readonly lot: Lot;
  readonly available: number;
  /** The last day on which its lot may be used; absent: none is known. */
  readonly expiresOn?: string | undefined;
  /** Days that it is good for after today, where it lies; below none: it has expired. */
  readonly daysLeft?: number | undefined;
  /** Units that lie there as well and stay, whoever asks. */
  readonly safetyStock?: number | undefined;
};

/** The stock of one decision run: positions by item, and what is left of each after the promises made so far. */
export type Shelf = {
  readonly byItem: ReadonlyMap<string, readonly OpenPosition[]>;
  readonly left: Map<number, number>;
  /** What is set aside for channels, by channel and position. Not in `left`: nobody else may have it. */
  readonly fences: ReadonlyMap<string, Map<number, number>>;
  /** The positions of an item that a channel sells from, in its order, once they were asked for. */
  readonly networks: Map<string, readonly OpenPosition[]>;
  /** Positions of lots of which a day is known, and which of them are too old for a channel, once that was asked for. */
  readonly dated: readonly OpenPosition[];
  readonly aged: Map<string, readonly OpenPosition[]>;
  /** Units that wait to be picked at locations, where a rule asks for it. */
  readonly load?: ReadonlyMap<string, number> | undefined;
};

/** Units of one position, taken for a line. */
export type Taken = {
  readonly lineId: LineId;
  readonly position: OpenPosition;
  readonly quantity: Quantity;
};

/** What a line wants of the shelf: `units`, a multiple of `step`, of which each location gives whole steps. */
export type Want = {
  readonly lineId: LineId;
  readonly units: number;
  readonly step: number;
  /** Where units of it have left before. */
  readonly begunAt: ReadonlySet<number>;
};

const NO_FENCES: Shelf["fences"] = new Map();

/** Lays the locked positions out for deciding. */
export function openShelf(positions: readonly OpenPosition[], fences: Shelf["fences"] = NO_FENCES): Shelf {
  return {
    byItem: Map.groupBy(positions, (position) => position.itemId),
    left: new Map(positions.map((position) => [position.positionId, position.available])),
    fences,
    networks: new Map(),
    dated: positions.filter(({ daysLeft }) => daysLeft !== undefined),
    aged: new Map(),
  };
}

const NONE_AGED: readonly OpenPosition[] = [];

/** Positions of lots that a channel may not be promised any more: they have expired, or soon will. */
export function agedPositions(shelf: Shelf, book: RuleBook, channel: Channel): readonly OpenPosition[] {
  if (shelf.dated.length === 0) return NONE_AGED;
  const known = shelf.aged.get(channel.channelId);
  if (known !== undefined) return known;
  const aged = shelf.dated.filter(({ itemId: item, daysLeft }) =>
    isTooOld(daysLeft, termsOf(book, channel, item).shelfLifeDays),
  );
  shelf.aged.set(channel.channelId, aged);
  return aged;
}

/** Takes what is there of positions off the shelf; gives how much of which. What is missing there stays missing. */
export function takeOff(shelf: Shelf, positions: readonly OpenPosition[]): ReadonlyMap<number, number> {
  const off = new Map<number, number>();
  for (const position of positions) {
    const units = Math.max(0, leftAt(shelf, position));
    putBack(shelf, position.positionId, -units);
    off.set(position.positionId, units);
  }
  return off;
}

/** What is left at a position. */
export function leftAt(shelf: Shelf, position: OpenPosition): number {
  return shelf.left.get(position.positionId) ?? 0;
}

/** Puts units back to a position, or takes them off where they are negative. */
export function putBack(shelf: Shelf, positionId: number, units: number): void {
  shelf.left.set(positionId, (shelf.left.get(positionId) ?? 0) + units);
}

/** The channel's positions of an item, in the order of its network. Sorted once a run: most requests of a rush want the same. */
export function networkPositions(shelf: Shelf, channel: Channel, item: ItemId): readonly OpenPosition[] {
  const name = `${channel.channelId} ${item}`;
  const known = shelf.networks.get(name);
  if (known !== undefined) return known;
  const network = (shelf.byItem.get(item) ?? [])
    .map((position) => ({ position, rank: channel.locations.indexOf(position.locationId) }))
    .filter(({ rank }) => rank >= 0)
    .toSorted((a, b) => a.rank - b.rank || a.position.positionId - b.position.positionId)
    .map(({ position }) => position);
  shelf.networks.set(name, network);
  return network;
}

const sumLeft = (shelf: Shelf, positions: readonly OpenPosition[]): number =>
  positions.reduce((sum, position) => sum + leftAt(shelf, position), 0);

const wholeSteps = (units: number, step: number): number => units - (units % step);

/** Units that positions can give in whole steps. A step may be made of several lots, but not of several locations. */
export function unitsInSteps(shelf: Shelf, positions: readonly OpenPosition[], step: number): number {
  if (step === 1) return sumLeft(shelf, positions);
  const byLocation = Map.groupBy(positions, (position) => position.locationId);
  return [...byLocation.values()].reduce((sum, lots) => sum + wholeSteps(sumLeft(shelf, lots), step), 0);
}

/**
 * Takes units off positions that are given in the channel's order: from where units have left already; then from one position
 * when one has enough, or else from one location; otherwise from the fullest location first, which makes the fewest splits. Where lots
 * have days on which they expire, a location gives the one that expires first first, though another would have enough.
 */
export function take(shelf: Shelf, positions: readonly OpenPosition[], want: Want): Taken[] {
  const { units, step, begunAt } = want;
  const isBegun = ({ positionId }: OpenPosition) => begunAt.has(positionId);
  const areDated = positions.some(({ expiresOn }) => expiresOn !== undefined);
  if (begunAt.size === 0 && !areDated) {
    const whole = positions.find((position) => leftAt(shelf, position) >= units);
    if (whole !== undefined) return takeFrom(shelf, [whole], want);
  }
  const locations = [...Map.groupBy(positions, (position) => position.locationId).values()];
  const begun = locations.filter((lots) => lots.some(isBegun));
  const fresh = locations.filter((lots) => !lots.some(isBegun));
  const whole = fresh.find((lots) => sumLeft(shelf, lots) >= units);
  const fullestFirst = fresh.toSorted((a, b) => sumLeft(shelf, b) - sumLeft(shelf, a));
  const order = begun.length === 0 && whole !== undefined ? [whole] : [...begun, ...fullestFirst];
  const taken: Taken[] = [];
  let missing = units;
  for (const lots of order) {
    const part = wholeSteps(Math.min(missing, sumLeft(shelf, lots)), step);
    const inOrder = lots.toSorted((a, b) => byExpiry(a, b) || leftAt(shelf, b) - leftAt(shelf, a));
    const [first, rest] = [inOrder.filter(isBegun), inOrder.filter((lot) => !isBegun(lot))];
    taken.push(...takeFrom(shelf, [...first, ...rest], { ...want, units: part }));
    missing -= part;
  }
  return taken;
}

/** Lots that expire first before the others, and those of which no day is known last. */
function byExpiry({ expiresOn: a }: OpenPosition, { expiresOn: b }: OpenPosition): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  return b === undefined || a < b ? -1 : 1;
}

/** Takes units off the lots of one location: whole steps of each lot first, so that few steps are made of several lots. */
function takeFrom(shelf: Shelf, lots: readonly OpenPosition[], { lineId, units, step }: Want): Taken[] {
  const taken = new Map<OpenPosition, number>();
  let missing = units;
  for (const piece of step === 1 ? [1] : [step, 1]) {
    for (const lot of lots) {
      const part = wholeSteps(Math.min(missing, leftAt(shelf, lot)), piece);
      if (part === 0) continue;
      putBack(shelf, lot.positionId, -part);
      taken.set(lot, (taken.get(lot) ?? 0) + part);
      missing -= part;
    }
  }
  return [...taken].map(([position, part]) => ({ lineId, position, quantity: quantity(part) }));
}
