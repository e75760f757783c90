import type { Stretch } from "../../backbone/index.ts";
import { type Queryable, sql, type Transaction } from "../../platform/index.ts";

type Bounds = Pick<Stretch, "first_number" | "end_number">;

/** What holds a stretch here, as far as the ledger knows. */
export type LedgerHolds = {
  readonly transfers: number;
  readonly outcomes: number;
  readonly last_transfer: number | null;
  readonly effective_from: Date | null;
  readonly effective_to: Date | null;
  /** Snapshots of which a page is in the stretch and which have not been taken yet. */
  readonly snapshots_open: number;
  /** Open cases whose counts would be held against transfers of the stretch, or are facts in it. */
  readonly cases_open: number;
};

/** Looks at what may still need the transfers of a stretch. It reads the whole of it. */
export async function selectLedgerHolds(
  database: Queryable,
  { first_number: first, end_number: end }: Bounds,
): Promise<LedgerHolds> {
  const [row] = await database.query<LedgerHolds>(sql`
    select count(*) as transfers, max(transfer_id) as last_transfer, min(effective_at) as effective_from,
           max(effective_at) as effective_to,
           (select count(*) from ledger.fact_outcome where event_number >= ${first} and event_number < ${end}) as outcomes,
           (select count(*) from ledger.snapshot s
            where s.state in ('gathering', 'ready')
              and exists (select from ledger.snapshot_page p
                          where p.snapshot_number = s.snapshot_number and p.event_number >= ${first} and p.event_number < ${end}))
             as snapshots_open,
           (select count(*) from ledger.count_case c
            where c.state = 'open'
              and (c.event_number >= ${first} and c.event_number < ${end}
                   or c.counted_at <= (select max(t.effective_at) from ledger.transfer t
                                       where t.event_number >= ${first} and t.event_number < ${end}))) as cases_open
    from ledger.transfer where event_number >= ${first} and event_number < ${end}`);
  if (row === undefined) throw new Error(`the transfers of the stretch from ${first} could not be looked at`);
  return row;
}

/** Sums the transfers of a closed stretch, in place of sums of an earlier attempt. They count once the stretch has left. */
export async function keepTotals(
  tx: Transaction,
  { first_number: first, end_number: end }: Bounds,
): Promise<void> {
  await forgetTotals(tx, first);
  await tx.execute(sql`
    insert into ledger.archived_total (position_id, first_number, reason, status, units_in, units_out, transfers, effective_to, recorded_to)
    select side.position_id, ${first}, t.reason, side.status, sum(side.units_in), sum(side.units_out), sum(side.touches),
           max(t.effective_at), max(t.recorded_at)
    from ledger.transfer t
    cross join lateral (
      values (t.from_position_id, t.from_status, 0, t.quantity, case when t.from_position_id = t.to_position_id then 0 else 1 end),
             (t.to_position_id, t.to_status, t.quantity, 0, 1)
    ) as side (position_id, status, units_in, units_out, touches)
    where t.event_number >= ${first} and t.event_number < ${end}
    group by side.position_id, t.reason, side.status`);
}

export async function forgetTotals(tx: Transaction, first: number): Promise<void> {
  await tx.execute(sql`delete from ledger.archived_total where first_number = ${first}`);
}

/** Positions that transfers of a stretch touch, by id. */
export async function selectTouched(
  database: Queryable,
  page: { readonly first: number; readonly after: number; readonly limit: number },
): Promise<number[]> {
  const rows = await database.query<{ position_id: number }>(sql`
    select distinct position_id from ledger.archived_total
    where first_number = ${page.first} and position_id > ${page.after} order by position_id limit ${page.limit}`);
  return rows.map((row) => row.position_id);
}

/**
 * Gives positions, which the caller has locked, a checkpoint at the instant of the last transfer that leaves: what came before is then
 * never asked of the transfers again. It was believed from when the last of its transfers was recorded.
 */
export async function keepBoundaries(
  tx: Transaction,
  { positionIds, first }: { readonly positionIds: readonly number[]; readonly first: number },
): Promise<void> {
  await tx.execute(sql`
    with boundary as (
      select position_id, max(effective_to) as taken_at
      from (select position_id, effective_to from ledger.archived_total
            where first_number = ${first} and position_id = any (${positionIds}::bigint[])
            union all
            select position_id, effective_to from ledger.archived where position_id = any (${positionIds}::bigint[])) as reach
      group by position_id
    ), side as (
      select b.position_id, a.status, a.units, a.transfers, a.recorded_to as recorded_at
      from boundary b join ledger.archived a using (position_id)
      union all
      select b.position_id, t.to_status, t.quantity, 1, t.recorded_at
      from boundary b join ledger.transfer t on t.to_position_id = b.position_id and t.effective_at <= b.taken_at
      union all
      select b.position_id, t.from_status, -t.quantity, case when t.from_position_id = t.to_position_id then 0 else 1 end, t.recorded_at
      from boundary b join ledger.transfer t on t.from_position_id = b.position_id and t.effective_at <= b.taken_at
    ), held as (
      select position_id, status, sum(units) as units, sum(transfers) as transfers, max(recorded_at) as recorded_at
      from side group by position_id, status
    )
    insert into ledger.checkpoint (position_id, taken_at, made_at, units, transfers)
    select b.position_id, b.taken_at, max(h.recorded_at),
           array_agg(coalesce(h.units, 0)::bigint order by s.status), sum(h.transfers)
    from boundary b
    cross join unnest(enum_range(null::ledger.status)) as s (status)
    left join held h on h.position_id = b.position_id and h.status = s.status
    group by b.position_id, b.taken_at
    on conflict (position_id, taken_at) do nothing`);
}

/** Where a page of lines ended. */
export type LinesAfter = { readonly number: number; readonly id: number };
type LineRow = { readonly line: string } & LinesAfter;

/** Transfers of a stretch as lines of JSON, in the order of their key. */
export function selectTransferLines(
  database: Queryable,
  { first_number: first, end_number: end }: Bounds,
  page: { readonly after: LinesAfter; readonly limit: number },
): Promise<LineRow[]> {
  return database.query<LineRow>(sql`
    select row_to_json(t)::text as line, t.event_number as number, t.transfer_id as id
    from ledger.transfer t
    where t.event_number >= ${first} and t.event_number < ${end}
      and (t.event_number, t.transfer_id) > (${page.after.number}::bigint, ${page.after.id}::bigint)
    order by t.event_number, t.transfer_id limit ${page.limit}`);
}

/** Outcomes of the facts of a stretch as lines of JSON. */
export function selectOutcomeLines(
  database: Queryable,
  { first_number: first, end_number: end }: Bounds,
  page: { readonly after: LinesAfter; readonly limit: number },
): Promise<LineRow[]> {
  return database.query<LineRow>(sql`
    select row_to_json(o)::text as line, o.event_number as number, 0 as id
    from ledger.fact_outcome o
    where o.event_number >= ${first} and o.event_number < ${end} and o.event_number > ${page.after.number}
    order by o.event_number limit ${page.limit}`);
}

/** What the transfers of a stretch come to as lines of JSON, several of a position together. */
export function selectTotalLines(
  database: Queryable,
  { first_number: first }: Pick<Bounds, "first_number">,
  page: { readonly after: LinesAfter; readonly limit: number },
): Promise<LineRow[]> {
  return database.query<LineRow>(sql`
    select row_to_json(line)::text as line, line.position_id as number, line.place as id
    from (
      select a.position_id, p.item_id, p.location_id, p.lot, a.reason, a.status, a.units_in, a.units_out, a.transfers,
             a.effective_to, a.recorded_to,
             row_number() over (partition by a.position_id order by a.reason, a.status) as place
      from ledger.archived_total a join ledger.position p using (position_id)
      where a.first_number = ${first} and a.position_id >= ${page.after.number}
    ) as line
    where (line.position_id, line.place) > (${page.after.number}::bigint, ${page.after.id}::bigint)
    order by line.position_id, line.place limit ${page.limit}`);
}

/** Of lines of totals, how many are not what is kept here. */
export async function countOtherTotals(
  database: Queryable,
  first: number,
  lines: readonly string[],
): Promise<number> {
  const [row] = await database.query<{ count: number }>(sql`
    select count(*) as count
    from unnest(${lines}::text[]) as line
    cross join lateral jsonb_populate_record(null::ledger.archived_total, line::jsonb) as said
    left join ledger.archived_total a
      on (a.position_id, a.first_number, a.reason, a.status) = (said.position_id, ${first}::bigint, said.reason, said.status)
    where a.position_id is null
       or (a.units_in, a.units_out, a.transfers, a.effective_to, a.recorded_to)
          <> (said.units_in, said.units_out, said.transfers, said.effective_to, said.recorded_to)`);
  return row?.count ?? 0;
}

/** What is kept of a stretch, in all. */
export async function sumTotals(
  database: Queryable,
  first: number,
): Promise<{ readonly rows: number; readonly units_in: number; readonly units_out: number }> {
  const [row] = await database.query<{ rows: number; units_in: number; units_out: number }>(sql`
    select count(*) as rows, coalesce(sum(units_in), 0)::bigint as units_in, coalesce(sum(units_out), 0)::bigint as units_out
    from ledger.archived_total where first_number = ${first}`);
  return row ?? { rows: 0, units_in: 0, units_out: 0 };
}

/** The sum of the quantities of lines of transfers. */
export async function sumQuantities(database: Queryable, lines: readonly string[]): Promise<number> {
  const [row] = await database.query<{ units: number }>(sql`
    select coalesce(sum((line::jsonb ->> 'quantity')::bigint), 0)::bigint as units from unnest(${lines}::text[]) as line`);
  return row?.units ?? 0;
}
