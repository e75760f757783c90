import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { SnapshotToWeigh } from "./snapshot-hold-store.ts";

/** Numbers for snapshots that are only rehearsed: below zero, where none that came can be. */
export async function takeRehearsalNumbers(database: Queryable, count: number): Promise<readonly number[]> {
  const rows = await database.query<{ number: number }>(sql`
    select -nextval(pg_get_serial_sequence('ledger.snapshot', 'snapshot_number')) as number from generate_series(1, ${count})`);
  return rows.map((row) => row.number);
}

/** Forgets what rehearsals left that were begun before an instant: their processes died. */
export function deleteOldRehearsals(database: Queryable, before: Date): Promise<number> {
  return database.execute(sql`
    delete from ledger.snapshot_row where snapshot_number < 0 and event_number < ${before.getTime()}`);
}

export function deleteRehearsals(database: Queryable, numbers: readonly number[]): Promise<number> {
  return database.execute(
    sql`delete from ledger.snapshot_row where snapshot_number = any (${numbers}::bigint[])`,
  );
}

/** What the differences of a snapshot come to in one currency, at the costs of its time; exact decimals. */
export type DifferenceInMoney = {
  readonly currency: string;
  readonly found: string;
  readonly missing: string;
};

/** The differences that `weighSnapshot` counts, in money. Items without a cost are not in it. */
export function priceSnapshot(tx: Transaction, of: SnapshotToWeigh): Promise<DifferenceInMoney[]> {
  return tx.query<DifferenceInMoney>(sql`
    with counted as materialized (
      select item_id, lot, sum(counted)::bigint as units
      from ledger.snapshot_row where snapshot_number = ${of.snapshot_number} group by item_id, lot
    ), later as materialized (
      select side.position_id, sum(side.units)::bigint as units
      from ledger.transfer t
      cross join lateral (values (t.from_position_id, t.from_status, -t.quantity), (t.to_position_id, t.to_status, t.quantity))
        as side (position_id, status, units)
      where t.effective_at > ${of.taken_at} and side.status <> 'in-transit' group by side.position_id
    ), booked as materialized (
      select p.item_id, p.lot, p.available + p.held + p.allocated + p.picked + p.channel_reserved + p.quarantined + p.damaged
                               - coalesce(l.units, 0) as units
      from ledger.position p left join later l using (position_id) where p.location_id = ${of.location_id}
    ), compared as (
      select item_id, coalesce(c.units, 0) - coalesce(b.units, 0) as difference
      from booked b full join counted c using (item_id, lot)
      where c.item_id is not null or (${of.scope === "full"}::boolean and b.units <> 0)
    ), cost as materialized (
      select distinct on (i.item_id, i.currency) i.item_id, i.currency, i.per_unit
      from governance.item_cost i where i.valid_from <= ${of.taken_at}
      order by i.item_id, i.currency, i.valid_from desc
    )
    select cost.currency,
           trim_scale(coalesce(sum(cost.per_unit * difference) filter (where difference > 0), 0))::text as found,
           trim_scale(coalesce(-sum(cost.per_unit * difference) filter (where difference < 0), 0))::text as missing
    from compared join cost using (item_id)
    where difference <> 0 and cost.per_unit is not null
    group by cost.currency order by cost.currency`);
}
