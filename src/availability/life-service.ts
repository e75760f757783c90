import {
  channelId,
  type Fact,
  itemId,
  lineId,
  locationId,
  orderId,
  quantity,
  type Reservation,
  type ReservationState,
  reservationId,
} from "@crossdock/canonical";
import type { FactLog, OwnFact } from "../backbone/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { Clock, Database, Transaction } from "../platform/index.ts";
import { SWEEP_MAX } from "./admission-locks-service.ts";
import { totalsOf } from "./fulfilment.ts";
import { decideStep, type LifeStep, type NotDone, unknownReservation } from "./life.ts";
import { endData, expiryFact, giveBack, numberOf, stepData, unitsToFence } from "./promise-record.ts";
import { throughFence } from "./ring-fence.ts";
import { changeRingFences, updateFenced } from "./ring-fence-store.ts";
import {
  type ReservationRow,
  selectHoldsPastExpiry,
  selectReservations,
  updateReservationState,
} from "./store.ts";

export type LifeDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly ledger: Pick<Ledger, "lockPositions" | "post">;
};

/** How a step went. `already`: it had been done, or the reservation had ended, before. */
export type StepAnswer =
  | { readonly done: true; readonly already: boolean; readonly reservation: Reservation }
  | NotDone;

/** A stored reservation as callers see it. */
export function toReservation(row: ReservationRow): Reservation {
  return {
    reservationId: reservationId(row.reservation_id),
    channelId: channelId(row.channel_id),
    ...(row.order_id === null ? {} : { orderId: orderId(row.order_id) }),
    lineId: lineId(row.line_id),
    itemId: itemId(row.item_id),
    locationId: locationId(row.location_id),
    lot: row.lot,
    quantity: quantity(row.quantity),
    ...(row.fenced === 0 ? {} : { ringFenced: quantity(row.fenced) }),
    state: row.state,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at.toISOString() }),
    ...(row.came_from === undefined || row.came_from === null
      ? {}
      : { cameFrom: reservationId(row.came_from) }),
  };
}

/** A hold that has run out is expired for everyone who asks, whether or not it has been swept. */
export function asOf(row: ReservationRow, now: Date): ReservationRow {
  const ranOut = row.state === "held" && row.expires_at !== null && row.expires_at <= now;
  return ranOut ? { ...row, state: "expired" } : row;
}

export type StepOptions = {
  readonly step: LifeStep;
  readonly reason: string;
  readonly correlationId: string;
  readonly causationId?: string | undefined;
};

/** A step that somebody asks for, of reservations that are named once each. */
export type StepRequest = { readonly ids: readonly string[]; readonly options: StepOptions };

/** Takes a step for reservations in the caller's transaction: all that can take it do, the others say why not. */
export async function takeStep(
  deps: LifeDeps,
  tx: Transaction,
  ids: readonly string[],
  options: StepOptions,
): Promise<ReadonlyMap<string, StepAnswer>> {
  const [answers] = await takeSteps(deps, tx, [{ ids, options }]);
  return answers ?? new Map();
}

/**
 * Takes steps that were asked for together, one after the other: each sees what those before it did. Locks the positions of all first,
 * in the program's lock order, and reads the reservations behind that lock.
 */
export async function takeSteps(
  deps: LifeDeps,
  tx: Transaction,
  requests: readonly StepRequest[],
): Promise<readonly ReadonlyMap<string, StepAnswer>[]> {
  const ids = [...new Set(requests.flatMap((request) => request.ids))];
  const locked = await lockPromises(deps, tx, await selectReservations(tx, ids));
  const rows = new Map(locked.map((row) => [row.reservation_id, row]));
  const now = deps.clock.now();
  const moving: Moving[] = [];
  const answers = requests.map((request) => {
    const { options } = request;
    const answerOf = (id: string): StepAnswer => {
      const row = rows.get(id);
      if (row === undefined) return unknownReservation(id);
      const life = { ...row, ...totalsOf(row), expiresAt: row.expires_at ?? undefined };
      const decision = decideStep(life, options.step, now);
      if ("refused" in decision) return { done: false, refused: decision.refused };
      if ("already" in decision) return done(row, row.state, true);
      const expiresAt = decision.to === "allocated" ? null : row.expires_at;
      rows.set(id, { ...row, state: decision.to, expires_at: expiresAt });
      moving.push({ row, ...decision, options });
      return done(row, decision.to, false);
    };
    return new Map(request.ids.map((id) => [id, answerOf(id)]));
  });
  await writeMoves(deps, tx, moving);
  return answers;
}

/**
 * Locks the positions of promises and reads them again behind the locks. An item that was merged into another meanwhile has taken its
 * promises to other positions: these are locked then.
 */
export async function lockPromises(
  { ledger }: LifeDeps,
  tx: Transaction,
  seen: readonly ReservationRow[],
): Promise<readonly ReservationRow[]> {
  const positionsOf = (some: readonly ReservationRow[]) => [...new Set(some.map((row) => row.position_id))];
  const locked = new Set(positionsOf(seen));
  const ids = seen.map((row) => row.reservation_id);
  // In one flight: what is sent behind the locks is answered behind them.
  const [, rows] = await Promise.all([ledger.lockPositions(tx, [...locked]), selectReservations(tx, ids)]);
  const moved = positionsOf(rows).filter((positionId) => !locked.has(positionId));
  if (moved.length === 0) return rows;
  await ledger.lockPositions(tx, moved);
  return selectReservations(tx, ids);
}

function done(row: ReservationRow, state: ReservationState, already: boolean): StepAnswer {
  const expiresAt = state === "allocated" ? null : row.expires_at;
  return { done: true, already, reservation: toReservation({ ...row, state, expires_at: expiresAt }) };
}

type Step = {
  readonly row: ReservationRow;
  readonly from: "held" | "allocated";
  readonly to: "allocated" | "released";
  readonly units: number;
};

/** A step with what was said of it when it was asked for. */
type Moving = Step & { readonly options: StepOptions };

function stepFact({ row, to, units, options }: Moving, at: Date): OwnFact {
  const { correlationId, causationId, reason } = options;
  const data = stepData(row, units);
  const order = row.order_id === null ? {} : { orderId: orderId(row.order_id) };
  const fact: Fact =
    to === "allocated"
      ? { type: "ReservationAllocated", data: { ...data, ...order } }
      : { type: "ReservationReleased", data: { ...endData(row, units), reason } };
  return { fact, at, correlationId, causationId };
}

/** Writes steps that were decided for one reason. */
export function writeSteps(
  deps: LifeDeps,
  tx: Transaction,
  steps: readonly Step[],
  options: StepOptions,
): Promise<void> {
  const moving = steps.map((step) => ({ ...step, options }));
  return writeMoves(deps, tx, moving);
}

async function writeMoves(deps: LifeDeps, tx: Transaction, moving: readonly Moving[]): Promise<void> {
  if (moving.length === 0) return;
  const now = deps.clock.now();
  const facts = await deps.factLog.number(moving.map((step) => stepFact(step, now)));
  const transfers = moving.flatMap(({ row, from, to, units }, index) => {
    const back = {
      ...giveBack(row, numberOf(facts, index), now),
      quantity: quantity(units),
      fromStatus: from,
    };
    return to === "allocated"
      ? [{ ...back, toStatus: "allocated" as const, reason: "allocate" as const }]
      : throughFence({ ...back, reason: "release" }, unitsToFence(row, units));
  });
  deps.ledger.post(tx, transfers);
  fillFences(
    tx,
    moving.filter(({ to }) => to === "released"),
  );
  deps.factLog.append(tx, facts);
  // What was allocated may have been released by a later step of the same batch, and never the other way round.
  for (const to of ["allocated", "released"] as const) {
    const ids = moving.filter((step) => step.to === to).map(({ row }) => row.reservation_id);
    if (ids.length > 0) await updateReservationState(tx, { ids, from: ["held", "allocated"], to, at: now });
  }
}

/** Puts the channels' own units of what reservations give back into their ring-fences. */
export function fillFences(
  tx: Transaction,
  given: readonly { readonly row: ReservationRow; readonly units: number }[],
): void {
  const back = given
    .map(({ row, units }) => ({ ...row, units: unitsToFence(row, units) }))
    .filter(({ units }) => units > 0);
  if (back.length === 0) return;
  changeRingFences(tx, back);
  updateFenced(
    tx,
    back.map((row) => ({ reservationId: row.reservation_id, fenced: row.fenced - row.units })),
  );
}

/** Gives the units of holds that have run out back. Nothing depends on it but the speed at which channels hear of it. */
export async function sweepExpired(deps: LifeDeps): Promise<number> {
  const now = deps.clock.now();
  return deps.database.transaction(async (tx) => {
    const seen = await selectHoldsPastExpiry(tx, now, SWEEP_MAX);
    if (seen.length === 0) return 0;
    const rows = await lockPromises(deps, tx, seen);
    const expired = rows.filter((row) => row.state === "held");
    const facts = await deps.factLog.number(expired.map((row) => expiryFact(row, now)));
    const ids = expired.map((row) => row.reservation_id);
    deps.ledger.post(
      tx,
      expired.flatMap((row, index) => throughFence(giveBack(row, numberOf(facts, index), now), row.fenced)),
    );
    fillFences(
      tx,
      expired.map((row) => ({ row, units: row.quantity })),
    );
    deps.factLog.append(tx, facts);
    await updateReservationState(tx, { ids, from: ["held"], to: "expired", at: now });
    return expired.length;
  });
}
