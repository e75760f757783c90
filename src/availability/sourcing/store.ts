import { type Queryable, sql } from "../../platform/index.ts";

/** Units by location that are promised for good or held, and have not been picked. Holds that have run out count until they are swept. */
export async function selectOpenUnits(queryable: Queryable): Promise<ReadonlyMap<string, number>> {
  const rows = await queryable.query<{ location_id: string; units: number }>(sql`
    select location_id,
           sum(greatest(0, quantity - replaced - not_found - greatest(picked - put_back, shipped)))::bigint as units
    from availability.reservation where state = 'held' or state = 'allocated' group by location_id`);
  return new Map(rows.map((row) => [row.location_id, row.units]));
}
