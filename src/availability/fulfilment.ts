import { quantity } from "@crossdock/canonical";
import type { EarmarkSplit } from "../ledger/index.ts";

/**
 * How far a reservation has been fulfilled. Its statuses are a function of these totals, not of the order in which facts came
 * (docs/decisions/0009): what was shipped must have been picked, so the effective pick is the greater of the two.
 */
export type Progress = { readonly quantity: number; readonly picked: number; readonly shipped: number };

const effectivePick = ({ picked, shipped }: Progress): number => Math.max(picked, shipped);
const stillAllocated = (progress: Progress): number =>
  Math.max(0, progress.quantity - effectivePick(progress));
const beyondPromise = (progress: Progress): number =>
  Math.max(0, effectivePick(progress) - progress.quantity);

/** The state that totals amount to. */
export function stateOf(progress: Progress): "allocated" | "picked" | "shipped" {
  if (progress.shipped >= progress.quantity) return "shipped";
  return effectivePick(progress) >= progress.quantity ? "picked" : "allocated";
}

/** What a pick or shipment of `units` moves, and the totals after it. A pick that a shipment was ahead of moves nothing again. */
export function advance(
  progress: Progress,
  step: "pick" | "ship",
  units: number,
): { readonly progress: Progress; readonly splits: readonly Omit<EarmarkSplit, "reservationId">[] } {
  const after =
    step === "pick"
      ? { ...progress, picked: progress.picked + units }
      : { ...progress, shipped: progress.shipped + units };
  const promised = stillAllocated(progress) - stillAllocated(after);
  const extra = beyondPromise(after) - beyondPromise(progress);
  const alreadyPicked = step === "ship" ? units - promised - extra : 0;
  const splits = [
    { from: "allocated" as const, quantity: quantity(promised) },
    { from: "available" as const, quantity: quantity(extra) },
    { from: "picked" as const, quantity: quantity(alreadyPicked) },
  ];
  return { progress: after, splits: splits.filter((split) => split.quantity > 0) };
}
