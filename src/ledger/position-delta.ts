import type { Status } from "@crossdock/canonical";
import { type Balances, NOTHING } from "./balances.ts";
import type { PlannedTransfer } from "./transfer.ts";

/** The change of each status, per position: what a batch of transfers does to balances. */
export type PositionDelta = {
  readonly positionId: number;
  /** Transfers that touch the position; one inside it counts once. The position's version is the sum of these. */
  readonly transfers: number;
  readonly deltas: Balances;
};

/** Folds transfers into one change per position, in the order of position ids. */
export function foldTransfers(transfers: readonly PlannedTransfer[]): readonly PositionDelta[] {
  const folded = new Map<number, { transfers: number; deltas: Record<Status, number> }>();
  const touched = (positionId: number) => {
    const change = folded.get(positionId) ?? { transfers: 0, deltas: { ...NOTHING } };
    folded.set(positionId, change);
    change.transfers += 1;
    return change.deltas;
  };
  for (const { fromPositionId, fromStatus, toPositionId, toStatus, quantity: units } of transfers) {
    const from = touched(fromPositionId);
    const to = fromPositionId === toPositionId ? from : touched(toPositionId);
    from[fromStatus] -= units;
    to[toStatus] += units;
  }
  return [...folded]
    .map(([positionId, change]) => ({ positionId, ...change }))
    .toSorted((a, b) => a.positionId - b.positionId);
}
