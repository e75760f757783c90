import type { ReservationRefusal, ReservationState } from "@crossdock/canonical";
import { type Totals, unitsShort } from "./fulfilment.ts";

/** What can be asked of a reservation by itself. Picks and shipments come from the warehouse, see `fulfilment.ts`. */
export type LifeStep = "allocate" | "release";

/** What a step does: the status that the units leave and enter, or nothing because it was done before. */
export type StepDecision =
  | { readonly to: "allocated" | "released"; readonly from: "held" | "allocated"; readonly units: number }
  | { readonly already: ReservationState }
  | { readonly refused: ReservationRefusal };

/** A reservation as its life is decided. */
export type LifeState = Totals & {
  readonly state: ReservationState;
  readonly quantity: number;
  readonly replaced: number;
  readonly expiresAt: Date | undefined;
};

/** A request about a reservation that is not done. */
export type NotDone = { readonly done: false; readonly refused: ReservationRefusal };

/** What is told of a reservation that there is not. */
export const unknownReservation = (id: string): NotDone => ({
  done: false,
  refused: { reason: "unknown-reservation", message: `There is no reservation ${id}.` },
});

const refused = (reason: ReservationRefusal["reason"], message: string): StepDecision => ({
  refused: { reason, message },
});

function decideAllocate(life: LifeState, now: Date): StepDecision {
  switch (life.state) {
    case "held":
      if (life.expiresAt !== undefined && life.expiresAt <= now) {
        return refused("expired", `The hold ran out at ${life.expiresAt.toISOString()}; reserve again.`);
      }
      return { to: "allocated", from: "held", units: life.quantity };
    case "allocated":
    case "picked":
    case "shipped":
      return { already: life.state };
    case "expired":
      return refused("expired", "The hold has expired; reserve again.");
    case "released":
    case "short":
      return refused(
        "wrong-state",
        `The reservation is ${life.state} and cannot be allocated; reserve again.`,
      );
    default:
      return life.state satisfies never;
  }
}

function decideRelease(life: LifeState): StepDecision {
  switch (life.state) {
    case "held":
      return { to: "released", from: "held", units: life.quantity };
    case "allocated":
      // Units that were put back before we heard of their pick are picked, as far as anybody can say until then.
      if (life.picked !== life.putBack || life.shipped > 0) {
        return refused("wrong-state", "Units of it have been picked; the warehouse must return them first.");
      }
      if (life.replaced > 0) {
        return refused(
          "wrong-state",
          "Units of it left from elsewhere; what is kept goes with the rest of the order.",
        );
      }
      return { to: "released", from: "allocated", units: life.quantity - unitsShort(life) };
    case "released":
    case "expired":
    case "short":
      return { already: life.state };
    case "picked":
    case "shipped":
      return refused("wrong-state", `The reservation is ${life.state}; a return brings the units back.`);
    default:
      return life.state satisfies never;
  }
}

/** Decides a step. A second time is a success that says so; only what cannot be is refused. */
export function decideStep(life: LifeState, step: LifeStep, now: Date): StepDecision {
  return step === "allocate" ? decideAllocate(life, now) : decideRelease(life);
}
