import type { ConditionStatus } from "@crossdock/canonical";
import { type Queryable, sql } from "../platform/index.ts";
import type { SnapshotRecord } from "./snapshot-store.ts";

/** Which snapshots are listed. */
export type SnapshotList = {
  readonly before: number;
  readonly limit: number;
  /** Sources whose snapshots may be seen; undefined: all. */
  readonly sources: readonly string[] | undefined;
  readonly locationId: string | undefined;
  readonly state?: SnapshotRecord["state"] | undefined;
  /** Only full snapshots that were taken, wait for rows still, and are the last of their source and location. */
  readonly isUnfinished?: boolean | undefined;
};

/** Snapshots, the newest first. */
export function selectSnapshotPage(database: Queryable, list: SnapshotList): Promise<SnapshotRecord[]> {
  return database.query<SnapshotRecord>(sql`
    select * from ledger.snapshot s
    where snapshot_number < ${list.before}
      and (${list.sources ?? null}::text[] is null or source = any (${list.sources ?? null}::text[]))
      and (${list.locationId ?? null}::text is null or location_id = ${list.locationId ?? null})
      and (${list.state ?? null}::text is null or state = ${list.state ?? null})
      and (not ${list.isUnfinished ?? false}::boolean
           or scope = 'full' and state in ('applied', 'claim') and rows_unresolved > 0 and concluded_at is null
              and not exists (select from ledger.snapshot n
                              where n.source = s.source and n.location_id = s.location_id and n.scope = 'full'
                                and n.state in ('applied', 'claim') and n.taken_at > s.taken_at))
    order by snapshot_number desc limit ${list.limit}`);
}

/** Snapshots that wait to be taken, the oldest first. */
export function selectReadySnapshots(database: Queryable, limit: number): Promise<SnapshotRecord[]> {
  return database.query<SnapshotRecord>(sql`
    select * from ledger.snapshot where state = 'ready' order by snapshot_number limit ${limit}`);
}

/** The first pages that have not come, of snapshots that say how many there are. */
export async function selectMissingPages(
  database: Queryable,
  snapshotNumbers: readonly number[],
  limit: number,
): Promise<ReadonlyMap<number, readonly number[]>> {
  const rows = await database.query<{ snapshot_number: number; missing: number[] }>(sql`
    select s.snapshot_number, array(
             select n from generate_series(1, s.pages) as n
             where not exists (select from ledger.snapshot_page p
                               where p.snapshot_number = s.snapshot_number and p.page = n and p.row_number = -1)
             order by n limit ${limit}) as missing
    from ledger.snapshot s
    where s.snapshot_number = any (${snapshotNumbers}::bigint[]) and s.state = 'gathering' and s.pages is not null`);
  return new Map(rows.map((row) => [row.snapshot_number, row.missing]));
}

/** A difference that a snapshot has found; positive where there is more than the books had. */
export type DriftRow = {
  readonly event_number: number;
  readonly transfer_id: number;
  readonly item_id: string;
  readonly location_id: string;
  readonly lot: string;
  readonly status: ConditionStatus;
  readonly difference: number;
};

/**
 * What a snapshot has found, in the order of the facts. It is read off the transfers themselves: a copy could disagree with them, and
 * would cost as much to write as they do.
 */
export function selectDrift(
  database: Queryable,
  page: {
    readonly snapshotNumber: number;
    readonly after: { readonly eventNumber: number; readonly transferId: number };
    readonly limit: number;
  },
): Promise<DriftRow[]> {
  return database.query<DriftRow>(sql`
    select t.event_number, t.transfer_id, p.item_id, p.location_id, p.lot, side.status, side.difference
    from ledger.snapshot s
    join ledger.snapshot_page g using (snapshot_number)
    join ledger.transfer t on t.event_number = g.event_number and t.reason = 'count'
    cross join lateral (values (t.to_position_id, t.to_status, t.quantity), (t.from_position_id, t.from_status, -t.quantity))
      as side (position_id, status, difference)
    join ledger.position p on p.position_id = side.position_id and p.location_id = s.location_id
    where s.snapshot_number = ${page.snapshotNumber}
      and (t.event_number, t.transfer_id) > (${page.after.eventNumber}::bigint, ${page.after.transferId}::bigint)
    order by t.event_number, t.transfer_id limit ${page.limit}`);
}
