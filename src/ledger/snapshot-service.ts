import { itemId } from "@crossdock/canonical";
import type { FactLog } from "../backbone/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Clock, Database, Leases, Log, Transaction, Wakeup } from "../platform/index.ts";
import { upsertClaimedLocation, upsertClaimedRows } from "./claimed-store.ts";
import { deleteCountsOfAccepted } from "./count-case-store.ts";
import { columnsOf, isPage } from "./gather-service.ts";
import { loadHistories } from "./history-service.ts";
import { COUNT_VARIANCE } from "./movement.ts";
import { type Plan, planCounts, varianceAccounts } from "./plan.ts";
import type { PositionMemory } from "./position-memory.ts";
import { holdPositions, idsByKey } from "./position-service.ts";
import { postTransfers } from "./post-service.ts";
import { SHELVES } from "./shelf.ts";
import { countOf, type SnapshotHeader, snapshotOrder, watermarkOf } from "./snapshot.ts";
import { outdoBySnapshot, snapshotCount } from "./snapshot-case-service.ts";
import { isFull, SLICE_POSITIONS } from "./snapshot-compare-service.ts";
import {
  type Comparison,
  deleteSlices,
  insertMissingOfSlices,
  noteAccounts,
  selectMovedPositions,
  selectSlices,
} from "./snapshot-compare-store.ts";
import { guardSnapshot } from "./snapshot-hold-service.ts";
import { deleteRows, insertColumns, isGathered, selectPageFacts } from "./snapshot-page-store.ts";
import { guardPast } from "./snapshot-past-service.ts";
import { type Taking, takePlainSlice } from "./snapshot-slice-service.ts";
import {
  addSlice,
  beginPass,
  deleteCountsOfSnapshot,
  endPass,
  type PositionToTake,
  recordHeader,
  type SliceDone,
  type SnapshotRecord,
  selectHorizon,
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
  const comparison = isClaim ? undefined : await guardSnapshot(deps, snapshot);
  if (!isClaim && comparison === undefined) return;
  const begun = await database.transaction((tx) => announce(tx, { snapshot, comparison, now: clock.now() }));
  if (begun === undefined) return;
  const pass = { snapshotNumber, pass: begun };
  if (comparison !== undefined) {
    await heardByAll(deps, ended);
    await takePositions(deps, { snapshot, pass, comparison }, ended);
  }
  if (ended.aborted) return;
  await database.transaction(async (tx) => {
    settleIn(tx);
    if (isClaim) keepClaim(tx, snapshot);
    const state = isClaim ? "claim" : "applied";
    const kept = await endPass(tx, pass, { revision: snapshot.revision, state, at: clock.now() });
    if (kept === 0) return;
    deleteRows(tx, snapshotNumber);
    deleteSlices(tx, snapshotNumber);
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
async function announce(
  tx: Transaction,
  {
    snapshot,
    comparison,
    now,
  }: {
    readonly snapshot: SnapshotRecord;
    readonly comparison: Comparison | undefined;
    readonly now: Date;
  },
): Promise<number | undefined> {
  settleIn(tx);
  const pass = await beginPass(tx, snapshot);
  if (pass === undefined || comparison === undefined) return pass;
  const header = recordHeader(snapshot);
  const full = isFull(snapshot);
  if (comparison.positions_missing > 0) insertMissingOfSlices(tx, comparison, snapshot);
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
  if (comparison.positions_to_take > 0) noteAccounts(tx, comparison, COUNT_VARIANCE.locationId);
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
      const columns = facts.filter(isPage).map((page) => columnsOf(page, snapshotNumber));
      if (columns.length > 0) insertColumns(tx, columns);
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

/** Takes what the comparison found: plain differences slice by slice inside the database, everything else by the rule itself. */
async function takePositions(
  deps: SnapshotDeps,
  { comparison, ...taking }: Taking & { readonly comparison: Comparison },
  ended: AbortSignal,
): Promise<void> {
  const { database } = deps;
  const { snapshot, pass } = taking;
  const { slices, moved } = await database.transaction((tx) => findPositions(tx, snapshot, comparison));
  const plain = slices.filter(({ kind }) => kind === "plain");
  const positions = plain.reduce((sum, slice) => sum + slice.positions, 0);
  await setPassTotal(database, pass, positions + moved.length);
  const rest = new Map(moved.map((row) => [row.position_id, row]));
  let taken = positions;
  await inLanes(plain, ended, async ({ slice_number: sliceNumber }) => {
    const left = await database.transaction((tx) => takePlainSlice(deps, tx, { taking, sliceNumber }));
    for (const row of left) rest.set(row.position_id, row);
    taken -= left.length;
  });
  if (rest.size > 0) await setPassTotal(database, pass, taken + rest.size);
  await inLanes(slicesOf([...rest.values()]), ended, (slice) =>
    database.transaction((tx) => takeSlice(deps, tx, taking, slice)),
  );
}

/** What has to be taken, once everybody has heard of the snapshot. Throws when the server has lost some of it in a crash. */
async function findPositions(tx: Transaction, snapshot: SnapshotRecord, comparison: Comparison) {
  const { snapshot_number: snapshotNumber } = snapshot;
  settleIn(tx);
  const slices = await selectSlices(tx, comparison, snapshotNumber);
  const positions = slices.reduce((sum, slice) => sum + slice.positions, 0);
  if (positions < comparison.positions_to_take || !(await isGathered(tx, snapshotNumber))) {
    throw new Error(
      `the server has lost what snapshot ${snapshotNumber} was found to change; it is compared again`,
    );
  }
  return {
    slices,
    moved: await selectMovedPositions(tx, comparison, {
      snapshot,
      isFull: isFull(snapshot),
      inOrder: snapshotOrder(recordHeader(snapshot)),
    }),
  };
}

function slicesOf(positions: readonly PositionToTake[]): readonly (readonly PositionToTake[])[] {
  const sorted = positions.toSorted((a, b) => a.position_id - b.position_id);
  const slices: (readonly PositionToTake[])[] = [];
  for (let start = 0; start < sorted.length; start += SLICE_POSITIONS)
    slices.push(sorted.slice(start, start + SLICE_POSITIONS));
  return slices;
}

/** Works through slices, `LANES` at a time, until the end or until told to stop. */
async function inLanes<Slice>(
  slices: readonly Slice[],
  ended: AbortSignal,
  take: (slice: Slice) => Promise<void>,
): Promise<void> {
  const waiting = slices[Symbol.iterator]();
  const lane = async () => {
    for (const slice of waiting) {
      if (ended.aborted) return;
      await take(slice);
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
