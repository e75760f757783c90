import type { SourcingExplanation } from "@crossdock/canonical";
import { json, type Queryable, sql, type Transaction } from "../../platform/index.ts";

/** Units by location that are promised for good or held, and have not been picked. Holds that have run out count until they are swept. */
export async function selectOpenUnits(queryable: Queryable): Promise<ReadonlyMap<string, number>> {
  const rows = await queryable.query<{ location_id: string; units: number }>(sql`
    select location_id,
           sum(greatest(0, quantity - replaced - not_found - greatest(picked - put_back, shipped)))::bigint as units
    from availability.reservation where state = 'held' or state = 'allocated' group by location_id`);
  return new Map(rows.map((row) => [row.location_id, row.units]));
}

/** Keeps why reservations come from where they come from. Those of one request share what is said. */
export function insertExplanations(
  tx: Transaction,
  rows: readonly { readonly reservationId: string; readonly explanation: SourcingExplanation }[],
): void {
  tx.send(sql`
    insert into availability.sourcing_explanation (reservation_id, explanation)
    select * from unnest(${rows.map((row) => row.reservationId)}::text[], ${rows.map((row) => json(row.explanation))}::json[])`);
}

/** Why a reservation comes from where it comes from; undefined where nobody asked when it was made. */
export async function selectExplanation(
  queryable: Queryable,
  reservationId: string,
): Promise<SourcingExplanation | undefined> {
  const [row] = await queryable.query<{ explanation: SourcingExplanation }>(sql`
    select explanation from availability.sourcing_explanation where reservation_id = ${reservationId}`);
  return row?.explanation;
}
