import { type Queryable, sql, type Transaction } from "../../platform/index.ts";

/** A place and which day it is there. */
export type PlaceDay = { readonly locationId: string; readonly day: string };

/** Places at which another day has begun since the last look, with the day of that look; null: there was none. Nothing is locked. */
export function selectNewDays(
  queryable: Queryable,
  today: readonly PlaceDay[],
): Promise<{ readonly location_id: string; readonly day: string; readonly before: string | null }[]> {
  return queryable.query(sql`
    select t.location_id, t.day::text as day, d.day::text as before
    from unnest(${today.map(({ locationId }) => locationId)}::text[], ${today.map(({ day }) => day)}::date[]) as t (location_id, day)
    left join availability.place_day d using (location_id)
    where d.day is distinct from t.day order by t.location_id`);
}

/** Notes which day it is at a place, unless somebody else has; says whether that is news. `before`: the day that was noted. */
export async function moveDay(
  tx: Transaction,
  { locationId, day }: PlaceDay,
  before: string | null,
): Promise<boolean> {
  const moved =
    before === null
      ? await tx.execute(sql`
          insert into availability.place_day (location_id, day) values (${locationId}, ${day}::date) on conflict do nothing`)
      : await tx.execute(sql`
          update availability.place_day set day = ${day}::date where location_id = ${locationId} and day = ${before}::date`);
  return moved === 1;
}

/** The last change of lots and places that was looked at, which nobody else looks beyond until the transaction ends. */
export async function lockChangeSeen(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ change_id: number }>(
    sql`select change_id from availability.shelf_life_change_seen for update`,
  );
  return row?.change_id ?? 0;
}

export function updateChangeSeen(tx: Transaction, changeId: number): Promise<number> {
  return tx.execute(sql`update availability.shelf_life_change_seen set change_id = ${changeId}`);
}

/** The same without a lock, to see whether there is anything to do. */
export async function selectChangeSeen(queryable: Queryable): Promise<number> {
  const [row] = await queryable.query<{ change_id: number }>(
    sql`select change_id from availability.shelf_life_change_seen`,
  );
  return row?.change_id ?? 0;
}
