import { locationId } from "@crossdock/canonical";
import { type Queryable, script, sql, type Transaction } from "../platform/index.ts";
import type { SnapshotHeader } from "./snapshot.ts";

/** A snapshot as it stands. Units are of the item's smallest unit; positions and units are those of the last pass. */
export type SnapshotRecord = {
  readonly snapshot_number: number;
  readonly source: string;
  readonly snapshot_id: string;
  readonly location_id: string;
  readonly taken_at: Date;
  readonly scope: "full" | "partial";
  readonly conditions: boolean;
  readonly watermark_stream: string | null;
  readonly watermark_number: number | null;
  readonly owner: string;
  readonly state: "gathering" | "ready" | "held" | "dismissed" | "applied" | "claim";
  readonly pages: number | null;
  readonly pages_come: number;
  readonly rows_come: number;
  readonly rows_unresolved: number;
  /** What its rows sum to, `EXACT_MAX` at most; null where its first pages came before that was counted. */
  readonly units_come: number | null;
  readonly event_number: number;
  readonly first_come_at: Date;
  readonly last_come_at: Date;
  readonly correlation_id: string;
  readonly revision: number;
  readonly revision_taken: number;
  readonly pass: number;
  readonly positions_total: number;
  readonly positions_done: number;
  readonly positions_changed: number;
  readonly units_found: number;
  readonly units_missing: number;
  readonly positions_compared: number | null;
  readonly applied_at: Date | null;
  readonly concluded_at: Date | null;
  readonly concluded_by: string | null;
  readonly concluded_because: string | null;
};

/** The header out of a record. */
export function recordHeader(row: SnapshotRecord): SnapshotHeader {
  const { watermark_stream: stream, watermark_number: number } = row;
  return {
    source: row.source,
    snapshotId: row.snapshot_id,
    locationId: locationId(row.location_id),
    takenAt: row.taken_at,
    scope: row.scope,
    conditions: row.conditions,
    watermark: stream === null || number === null ? undefined : { stream, number },
  };
}

/** A snapshot of which a page has come. */
export type SnapshotToOpen = SnapshotHeader & {
  readonly owner: string;
  readonly eventNumber: number;
  readonly correlationId: string;
};

/** Opens the snapshots that are not open yet. Gives all of them, locked, in the order of their numbers. */
export async function openSnapshots(
  tx: Transaction,
  snapshots: readonly SnapshotToOpen[],
  now: Date,
): Promise<readonly SnapshotRecord[]> {
  const columns = snapshots.map((snapshot) => ({ ...snapshot, ...watermarkColumns(snapshot) }));
  const opened = await tx.query<SnapshotRecord>(sql`
    insert into ledger.snapshot (source, snapshot_id, location_id, taken_at, scope, conditions, watermark_stream, watermark_number,
                                 owner, event_number, correlation_id, first_come_at, last_come_at)
    select s.source, s.snapshot_id, s.location_id, s.taken_at, s.scope, s.conditions, s.watermark_stream, s.watermark_number, s.owner,
           s.event_number, s.correlation_id, ${now}, ${now}
    from unnest(${columns.map((s) => s.source)}::text[], ${columns.map((s) => s.snapshotId)}::text[],
                ${columns.map((s) => s.locationId)}::text[], ${columns.map((s) => s.takenAt)}::timestamptz[],
                ${columns.map((s) => s.scope)}::text[], ${columns.map((s) => s.conditions)}::boolean[],
                ${columns.map((s) => s.stream)}::text[], ${columns.map((s) => s.number)}::bigint[],
                ${columns.map((s) => s.owner)}::text[], ${columns.map((s) => s.eventNumber)}::bigint[],
                ${columns.map((s) => s.correlationId)}::text[])
      as s (source, snapshot_id, location_id, taken_at, scope, conditions, watermark_stream, watermark_number, owner, event_number,
            correlation_id)
    order by s.source, s.snapshot_id, s.location_id, s.taken_at, s.scope, s.conditions, s.watermark_stream, s.watermark_number
    on conflict on constraint snapshot_is_one do update set last_come_at = excluded.last_come_at
    returning *`);
  return opened;
}

const watermarkColumns = ({ watermark }: SnapshotHeader) => ({
  stream: watermark?.stream ?? null,
  number: watermark?.number ?? null,
});

export async function selectSnapshot(
  database: Queryable,
  snapshotNumber: number,
): Promise<SnapshotRecord | undefined> {
  const [row] = await database.query<SnapshotRecord>(sql`
    select * from ledger.snapshot where snapshot_number = ${snapshotNumber}`);
  return row;
}

/**
 * Lets the large statements of a pass take their time, and sort in memory. Rows that were gathered a moment ago have no statistics, and
 * the planner takes them for a few: it would then look at every position once for each row, which for 5,000 rows took four times as
 * long as everything else.
 */
export function settleIn(tx: Transaction): void {
  tx.send(script("set local enable_nestloop = off"));
  tx.send(script("set local statement_timeout = '5min'"));
  tx.send(script("set local work_mem = '64MB'"));
  tx.send(script("set local jit = off"));
}

type Announced = {
  readonly snapshotNumber: number;
  readonly locationId: string;
  readonly takenAt: Date;
  readonly inOrder: string;
  readonly shelves: readonly string[];
  readonly source: string | null;
  readonly stream: string | null;
  readonly number: number | null;
};

/** Says that every position of a location was counted at an instant, but for those that have a case of it which was not accepted. */
export function upsertCoverage(tx: Transaction, of: Announced): void {
  tx.send(sql`
    insert into ledger.coverage (location_id, counted_at, shelf, in_order, watermark_source, watermark_stream, watermark_number)
    select ${of.locationId}::text, ${of.takenAt}::timestamptz, shelf, ${of.inOrder}::text, ${of.source}::text, ${of.stream}::text,
           ${of.number}::bigint
    from unnest(${of.shelves}::text[]) as shelf
    on conflict do nothing`);
}

/** Takes back what an earlier pass said of single positions, before a full snapshot says it of all. */
export function deleteCountsOfSnapshot(tx: Transaction, of: Announced): void {
  tx.send(sql`
    delete from ledger.count c using ledger.position p
    where c.position_id = p.position_id and p.location_id = ${of.locationId} and c.counted_at = ${of.takenAt}
      and c.in_order = ${of.inOrder}`);
}

/** Says which positions were counted at an instant, and as how many; those with a case that was not accepted were not. */
export function upsertCountsOfSnapshot(tx: Transaction, of: Announced): void {
  tx.send(sql`
    insert into ledger.count as known (position_id, counted_at, shelf, in_order, counted, event_number, watermark_source,
                                       watermark_stream, watermark_number)
    select p.position_id, ${of.takenAt}::timestamptz, shelf, ${of.inOrder}::text,
           coalesce(sum(r.counted) filter (where shelf = 'on-hand' or r.status = shelf), 0), min(r.event_number),
           ${of.source}::text, ${of.stream}::text, ${of.number}::bigint
    from ledger.snapshot_row r
    join ledger.position p on p.location_id = ${of.locationId} and p.item_id = r.item_id and p.lot = r.lot
    cross join unnest(${of.shelves}::text[]) as shelf
    where r.snapshot_number = ${of.snapshotNumber}
      and not exists (select from ledger.count_case k
                      where k.position_id = p.position_id and k.counted_at = ${of.takenAt} and k.in_order = ${of.inOrder}
                        and k.state <> 'accepted')
    group by p.position_id, shelf
    order by p.position_id, shelf
    on conflict (position_id, counted_at, shelf) do update
      set in_order = excluded.in_order, counted = excluded.counted, event_number = excluded.event_number,
          watermark_source = excluded.watermark_source, watermark_stream = excluded.watermark_stream,
          watermark_number = excluded.watermark_number
      where known.in_order collate "C" <= excluded.in_order collate "C"`);
}

export type Horizon = { readonly oldest_running: string; readonly next: string };

/** The oldest transaction of this database that has written something and still runs, and the number that the next will have. */
export async function selectHorizon(database: Queryable): Promise<Horizon> {
  const [seen] = await database.query<{ elsewhere: string }>(
    sql`select platform.running_elsewhere()::text as elsewhere`,
  );
  const [row] = await database.query<Horizon>(sql`
    select platform.oldest_running(${seen?.elsewhere ?? "{}"}::xid8[])::text as oldest_running, pg_snapshot_xmax(pg_current_snapshot())::text as next`);
  if (row === undefined) throw new Error("the server gave no snapshot of its transactions");
  return row;
}

/** A position that a snapshot has to be held against, with what all its rows come to. */
export type PositionToTake = {
  readonly position_id: number;
  readonly item_id: string;
  readonly lot: string;
  readonly on_hand: number;
  readonly quarantined: number;
  readonly damaged: number;
  readonly event_number: number;
};

/**
 * Begins a pass, which ends every other that may still be at work on the snapshot. Gives its number; undefined when the snapshot is not
 * to be taken any more, or when something of it has come that was not judged yet.
 */
export async function beginPass(
  tx: Transaction,
  { snapshot_number: snapshotNumber, revision }: SnapshotRecord,
): Promise<number | undefined> {
  const [row] = await tx.query<{ pass: number }>(sql`
    update ledger.snapshot set pass = pass + 1, positions_total = 0, positions_done = 0
    where snapshot_number = ${snapshotNumber} and state = 'ready' and revision = ${revision} returning pass`);
  return row?.pass;
}

/** A pass over a snapshot. Once another has begun, what this one still does is undone. */
export type Pass = { readonly snapshotNumber: number; readonly pass: number };

export function setPassTotal(
  database: Queryable,
  { snapshotNumber, pass }: Pass,
  positions: number,
): Promise<number> {
  return database.execute(sql`
    update ledger.snapshot set positions_total = ${positions} where snapshot_number = ${snapshotNumber} and pass = ${pass}`);
}

/** What a slice of a pass came to. */
export type SliceDone = {
  readonly positions: number;
  readonly changed: number;
  readonly found: number;
  readonly missing: number;
};

/** Adds a slice to its snapshot's totals. Gives 0 when another pass has begun: then the slice must not be kept. */
export function addSlice(tx: Transaction, { snapshotNumber, pass }: Pass, done: SliceDone): Promise<number> {
  return tx.execute(sql`
    update ledger.snapshot
    set positions_done = positions_done + ${done.positions}, positions_changed = positions_changed + ${done.changed},
        units_found = units_found + ${done.found}, units_missing = units_missing + ${done.missing}
    where snapshot_number = ${snapshotNumber} and pass = ${pass}`);
}

/** A pass has ended; what came since it began makes the next one. Gives 0 when another pass has begun. */
export function endPass(
  tx: Transaction,
  { snapshotNumber, pass }: Pass,
  to: { readonly revision: number; readonly state: "applied" | "claim"; readonly at: Date },
): Promise<number> {
  return tx.execute(sql`
    update ledger.snapshot
    set state = case when revision = ${to.revision} then ${to.state} else state end, revision_taken = ${to.revision},
        applied_at = ${to.at}
    where snapshot_number = ${snapshotNumber} and pass = ${pass}`);
}
