import { type Queryable, sql } from "../platform/index.ts";

/** How much a snapshot may differ from the books before it is held as a whole. Percentages are whole numbers from 0 to 100. */
export type DriftPolicy = {
  /** Of the units that the books have where it looked, so many may be missing from it. */
  readonly unitsMissingPercentMax: number;
  /** Of the positions that it looked at, so many may differ. */
  readonly positionsDifferingPercentMax: number;
  /** A full snapshot may have so many rows fewer than the last one of its source and location. */
  readonly rowsFewerPercentMax: number;
  /** Differences at fewer positions than this, or so few rows less, never hold a snapshot. */
  readonly positionsMin: number;
};

/** Whose snapshots a policy is about, and where they were taken. Undefined: everybody's, and everywhere. */
export type DriftScope = { readonly source: string | undefined; readonly locationId: string | undefined };

/** A policy to set; undefined takes the scope's own away. */
export type DriftPolicyToSet = DriftScope & { readonly policy: DriftPolicy | undefined; readonly by: string };

/** A change as it was made. Policies are null where the scope had none, or lost it. */
export type DriftPolicyChange = {
  readonly change_number: number;
  readonly source: string | null;
  readonly location_id: string | null;
  readonly before: DriftPolicy | null;
  readonly after: DriftPolicy | null;
  readonly changed_at: Date;
  readonly changed_by: string;
};

/** Writes a change down; it holds from its commit on. */
export function insertDriftPolicyChange(
  database: Queryable,
  change: DriftPolicyToSet,
  at: Date,
): Promise<number> {
  const { policy } = change;
  return database.execute(sql`
    insert into governance.drift_policy_change (source, location_id, units_missing_percent_max, positions_differing_percent_max,
                                                rows_fewer_percent_max, positions_min, changed_at, changed_by)
    values (${change.source ?? null}, ${change.locationId ?? null}, ${policy?.unitsMissingPercentMax ?? null},
            ${policy?.positionsDifferingPercentMax ?? null}, ${policy?.rowsFewerPercentMax ?? null}, ${policy?.positionsMin ?? null},
            ${at}, ${change.by})`);
}

/** The policy of the narrowest scope that has one: of a location before of a source, of both before either. */
export async function selectDriftPolicy(
  database: Queryable,
  of: { readonly source: string; readonly locationId: string },
): Promise<DriftPolicy | undefined> {
  const [row] = await database.query<DriftPolicy>(sql`
    select units_missing_percent_max as "unitsMissingPercentMax", positions_differing_percent_max as "positionsDifferingPercentMax",
           rows_fewer_percent_max as "rowsFewerPercentMax", positions_min as "positionsMin"
    from (
      select distinct on (source, location_id) * from governance.drift_policy_change
      where (source is null or source = ${of.source}) and (location_id is null or location_id = ${of.locationId})
      order by source, location_id, change_number desc
    ) as newest
    where positions_min is not null
    order by location_id is null, source is null limit 1`);
  return row;
}

/** Changes, the newest first, each with what held for its scope before. */
export function selectDriftPolicyChanges(
  database: Queryable,
  page: { readonly before: number; readonly limit: number; readonly sources: readonly string[] | undefined },
): Promise<DriftPolicyChange[]> {
  return database.query<DriftPolicyChange>(sql`
    with said as (
      select *, case when positions_min is not null then jsonb_build_object(
                  'unitsMissingPercentMax', units_missing_percent_max, 'positionsDifferingPercentMax', positions_differing_percent_max,
                  'rowsFewerPercentMax', rows_fewer_percent_max, 'positionsMin', positions_min) end as after
      from governance.drift_policy_change
      where ${page.sources ?? null}::text[] is null or source is null or source = any (${page.sources ?? null}::text[])
    ), told as (
      select *, lag(after) over (partition by source, location_id order by change_number) as before from said
    )
    select change_number, source, location_id, before, after, changed_at, changed_by from told
    where change_number < ${page.before} order by change_number desc limit ${page.limit}`);
}
