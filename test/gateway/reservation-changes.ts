import {
  quantity,
  type Reservation,
  type ReservationId,
  type ReservationRefusal,
} from "@crossdock/canonical";
import type { ReservationChange, ReservationChanged } from "../../src/gateway/index.ts";

/** Makes reservations smaller, and finds everything else impossible, each for a reason of its own. */
export function changedReservation(
  reservations: Map<string, Reservation>,
  id: ReservationId,
  change: ReservationChange,
): ReservationChanged {
  const found = reservations.get(id);
  const refused = (reason: ReservationRefusal["reason"]): ReservationChanged => ({
    is: "refused",
    refusal: { reason, message: "It cannot be." },
  });
  if (found === undefined) return refused("unknown-reservation");
  switch (change.kind) {
    case "reduce": {
      const already = found.quantity === Number(change.keep.value);
      const reservation = { ...found, quantity: quantity(Number(change.keep.value)) };
      reservations.set(id, reservation);
      return { is: "done", reservation, already, made: [] };
    }
    case "extend":
      return refused("hold-limit");
    case "move":
      return refused("insufficient-stock");
    case "split":
      return refused("not-possible");
    case "confirm":
      return refused("expired");
    default:
      return change satisfies never;
  }
}
