import type { Governance } from "../governance/index.ts";
import type { Clock, Database, KeepAnswer, Log, Transaction, Wakeup } from "../platform/index.ts";
import { isAway } from "./archive/past-store.ts";
import { SNAPSHOTS_TOPIC } from "./gather-service.ts";
import { judgeSnapshot, openSnapshotCases, SNAPSHOT_CASES_MAX } from "./snapshot-case-service.ts";
import { compareWithBooks } from "./snapshot-compare-service.ts";
import { type Comparison, deleteSlices } from "./snapshot-compare-store.ts";
import { DEFAULT_DRIFT_POLICY, holdReasons, type SnapshotWeight } from "./snapshot-hold.ts";
import {
  decideHold,
  type HoldDecision,
  holdForTooMany,
  holdSnapshot,
  noteCompared,
  selectHolds,
  selectTooMany,
} from "./snapshot-hold-store.ts";
import { deleteRows, isGathered } from "./snapshot-page-store.ts";
import { type SnapshotRecord, settleIn } from "./snapshot-store.ts";

type GuardDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly governance: Governance;
  readonly log: Log;
};

/**
 * Stands before a snapshot, before anybody hears of it, and compares it with the books. One that differs too much is held: nothing is
 * posted and no movement is held against it, so it is as though it had not come; accepted later it comes late, which the law of counts
 * does not mind. Of one that may go on, the positions beyond their tolerance are left out, each with a case. It is weighed as a whole
 * once: what a person has accepted, or a pass has begun to take, goes on whatever rows come after. Gives the comparison when it may be
 * taken.
 */
export async function guardSnapshot(
  deps: GuardDeps,
  snapshot: SnapshotRecord,
): Promise<Comparison | undefined> {
  const { snapshot_number: snapshotNumber } = snapshot;
  return deps.database.transaction(async (tx) => {
    const [hold] = await selectHolds(tx, [snapshotNumber]);
    if (hold !== undefined && hold.decision !== "accepted") return undefined;
    settleIn(tx);
    // Rows that a crash of the server emptied a moment ago would look like a warehouse without stock.
    if (!(await isGathered(tx, snapshotNumber))) return undefined;
    const comparison = await compareWithBooks(tx, snapshot);
    if (!comparison.is_exact) {
      await refuseTooMany(deps, tx, { snapshot, comparison });
      return undefined;
    }
    // Who has accepted the whole of it has accepted each of its positions.
    if (hold !== undefined) return comparison;
    const judging = { snapshot, comparison };
    if (snapshot.pass === 0) return (await weigh(deps, tx, judging)) ? comparison : undefined;
    const judged = await judgeSnapshot(deps, tx, { ...judging, casesMax: Number.POSITIVE_INFINITY });
    await openSnapshotCases(deps, tx, { ...judging, judged });
    return comparison;
  });
}

/**
 * Holds a snapshot that counts more than a number is exact for: it would be refused at every posting, and what it says cannot be so. Throws for
 * one that a pass has begun to take: its late rows were refused where they came, so the books themselves are beyond what can be counted.
 */
async function refuseTooMany(
  { clock, log }: GuardDeps,
  tx: Transaction,
  {
    snapshot,
    comparison: weight,
  }: { readonly snapshot: SnapshotRecord; readonly comparison: Comparison & SnapshotWeight },
): Promise<void> {
  const { snapshot_number: snapshotNumber, source, location_id: locationId } = snapshot;
  const tooMany = await selectTooMany(tx, snapshotNumber);
  if (snapshot.pass > 0) {
    const what = `${tooMany.units} units${tooMany.itemId === null ? "" : ` of ${tooMany.itemId}`}`;
    throw new Error(
      `snapshot ${snapshotNumber} of ${locationId} was begun, and comes to ${what} beside the books, more than can be counted`,
    );
  }
  deleteSlices(tx, snapshotNumber);
  if (!(await holdForTooMany(tx, snapshot, { weight, tooMany, at: clock.now() }))) return;
  // They are on the log.
  deleteRows(tx, snapshotNumber);
  tx.afterCommit(() =>
    log.warn({ event: "ledger.snapshot-too-many-units", snapshotNumber, source, locationId, ...tooMany }),
  );
}

async function weigh(
  deps: GuardDeps,
  tx: Transaction,
  judging: { readonly snapshot: SnapshotRecord; readonly comparison: Comparison & SnapshotWeight },
): Promise<boolean> {
  const { clock, governance, log } = deps;
  const { snapshot, comparison: weight } = judging;
  const { source, location_id: locationId, snapshot_number: snapshotNumber } = snapshot;
  const policy = (await governance.driftPolicy(tx, { source, locationId })) ?? DEFAULT_DRIFT_POLICY;
  noteCompared(tx, snapshotNumber, weight.positions_compared);
  const reasons = [...holdReasons(weight, policy)];
  if (reasons.length === 0) {
    const judged = await judgeSnapshot(deps, tx, { ...judging, casesMax: SNAPSHOT_CASES_MAX });
    if (judged.cases.length <= SNAPSHOT_CASES_MAX) {
      await openSnapshotCases(deps, tx, { ...judging, judged });
      return true;
    }
    reasons.push("many-cases");
  }
  deleteSlices(tx, snapshotNumber);
  if (await holdSnapshot(tx, snapshot, { weight, reasons, at: clock.now() })) {
    // They are on the log; a snapshot may be held for long.
    deleteRows(tx, snapshotNumber);
    tx.afterCommit(() =>
      log.warn({ event: "ledger.snapshot-held", snapshotNumber, source, locationId, reasons }),
    );
  }
  return false;
}

/**
 * What a decision came to. A second one changes nothing and hears what the first was; what is dated inside an archive cannot be accepted
 * before that is back, and what sums to more than is counted never.
 */
export type HoldOutcome =
  | "settled"
  | "already-accepted"
  | "already-dismissed"
  | "not-held"
  | "past-archived"
  | "too-many-units";

type DecideDeps = Pick<GuardDeps, "database" | "clock"> & { readonly wakeup: Wakeup };

/** Decides about a held snapshot: accepted, it is taken as it would have been; dismissed, it counts nothing, now and later. */
export async function decideSnapshot(deps: DecideDeps, decision: HoldDecision): Promise<HoldOutcome> {
  return deps.database.transaction((tx) => decideWithin(deps, tx, decision));
}

/**
 * Decides about many held snapshots in one transaction, which `keep` keeps the answer in. Gives the outcomes in the order of the decisions;
 * a second decision about the same snapshot comes after its first.
 */
export async function decideSnapshots(
  deps: DecideDeps,
  decisions: readonly HoldDecision[],
  keep: KeepAnswer<readonly HoldOutcome[]>,
): Promise<readonly HoldOutcome[]> {
  return deps.database.transaction(async (tx) => {
    // Rows are locked in the order of their numbers, whatever order was asked for.
    const inOrder = [...decisions.entries()].toSorted(
      ([, one], [, other]) => one.snapshotNumber - other.snapshotNumber,
    );
    const decided = new Map<number, HoldOutcome>();
    for (const [at, decision] of inOrder) decided.set(at, await decideWithin(deps, tx, decision));
    const outcomes = decisions.map((_, at) => decided.get(at) ?? "not-held");
    await keep(tx, outcomes);
    return outcomes;
  });
}

async function decideWithin(deps: DecideDeps, tx: Transaction, decision: HoldDecision): Promise<HoldOutcome> {
  const [before] = await selectHolds(tx, [decision.snapshotNumber]);
  const waitsFor = before?.decision === null ? before.archive : null;
  if (decision.decision === "accepted" && waitsFor !== null && (await isAway(tx, waitsFor)))
    return "past-archived";
  if (decision.decision === "accepted" && before?.decision === null && before.too_many !== null)
    return "too-many-units";
  if ((await decideHold(tx, decision, deps.clock.now())) > 0) {
    if (decision.decision === "dismissed") deleteRows(tx, decision.snapshotNumber);
    else tx.afterCommit(() => deps.wakeup.signal(SNAPSHOTS_TOPIC));
    return "settled";
  }
  const [hold] = await selectHolds(tx, [decision.snapshotNumber]);
  return hold?.decision == null ? "not-held" : (`already-${hold.decision}` as const);
}
