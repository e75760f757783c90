import type { Transaction } from "../platform/index.ts";
import { selectNumbersAround } from "./count-store.ts";
import { snapshotOrder, watermarkOf } from "./snapshot.ts";
import { type Comparison, compareSnapshot } from "./snapshot-compare-store.ts";
import type { SnapshotWeight } from "./snapshot-hold.ts";
import { recordHeader, type SnapshotRecord } from "./snapshot-store.ts";

/** Positions in one transaction: they are locked meanwhile, and a reservation that wants one waits for tens of milliseconds. */
export const SLICE_POSITIONS = 1_000;

/**
 * A position without a row is empty only when every row is known, since an unknown item may be the one that it has; or when somebody has
 * said that the unknown rows are left out.
 */
export const isFull = ({
  scope,
  rows_unresolved: unknown,
  concluded_at: concluded,
}: SnapshotRecord): boolean => scope === "full" && (unknown === 0 || concluded !== null);

/** Compares a snapshot with the books: what it comes to as a whole, and in slices what has to be taken. Nothing is locked. */
export async function compareWithBooks(
  tx: Transaction,
  snapshot: SnapshotRecord,
): Promise<Comparison & SnapshotWeight> {
  const header = recordHeader(snapshot);
  const watermark = watermarkOf(header);
  const around = watermark === undefined ? [] : await selectNumbersAround(tx, watermark, snapshot.taken_at);
  const above = around.filter((row) => row.number > (watermark?.number ?? 0));
  const events = above.map((row) => row.event_number);
  const inOrder = snapshotOrder(header);
  return compareSnapshot(tx, {
    snapshot,
    isFull: isFull(snapshot),
    events,
    inOrder,
    slicePositions: SLICE_POSITIONS,
  });
}
