import { type FactData, itemId, locationId } from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type { Clock, Transaction } from "../platform/index.ts";
import { isBehindCheckpoints } from "./checkpoint-service.ts";
import { tellChanged } from "./post-service.ts";
import { snapshotOrder } from "./snapshot.ts";
import { lockSlice, type PlainSlice, postSlice, type SlicePosted } from "./snapshot-slice-store.ts";
import {
  addSlice,
  type Pass,
  type PositionToTake,
  recordHeader,
  type SnapshotRecord,
} from "./snapshot-store.ts";

type SliceDeps = { readonly clock: Clock; readonly factLog: FactLog };

/** What a pass does: the snapshot as it began, and its number. */
export type Taking = { readonly snapshot: SnapshotRecord; readonly pass: Pass };

/**
 * Takes a slice of positions that differ and of which nothing else is known, inside the database. Gives those to which something has
 * happened since they were compared: they have to be held against the snapshot one by one.
 */
export async function takePlainSlice(
  deps: SliceDeps,
  tx: Transaction,
  { taking: { snapshot, pass }, sliceNumber }: { readonly taking: Taking; readonly sliceNumber: number },
): Promise<readonly PositionToTake[]> {
  const { taken_at: takenAt, conditions } = snapshot;
  const slice: PlainSlice = {
    ...{ sliceNumber, takenAt, conditions, locationId: snapshot.location_id },
    inOrder: snapshotOrder(recordHeader(snapshot)),
  };
  const now = deps.clock.now();
  lockSlice(tx, slice);
  const posted = await postSlice(tx, slice, { now, isBehindCheckpoints: isBehindCheckpoints(takenAt, now) });
  await tellChanged(deps, tx, { changed: changedOf(posted), correlationId: snapshot.correlation_id, now });
  const kept = await addSlice(tx, pass, {
    positions: posted.positions - posted.left.length,
    changed: posted.positions_changed,
    found: posted.units_found,
    missing: posted.units_missing,
  });
  if (kept === 0) throw new Error(`another pass over snapshot ${snapshot.snapshot_number} has begun`);
  return posted.left;
}

/** The columns as readers of the log are told. */
function changedOf(posted: SlicePosted): FactData<"PositionsChanged">["positions"] {
  return posted.item_ids.map((item, at) => ({
    itemId: itemId(item),
    locationId: locationId(posted.location_ids[at] ?? ""),
    lot: posted.lots[at] ?? "",
    version: posted.versions[at] ?? 0,
  }));
}
