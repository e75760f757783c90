import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import { EXACT_MAX, type SnapshotWeight } from "./snapshot-hold.ts";
import type { SnapshotRecord } from "./snapshot-store.ts";

/** A snapshot as far as it is rehearsed. */
export type SnapshotToRehearse = Pick<
  SnapshotRecord,
  "snapshot_number" | "source" | "location_id" | "taken_at" | "scope" | "rows_come"
>;

/** Numbers for snapshots that are only rehearsed: below zero, where none that came can be. */
export async function takeRehearsalNumbers(database: Queryable, count: number): Promise<readonly number[]> {
  const rows = await database.query<{ number: number }>(sql`
    select -nextval(pg_get_serial_sequence('ledger.snapshot', 'snapshot_number')) as number from generate_series(1, ${count})`);
  return rows.map((row) => row.number);
}

/** Forgets what rehearsals left that were begun before an instant: their processes died. */
export function deleteOldRehearsals(database: Queryable, before: Date): Promise<number> {
  return database.execute(sql`
    delete from ledger.snapshot_columns where snapshot_number < 0 and event_number < ${before.getTime()}`);
}

export function deleteRehearsals(database: Queryable, numbers: readonly number[]): Promise<number> {
  return database.execute(
    sql`delete from ledger.snapshot_columns where snapshot_number = any (${numbers}::bigint[])`,
  );
}

/** What the differences of a snapshot come to in one currency, at the costs of its time; exact decimals. */
export type DifferenceInMoney = {
  readonly currency: string;
  readonly found: string;
  readonly missing: string;
};

/** What a rehearsal comes to. Items without a cost are not in the money. */
export type RehearsalWeight = SnapshotWeight & {
  readonly money: readonly DifferenceInMoney[];
  /** Whether every sum is one that is counted exactly. */
  readonly is_exact: boolean;
};

/**
 * Weighs a rehearsal as `compareSnapshot` weighs what came, without keeping what would have to be taken. A row that is not known yet is
 * missing here, which errs on the side of holding. Times alone decide, no watermark: what a snapshot comes to as a whole need not be exact
 * to the unit.
 */
export async function weighRehearsal(
  tx: Transaction,
  snapshot: SnapshotToRehearse,
): Promise<RehearsalWeight> {
  const [weight] = await tx.query<RehearsalWeight>(sql`
    with counted as materialized (
      select item_id, lot, on_hand as units from ledger.snapshot_count where snapshot_number = ${snapshot.snapshot_number}
    ), later as materialized (
      select * from ledger.moved_after(${snapshot.taken_at}, '{}')
    ), booked as materialized (
      select p.item_id, p.lot, p.available + p.held + p.allocated + p.picked + p.channel_reserved + p.quarantined + p.damaged
                               - coalesce(l.units, 0) as units
      from ledger.position p left join later l using (position_id) where p.location_id = ${snapshot.location_id}
    ), compared as materialized (
      select item_id, coalesce(b.units, 0) as expected, coalesce(c.units, 0) - coalesce(b.units, 0) as difference
      from booked b full join counted c using (item_id, lot)
      where c.item_id is not null or (${snapshot.scope === "full"}::boolean and b.units <> 0)
    ), cost as materialized (
      select distinct on (i.item_id, i.currency) i.item_id, i.currency, i.per_unit
      from governance.item_cost i where i.valid_from <= ${snapshot.taken_at}
      order by i.item_id, i.currency, i.valid_from desc
    ), money as (
      select cost.currency,
             trim_scale(coalesce(sum(cost.per_unit * difference) filter (where difference > 0), 0))::text as found,
             trim_scale(coalesce(-sum(cost.per_unit * difference) filter (where difference < 0), 0))::text as missing
      from compared join cost using (item_id)
      where difference <> 0 and cost.per_unit is not null
      group by cost.currency
    )
    select count(*) as positions_compared, count(*) filter (where difference <> 0) as positions_differing,
           least(coalesce(sum(greatest(expected, 0)), 0), ${EXACT_MAX}::bigint)::bigint as units_expected,
           least(coalesce(sum(difference) filter (where difference > 0), 0), ${EXACT_MAX}::bigint)::bigint as units_found,
           least(coalesce(-sum(difference) filter (where difference < 0), 0), ${EXACT_MAX}::bigint)::bigint as units_missing,
           coalesce(max(expected + difference), 0) <= ${EXACT_MAX}::bigint
             and coalesce(sum(greatest(expected, 0)), 0) <= ${EXACT_MAX}::bigint
             and coalesce(sum(difference) filter (where difference > 0), 0) <= ${EXACT_MAX}::bigint as is_exact,
           ${snapshot.rows_come}::bigint as rows_come,
           (select rows_come from ledger.snapshot
            where ${snapshot.scope === "full"}::boolean and source = ${snapshot.source} and location_id = ${snapshot.location_id}
              and scope = 'full' and state = 'applied' and taken_at < ${snapshot.taken_at}
            order by taken_at desc, snapshot_number desc limit 1) as rows_before,
           (select coalesce(jsonb_agg(to_jsonb(money) order by currency), '[]') from money) as money
    from compared`);
  if (weight === undefined) throw new Error(`snapshot ${snapshot.snapshot_number} could not be rehearsed`);
  return weight;
}
