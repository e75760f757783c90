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

/**
 * Whose counts a tolerance is about, where they were made, and of what: an item, or a class of items, never both. Undefined: everybody's,
 * everywhere, of everything.
 */
export type CountScope = {
  readonly source: string | undefined;
  readonly locationId: string | undefined;
  readonly itemId: string | undefined;
  readonly itemClass?: string | undefined;
};

/** A tolerance to set; undefined takes the scope's own away. */
export type CountToleranceToSet = CountScope & {
  readonly tolerance: CountTolerance | undefined;
  readonly by: string;
};

/** A tolerance that holds, with its scope; where that is a class, with those of the items that were asked about that are of it. */
export type ScopedTolerance = {
  readonly scope: CountScope;
  readonly tolerance: CountTolerance;
  readonly ofClass: readonly string[];
};

/** A change as it was made. Tolerances are null where the scope had none, or lost it. */
export type CountToleranceChange = {
  readonly change_number: number;
  readonly source: string | null;
  readonly location_id: string | null;
  readonly item_id: string | null;
  readonly item_class: string | null;
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
    insert into governance.count_tolerance_change (source, location_id, item_id, item_class, units_max, percent_max, value_max,
                                                   currency, accept_after_hours, changed_at, changed_by)
    values (${change.source ?? null}, ${change.locationId ?? null}, ${change.itemId ?? null}, ${change.itemClass ?? null},
            ${tolerance?.unitsMax ?? null}, ${tolerance?.percentMax ?? null}, ${tolerance?.valueMax?.amount ?? null}::text::numeric,
            ${tolerance?.valueMax?.currency ?? null}, ${tolerance?.acceptAfterHours ?? null}, ${at}, ${change.by})`);
}

type Row = {
  readonly source: string | null;
  readonly location_id: string | null;
  readonly item_id: string | null;
  readonly item_class: string | null;
  readonly tolerance: CountTolerance;
  readonly of_class: readonly string[];
};

/** Of which counts tolerances are asked. */
export type TolerancesWanted = {
  readonly sources: readonly string[];
  readonly locationIds: readonly string[];
  readonly itemIds: readonly string[];
};

/** Whether any tolerance is about counts of a source at a location, whatever they are of. */
export async function selectHasTolerance(
  database: Queryable,
  of: { readonly source: string; readonly locationId: string },
): Promise<boolean> {
  const [row] = await database.query<{ has: boolean }>(sql`
    select exists (
      select from (
        select distinct on (source, location_id, item_id, item_class) governance.tolerance_of(c) as tolerance
        from governance.count_tolerance_change c
        where (source is null or source = ${of.source}) and (location_id is null or location_id = ${of.locationId})
        order by source, location_id, item_id, item_class, change_number desc
      ) as newest
      where tolerance is not null) as has`);
  return row?.has ?? false;
}

/** The tolerances that may hold for counts. The items' classes are read only where a tolerance is of a class. */
export async function selectCountTolerances(
  database: Queryable,
  of: TolerancesWanted,
): Promise<readonly ScopedTolerance[]> {
  const rows = await database.query<Row>(sql`
    with classed as (
      select item_id, item_class from governance.item
      where item_id = any (${of.itemIds}::text[]) and item_class is not null
    )
    select source, location_id, item_id, item_class, tolerance,
           case when item_class is null then '{}'
                else array (select i.item_id from classed i where i.item_class = newest.item_class) end as of_class
    from (
      select distinct on (source, location_id, item_id, item_class) source, location_id, item_id, item_class,
             governance.tolerance_of(c) as tolerance
      from governance.count_tolerance_change c
      where (source is null or source = any (${of.sources}::text[]))
        and (location_id is null or location_id = any (${of.locationIds}::text[]))
        and (item_id is null or item_id = any (${of.itemIds}::text[]))
        and (item_class is null or item_class in (select item_class from classed))
      order by source, location_id, item_id, item_class, change_number desc
    ) as newest
    where tolerance is not null`);
  return rows.map((row) => ({
    scope: {
      source: row.source ?? undefined,
      locationId: row.location_id ?? undefined,
      itemId: row.item_id ?? undefined,
      itemClass: row.item_class ?? undefined,
    },
    tolerance: row.tolerance,
    ofClass: row.of_class,
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
      select *, lag(after) over (partition by source, location_id, item_id, item_class order by change_number) as before
      from said
    )
    select change_number, source, location_id, item_id, item_class, before, after, changed_at, changed_by from told
    where change_number < ${page.before} order by change_number desc limit ${page.limit}`);
}
