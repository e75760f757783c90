import { type Queryable, sql } from "../platform/index.ts";

/**
 * How far a count of a position may be from the books before somebody has to decide. Within it is what differs by no more units than
 * `unitsMax`, or than `percentMax` of what the books have, whichever is more; and is worth no more than `valueMax`.
 */
export type CountTolerance = {
  readonly unitsMax: number | null;
  /** A whole number from 0 to 100. */
  readonly percentMax: number | null;
  /** An exact decimal of a currency. What has no cost in it is judged by its units alone. */
  readonly valueMax: { readonly currency: string; readonly amount: string } | null;
  /** A case that nobody has decided for so long is accepted; null: it waits. */
  readonly acceptAfterHours: number | null;
};

/** Whose counts a tolerance is about, where they were made, and of what. Undefined: everybody's, everywhere, of everything. */
export type CountScope = {
  readonly source: string | undefined;
  readonly locationId: string | undefined;
  readonly itemId: string | undefined;
};

/** A tolerance to set; undefined takes the scope's own away. */
export type CountToleranceToSet = CountScope & {
  readonly tolerance: CountTolerance | undefined;
  readonly by: string;
};

/** A tolerance that holds, with its scope. */
export type ScopedTolerance = { readonly scope: CountScope; readonly tolerance: CountTolerance };

/** A change as it was made. Tolerances are null where the scope had none, or lost it. */
export type CountToleranceChange = {
  readonly change_number: number;
  readonly source: string | null;
  readonly location_id: string | null;
  readonly item_id: string | null;
  readonly before: CountTolerance | null;
  readonly after: CountTolerance | null;
  readonly changed_at: Date;
  readonly changed_by: string;
};

/** Writes a change down; it holds from its commit on. */
export function insertCountToleranceChange(
  database: Queryable,
  change: CountToleranceToSet,
  at: Date,
): Promise<number> {
  const { tolerance } = change;
  return database.execute(sql`
    insert into governance.count_tolerance_change (source, location_id, item_id, units_max, percent_max, value_max, currency,
                                                   accept_after_hours, changed_at, changed_by)
    values (${change.source ?? null}, ${change.locationId ?? null}, ${change.itemId ?? null}, ${tolerance?.unitsMax ?? null},
            ${tolerance?.percentMax ?? null}, ${tolerance?.valueMax?.amount ?? null}::text::numeric,
            ${tolerance?.valueMax?.currency ?? null}, ${tolerance?.acceptAfterHours ?? null}, ${at}, ${change.by})`);
}

type Row = {
  readonly source: string | null;
  readonly location_id: string | null;
  readonly item_id: string | null;
  readonly tolerance: CountTolerance;
};

/** Of which counts tolerances are asked. Items undefined: whatever they are of. */
export type TolerancesWanted = {
  readonly sources: readonly string[];
  readonly locationIds: readonly string[];
  readonly itemIds?: readonly string[];
};

/** The tolerances that may hold for counts. */
export async function selectCountTolerances(
  database: Queryable,
  of: TolerancesWanted,
): Promise<readonly ScopedTolerance[]> {
  const rows = await database.query<Row>(sql`
    select source, location_id, item_id, tolerance from (
      select distinct on (source, location_id, item_id) source, location_id, item_id,
             governance.tolerance_of(c) as tolerance
      from governance.count_tolerance_change c
      where (source is null or source = any (${of.sources}::text[]))
        and (location_id is null or location_id = any (${of.locationIds}::text[]))
        and (item_id is null or ${of.itemIds ?? null}::text[] is null or item_id = any (${of.itemIds ?? null}::text[]))
      order by source, location_id, item_id, change_number desc
    ) as newest
    where tolerance is not null`);
  return rows.map((row) => ({
    scope: {
      source: row.source ?? undefined,
      locationId: row.location_id ?? undefined,
      itemId: row.item_id ?? undefined,
    },
    tolerance: row.tolerance,
  }));
}

/** Changes, the newest first, each with what held for its scope before. */
export function selectCountToleranceChanges(
  database: Queryable,
  page: { readonly before: number; readonly limit: number; readonly sources: readonly string[] | undefined },
): Promise<CountToleranceChange[]> {
  return database.query<CountToleranceChange>(sql`
    with said as (
      select *, governance.tolerance_of(c) as after from governance.count_tolerance_change c
      where ${page.sources ?? null}::text[] is null or source is null or source = any (${page.sources ?? null}::text[])
    ), told as (
      select *, lag(after) over (partition by source, location_id, item_id order by change_number) as before from said
    )
    select change_number, source, location_id, item_id, before, after, changed_at, changed_by from told
    where change_number < ${page.before} order by change_number desc limit ${page.limit}`);
}
