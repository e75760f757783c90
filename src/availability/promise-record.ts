import {
  type Fact,
  itemId,
  lineId,
  locationId,
  orderId,
  type Quantity,
  quantity,
  type Reservation,
  reservationId,
} from "@crossdock/canonical";
import type { NumberedFact, OwnFact } from "../backbone/index.ts";
import type { PlannedTransfer } from "../ledger/index.ts";
import type { EarlyUnits } from "./admission.ts";
import { stateOf, totalsOf, unitsOff, unitsShort } from "./fulfilment.ts";
import type { ReservationRow } from "./store.ts";

/** Whose journey a decision belongs to. */
export type Origin = { readonly correlationId: string; readonly causationId?: string | undefined };

/** A promise with the position that it was taken from. */
export type Made = {
  readonly reservation: Reservation;
  readonly positionId: number;
  readonly early: EarlyUnits | undefined;
  /** Units of it that need not be kept, because as many have left from elsewhere. */
  readonly replaced: number;
  readonly origin: Origin;
};

/** The number of a fact that is about to be appended, for what refers to it. */
export function numberOf(facts: readonly NumberedFact[], index: number): number {
  const fact = facts[index];
  if (fact === undefined) throw new Error(`fact ${index} of ${facts.length} has no number`);
  return fact.number;
}

/** What the log says of a promise when it is made. */
export function reservedFact({ reservation, origin }: Made, at: Date): OwnFact {
  return { fact: { type: "StockReserved", data: reservation }, at, ...origin };
}

/** What the log says of a hold that has run out. The journey is the order's where there is one. */
export function expiryFact(row: ReservationRow, at: Date): OwnFact {
  const expiredAt = (row.expires_at ?? at).toISOString();
  const fact: Fact = { type: "ReservationExpired", data: { ...endData(row, row.quantity), expiredAt } };
  return { fact, at, correlationId: row.order_id ?? row.reservation_id };
}

/** The part that all steps of a reservation have in common. */
export function stepData(row: ReservationRow, units: number) {
  return {
    reservationId: reservationId(row.reservation_id),
    itemId: itemId(row.item_id),
    locationId: locationId(row.location_id),
    lot: row.lot,
    quantity: quantity(units) satisfies Quantity,
  };
}

/** Of units that a reservation gives back, those that go into its channel's ring-fence: no more than came out of it. */
export const unitsToFence = (row: ReservationRow, units: number): number => Math.min(units, row.fenced);

/** The part that all ends of a reservation have in common. */
export function endData(row: ReservationRow, units: number) {
  const fenced = unitsToFence(row, units);
  return { ...stepData(row, units), ...(fenced === 0 ? {} : { ringFenced: quantity(fenced) }) };
}

/** The transfer that gives a hold's units back. */
export function giveBack(row: ReservationRow, eventNumber: number, at: Date): PlannedTransfer {
  return {
    fromPositionId: row.position_id,
    fromStatus: "held",
    toPositionId: row.position_id,
    toStatus: "available",
    quantity: quantity(row.quantity),
    reason: "expire",
    effectiveAt: at.toISOString(),
    eventNumber,
    reservationId: row.reservation_id,
  };
}

/** The transfer that keeps a promise's units. */
export function hold(
  { reservation, positionId }: Made,
  eventNumber: number,
  effectiveAt: string,
): PlannedTransfer {
  return {
    fromPositionId: positionId,
    fromStatus: "available",
    toPositionId: positionId,
    toStatus: reservation.state === "held" ? "held" : "allocated",
    quantity: reservation.quantity,
    reason: reservation.state === "held" ? "reserve" : "allocate",
    effectiveAt,
    eventNumber,
    reservationId: reservation.reservationId,
  };
}

/** Units of a promise that had left, or were not found, before it was made: no more than the promise itself. */
export function settledUnits({ reservation, early }: Made): Quantity {
  return quantity(early === undefined ? 0 : Math.min(reservation.quantity, unitsOff(early)));
}

const madeData = ({ reservation }: Made) => {
  const { reservationId: id, itemId: item, locationId: location, lot } = reservation;
  return { reservationId: id, itemId: item, locationId: location, lot };
};

/** What the log says of a promise of which units had left before it was made. */
export function settledFact(promise: Made, at: Date): OwnFact {
  const picked = quantity(promise.early?.picked ?? 0);
  const shipped = quantity(promise.early?.shipped ?? 0);
  const putBack = quantity(promise.early?.putBack ?? 0);
  const notFound = quantity(promise.early?.notFound ?? 0);
  const data = { ...madeData(promise), quantity: settledUnits(promise), picked, shipped, putBack, notFound };
  return { fact: { type: "ReservationSettled", data }, at, ...promise.origin };
}

/** What the log says of a promise of which units had not been found before it was made. */
export function shortAtOnceFact({ reservation, early, origin }: Made, at: Date): OwnFact {
  const units = early === undefined ? 0 : unitsShort({ ...early, quantity: reservation.quantity });
  const {
    reservationId: id,
    itemId: item,
    locationId: location,
    lot,
    lineId: line,
    orderId: order,
  } = reservation;
  const data = {
    reservationId: id,
    itemId: item,
    locationId: location,
    lot,
    lineId: line,
    quantity: quantity(units),
  };
  return {
    fact: { type: "ReservationShort", data: { ...data, ...(order === undefined ? {} : { orderId: order }) } },
    at,
    ...origin,
  };
}

/** What the log says of a promise of which other units are not found than before. The journey is the order's. */
export function shortFact(row: ReservationRow, at: Date): OwnFact {
  const units = unitsShort({ ...totalsOf(row), quantity: row.quantity });
  const data = { ...stepData(row, units), lineId: lineId(row.line_id) };
  const order = row.order_id === null ? {} : { orderId: orderId(row.order_id) };
  return {
    fact: { type: "ReservationShort", data: { ...data, ...order } },
    at,
    correlationId: row.order_id ?? row.reservation_id,
  };
}

/** Gives back what the promise keeps for units that have left already: they were taken from what was available then. */
export function settle(promise: Made, eventNumber: number, effectiveAt: string): PlannedTransfer {
  return {
    ...hold(promise, eventNumber, effectiveAt),
    fromStatus: "allocated",
    toStatus: "available",
    quantity: settledUnits(promise),
    reason: "settle",
  };
}

/** What the log says of a promise that was made though units for it had left from elsewhere. */
export function replacedAtOnceFact(promise: Made, at: Date): OwnFact {
  const data = { ...madeData(promise), quantity: quantity(promise.replaced) };
  return { fact: { type: "ReservationReplaced", data }, at, ...promise.origin };
}

/** Gives back what the promise keeps for units that have left from elsewhere already. */
export function replaceAtOnce(promise: Made, eventNumber: number, effectiveAt: string): PlannedTransfer {
  return {
    ...settle(promise, eventNumber, effectiveAt),
    quantity: quantity(promise.replaced),
    reason: "replace",
  };
}

/** What the log says of a promise whose units left from elsewhere. The journey is the order's. */
export function replacedFact(row: ReservationRow, units: number, at: Date): OwnFact {
  const fact: Fact = { type: "ReservationReplaced", data: stepData(row, units) };
  return { fact, at, correlationId: row.order_id ?? row.reservation_id };
}

/** Gives back units that a promise keeps no longer, because as many left from elsewhere. */
export function giveUp(
  row: ReservationRow,
  units: number,
  told: { readonly eventNumber: number; readonly at: Date },
) {
  return {
    ...giveBack(row, told.eventNumber, told.at),
    fromStatus: "allocated" as const,
    quantity: quantity(units),
    reason: "replace" as const,
  };
}

/** What the log says of a promise that keeps units again, because some came back. The journey is the order's. */
export function restoredFact(row: ReservationRow, units: number, at: Date): OwnFact {
  const fact: Fact = { type: "ReservationRestored", data: stepData(row, units) };
  return { fact, at, correlationId: row.order_id ?? row.reservation_id };
}

/** Keeps units for a promise again. Where they are not there any more, the position is uncovered: they are still promised. */
export function keepAgain(
  row: ReservationRow,
  units: number,
  told: { readonly eventNumber: number; readonly at: Date },
) {
  return {
    ...giveBack(row, told.eventNumber, told.at),
    fromStatus: "available" as const,
    toStatus: "allocated" as const,
    quantity: quantity(units),
    reason: "restore" as const,
  };
}

/** Where what happened before a promise was kept. */
export const toEarlyKey = ({ reservation, positionId }: Made) => ({
  orderId: reservation.orderId ?? "",
  lineId: reservation.lineId,
  positionId,
});

/** A promise as a row. */
export function toRow({ reservation, positionId, early, replaced }: Made) {
  const progress = {
    quantity: reservation.quantity,
    picked: early?.picked ?? 0,
    putBack: early?.putBack ?? 0,
    shipped: early?.shipped ?? 0,
    notFound: early?.notFound ?? 0,
    replaced,
  };
  return {
    reservationId: reservation.reservationId,
    channelId: reservation.channelId,
    orderId: reservation.orderId ?? null,
    lineId: reservation.lineId,
    positionId,
    itemId: reservation.itemId,
    locationId: reservation.locationId,
    lot: reservation.lot,
    quantity: reservation.quantity,
    state: reservation.state === "held" ? ("held" as const) : stateOf(progress),
    expiresAt: reservation.expiresAt ?? null,
    picked: progress.picked,
    putBack: progress.putBack,
    shipped: progress.shipped,
    notFound: progress.notFound,
    replaced,
  };
}
