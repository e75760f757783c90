import { type Queryable, sql } from "../../platform/index.ts";

/** Positions at which units of an order's line are promised, or were and may be again. */
export async function selectPlacesOfLine(
  database: Queryable,
  line: { readonly orderId: string; readonly lineId: string; readonly without: string },
): Promise<readonly number[]> {
  const rows = await database.query<{ position_id: number }>(sql`
    select distinct position_id from availability.reservation
    where order_id = ${line.orderId} and line_id = ${line.lineId} and reservation_id <> ${line.without}
      and (state in ('allocated', 'picked', 'shipped', 'short') or (state = 'released' and replaced > 0))`);
  return rows.map((row) => row.position_id);
}
