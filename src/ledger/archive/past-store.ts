import { type Queryable, sql } from "../../platform/index.ts";

/** What has left of a position's past for one archive. */
export type ArchivedPast = {
  /** The name of the archive's folder. */
  readonly archive: string;
  /** When the last transfer in it took effect. */
  readonly until: Date;
  readonly transfers: number;
};

/** What has left of a position's past, the oldest first. */
export function selectArchivedPast(database: Queryable, positionId: number): Promise<ArchivedPast[]> {
  return database.query<ArchivedPast>(sql`
    select archive, max(effective_to) as until, sum(transfers)::bigint as transfers
    from ledger.archived where position_id = ${positionId} group by archive order by archive`);
}

/**
 * The archive that a moment of the past of positions lies in: a transfer in it took effect later, or was recorded later than it was
 * believed. Undefined where all of that moment is here. Times as the database reads them.
 */
export async function selectArchiveOf(
  database: Queryable,
  asked: { readonly positionIds: readonly number[]; readonly at: string; readonly believedAt: string },
): Promise<ArchivedPast | undefined> {
  const [row] = await database.query<ArchivedPast>(sql`
    select archive, effective_to as until, transfers from ledger.archived
    where position_id = any (${asked.positionIds}::bigint[])
      and (effective_to > ${asked.at}::timestamptz or recorded_to > ${asked.believedAt}::timestamptz)
    order by effective_to desc limit 1`);
  return row;
}

/**
 * The archive that a snapshot would have to be held against: a transfer in it took effect at one of its positions after it was taken.
 * Of a full one every position of the location is its own, of another those of its rows.
 */
export async function selectArchiveOfSnapshot(
  database: Queryable,
  of: {
    readonly snapshotNumber: number;
    readonly locationId: string;
    readonly takenAt: Date;
    readonly isFull: boolean;
  },
): Promise<string | undefined> {
  const [row] = await database.query<{ archive: string }>(sql`
    select s.archive
    from ledger.archived_total a
    join ledger.position p using (position_id)
    join backbone.stretch s using (first_number)
    where a.effective_to > ${of.takenAt} and p.location_id = ${of.locationId} and s.state = 'archived'
      and (${of.isFull}::boolean
           or exists (select from ledger.snapshot_row r
                      where r.snapshot_number = ${of.snapshotNumber} and r.item_id = p.item_id and r.lot = p.lot))
    order by s.first_number desc limit 1`);
  return row?.archive;
}

/** Whether the stretch of an archive has left, and was not put back. */
export async function isAway(database: Queryable, archive: string): Promise<boolean> {
  const rows = await database.query(sql`
    select from backbone.stretch where state = 'archived' and archive = ${archive}`);
  return rows.length > 0;
}

/** The archive that one of these facts has left for; undefined where all are here. */
export async function selectArchiveOfFacts(
  database: Queryable,
  numbers: readonly number[],
): Promise<string | undefined> {
  const [row] = await database.query<{ archive: string }>(sql`
    select s.archive from backbone.stretch s
    where s.state = 'archived'
      and exists (select from unnest(${numbers}::bigint[]) as n where n >= s.first_number and n < s.end_number)
    order by s.first_number limit 1`);
  return row?.archive;
}
