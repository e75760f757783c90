import type { Governance } from "../governance/index.ts";
import type { Clock, Database, Log, Wakeup } from "../platform/index.ts";
import { SNAPSHOTS_TOPIC } from "./gather-service.ts";
import { DEFAULT_DRIFT_POLICY, holdReasons } from "./snapshot-hold.ts";
import {
  decideHold,
  type HoldDecision,
  holdSnapshot,
  noteCompared,
  selectHolds,
  weighSnapshot,
} from "./snapshot-hold-store.ts";
import { deleteRows, isGathered, type SnapshotRecord, settleIn } from "./snapshot-store.ts";

type GuardDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Governance;
  readonly log: Log;
};

/**
 * Holds a snapshot that differs too much, before anybody hears of it: nothing is posted and no movement is held against it, so it is as
 * though it had not come. Accepted later it comes late, which the law of counts does not mind. A snapshot is weighed once: what a person
 * has accepted, or a pass has begun to take, goes on whatever rows come after. Gives whether it may be taken.
 */
export async function guardSnapshot(deps: GuardDeps, snapshot: SnapshotRecord): Promise<boolean> {
  const { database, clock, governance, log } = deps;
  if (snapshot.pass > 0) return true;
  return database.transaction(async (tx) => {
    const [hold] = await selectHolds(tx, [snapshot.snapshot_number]);
    if (hold !== undefined) return hold.decision === "accepted";
    const { source, location_id: locationId } = snapshot;
    const policy = (await governance.driftPolicy(tx, { source, locationId })) ?? DEFAULT_DRIFT_POLICY;
    settleIn(tx);
    // Rows that a crash of the server emptied a moment ago would look like a warehouse without stock.
    if (!(await isGathered(tx, snapshot.snapshot_number))) return false;
    const weight = await weighSnapshot(tx, snapshot);
    noteCompared(tx, snapshot.snapshot_number, weight.positions_compared);
    const reasons = holdReasons(weight, policy);
    if (reasons.length === 0) return true;
    const isHeld = await holdSnapshot(tx, snapshot, { weight, reasons, at: clock.now() });
    if (!isHeld) return false;
    // They are on the log; a snapshot may be held for long.
    deleteRows(tx, snapshot.snapshot_number);
    const { snapshot_number: snapshotNumber } = snapshot;
    tx.afterCommit(() =>
      log.warn({ event: "ledger.snapshot-held", snapshotNumber, source, locationId, reasons }),
    );
    return false;
  });
}

/** What a decision came to. A second one changes nothing and hears what the first was. */
export type HoldOutcome = "settled" | "already-accepted" | "already-dismissed" | "not-held";

/** Decides about a held snapshot: accepted, it is taken as it would have been; dismissed, it counts nothing, now and later. */
export async function decideSnapshot(
  deps: Pick<GuardDeps, "database" | "clock"> & { readonly wakeup: Wakeup },
  decision: HoldDecision,
): Promise<HoldOutcome> {
  return deps.database.transaction(async (tx) => {
    if ((await decideHold(tx, decision, deps.clock.now())) > 0) {
      if (decision.decision === "dismissed") deleteRows(tx, decision.snapshotNumber);
      else tx.afterCommit(() => deps.wakeup.signal(SNAPSHOTS_TOPIC));
      return "settled";
    }
    const [hold] = await selectHolds(tx, [decision.snapshotNumber]);
    return hold?.decision == null ? "not-held" : (`already-${hold.decision}` as const);
  });
}
