import { type Queryable, sql, type Transaction } from "../platform/index.ts";

type Texts = readonly string[];

/** A moment of what is said of a place's calendar. */
export type CalendarPoint = {
  readonly location_id: string;
  readonly about: string;
  readonly from_ms: number | null;
  readonly said: string | null;
};

/** All that is said of the calendars of places, over time. `from_ms` null: always. */
export function selectCalendarPoints(
  database: Queryable,
  locationIds: Texts,
): Promise<readonly CalendarPoint[]> {
  return database.query<CalendarPoint>(sql`
    select location_id, about, said,
           case when isfinite(valid_from) then (extract(epoch from valid_from) * 1000)::bigint end as from_ms
    from governance.location_calendar
    where location_id = any (${locationIds}::text[])
    order by location_id, about, valid_from`);
}

/** A moment of a calendar is taken away. `from` null: the one that has been there always. */
export function deleteCalendarPoints(
  tx: Transaction,
  points: { readonly locationIds: Texts; readonly abouts: Texts; readonly froms: readonly (Date | null)[] },
): Promise<number> {
  return tx.execute(sql`
    delete from governance.location_calendar c
    using unnest(${points.locationIds}::text[], ${points.abouts}::text[], ${points.froms}::timestamptz[])
      as p (location_id, about, valid_from)
    where (c.location_id, c.about) = (p.location_id, p.about) and c.valid_from = coalesce(p.valid_from, '-infinity')`);
}

/** Moments of calendars are put, in the place of those of the same time. */
export function upsertCalendarPoints(
  tx: Transaction,
  points: {
    readonly locationIds: Texts;
    readonly abouts: Texts;
    readonly froms: readonly (Date | null)[];
    readonly said: readonly (string | null)[];
  },
): Promise<number> {
  return tx.execute(sql`
    insert into governance.location_calendar (location_id, about, valid_from, said)
    select p.location_id, p.about, coalesce(p.valid_from, '-infinity'), p.said
    from unnest(${points.locationIds}::text[], ${points.abouts}::text[], ${points.froms}::timestamptz[], ${points.said}::text[])
      as p (location_id, about, valid_from, said)
    on conflict (location_id, about, valid_from) do update set said = excluded.said`);
}
