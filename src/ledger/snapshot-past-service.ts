import type { Clock, Database, Log } from "../platform/index.ts";
import { selectArchiveOfFacts, selectArchiveOfSnapshot } from "./archive/past-store.ts";
import { selectNumbersAround } from "./count-store.ts";
import { watermarkOf } from "./snapshot.ts";
import { holdForArchive } from "./snapshot-hold-store.ts";
import { deleteRows } from "./snapshot-page-store.ts";
import { recordHeader, type SnapshotRecord, settleIn } from "./snapshot-store.ts";

type PastDeps = { readonly database: Database; readonly clock: Clock; readonly log: Log };

/**
 * Holds a snapshot that is dated inside a past which lies in an archive: what it should be held against is not here. Restored and
 * accepted it is taken; dismissed it never is, and its source may say the same of a later moment. Gives whether it may go on. Of one
 * that a pass has begun to take, late rows are refused where they are gathered.
 */
export async function guardPast(
  { database, clock, log }: PastDeps,
  snapshot: SnapshotRecord,
): Promise<boolean> {
  if (snapshot.pass > 0) return true;
  return database.transaction(async (tx) => {
    settleIn(tx);
    const { snapshot_number: snapshotNumber, location_id: locationId, taken_at: takenAt, source } = snapshot;
    const watermark = watermarkOf(recordHeader(snapshot));
    const around = watermark === undefined ? [] : await selectNumbersAround(tx, watermark, takenAt);
    const beyond = around.filter((row) => row.number > (watermark?.number ?? 0));
    const [ofTime, ofNumbers] = await Promise.all([
      selectArchiveOfSnapshot(tx, {
        ...{ snapshotNumber, locationId, takenAt },
        isFull: snapshot.scope === "full",
      }),
      selectArchiveOfFacts(
        tx,
        beyond.map((row) => row.event_number),
      ),
    ]);
    const archive = ofTime ?? ofNumbers;
    if (archive === undefined) return true;
    if (!(await holdForArchive(tx, snapshot, { archive, at: clock.now() }))) return false;
    // They are on the log.
    deleteRows(tx, snapshotNumber);
    const held = { snapshotNumber, source, locationId, takenAt: takenAt.toISOString(), archive };
    tx.afterCommit(() => log.warn({ event: "ledger.snapshot-dated-in-archive", ...held }));
    return false;
  });
}
