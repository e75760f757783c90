import type { Handover } from "../governance/index.ts";
import { sql, type Transaction } from "../platform/index.ts";

/** A statement that was judged, and how. */
export type JudgedFact = { readonly event_number: number; readonly outcome: "applied" | "claim" };

/** A moment as the database reads it. */
const momentText = (ms: number): string => {
  if (ms === Number.NEGATIVE_INFINITY) return "-infinity";
  return ms === Number.POSITIVE_INFINITY ? "infinity" : new Date(ms).toISOString();
};

/**
 * Statements at places in stretches of time: by what they moved, counted or claimed, and pages of snapshots; of each no more than
 * `limit`. A statement that was taken and came to nothing is not among them, and makes no difference either.
 */
export async function selectJudgedFactsIn(
  tx: Transaction,
  stretches: readonly Handover[],
  limit: number,
): Promise<{ readonly rows: readonly JudgedFact[]; readonly isAll: boolean }> {
  const rows = await tx.query<JudgedFact & { kind: string; of_kind: number }>(sql`
    with asked as materialized (
      select * from unnest(${stretches.map((s) => s.locationId)}::text[], ${stretches.map((s) => momentText(s.from))}::timestamptz[],
                           ${stretches.map((s) => momentText(s.to))}::timestamptz[]) as a (location_id, begins, ends)
    ), found as (
      (select 'in' as kind, o.event_number, o.outcome
       from asked a join ledger.position p using (location_id)
       join ledger.transfer t on t.to_position_id = p.position_id and t.effective_at >= a.begins and t.effective_at < a.ends
       join ledger.fact_outcome o using (event_number) limit ${limit})
      union all
      (select 'out', o.event_number, o.outcome
       from asked a join ledger.position p using (location_id)
       join ledger.transfer t on t.from_position_id = p.position_id and t.effective_at >= a.begins and t.effective_at < a.ends
       join ledger.fact_outcome o using (event_number) limit ${limit})
      union all
      (select 'count', o.event_number, o.outcome
       from asked a join ledger.position p using (location_id)
       join ledger.count c on c.position_id = p.position_id and c.counted_at >= a.begins and c.counted_at < a.ends
       join ledger.fact_outcome o using (event_number) limit ${limit})
      union all
      (select 'claim', o.event_number, o.outcome
       from asked a join ledger.claim c on c.location_id = a.location_id and c.effective_at >= a.begins and c.effective_at < a.ends
       join ledger.fact_outcome o using (event_number) limit ${limit})
      union all
      (select 'page', o.event_number, o.outcome
       from asked a join ledger.snapshot s on s.location_id = a.location_id and s.taken_at >= a.begins and s.taken_at < a.ends
       join ledger.snapshot_page g using (snapshot_number)
       join ledger.fact_outcome o on o.event_number = g.event_number limit ${limit})
    )
    select event_number, outcome, kind, count(*) over (partition by kind) as of_kind from found`);
  const outcomes = new Map(rows.map((row) => [row.event_number, row.outcome]));
  return {
    rows: [...outcomes].map(([event_number, outcome]) => ({ event_number, outcome })),
    isAll: rows.every((row) => row.of_kind < limit),
  };
}
