import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { OwnedMeasure } from "./ownership.ts";

/** A stored moment of who owns a measure at a place. `from_ms` is null for "always"; `source` for nobody from then on. */
export type OwnerPointRow = {
  readonly location_id: string;
  readonly from_ms: number | null;
  readonly source: string | null;
};

/** All that is said of a measure at places, and everywhere. */
export function selectOwnerPoints(
  database: Queryable,
  measure: string,
  locationIds: readonly string[],
): Promise<OwnerPointRow[]> {
  return database.query<OwnerPointRow>(sql`
    select location_id, source,
           case when isfinite(valid_from) then (extract(epoch from valid_from) * 1000)::bigint end as from_ms
    from governance.ownership
    where measure = ${measure} and location_id = any (${[...locationIds, ""]}::text[])
    order by location_id, valid_from`);
}

/** All that is said of a measure anywhere. */
export function selectAllOwnerPoints(database: Queryable, measure: string): Promise<OwnerPointRow[]> {
  return database.query<OwnerPointRow>(sql`
    select location_id, source,
           case when isfinite(valid_from) then (extract(epoch from valid_from) * 1000)::bigint end as from_ms
    from governance.ownership where measure = ${measure} order by location_id, valid_from`);
}

/** Every place that there is. */
export async function selectLocationIds(database: Queryable): Promise<readonly string[]> {
  const rows = await database.query<{ location_id: string }>(sql`
    select location_id from governance.location order by location_id`);
  return rows.map((row) => row.location_id);
}

/** A measure at a place. */
export type OwnedPlace = { readonly measure: string; readonly locationId: string };

/** Moments are taken away. `null`: the one that has been there always. */
export function deleteOwnerPoints(
  tx: Transaction,
  { measure, locationId }: OwnedPlace,
  froms: readonly (Date | null)[],
): Promise<number> {
  return tx.execute(sql`
    delete from governance.ownership o
    using unnest(${froms}::timestamptz[]) as p (valid_from)
    where o.measure = ${measure} and o.location_id = ${locationId} and o.valid_from = coalesce(p.valid_from, '-infinity')`);
}

/** Moments are put, in the place of those of the same time. */
export function upsertOwnerPoints(
  tx: Transaction,
  { measure, locationId }: OwnedPlace,
  points: { readonly froms: readonly (Date | null)[]; readonly sources: readonly (string | null)[] },
): Promise<number> {
  return tx.execute(sql`
    insert into governance.ownership (measure, location_id, valid_from, source)
    select ${measure}::text, ${locationId}::text, coalesce(p.valid_from, '-infinity'), p.source
    from unnest(${points.froms}::timestamptz[], ${points.sources}::text[]) as p (valid_from, source)
    on conflict (measure, location_id, valid_from) do update set source = excluded.source`);
}

/** A change as it is written down. Nulls are "always" and "for ever". */
export type OwnershipChangeToKeep = OwnedPlace & {
  readonly source: string | null;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly before: string;
  readonly after: string;
  readonly because: string;
  readonly changedBy: string;
  readonly changedAt: Date;
  readonly correlationId: string;
};

export async function insertOwnershipChange(
  tx: Transaction,
  change: OwnershipChangeToKeep,
): Promise<OwnershipChangeRow> {
  const { measure, locationId, source, from, to, before, after } = change;
  const [row] = await tx.query<OwnershipChangeRow>(sql`
    insert into governance.ownership_change (measure, location_id, source, valid_from, valid_to, before, after, because, changed_by,
                                             changed_at, correlation_id)
    values (${measure}, ${locationId}, ${source}, coalesce(${from}::timestamptz, '-infinity'),
            coalesce(${to}::timestamptz, 'infinity'), ${before}::jsonb, ${after}::jsonb, ${change.because}, ${change.changedBy},
            ${change.changedAt}, ${change.correlationId})
    returning change_number, measure, location_id, source, before, after, because, changed_by, changed_at, correlation_id,
              case when isfinite(valid_from) then valid_from end as valid_from, case when isfinite(valid_to) then valid_to end as valid_to`);
  if (row === undefined) throw new Error(`the change of ${measure} at '${locationId}' was not written down`);
  return row;
}

/** A moment in the written line of owners. */
export type WrittenPoint = { readonly from: string | null; readonly source: string | null };

/** A change that was written down. Nulls are "always", "for ever" and "nobody in particular". */
export type OwnershipChangeRow = {
  readonly change_number: number;
  readonly measure: OwnedMeasure;
  readonly location_id: string;
  readonly source: string | null;
  readonly valid_from: Date | null;
  readonly valid_to: Date | null;
  readonly before: readonly WrittenPoint[];
  readonly after: readonly WrittenPoint[];
  readonly because: string;
  readonly changed_by: string;
  readonly changed_at: Date;
  readonly correlation_id: string;
};

/** Which measures and places; absent: all. */
export type OwnershipFilter = {
  readonly measure?: string | undefined;
  /** `""`: what holds everywhere. */
  readonly locationId?: string | undefined;
};

/** Changes, the last first. */
export function selectOwnershipChanges(
  database: Queryable,
  page: OwnershipFilter & { readonly before: number; readonly limit: number },
): Promise<OwnershipChangeRow[]> {
  return database.query<OwnershipChangeRow>(sql`
    select change_number, measure, location_id, source, before, after, because, changed_by, changed_at, correlation_id,
           case when isfinite(valid_from) then valid_from end as valid_from, case when isfinite(valid_to) then valid_to end as valid_to
    from governance.ownership_change
    where change_number < ${page.before}
      and (${page.measure ?? null}::text is null or measure = ${page.measure ?? null})
      and (${page.locationId ?? null}::text is null or location_id = ${page.locationId ?? null})
    order by change_number desc limit ${page.limit}`);
}

/** An owner at a moment, with the time in which it is one. */
export type OwnerRow = {
  readonly measure: OwnedMeasure;
  readonly location_id: string;
  readonly source: string;
  readonly valid_from: Date | null;
  readonly valid_to: Date | null;
};

/** The matrix as it is said at a moment, by measure and place. */
export function selectMatrix(
  database: Queryable,
  page: OwnershipFilter & { readonly at: Date; readonly after: OwnedPlace; readonly limit: number },
): Promise<OwnerRow[]> {
  const { at, after } = page;
  return database.query<OwnerRow>(sql`
    select measure, location_id, source, case when isfinite(valid_from) then valid_from end as valid_from, valid_to
    from (
      select measure, location_id, source, valid_from,
             lead(valid_from) over (partition by measure, location_id order by valid_from) as valid_to
      from governance.ownership
    ) as line
    where valid_from <= ${at} and (valid_to is null or valid_to > ${at}) and source is not null
      and (measure, location_id) > (${after.measure}::text, ${after.locationId}::text)
      and (${page.measure ?? null}::text is null or measure = ${page.measure ?? null})
      and (${page.locationId ?? null}::text is null or location_id = ${page.locationId ?? null})
    order by measure, location_id limit ${page.limit}`);
}
