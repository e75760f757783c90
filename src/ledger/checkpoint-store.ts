import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { PlannedTransfer } from "./transfer.ts";

/** Positions of which at least `every` transfers are in no checkpoint yet, by id. */
export async function selectPositionsToCheckpoint(
  database: Queryable,
  page: { readonly after: number; readonly every: number; readonly limit: number },
): Promise<number[]> {
  const { after, every, limit } = page;
  const rows = await database.query<{ position_id: number }>(sql`
    select p.position_id from ledger.position p
    where p.position_id > ${after} and p.version >= ${every}
      and p.version - coalesce((
            select c.transfers from ledger.checkpoint c where c.position_id = p.position_id order by c.taken_at desc limit 1
          ), 0) >= ${every}
    order by p.position_id limit ${limit}`);
  return rows.map((row) => row.position_id);
}

/**
 * Makes the checkpoints that positions, which the caller has locked, lack up to an instant: one for every `every` transfers, at the
 * instant of the last of them. Of each position `span` transfers a side are read, so that the locks are short; gives how many it made.
 */
export function insertCheckpoints(
  tx: Transaction,
  wanted: {
    readonly positionIds: readonly number[];
    readonly before: Date;
    readonly now: Date;
    readonly every: number;
    readonly span: number;
  },
): Promise<number> {
  const { positionIds, before, now, every, span } = wanted;
  return tx.execute(sql`
    with last as (
      select p.position_id, c.taken_at, c.units, c.transfers, coalesce(c.taken_at, '-infinity') as begins
      from unnest(${positionIds}::bigint[]) as p (position_id)
      left join lateral (
        select * from ledger.checkpoint c where c.position_id = p.position_id order by c.taken_at desc limit 1) as c on true
    ), span as (
      select l.*, least(${before}::timestamptz,
               (select t.effective_at from ledger.transfer t where t.to_position_id = l.position_id and t.effective_at > l.begins
                order by t.effective_at offset ${span} limit 1),
               (select t.effective_at from ledger.transfer t where t.from_position_id = l.position_id and t.effective_at > l.begins
                order by t.effective_at offset ${span} limit 1)) as ends
      from last l
    ), change as (
      select s.position_id, s.begins as effective_at, '-infinity'::timestamptz as recorded_at, held.status, held.units,
             case held.place when 1 then s.transfers else 0 end as touches
      from span s
      cross join lateral unnest(enum_range(null::ledger.status), s.units) with ordinality as held (status, units, place)
      where s.taken_at is not null
      union all
      select s.position_id, s.begins, c.recorded_at, c.status, c.units, c.transfers
      from span s join ledger.checkpoint_change c on c.position_id = s.position_id and c.taken_at = s.taken_at
      union all
      select s.position_id, t.effective_at, t.recorded_at, t.to_status, t.quantity, 1
      from span s join ledger.transfer t on t.to_position_id = s.position_id and t.effective_at > s.begins and t.effective_at <= s.ends
      union all
      select s.position_id, t.effective_at, t.recorded_at, t.from_status, -t.quantity,
             case when t.from_position_id = t.to_position_id then 0 else 1 end
      from span s join ledger.transfer t on t.from_position_id = s.position_id and t.effective_at > s.begins and t.effective_at <= s.ends
    ), instant as (
      select position_id, effective_at, max(recorded_at) as recorded_at, sum(touches) as touches,
             sum(units) filter (where status = 'available') as available, sum(units) filter (where status = 'held') as held,
             sum(units) filter (where status = 'allocated') as allocated, sum(units) filter (where status = 'picked') as picked,
             sum(units) filter (where status = 'channel-reserved') as channel_reserved,
             sum(units) filter (where status = 'quarantined') as quarantined, sum(units) filter (where status = 'damaged') as damaged,
             sum(units) filter (where status = 'in-transit') as in_transit
      from change group by position_id, effective_at
    ), walked as (
      select position_id, effective_at, touches, max(recorded_at) over w as recorded_at, sum(touches) over w as transfers,
             array[coalesce(sum(available) over w, 0), coalesce(sum(held) over w, 0), coalesce(sum(allocated) over w, 0),
                   coalesce(sum(picked) over w, 0), coalesce(sum(channel_reserved) over w, 0), coalesce(sum(quarantined) over w, 0),
                   coalesce(sum(damaged) over w, 0), coalesce(sum(in_transit) over w, 0)]::bigint[] as units
      from instant window w as (partition by position_id order by effective_at)
    )
    insert into ledger.checkpoint (position_id, taken_at, made_at, units, transfers)
    select w.position_id, w.effective_at, greatest(${now}::timestamptz, w.recorded_at), w.units, w.transfers
    from walked w join span s on s.position_id = w.position_id and w.effective_at > s.begins
    where div(w.transfers, ${every}) > div(w.transfers - w.touches, ${every})`);
}

/** Keeps with each checkpoint what transfers change of the time before it. Their positions are locked, so no checkpoint is missed. */
export function insertCheckpointChanges(
  tx: Transaction,
  transfers: readonly PlannedTransfer[],
  recordedAt: Date,
): void {
  tx.send(sql`
    insert into ledger.checkpoint_change (position_id, taken_at, recorded_at, status, units, transfers)
    select c.position_id, c.taken_at, ${recordedAt}, side.status, sum(side.units), sum(side.touches)
    from unnest(${transfers.map((t) => t.fromPositionId)}::bigint[], ${transfers.map((t) => t.fromStatus)}::ledger.status[],
                ${transfers.map((t) => t.toPositionId)}::bigint[], ${transfers.map((t) => t.toStatus)}::ledger.status[],
                ${transfers.map((t) => t.quantity)}::bigint[], ${transfers.map((t) => t.effectiveAt)}::timestamptz[])
      as t (from_position_id, from_status, to_position_id, to_status, quantity, effective_at)
    cross join lateral (
      values (t.from_position_id, t.from_status, -t.quantity, case when t.from_position_id = t.to_position_id then 0 else 1 end),
             (t.to_position_id, t.to_status, t.quantity, 1)
    ) as side (position_id, status, units, touches)
    join ledger.checkpoint c on c.position_id = side.position_id and c.taken_at >= t.effective_at
    group by c.position_id, c.taken_at, side.status`);
}
