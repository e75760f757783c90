import type { LineId, LocationId, Lot, OrderId, ReservationRefusal } from "@crossdock/canonical";
import type { LifeState } from "./life.ts";

/** What may be asked of a reservation beside allocating and releasing it. Quantities are in base units. */
export type LifeChange =
  /** Lets a hold last until then. */
  | { readonly kind: "extend"; readonly until: { readonly at: Date } | { readonly ttlMs: number } }
  /** Keeps so many units, at least one, and gives the others back. */
  | { readonly kind: "reduce"; readonly keep: number }
  /** Makes a second reservation of so many of its units, for the same line or another. */
  | { readonly kind: "split"; readonly units: number; readonly lineId?: LineId | undefined }
  /** Takes as many units at another location, and gives these back. */
  | { readonly kind: "move"; readonly locationId: LocationId; readonly lot?: Lot | undefined }
  /** From held to allocated, for an order that is kept elsewhere. */
  | { readonly kind: "confirm"; readonly orderId: OrderId };

/** A reservation as a change of it is decided. */
export type LifeToChange = LifeState & {
  readonly reservationId: string;
  readonly orderId: string | undefined;
  readonly locationId: string;
  readonly lot: string;
  readonly createdAt: Date;
};

/** What a change comes to: what is to be done, or nothing because it was done before. */
export type ChangeDecision =
  | { readonly go: true; readonly state: "held" | "allocated" }
  | { readonly already: true }
  | { readonly refused: ReservationRefusal };

const refused = (
  reason: ReservationRefusal["reason"],
  message: string,
): { readonly refused: ReservationRefusal } => ({
  refused: { reason, message },
});

const ALREADY: ChangeDecision = { already: true };

/** Whether a hold has run out: it is over then, swept or not. */
function hasRunOut({ state, expiresAt }: LifeToChange, now: Date): boolean {
  return state === "expired" || (state === "held" && expiresAt !== undefined && expiresAt <= now);
}

/** A reservation of which every unit still lies where it was promised; else why it is not one. */
export function untouched(
  life: LifeToChange,
  now: Date,
): Exclude<ChangeDecision, { readonly already: true }> {
  if (hasRunOut(life, now)) return refused("expired", "The hold has run out; reserve again.");
  switch (life.state) {
    case "held":
      return { go: true, state: "held" };
    case "allocated":
      if (life.picked > 0 || life.shipped > 0 || life.notFound > 0 || life.replaced > 0)
        return refused("wrong-state", "Units of it were picked, were not found or left from elsewhere.");
      return { go: true, state: "allocated" };
    case "picked":
    case "shipped":
    case "released":
    case "short":
    case "expired":
      return refused("wrong-state", `The reservation is ${life.state}; nothing of it can be changed.`);
    default:
      return life.state satisfies never;
  }
}

/** When a hold that is extended is to end. */
export const extendedTo = (until: { readonly at: Date } | { readonly ttlMs: number }, now: Date): Date =>
  "at" in until ? until.at : new Date(now.getTime() + until.ttlMs);

/** Decides whether a hold may last until then. It is never shortened, and never lasts longer in all than `holdMsMax`. */
export function decideExtend(
  life: LifeToChange,
  until: Date,
  { now, holdMsMax }: { readonly now: Date; readonly holdMsMax: number },
): ChangeDecision {
  if (life.state === "allocated" || life.state === "picked" || life.state === "shipped") return ALREADY;
  const standing = untouched(life, now);
  if (!("go" in standing)) return standing;
  if (life.expiresAt !== undefined && until <= life.expiresAt) return ALREADY;
  const latest = new Date(life.createdAt.getTime() + holdMsMax);
  if (until <= latest) return standing;
  return refused(
    "hold-limit",
    `It was taken at ${life.createdAt.toISOString()} and may be held until ${latest.toISOString()} at most; extend it to then, or allocate it.`,
  );
}

/** Decides whether a reservation may keep fewer units. */
export function decideReduce(life: LifeToChange, keep: number, now: Date): ChangeDecision {
  const standing = untouched(life, now);
  if (!("go" in standing)) return standing;
  if (keep === life.quantity) return ALREADY;
  if (keep < life.quantity) return standing;
  return refused("not-possible", `It has ${life.quantity} units and cannot keep ${keep}; reserve the rest.`);
}

/** Decides whether a reservation may become two. Those of an order may not: its lines are the order's own. */
export function decideSplit(life: LifeToChange, units: number, now: Date): ChangeDecision {
  const standing = untouched(life, now);
  if (!("go" in standing)) return standing;
  if (life.orderId !== undefined) return ofAnOrder(life.orderId, "split");
  if (units < life.quantity) return standing;
  return refused("not-possible", `It has ${life.quantity} units; fewer than that can be split off.`);
}

/** Decides whether a reservation may be moved, before it is asked what there is at the other place. */
export function decideMove(
  life: LifeToChange,
  to: { readonly locationId: string; readonly lot?: string | undefined },
  now: Date,
): ChangeDecision {
  const standing = untouched(life, now);
  if (!("go" in standing)) return standing;
  if (life.orderId !== undefined) return ofAnOrder(life.orderId, "moved");
  const isThere = life.locationId === to.locationId && (to.lot === undefined || life.lot === to.lot);
  return isThere ? ALREADY : standing;
}

function ofAnOrder(orderId: string, what: string): ChangeDecision {
  return refused(
    "wrong-state",
    `It is promised to the order ${orderId}, whose warehouse has been told, and cannot be ${what}.`,
  );
}

/** Decides whether a hold may be allocated for an order. */
export function decideConfirm(life: LifeToChange, orderId: string, now: Date): ChangeDecision {
  if (life.orderId === orderId && ["allocated", "picked", "shipped"].includes(life.state)) return ALREADY;
  const standing = untouched(life, now);
  if (!("go" in standing)) return standing;
  if (life.orderId !== undefined)
    return refused("wrong-state", `It is promised to the order ${life.orderId} already.`);
  if (standing.state === "held") return standing;
  return refused("wrong-state", "It was allocated without an order; reserve again to name one.");
}
