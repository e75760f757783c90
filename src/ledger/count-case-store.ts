import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { OutdoneCase, PlannedCase } from "./case-book.ts";
import type { CaseState } from "./count-case.ts";

/** A case as it stands. Units are of the item's smallest unit. */
export type CaseRow = {
  readonly case_number: number;
  readonly position_id: number;
  readonly location_id: string;
  readonly source: string;
  readonly counted_at: Date;
  readonly in_order: string;
  readonly counted: number;
  readonly quarantined: number | null;
  readonly damaged: number | null;
  readonly watermark_stream: string | null;
  readonly watermark_number: number | null;
  readonly expected: number;
  readonly position_version: number;
  readonly event_number: number;
  readonly snapshot_number: number | null;
  readonly opened_at: Date;
  readonly accept_at: Date | null;
  readonly state: CaseState;
  readonly closed_at: Date | null;
  readonly closed_by: string | null;
  readonly closed_because: string | null;
};

const HOUR_MS = 3_600_000;

/** Keeps counts that are not taken. One that is kept already, and open, is kept as it is said now: rows of a snapshot may come late. */
export function insertCases(tx: Transaction, cases: readonly PlannedCase[], at: Date): void {
  const closed = (of: PlannedCase) => of.state !== "open";
  tx.send(sql`
    insert into ledger.count_case as known (
      position_id, location_id, source, counted_at, in_order, counted, quarantined, damaged, watermark_stream, watermark_number,
      expected, position_version, event_number, snapshot_number, opened_at, accept_at, state, closed_at, closed_by, closed_because)
    select c.position_id, c.location_id, c.source, c.counted_at, c.in_order, c.counted, c.quarantined, c.damaged, c.stream, c.number,
           c.expected, 0, c.event_number, c.snapshot_number, ${at}::timestamptz, c.accept_at, c.state,
           case when c.closed_by is not null then ${at}::timestamptz end, c.closed_by,
           case when c.closed_by is not null then 'a later count of the position was taken' end
    from unnest(
      ${cases.map((c) => c.positionId)}::bigint[], ${cases.map((c) => c.thing.locationId)}::text[],
      ${cases.map((c) => c.thing.source)}::text[], ${cases.map((c) => new Date(c.count.at))}::timestamptz[],
      ${cases.map((c) => c.count.inOrder)}::text[], ${cases.map((c) => c.count.counted["on-hand"])}::bigint[],
      ${cases.map((c) => c.count.counted.quarantined ?? null)}::bigint[],
      ${cases.map((c) => c.count.counted.damaged ?? null)}::bigint[],
      ${cases.map((c) => c.count.watermark?.stream ?? null)}::text[],
      ${cases.map((c) => c.count.watermark?.number ?? null)}::bigint[], ${cases.map((c) => c.expected)}::bigint[],
      ${cases.map((c) => c.eventNumber)}::bigint[], ${cases.map((c) => c.snapshotNumber ?? null)}::bigint[],
      ${cases.map((c) => acceptAt(c, at))}::timestamptz[], ${cases.map((c) => c.state)}::text[],
      ${cases.map((c) => (closed(c) ? (c.outdoneBy ?? "a later count") : null))}::text[])
      as c (position_id, location_id, source, counted_at, in_order, counted, quarantined, damaged, stream, number, expected,
            event_number, snapshot_number, accept_at, state, closed_by)
    order by c.position_id, c.counted_at, c.in_order
    on conflict on constraint case_is_one_count do update
      set counted = excluded.counted, quarantined = excluded.quarantined, damaged = excluded.damaged, expected = excluded.expected
      where known.state = 'open'`);
}

const acceptAt = ({ acceptAfterHours, state }: PlannedCase, at: Date): Date | null =>
  acceptAfterHours === null || state !== "open" ? null : new Date(at.getTime() + acceptAfterHours * HOUR_MS);

/** The cases that are open at positions, the earliest count first. */
export function selectOpenCases(database: Queryable, positionIds: readonly number[]): Promise<CaseRow[]> {
  return database.query<CaseRow>(sql`
    select * from ledger.count_case where state = 'open' and position_id = any (${positionIds}::bigint[])
    order by position_id, counted_at, in_order collate "C"`);
}

/** Closes open cases that counts which were taken have outdone. */
export function closeOutdone(tx: Transaction, cases: readonly OutdoneCase[], at: Date): void {
  tx.send(sql`
    update ledger.count_case c
    set state = 'superseded', closed_at = ${at}, closed_by = o.source, closed_because = 'a later count of the position was taken'
    from unnest(${cases.map((c) => c.caseNumber)}::bigint[], ${cases.map((c) => c.by)}::text[]) as o (case_number, source)
    where c.case_number = o.case_number and c.state = 'open'`);
}

/** What was decided about a case, by whom and why. */
export type CaseDecision = {
  readonly caseNumber: number;
  readonly decision: "accepted" | "rejected";
  readonly by: string;
  readonly because: string;
};

/** Closes an open case. Undefined when it is not open, or there is none. */
export async function closeCase(
  tx: Transaction,
  { caseNumber, decision, by, because }: CaseDecision,
  at: Date,
): Promise<CaseRow | undefined> {
  const [row] = await tx.query<CaseRow>(sql`
    update ledger.count_case
    set state = ${decision}, closed_at = ${at}, closed_by = ${by}, closed_because = ${because}
    where case_number = ${caseNumber} and state = 'open' returning *`);
  return row;
}

export async function selectCase(database: Queryable, caseNumber: number): Promise<CaseRow | undefined> {
  const [row] = await database.query<CaseRow>(sql`
    select * from ledger.count_case where case_number = ${caseNumber}`);
  return row;
}

/** Writes down what the books have as of an open case's count, now that they have been looked at again. */
export function noteExpected(
  tx: Transaction,
  caseNumber: number,
  looked: { readonly expected: number; readonly version: number },
): void {
  tx.send(sql`
    update ledger.count_case set expected = ${looked.expected}, position_version = ${looked.version}
    where case_number = ${caseNumber} and state = 'open'`);
}

/** Open cases that are to be looked at again, beyond one: their time has come, or something has moved at their position since. */
export async function selectCasesToLookAt(
  database: Queryable,
  of: { readonly now: Date; readonly after: number; readonly limit: number },
): Promise<readonly number[]> {
  const rows = await database.query<{ case_number: number }>(sql`
    select c.case_number from ledger.count_case c join ledger.position p using (position_id)
    where c.state = 'open' and c.case_number > ${of.after} and (c.accept_at <= ${of.now} or c.position_version <> p.version)
    order by c.case_number limit ${of.limit}`);
  return rows.map((row) => row.case_number);
}

/** Whether a full snapshot has said what the count of a case says, for every position that it did not leave out. */
export async function isCovered(
  database: Queryable,
  { location_id: locationId, counted_at: at, in_order: inOrder }: CaseRow,
): Promise<boolean> {
  const [row] = await database.query<{ covered: boolean }>(sql`
    select exists (select from ledger.coverage
                   where location_id = ${locationId} and counted_at = ${at} and in_order = ${inOrder}) as covered`);
  return row?.covered === true;
}

/** A snapshot as its own cases are found: by its place, its time and its order. */
export type SnapshotCount = {
  readonly snapshotNumber: number;
  readonly locationId: string;
  readonly takenAt: Date;
  readonly inOrder: string;
};

/** Of positions that a snapshot may have left out, those that an earlier pass has counted: these are not judged any more. */
export async function selectCountedBefore(
  tx: Transaction,
  of: SnapshotCount & { readonly positionIds: readonly number[] },
): Promise<ReadonlySet<number>> {
  const rows = await tx.query<{ position_id: number }>(sql`
    select p.position_id from unnest(${of.positionIds}::bigint[]) as p (position_id)
    where not exists (select from ledger.count_case k
                      where k.position_id = p.position_id and k.counted_at = ${of.takenAt} and k.in_order = ${of.inOrder}
                        and k.state <> 'accepted')
      and (exists (select from ledger.coverage f
                   where f.location_id = ${of.locationId} and f.counted_at = ${of.takenAt} and f.in_order = ${of.inOrder})
           or exists (select from ledger.count c
                      where c.position_id = p.position_id and c.counted_at = ${of.takenAt} and c.in_order = ${of.inOrder}))`);
  return new Set(rows.map((row) => row.position_id));
}

/**
 * Closes the open cases that a snapshot outdoes by what it counts. It does not lock their positions: whoever decides about one of them at
 * this moment decides about something that the snapshot is later than, either way.
 */
export function closeOutdoneBySnapshot(
  tx: Transaction,
  of: SnapshotCount & {
    readonly source: string;
    readonly isFull: boolean;
    readonly hasConditions: boolean;
    readonly at: Date;
  },
): void {
  tx.send(sql`
    update ledger.count_case k
    set state = 'superseded', closed_at = ${of.at}, closed_by = ${of.source}, closed_because = 'a later snapshot counted the position'
    from ledger.position p
    where k.state = 'open' and k.location_id = ${of.locationId} and p.position_id = k.position_id
      and (k.counted_at < ${of.takenAt} or k.counted_at = ${of.takenAt} and k.in_order collate "C" < ${of.inOrder} collate "C")
      and (k.quarantined is null or ${of.hasConditions}::boolean)
      and not exists (select from ledger.count_case own
                      where own.position_id = k.position_id and own.counted_at = ${of.takenAt} and own.in_order = ${of.inOrder}
                        and own.state <> 'accepted')
      and (${of.isFull}::boolean
           or exists (select from ledger.snapshot_row r
                      where r.snapshot_number = ${of.snapshotNumber} and r.item_id = p.item_id and r.lot = p.lot))`);
}

/** Takes back what was kept of single positions of a snapshot whose cases were accepted, before it speaks of all positions. */
export function deleteCountsOfAccepted(tx: Transaction, of: SnapshotCount): void {
  tx.send(sql`
    delete from ledger.count c using ledger.count_case k
    where k.snapshot_number = ${of.snapshotNumber} and k.state = 'accepted' and c.position_id = k.position_id
      and c.counted_at = ${of.takenAt} and c.in_order = ${of.inOrder}`);
}
