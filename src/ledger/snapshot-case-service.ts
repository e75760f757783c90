import { itemId } from "@crossdock/canonical";
import type { Governance } from "../governance/index.ts";
import type { Clock, Transaction } from "../platform/index.ts";
import { openCaseBook, type PlannedCase } from "./case-book.ts";
import { loadRules, openByPosition } from "./count-case-service.ts";
import {
  closeCase,
  closeOutdoneBySnapshot,
  insertCases,
  type SnapshotCount,
  selectCountedBefore,
  selectOpenCases,
} from "./count-case-store.ts";
import { loadHistories } from "./history-service.ts";
import { countOf, snapshotOrder, watermarkOf } from "./snapshot.ts";
import { isFull } from "./snapshot-compare-service.ts";
import { type Comparison, leaveOut, selectFoundPositions } from "./snapshot-compare-store.ts";
import { type PositionToTake, recordHeader, type SnapshotRecord } from "./snapshot-store.ts";
import { selectPositionsById } from "./store.ts";

/** Positions judged together. */
const SLICE_POSITIONS = 1_000;
/** Cases that one snapshot may open. More have one cause, and are one case: the snapshot is held as a whole. */
export const SNAPSHOT_CASES_MAX = 1_000;

type JudgeDeps = { readonly governance: Governance; readonly clock: Clock };

/** A snapshot with what it was found to change. */
type ToJudge = { readonly snapshot: SnapshotRecord; readonly comparison: Comparison };

/** What judging a snapshot came to: what it leaves out, and its open cases that are within their tolerance by now. */
export type JudgedSnapshot = {
  readonly cases: readonly PlannedCase[];
  readonly within: readonly number[];
};

/** A snapshot as its own cases are found. */
export const snapshotCount = (snapshot: SnapshotRecord): SnapshotCount => ({
  snapshotNumber: snapshot.snapshot_number,
  locationId: snapshot.location_id,
  takenAt: snapshot.taken_at,
  inOrder: snapshotOrder(recordHeader(snapshot)),
});

/**
 * Judges the positions of a snapshot that differ, one by one, before anybody hears of it. No position is locked: a case says that somebody
 * should look, and what is posted in the end is decided under the lock. Where no tolerance is about its source and place, this is one
 * look-up. It ends early when it has found more than `casesMax` cases.
 */
export async function judgeSnapshot(
  deps: JudgeDeps,
  tx: Transaction,
  { snapshot, comparison, casesMax }: ToJudge & { readonly casesMax: number },
): Promise<JudgedSnapshot> {
  const { source, location_id: locationId } = snapshot;
  const cases: PlannedCase[] = [];
  const within: number[] = [];
  if (!(await deps.governance.hasCountTolerance(tx, { source, locationId }))) return { cases, within };
  const differing = await selectFoundPositions(tx, comparison, snapshot.snapshot_number);
  for (let start = 0; start < differing.length && cases.length <= casesMax; start += SLICE_POSITIONS) {
    const slice = differing.slice(start, start + SLICE_POSITIONS);
    const judged = await judgeSlice(deps, tx, { snapshot, slice });
    cases.push(...judged.cases);
    within.push(...judged.within);
  }
  return { cases, within };
}

async function judgeSlice(
  deps: JudgeDeps,
  tx: Transaction,
  { snapshot, slice }: { readonly snapshot: SnapshotRecord; readonly slice: readonly PositionToTake[] },
): Promise<JudgedSnapshot> {
  const header = recordHeader(snapshot);
  const { source, locationId } = header;
  const inOrder = snapshotOrder(header);
  const ids = slice.map((row) => row.position_id);
  const [positions, ruleOf, open, before] = await Promise.all([
    selectPositionsById(tx, ids),
    loadRules(deps, tx, {
      ...{ sources: [source], locationIds: [locationId], itemIds: slice.map((row) => row.item_id) },
    }),
    selectOpenCases(tx, ids),
    snapshot.pass === 0
      ? new Set<number>()
      : selectCountedBefore(tx, { ...snapshotCount(snapshot), positionIds: ids }),
  ]);
  const isOwn = (row: (typeof open)[number]) =>
    row.in_order === inOrder && row.counted_at.getTime() === snapshot.taken_at.getTime();
  const own = new Map(open.filter(isOwn).map((row) => [row.position_id, row.case_number]));
  const histories = await loadHistories(tx, {
    positions,
    from: snapshot.taken_at,
    lowest: [],
    counted: new Set(ids),
    watermark: watermarkOf(header),
  });
  const book = openCaseBook({
    ruleOf,
    open: openByPosition(open.filter((row) => !isOwn(row))),
    unknown: new Set(positions.filter((row) => row.version === 0).map((row) => row.position_id)),
  });
  const within: number[] = [];
  for (const row of slice) {
    const { position_id: positionId, event_number: eventNumber } = row;
    const history = histories.get(positionId);
    if (history === undefined || before.has(positionId)) continue;
    const count = countOf(header, {
      onHand: row.on_hand,
      quarantined: row.quarantined,
      damaged: row.damaged,
    });
    const thing = { source, locationId, itemId: itemId(row.item_id) };
    const caseNumber = own.get(positionId);
    if (book.isTaken({ thing, positionId, history, count, eventNumber }) && caseNumber !== undefined)
      within.push(caseNumber);
  }
  const { snapshot_number: snapshotNumber } = snapshot;
  return { cases: book.planned.map((planned) => ({ ...planned, snapshotNumber })), within };
}

/** Keeps the cases of a snapshot: from here on it leaves their positions out. */
export async function openSnapshotCases(
  { clock }: Pick<JudgeDeps, "clock">,
  tx: Transaction,
  { snapshot, comparison, judged }: ToJudge & { readonly judged: JudgedSnapshot },
): Promise<void> {
  const { cases, within } = judged;
  const now = clock.now();
  for (const caseNumber of within) {
    const because = "the books are within its tolerance by now";
    await closeCase(tx, { caseNumber, decision: "accepted", by: "tolerance", because }, now);
  }
  if (cases.length > 0) insertCases(tx, cases, now);
  leaveOut(tx, comparison, snapshotCount(snapshot));
}

/** Closes what a snapshot outdoes by all that it counts, at its announcement. */
export function outdoBySnapshot(tx: Transaction, snapshot: SnapshotRecord, at: Date): void {
  const { source, conditions: hasConditions } = snapshot;
  closeOutdoneBySnapshot(tx, {
    ...snapshotCount(snapshot),
    ...{ source, hasConditions, isFull: isFull(snapshot), at },
  });
}
