import { type Queryable, sql } from "../platform/index.ts";

/** Of which snapshots the drift is asked: those of a location, taken in a period that excludes its end. */
export type DriftAsked = {
  readonly locationId: string;
  readonly from: Date;
  readonly to: Date;
  /** Sources whose snapshots may be seen; undefined: all. */
  readonly sources: readonly string[] | undefined;
};

/** What the snapshots of one source found on one day, which is a day of UTC: what was held or dismissed has found nothing. */
export type DriftDay = {
  readonly day: string;
  readonly source: string;
  readonly snapshots_applied: number;
  readonly snapshots_held: number;
  readonly snapshots_dismissed: number;
  readonly positions_compared: number;
  readonly positions_differing: number;
  readonly units_found: number;
  readonly units_missing: number;
};

/** Drift day by day, the newest first. A snapshot from before positions were counted on comparison has none compared. */
export function selectDriftDays(database: Queryable, asked: DriftAsked, limit: number): Promise<DriftDay[]> {
  return database.query<DriftDay>(sql`
    select (taken_at at time zone 'UTC')::date::text as day, source,
           count(*) filter (where state in ('ready', 'applied')) as snapshots_applied,
           count(*) filter (where state = 'held') as snapshots_held,
           count(*) filter (where state = 'dismissed') as snapshots_dismissed,
           coalesce(sum(positions_compared) filter (where state in ('ready', 'applied')), 0)::bigint as positions_compared,
           sum(positions_changed)::bigint as positions_differing, sum(units_found)::bigint as units_found,
           sum(units_missing)::bigint as units_missing
    from ledger.snapshot
    where location_id = ${asked.locationId} and taken_at >= ${asked.from} and taken_at < ${asked.to}
      and state in ('ready', 'held', 'dismissed', 'applied')
      and (${asked.sources ?? null}::text[] is null or source = any (${asked.sources ?? null}::text[]))
    group by 1, 2 order by 1 desc, 2 limit ${limit}`);
}

/** An item that snapshots found otherwise, how often, and by how many units in each direction. */
export type DriftItem = {
  readonly item_id: string;
  readonly source: string;
  readonly snapshots: number;
  readonly units_found: number;
  readonly units_missing: number;
};

/** The items that differed most over all snapshots of a period, read off the transfers that were posted for them. */
export function selectDriftItems(
  database: Queryable,
  asked: DriftAsked,
  limit: number,
): Promise<DriftItem[]> {
  return database.query<DriftItem>(sql`
    select p.item_id, s.source, count(distinct s.snapshot_number) as snapshots,
           coalesce(sum(side.units) filter (where side.units > 0), 0)::bigint as units_found,
           coalesce(-sum(side.units) filter (where side.units < 0), 0)::bigint as units_missing
    from ledger.snapshot s
    join ledger.snapshot_page g using (snapshot_number)
    join ledger.transfer t on t.event_number = g.event_number and t.reason = 'count'
    cross join lateral (values (t.to_position_id, t.quantity), (t.from_position_id, -t.quantity)) as side (position_id, units)
    join ledger.position p on p.position_id = side.position_id and p.location_id = s.location_id
    where s.location_id = ${asked.locationId} and s.taken_at >= ${asked.from} and s.taken_at < ${asked.to}
      and (${asked.sources ?? null}::text[] is null or s.source = any (${asked.sources ?? null}::text[]))
    group by p.item_id, s.source order by sum(abs(side.units)) desc, p.item_id, s.source limit ${limit}`);
}
