import { type Queryable, sql } from "../platform/index.ts";
import type { PositionRow } from "./store.ts";

/** A position that facts from outside have taken below zero though something is promised there. */
export type UncoveredRow = Pick<
  PositionRow,
  "position_id" | "item_id" | "location_id" | "lot" | "held" | "allocated" | "uncovered" | "version"
>;

/** Positions below zero where something is promised, by their ids; all of them, or those that are named. */
export function uncoveredPositions(
  database: Queryable,
  page: { readonly after: number; readonly limit: number; readonly positionIds?: readonly number[] },
): Promise<UncoveredRow[]> {
  return database.query<UncoveredRow>(sql`
    select position_id, item_id, location_id, lot, held, allocated, uncovered, version
    from ledger.position
    where is_short and position_id > ${page.after}
      and (${page.positionIds ?? null}::bigint[] is null or position_id = any (${page.positionIds ?? null}::bigint[]))
    order by position_id limit ${page.limit}`);
}

/** How many positions are below zero though something is promised there, and by how many units in all. */
export async function sumUncovered(
  database: Queryable,
): Promise<{ readonly positions: number; readonly units: number }> {
  const [row] = await database.query<{ positions: number; units: number }>(sql`
    select count(*) as positions, coalesce(sum(least(uncovered, held + allocated)), 0)::bigint as units
    from ledger.position where is_short`);
  return row ?? { positions: 0, units: 0 };
}
