import { lineId, quantity, reservationId } from "@crossdock/canonical";
import type { LifeChange } from "./life-change.ts";
import { updateOrigin, updateQuantity } from "./life-change-store.ts";
import { type ChangeAnswer, type Changing, done, own } from "./life-changing-service.ts";
import { fillFences, toReservation } from "./life-service.ts";
import {
  endData,
  giveBack,
  hold,
  type Made,
  numberOf,
  reservedFact,
  unitsToFence,
} from "./promise-record.ts";
import { throughFence } from "./ring-fence.ts";
import { insertReservations } from "./store.ts";

/** What the log says of units that a reservation gives back while it keeps others. */
function reducedFact(
  { row, options, now }: Changing,
  state: "held" | "allocated",
  units: number,
  reason: string,
) {
  const remaining = quantity(row.quantity - units);
  return own(
    { type: "ReservationReduced", data: { ...endData(row, units), remaining, state, reason } },
    options,
    now,
  );
}

/** The transfers of units that a reservation gives back; its channel's own go back into the ring-fence first. */
function reducing({ row, now }: Changing, state: "held" | "allocated", units: number, number: number) {
  const back = { ...giveBack(row, number, now), quantity: quantity(units), fromStatus: state };
  return throughFence({ ...back, reason: "reduce" }, unitsToFence(row, units));
}

/** Gives units back and keeps the others. */
export async function reduce(
  changing: Changing,
  state: "held" | "allocated",
  keep: number,
): Promise<ChangeAnswer> {
  const { deps, tx, row, options, now } = changing;
  const units = row.quantity - keep;
  const facts = await deps.factLog.number([reducedFact(changing, state, units, options.reason)]);
  const fenced = row.fenced - unitsToFence(row, units);
  deps.ledger.post(tx, reducing(changing, state, units, numberOf(facts, 0)));
  fillFences(tx, [{ row, units }]);
  updateQuantity(tx, { id: row.reservation_id, quantity: keep, fenced, at: now });
  deps.factLog.append(tx, facts);
  return done({ ...row, quantity: keep, fenced });
}

/** Units go from one reservation to another that is made of them: back to the shelf and off it again in one transaction, for nobody to see. */
export async function split(
  changing: Changing,
  state: "held" | "allocated",
  { units, lineId: line }: Extract<LifeChange, { kind: "split" }>,
): Promise<ChangeAnswer> {
  const { deps, tx, row, options, now } = changing;
  const ownUnits = unitsToFence(row, units);
  const made = madeOf(changing, { id: deps.ids.next(), units, ownUnits, line: line ?? row.line_id, state });
  const id = made.reservation.reservationId;
  const facts = await deps.factLog.number([
    reducedFact(changing, state, units, `split off as ${id}: ${options.reason}`),
    reservedFact(made, now),
  ]);
  const effectiveAt = now.toISOString();
  deps.ledger.post(tx, [
    ...reducing(changing, state, units, numberOf(facts, 0)),
    ...throughFence(hold(made, numberOf(facts, 1), effectiveAt), ownUnits),
  ]);
  const kept = { quantity: row.quantity - units, fenced: row.fenced - ownUnits };
  updateQuantity(tx, { id: row.reservation_id, ...kept, at: now });
  insertReservations(tx, [rowOf(made)], now);
  updateQuantity(tx, { id, quantity: units, fenced: ownUnits, at: now });
  updateOrigin(tx, { ids: [id], cameFrom: row.reservation_id, createdAt: row.created_at });
  deps.factLog.append(tx, facts);
  return done({ ...row, ...kept }, [made.reservation]);
}

function madeOf(
  { row, options }: Changing,
  part: {
    readonly id: string;
    readonly units: number;
    readonly ownUnits: number;
    readonly line: string;
    readonly state: "held" | "allocated";
  },
): Made {
  return {
    reservation: {
      ...toReservation({
        ...row,
        quantity: part.units,
        fenced: part.ownUnits,
        came_from: row.reservation_id,
      }),
      reservationId: reservationId(part.id),
      lineId: lineId(part.line),
      state: part.state,
    },
    positionId: row.position_id,
    early: undefined,
    replaced: 0,
    origin: { correlationId: options.correlationId },
  };
}

function rowOf({ reservation, positionId }: Made) {
  return {
    reservationId: reservation.reservationId,
    channelId: reservation.channelId,
    orderId: null,
    lineId: reservation.lineId,
    positionId,
    itemId: reservation.itemId,
    locationId: reservation.locationId,
    lot: reservation.lot,
    quantity: reservation.quantity,
    state: reservation.state === "held" ? ("held" as const) : ("allocated" as const),
    expiresAt: reservation.expiresAt ?? null,
    ...{ picked: 0, putBack: 0, shipped: 0, notFound: 0, replaced: 0 },
  };
}
