import { locationId } from "@crossdock/canonical";
import { type Queryable, script, sql, type Transaction } from "../platform/index.ts";
import type { SnapshotHeader, SnapshotRow } from "./snapshot.ts";

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

/** A page, or a row of one that came later. */
export type PageToKeep = {
  readonly snapshotNumber: number;
  readonly page: number;
  /** -1 for the page itself. */
  readonly row: number;
  readonly eventNumber: number;
  readonly rows: number;
  readonly unresolved: number;
  readonly pages: number | null;
};

/** Keeps pages that have not come before. Gives the facts of those. */
export function insertPages(
  tx: Transaction,
  pages: readonly PageToKeep[],
): Promise<{ event_number: number }[]> {
  return tx.query(sql`
    insert into ledger.snapshot_page (snapshot_number, page, row_number, event_number, rows, unresolved)
    select * from unnest(${pages.map((p) => p.snapshotNumber)}::bigint[], ${pages.map((p) => p.page)}::bigint[],
                         ${pages.map((p) => p.row)}::bigint[], ${pages.map((p) => p.eventNumber)}::bigint[],
                         ${pages.map((p) => p.rows)}::bigint[], ${pages.map((p) => p.unresolved)}::bigint[])
    on conflict do nothing returning event_number`);
}

/** Gathers rows. */
export function insertRows(
  tx: Transaction,
  rows: readonly (SnapshotRow & { readonly snapshotNumber: number })[],
): void {
  tx.send(sql`
    insert into ledger.snapshot_row (snapshot_number, event_number, item_id, lot, status, counted)
    select * from unnest(${rows.map((r) => r.snapshotNumber)}::bigint[], ${rows.map((r) => r.eventNumber)}::bigint[],
                         ${rows.map((r) => r.itemId)}::text[], ${rows.map((r) => r.lot)}::text[],
                         ${rows.map((r) => r.status)}::text[], ${rows.map((r) => r.counted)}::bigint[])`);
}

/** Adds new pages to their snapshots' totals; one that has all its pages is ready to be taken, again where it has been before. */
export function addPages(tx: Transaction, pages: readonly PageToKeep[]): void {
  tx.send(sql`
    with come as (
      select snapshot_number, count(*) filter (where row_number < 0) as pages_come, sum(rows) as rows_come,
             sum(unresolved) - count(*) filter (where row_number >= 0) as unresolved, max(pages) as pages, min(event_number) as event_number
      from unnest(${pages.map((p) => p.snapshotNumber)}::bigint[], ${pages.map((p) => p.row)}::bigint[],
                  ${pages.map((p) => p.eventNumber)}::bigint[], ${pages.map((p) => p.rows)}::bigint[],
                  ${pages.map((p) => p.unresolved)}::bigint[], ${pages.map((p) => p.pages)}::bigint[])
        as p (snapshot_number, row_number, event_number, rows, unresolved, pages)
      group by snapshot_number
    )
    update ledger.snapshot s
    set pages = greatest(s.pages, c.pages), pages_come = s.pages_come + c.pages_come, rows_come = s.rows_come + c.rows_come,
        rows_unresolved = s.rows_unresolved + c.unresolved, event_number = least(s.event_number, c.event_number),
        revision = s.revision + 1,
        state = case when s.state in ('held', 'dismissed') then s.state
                     when s.pages_come + c.pages_come >= greatest(s.pages, c.pages) then 'ready' else 'gathering' end
    from come c where s.snapshot_number = c.snapshot_number`);
}

export async function selectSnapshot(
  database: Queryable,
  snapshotNumber: number,
): Promise<SnapshotRecord | undefined> {
  const [row] = await database.query<SnapshotRecord>(sql`
    select * from ledger.snapshot where snapshot_number = ${snapshotNumber}`);
  return row;
}

/** Whether every row that has come is gathered: a crash of the server empties the table. */
export async function isGathered(database: Queryable, snapshotNumber: number): Promise<boolean> {
  const [row] = await database.query<{ gathered: boolean }>(sql`
    select (select count(*) from ledger.snapshot_row where snapshot_number = ${snapshotNumber})
         = (select coalesce(sum(rows), 0) from ledger.snapshot_page where snapshot_number = ${snapshotNumber}) as gathered`);
  return row?.gathered === true;
}

/** The facts of a snapshot's pages, beyond one of them, in order. */
export async function selectPageFacts(
  database: Queryable,
  snapshotNumber: number,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly number[]> {
  const rows = await database.query<{ event_number: number }>(sql`
    select event_number from ledger.snapshot_page
    where snapshot_number = ${snapshotNumber} and event_number > ${page.after} order by event_number limit ${page.limit}`);
  return rows.map((row) => row.event_number);
}

export function deleteRows(tx: Transaction, snapshotNumber: number): void {
  tx.send(sql`delete from ledger.snapshot_row where snapshot_number = ${snapshotNumber}`);
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

/** Makes the positions that a snapshot found something at, or, where it is partial, looked at. */
export function insertCountedPositions(
  tx: Transaction,
  snapshotNumber: number,
  locationIdText: string,
  lookedAt: boolean,
): void {
  tx.send(sql`
    insert into ledger.position (item_id, location_id, lot)
    select distinct r.item_id, ${locationIdText}::text, r.lot
    from ledger.snapshot_row r
    left join ledger.position p on p.location_id = ${locationIdText} and p.item_id = r.item_id and p.lot = r.lot
    where r.snapshot_number = ${snapshotNumber} and (r.counted > 0 or ${lookedAt}::boolean) and p.position_id is null
    order by r.item_id, r.lot
    on conflict do nothing`);
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
 * Positions whose balance differs from what was counted, or that changed after the snapshot or by a fact among `events`, so that the
 * two cannot be compared as they stand. All others have exactly what was counted, and nothing has to be posted for them.
 *
 * One pass: rows are summed, joined by hash with the location's positions, and what moved since is a set found through a block range
 * index. Looking each position's transfers up by its own index costs three times as much for a million positions.
 */
export function selectPositionsToTake(
  tx: Transaction,
  of: {
    readonly snapshot: SnapshotRecord;
    /** Whether positions without a row were found empty. */
    readonly isFull: boolean;
    readonly events: readonly number[];
    readonly inOrder: string;
    /** Whether positions are wanted about which a case of this snapshot is open. */
    readonly withOpen: boolean;
  },
): Promise<PositionToTake[]> {
  const { snapshot, isFull, events } = of;
  return tx.query<PositionToTake>(sql`
    with counted as materialized (
      select item_id, lot, sum(counted)::bigint as on_hand,
             coalesce(sum(counted) filter (where status = 'quarantined'), 0)::bigint as quarantined,
             coalesce(sum(counted) filter (where status = 'damaged'), 0)::bigint as damaged, min(event_number) as event_number
      from ledger.snapshot_row where snapshot_number = ${snapshot.snapshot_number} group by item_id, lot
    ), left_out as materialized (
      select position_id from ledger.count_case
      where location_id = ${snapshot.location_id} and counted_at = ${snapshot.taken_at} and in_order = ${of.inOrder}
        and state <> 'accepted' and not (state = 'open' and ${of.withOpen}::boolean)
    ), moved as materialized (
      select distinct side.position_id
      from ledger.transfer t cross join lateral (values (t.from_position_id), (t.to_position_id)) as side (position_id)
      where t.effective_at > ${snapshot.taken_at}
      union
      select side.position_id
      from ledger.transfer t cross join lateral (values (t.from_position_id), (t.to_position_id)) as side (position_id)
      where t.event_number = any (${events}::bigint[])
    )
    select p.position_id, p.item_id, p.lot, coalesce(c.on_hand, 0) as on_hand, coalesce(c.quarantined, 0) as quarantined,
           coalesce(c.damaged, 0) as damaged, coalesce(c.event_number, ${snapshot.event_number}) as event_number
    from ledger.position p left join counted c using (item_id, lot)
    where p.location_id = ${snapshot.location_id} and (c.item_id is not null or ${isFull}::boolean)
      and (coalesce(c.on_hand, 0)
             <> p.available + p.held + p.allocated + p.picked + p.channel_reserved + p.quarantined + p.damaged
           or (${snapshot.conditions}::boolean
               and (coalesce(c.quarantined, 0), coalesce(c.damaged, 0)) <> (p.quarantined, p.damaged))
           or p.position_id in (select position_id from moved))
      and p.position_id not in (select position_id from left_out)
    order by p.position_id`);
}

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
