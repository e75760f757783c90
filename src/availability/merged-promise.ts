import {
  channelId,
  type Fact,
  type ItemId,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
} from "@crossdock/canonical";
import type { OwnFact } from "../backbone/index.ts";
import { NO_TOTALS, replacedAt, stateOf, type Totals, totalsOf, unitsShort } from "./fulfilment.ts";
import { type JoinedLine, joinLine, type PromisedPlace, totalsAs } from "./joined-line.ts";
import { replacedFact, restoredFact, shortFact, stepData } from "./promise-record.ts";
import type { RingFenceRow } from "./ring-fence-store.ts";
import type { EarlyRow, ReservationRow } from "./store.ts";

/** An item that becomes another, of which each of its base units is so many. */
export type Becoming = { readonly from: string; readonly into: string; readonly units: number };

/** A line's places: where it was promised, and where units left without a promise. */
export type LinePlaceOf = PromisedPlace<ReservationRow>;

/** The promises and order lines of an item that becomes another, with the places of these lines at the other. */
export type Standing = {
  /** Promises that no pick refers to: holds, and what was promised for no order. */
  readonly plain: readonly ReservationRow[];
  readonly lines: readonly StandingLine[];
  readonly fences: readonly RingFenceRow[];
};

export type StandingLine = {
  readonly orderId: string;
  readonly lineId: string;
  readonly from: readonly LinePlaceOf[];
  readonly into: readonly LinePlaceOf[];
  /** The rows of what happened without a promise, of both items. */
  readonly early: readonly EarlyRow[];
};

/** The position of the other item at a place. */
export type PositionAt = (place: { readonly locationId: string; readonly lot: string }) => number;

/** A promise before and after. */
export type ChangedPromise = { readonly before: ReservationRow; readonly after: ReservationRow };

/** What becomes of one line. */
export type LineChange = StandingLine & {
  readonly joined: JoinedLine<ReservationRow>;
  readonly promises: readonly ChangedPromise[];
};

/** Puts a line's rows together, the promises in the order in which they were made. */
export function placesOfLine(
  promises: readonly ReservationRow[],
  early: readonly (EarlyRow & { readonly lot: string })[],
): readonly LinePlaceOf[] {
  return [
    ...promises.map((row) => ({
      ...{ locationId: row.location_id, lot: row.lot, quantity: row.quantity, promise: row },
      ...totalsOf(row),
    })),
    ...early.map((row) => ({
      ...{ locationId: row.location_id, lot: row.lot, quantity: 0, promise: undefined },
      ...totalsOf(row),
    })),
  ];
}

const isEarlier = (a: ReservationRow, b: ReservationRow): boolean => a.reservation_id < b.reservation_id;

/** Joins a line's places at both items. */
export function changeLine(
  line: StandingLine,
  { into, units }: Becoming,
  positionAt: PositionAt,
): LineChange {
  const joined = joinLine(line.from, line.into, { units, isEarlier });
  const replaced = replacedAt(joined.places);
  const promises = joined.places.flatMap((place, at): ChangedPromise[] => {
    const { promise: before, picked, putBack: put_back, shipped, notFound: not_found } = place;
    if (before === undefined) return [];
    const totals = { picked, put_back, shipped, not_found, replaced: replaced[at] ?? 0 };
    const state = stateOf({ ...place, replaced: totals.replaced });
    return [{ before, after: { ...promiseOf(before, { into, units }, positionAt), ...totals, state } }];
  });
  return { ...line, joined, promises };
}

/** A promise as one of the other item. */
export function promiseOf(
  row: ReservationRow,
  { into, units }: Pick<Becoming, "into" | "units">,
  positionAt: PositionAt,
): ReservationRow {
  if (row.item_id === into) return row;
  const place = { locationId: row.location_id, lot: row.lot };
  return {
    ...{ ...row, item_id: into, position_id: positionAt(place) },
    ...{ quantity: row.quantity * units, fenced: row.fenced * units },
  };
}

/** What the log says of a promise that is one of another item from now on. The journey is the order's. */
export function convertedFact({ before, after }: ChangedPromise, at: Date): OwnFact {
  const order = before.order_id === null ? {} : { orderId: orderId(before.order_id) };
  const into = { itemId: itemId(after.item_id), quantity: quantity(after.quantity) };
  const data = { ...stepData(before, before.quantity), ...order, lineId: lineId(before.line_id), into };
  const fact: Fact = { type: "ReservationConverted", data };
  return { fact, at, correlationId: before.order_id ?? before.reservation_id };
}

const amounts = ({ picked, putBack, shipped, notFound }: Totals) => ({
  ...{ picked: quantity(picked), putBack: quantity(putBack) },
  ...{ shipped: quantity(shipped), notFound: quantity(notFound) },
});

const isNothing = (totals: Totals): boolean =>
  totals.picked + totals.putBack + totals.shipped + totals.notFound === NO_TOTALS.picked;

/** What the log says of what happened for a line, that it happened to units of another item. */
export function totalsFacts(line: LineChange, { from, into, units }: Becoming, at: Date): readonly OwnFact[] {
  const converted = line.from.filter((place) => !isNothing(place));
  return converted.map((place): OwnFact => {
    const { locationId: location, lot } = place;
    const names = { orderId: orderId(line.orderId), lineId: lineId(line.lineId), itemId: itemId(from) };
    const becomes = { itemId: itemId(into), ...amounts(totalsAs(place, units)) };
    const data = { ...names, locationId: locationId(location), lot, ...amounts(place), into: becomes };
    return { fact: { type: "LineTotalsConverted", data }, at, correlationId: line.orderId };
  });
}

/** Whether another number of a promise's units is short than before. */
function isShortOtherwise({ before, after }: ChangedPromise, { into, units }: Becoming): boolean {
  const shortOf = (row: ReservationRow) => unitsShort({ ...totalsOf(row), quantity: row.quantity });
  return shortOf(after) !== shortOf(before) * (before.item_id === into ? 1 : units);
}

/** A promise that keeps fewer units than before, or more, because what happened under both names is put together. */
export type FreedPromise = { readonly row: ReservationRow; readonly units: number; readonly told: OwnFact };

/** What promises of lines keep otherwise, each with what the log says of it. */
export function freedPromises(lines: readonly LineChange[], at: Date): readonly FreedPromise[] {
  return lines.flatMap(({ joined, promises }) =>
    promises.flatMap(({ before, after }): FreedPromise[] => {
      const units = joined.freed.get(before) ?? 0;
      if (units === 0) return [];
      const told = units > 0 ? replacedFact(after, units, at) : restoredFact(after, -units, at);
      return [{ row: after, units, told }];
    }),
  );
}

/** What the log says of promises of which other units are not found than before. */
export function shortFacts(lines: readonly LineChange[], becoming: Becoming, at: Date): readonly OwnFact[] {
  return lines.flatMap(({ promises }) =>
    promises
      .filter((promise) => isShortOtherwise(promise, becoming))
      .map(({ after }) => shortFact(after, at)),
  );
}

/** What the log says of what is set aside for a channel, that it is of another item from now on. */
export function fenceFact(
  row: RingFenceRow,
  { into, units }: Becoming,
  told: { readonly reason: string; readonly at: Date; readonly correlationId: string },
): OwnFact {
  const place = { itemId: itemId(row.item_id), locationId: locationId(row.location_id), lot: row.lot };
  const becomes: { itemId: ItemId; quantity: ReturnType<typeof quantity> } = {
    ...{ itemId: itemId(into), quantity: quantity(row.quantity * units) },
  };
  const data = { channelId: channelId(row.channel_id), ...place, quantity: quantity(row.quantity) };
  const fact: Fact = { type: "RingFenceConverted", data: { ...data, reason: told.reason, into: becomes } };
  return { fact, at: told.at, correlationId: told.correlationId };
}
