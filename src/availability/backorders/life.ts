import type { Backorder } from "@crossdock/canonical";

/** What can be asked of a backorder. */
export type BackorderChange =
  | { readonly kind: "cancel" }
  /** It waits for so many units from now on, no more than it did. */
  | { readonly kind: "reduce"; readonly waiting: number }
  /** When it is wanted, and until when it waits; null: not said. What is left out stays. */
  | { readonly kind: "date"; readonly needBy?: Date | null; readonly until?: Date | null };

/** Why a backorder cannot be changed like this. */
export type BackorderRefusal = {
  readonly reason: "unknown-backorder" | "wrong-state" | "not-possible";
  readonly message: string;
};

/** A backorder after a change. */
export type Standing = {
  readonly quantity: number;
  readonly state: Backorder["state"];
  readonly needBy: Date | null;
  readonly until: Date | null;
};

export type ChangeDecision =
  | { readonly to: Standing }
  | { readonly already: true }
  | { readonly refused: BackorderRefusal };

/** A backorder as its life is decided. */
export type BackorderLife = Standing & { readonly served: number; readonly orderedUnit: number };

const refused = (reason: BackorderRefusal["reason"], message: string): ChangeDecision => ({
  refused: { reason, message },
});

const isSame = (a: Date | null, b: Date | null): boolean => a?.getTime() === b?.getTime();

/** Decides a change. What is so already is a success that says so. */
export function decideBackorder(life: BackorderLife, change: BackorderChange, now: Date): ChangeDecision {
  const isOver = life.state === "waiting" && life.until !== null && life.until <= now;
  const state = isOver ? "expired" : life.state;
  if (state !== "waiting") {
    if (change.kind === "cancel" && state !== "served") return { already: true };
    return refused("wrong-state", `The backorder is ${state} and waits no longer.`);
  }
  const { quantity, served, needBy, until, orderedUnit } = life;
  switch (change.kind) {
    case "cancel":
      return { to: { quantity, state: "cancelled", needBy, until } };
    case "reduce":
      return decideReduction(
        { waiting: quantity - served, wanted: change.waiting, orderedUnit },
        (units) => ({
          ...{ quantity: served + units, state, needBy, until },
        }),
      );
    case "date": {
      const to = { needBy: change.needBy ?? null, until: change.until ?? null };
      const after = {
        needBy: change.needBy === undefined ? needBy : to.needBy,
        until: change.until === undefined ? until : to.until,
      };
      if (after.until !== null && after.until <= now)
        return refused("not-possible", "That moment has passed; cancel what shall wait no longer.");
      if (isSame(after.needBy, needBy) && isSame(after.until, until)) return { already: true };
      return { to: { quantity, state, ...after } };
    }
    default:
      return change satisfies never;
  }
}

function decideReduction(
  of: { readonly waiting: number; readonly wanted: number; readonly orderedUnit: number },
  standing: (units: number) => Standing,
): ChangeDecision {
  const { waiting, wanted, orderedUnit } = of;
  if (wanted === waiting) return { already: true };
  if (wanted < 1 || wanted > waiting)
    return refused("not-possible", `${waiting} units wait; it can be fewer, and not none: cancel it then.`);
  if (wanted % orderedUnit !== 0)
    return refused("not-possible", `It waits in whole units of ${orderedUnit}; ask for a multiple of that.`);
  return { to: standing(wanted) };
}
