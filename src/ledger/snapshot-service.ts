import { itemId } from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Clock, Database, Leases, Log, Transaction, Wakeup } from "../platform/index.ts";
import { upsertClaimedLocation, upsertClaimedRows } from "./claimed-store.ts";
import { deleteCountsOfAccepted } from "./count-case-store.ts";
import { isPage } from "./gather-service.ts";
import { loadHistories } from "./history-service.ts";
import { type Plan, planCounts, varianceAccounts } from "./plan.ts";
import type { PositionMemory } from "./position-memory.ts";
import { holdPositions, idsByKey } from "./position-service.ts";
import { postTransfers } from "./post-service.ts";
import { SHELVES } from "./shelf.ts";
import { countOf, rowsOf, type SnapshotHeader, snapshotOrder, watermarkOf } from "./snapshot.ts";
import { outdoBySnapshot, snapshotCount } from "./snapshot-case-service.ts";
import { guardSnapshot } from "./snapshot-hold-service.ts";
import { guardPast } from "./snapshot-past-service.ts";
import { isFull, positionsToTake } from "./snapshot-positions-service.ts";
import {
  addSlice,
  beginPass,
  deleteCountsOfSnapshot,
  deleteRows,
  endPass,
  insertCountedPositions,
  insertRows,
  isGathered,
  type Pass,
  type PositionToTake,
  recordHeader,
  type SliceDone,
  type SnapshotRecord,
  selectHorizon,
  selectPageFacts,
  selectSnapshot,
  setPassTotal,
  settleIn,
  upsertCountsOfSnapshot,
  upsertCoverage,
} from "./snapshot-store.ts";

export type SnapshotDeps = {
  readonly database: Database;
  readonly clock: Clock;
  readonly factLog: FactLog;
  readonly governance: Governance;
  readonly leases: Leases;
  readonly wakeup: Wakeup;
  readonly log: Log;
  readonly memory: PositionMemory;
};

/** Positions in one transaction: they are locked meanwhile, and a reservation that wants one waits for tens of milliseconds. */
const SLICE_POSITIONS = 1_000;
/** Slices at work at once: while the server writes one, the next is decided here. */
const LANES = 2;
/** Pages read back at once, when the rows that were gathered are lost. */
const PAGES_AGAIN = 20;
/** How often it is looked whether those have ended who may not know of a snapshot yet. */
const HORIZON_POLL_MS = 5;

/**
 * Takes a snapshot that has all its pages: says first that it counted, so that every movement from then on is held against it; waits for
 * those who may not have heard; then holds each position that differs against it, a slice at a time, under the lock and by the rule of a
 * single count. What it would post twice comes to nothing the second time, so a pass that was cut short is simply begun again.
 */
export async function takeSnapshot(
  deps: SnapshotDeps,
  snapshotNumber: number,
  ended: AbortSignal,
): Promise<void> {
  const { database, clock } = deps;
  const snapshot = await selectSnapshot(database, snapshotNumber);
  if (snapshot?.state !== "ready") return;
  await gatherAgain(deps, snapshotNumber);
  const isClaim = snapshot.owner !== snapshot.source;
  if (!isClaim && !(await guardPast(deps, snapshot))) return;
  if (!isClaim && !(await guardSnapshot(deps, snapshot))) return;
  const begun = await database.transaction((tx) => announce(tx, snapshot, clock.now()));
  if (begun === undefined) return;
  const pass = { snapshotNumber, pass: begun };
  if (!isClaim) {
    await heardByAll(deps, ended);
    await takePositions(deps, { snapshot, pass }, ended);
  }
  if (ended.aborted) return;
  await database.transaction(async (tx) => {
    settleIn(tx);
    if (isClaim) keepClaim(tx, snapshot);
    const state = isClaim ? "claim" : "applied";
    const kept = await endPass(tx, pass, { revision: snapshot.revision, state, at: clock.now() });
    if (kept > 0) deleteRows(tx, snapshotNumber);
  });
}

/** Keeps what a source says that is not the owner. It moves nothing; the report of disagreements has it. */
function keepClaim(tx: Transaction, snapshot: SnapshotRecord): void {
  const claimed = {
    snapshotNumber: snapshot.snapshot_number,
    locationId: snapshot.location_id,
    source: snapshot.source,
    saidAt: snapshot.taken_at,
    inOrder: snapshotOrder(recordHeader(snapshot)),
    eventNumber: snapshot.event_number,
  };
  upsertClaimedRows(tx, claimed);
  if (isFull(snapshot)) upsertClaimedLocation(tx, claimed);
}

/** Begins a pass and writes down that the snapshot counted, in one transaction. Undefined when another process has held it meanwhile. */
async function announce(tx: Transaction, snapshot: SnapshotRecord, now: Date): Promise<number | undefined> {
  settleIn(tx);
  const pass = await beginPass(tx, snapshot);
  if (pass === undefined || snapshot.owner !== snapshot.source) return pass;
  const header = recordHeader(snapshot);
  const full = isFull(snapshot);
  insertCountedPositions(tx, snapshot.snapshot_number, snapshot.location_id, !full);
  const watermark = watermarkOf(header);
  const counted = {
    snapshotNumber: snapshot.snapshot_number,
    locationId: snapshot.location_id,
    takenAt: snapshot.taken_at,
    inOrder: snapshotOrder(header),
    shelves: snapshot.conditions ? SHELVES : (["on-hand"] as const),
    source: watermark?.source ?? null,
    stream: watermark?.stream ?? null,
    number: watermark?.number ?? null,
  };
  if (!full) upsertCountsOfSnapshot(tx, counted);
  else upsertCoverage(tx, counted);
  if (full) deleteCountsOfAccepted(tx, snapshotCount(snapshot));
  if (full && snapshot.revision_taken > 0) deleteCountsOfSnapshot(tx, counted);
  outdoBySnapshot(tx, snapshot, now);
  return pass;
}

/** Gathers the rows from the log again when they are not all there: the server crashed, or something came after the last pass. */
async function gatherAgain({ database, factLog }: SnapshotDeps, snapshotNumber: number): Promise<void> {
  if (await isGathered(database, snapshotNumber)) return;
  await database.transaction(async (tx) => {
    settleIn(tx);
    deleteRows(tx, snapshotNumber);
    for (let after = 0; ; ) {
      const numbers = await selectPageFacts(tx, snapshotNumber, { after, limit: PAGES_AGAIN });
      const facts = await factLog.factsByNumber(tx, numbers);
      const rows = facts.filter(isPage).flatMap((page) => rowsOf(page));
      if (rows.length > 0)
        insertRows(
          tx,
          rows.map((row) => ({ ...row, snapshotNumber })),
        );
      const last = numbers.at(-1);
      if (last === undefined || numbers.length < PAGES_AGAIN) return;
      after = last;
    }
  });
}

/**
 * Waits until every transaction has ended that was running when the snapshot was announced: one of them may be posting a movement that it
 * has not held against the snapshot. Those that begin later see it. A posting transaction has locked, and so has a number, before it
 * asks for counts.
 */
async function heardByAll({ database, wakeup }: SnapshotDeps, ended: AbortSignal): Promise<void> {
  const { next } = await selectHorizon(database);
  while (!ended.aborted) {
    const { oldest_running: oldest } = await selectHorizon(database);
    if (BigInt(oldest) >= BigInt(next)) return;
    await wakeup.wait("horizon", HORIZON_POLL_MS, ended);
  }
}

type Taking = { readonly snapshot: SnapshotRecord; readonly pass: Pass };

async function takePositions(deps: SnapshotDeps, taking: Taking, ended: AbortSignal): Promise<void> {
  const { database } = deps;
  const { snapshot, pass } = taking;
  const positions = await database.transaction((tx) => {
    settleIn(tx);
    return positionsToTake(tx, snapshot, { withOpen: false });
  });
  await setPassTotal(database, pass, positions.length);
  let next = 0;
  const lane = async () => {
    while (next < positions.length && !ended.aborted) {
      const slice = positions.slice(next, next + SLICE_POSITIONS);
      next += SLICE_POSITIONS;
      await database.transaction((tx) => takeSlice(deps, tx, taking, slice));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Holds a slice of positions against the snapshot, under their locks. */
async function takeSlice(
  deps: SnapshotDeps,
  tx: Transaction,
  { snapshot, pass }: Taking,
  slice: readonly PositionToTake[],
): Promise<void> {
  const header = recordHeader(snapshot);
  const places = slice.map(({ item_id, lot }) => ({
    itemId: itemId(item_id),
    locationId: header.locationId,
    lot,
  }));
  const held = await holdPositions(tx, deps.memory, places);
  const positions = [...held, ...(await holdPositions(tx, deps.memory, varianceAccounts(places)))];
  const counted = new Set(slice.map((row) => row.position_id));
  const histories = await loadHistories(tx, {
    positions: held.filter((row) => counted.has(row.position_id)),
    from: snapshot.taken_at,
    lowest: [],
    counted,
    watermark: watermarkOf(header),
  });
  const positionIds = idsByKey(positions);
  const counts = slice.map((row) => toPlan(header, row));
  const plan = planCounts(header.locationId, { positionIds, histories, counts });
  await postTransfers(deps, tx, {
    positions,
    transfers: plan.transfers,
    correlationId: snapshot.correlation_id,
  });
  const kept = await addSlice(tx, pass, sliceDone(slice, plan));
  if (kept === 0) throw new Error(`another pass over snapshot ${snapshot.snapshot_number} has begun`);
}

function toPlan(header: SnapshotHeader, row: PositionToTake) {
  const count = countOf(header, { onHand: row.on_hand, quarantined: row.quarantined, damaged: row.damaged });
  return { itemId: itemId(row.item_id), lot: row.lot, eventNumber: row.event_number, count };
}

function sliceDone(slice: readonly PositionToTake[], plan: Plan): SliceDone {
  const counted = new Set(slice.map((row) => row.position_id));
  const own = plan.transfers.filter((transfer) => transfer.reason === "count");
  const found = own.filter((transfer) => counted.has(transfer.toPositionId));
  const missing = own.filter((transfer) => counted.has(transfer.fromPositionId));
  const units = (some: typeof own) => some.reduce((sum, transfer) => sum + transfer.quantity, 0);
  return {
    positions: slice.length,
    changed: new Set([
      ...found.map((transfer) => transfer.toPositionId),
      ...missing.map((transfer) => transfer.fromPositionId),
    ]).size,
    found: units(found),
    missing: units(missing),
  };
}
