import type { Transaction } from "../platform/index.ts";
import { selectNumbersAround } from "./count-store.ts";
import { snapshotOrder, watermarkOf } from "./snapshot.ts";
import {
  type PositionToTake,
  recordHeader,
  type SnapshotRecord,
  selectPositionsToTake,
} from "./snapshot-store.ts";

/**
 * A position without a row is empty only when every row is known, since an unknown item may be the one that it has; or when somebody has
 * said that the unknown rows are left out.
 */
export const isFull = ({
  scope,
  rows_unresolved: unknown,
  concluded_at: concluded,
}: SnapshotRecord): boolean => scope === "full" && (unknown === 0 || concluded !== null);

/**
 * The positions that a snapshot has to be held against. Those that it left out, because a case about them was not accepted, are not among
 * them; `withOpen` has those whose case is open.
 */
export async function positionsToTake(
  tx: Transaction,
  snapshot: SnapshotRecord,
  { withOpen }: { readonly withOpen: boolean },
): Promise<PositionToTake[]> {
  const header = recordHeader(snapshot);
  const watermark = watermarkOf(header);
  const around = watermark === undefined ? [] : await selectNumbersAround(tx, watermark, snapshot.taken_at);
  const above = around.filter((row) => row.number > (watermark?.number ?? 0));
  return selectPositionsToTake(tx, {
    snapshot,
    isFull: isFull(snapshot),
    events: above.map((row) => row.event_number),
    inOrder: snapshotOrder(header),
    withOpen,
  });
}
