import { type Queryable, sql } from "../../platform/index.ts";
import { type Found, OFFENCES_MAX } from "../check.ts";

export type FutureRow = { readonly number: number; readonly transaction: number; readonly present: number };

/**
 * Facts of a transaction that has not begun yet: every visible fact is of one below the snapshot's end. Their readers would wait for
 * them, and new facts would land before them.
 */
export function factsOfTheFuture(snapshot: Queryable): Promise<Found<FutureRow>[]> {
  return snapshot.query<Found<FutureRow>>(sql`
    with present as (
      select transaction_offset + pg_snapshot_xmax(pg_current_snapshot())::text::bigint as transaction from backbone.epoch
    )
    select e.number, e.transaction, (select transaction from present) as present, count(*) over () as total
    from backbone.event e where e.transaction >= (select transaction from present)
    order by e.transaction, e.number limit ${OFFENCES_MAX}`);
}

export type UnissuedRow = { readonly number: number; readonly handed_out: number };

/** Facts with numbers that were never handed out: a writer will be given them a second time. Blocks are of ten thousand. */
export function factsWithUnissuedNumbers(snapshot: Queryable): Promise<Found<UnissuedRow>[]> {
  return snapshot.query<Found<UnissuedRow>>(sql`
    with issued as (
      select case when is_called then last_value * 10000 else 0 end as highest from backbone.event_number_block
    )
    select e.number, (select highest from issued) as handed_out, count(*) over () as total
    from backbone.event e where e.number > (select highest from issued)
    order by e.number limit ${OFFENCES_MAX}`);
}

export type CursorRow = {
  readonly name: string;
  readonly transaction: number;
  readonly number: number;
  readonly horizon: number;
};

/**
 * Subscribers that stand beyond what is settled: a transaction that is still running could commit behind them and be skipped. Of the
 * snapshot's running transactions those count that are seen to be of this database: what has ended since could be anybody's.
 */
export function cursorsBeyondHorizon(snapshot: Queryable): Promise<Found<CursorRow>[]> {
  return snapshot.query<Found<CursorRow>>(sql`
    with ours as (
      select min(running.id) as oldest from pg_snapshot_xip(pg_current_snapshot()) as running (id)
      join pg_locks l on l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
        and l.transactionid = running.id::xid
      join pg_stat_activity a on a.pid = l.pid
      where a.datid = (select oid from pg_database where datname = current_database())
    ), horizon as (
      select transaction_offset + coalesce(ours.oldest, pg_snapshot_xmax(pg_current_snapshot()))::text::bigint as transaction
      from backbone.epoch, ours
    )
    select s.name, s.transaction, s.number, (select transaction from horizon) as horizon, count(*) over () as total
    from backbone.subscriber s where s.transaction >= (select transaction from horizon)
    order by s.name limit ${OFFENCES_MAX}`);
}
