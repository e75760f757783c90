import { type Queryable, script, sql, type Transaction } from "../platform/index.ts";
import type { SnapshotCount } from "./count-case-store.ts";
import { EXACT_MAX, type SnapshotWeight } from "./snapshot-hold.ts";
import type { PositionToTake, SnapshotRecord } from "./snapshot-store.ts";

/** A look at the books beside a snapshot. What it found lies in slices. */
export type Comparison = {
  readonly comparison: number;
  /** Every transaction below this number had ended when it looked. */
  readonly seen_to: string;
  readonly positions_missing: number;
  /** The missing ones among them. */
  readonly positions_to_take: number;
  /** Whether every sum is one that is counted exactly. Where one is not, the numbers given are the largest that are. */
  readonly is_exact: boolean;
};

/** What is compared, and how. */
export type ToCompare = {
  readonly snapshot: SnapshotRecord;
  /** Whether positions without a row were found empty. */
  readonly isFull: boolean;
  /** Facts that a watermark says the snapshot has not seen, whenever they took effect. */
  readonly events: readonly number[];
  readonly inOrder: string;
  readonly slicePositions: number;
};

/**
 * Holds a snapshot beside the books in one statement: rows are summed and joined by hash with the location's positions. It weighs the
 * whole as of the snapshot's time, for which a row that is not known yet is missing, and keeps in slices what differs by now, what
 * changed since, and what is not there. All others have exactly what was counted.
 *
 * What changed since is a set found through a block range index: looking each position's transfers up by its own index costs three times
 * as much for a million positions. What belongs to one position travels in arrays: a row for each would take as long as the join. A slice
 * has positions from everywhere and not neighbours: of a page of the table one row at a time changes then, whose old version is gone
 * before the next comes, so that no index hears of it.
 */
export async function compareSnapshot(
  tx: Transaction,
  { snapshot, isFull, events, inOrder, slicePositions }: ToCompare,
): Promise<Comparison & SnapshotWeight> {
  const [compared] = await tx.query<Comparison & SnapshotWeight>(sql`
    with counted as materialized (
      select * from ledger.snapshot_count where snapshot_number = ${snapshot.snapshot_number}
    ), moved as materialized (
      select * from ledger.moved_after(${snapshot.taken_at}, ${events}::bigint[])
    ), booked as (
      select p.position_id, p.version, p.item_id, p.lot, p.quarantined, p.damaged,
             p.available + p.held + p.allocated + p.picked + p.channel_reserved + p.quarantined + p.damaged as on_hand
      from ledger.position p where p.location_id = ${snapshot.location_id}
    ), compared as materialized (
      select b.position_id, b.version, item_id, lot, c.item_id is not null as is_named, m.position_id is not null as is_moved,
             coalesce(c.on_hand, 0) as on_hand, coalesce(c.quarantined, 0) as quarantined, coalesce(c.damaged, 0) as damaged,
             coalesce(c.event_number, ${snapshot.event_number}) as event_number, coalesce(b.on_hand - coalesce(m.units, 0), 0) as expected,
             coalesce(c.on_hand, 0) <> b.on_hand
               or (${snapshot.conditions}::boolean
                   and (coalesce(c.quarantined, 0), coalesce(c.damaged, 0)) <> (b.quarantined, b.damaged)) as differs
      from booked b full join counted c using (item_id, lot) left join moved m on m.position_id = b.position_id
    ), sliced as (
      insert into ledger.snapshot_slice (snapshot_number, comparison, kind, item_ids, lots, position_ids, versions, on_hand, quarantined,
                                         damaged, event_numbers)
      select ${snapshot.snapshot_number}, pg_current_xact_id()::text::bigint,
             case when is_missing then 'missing' when is_moved then 'moved' else 'plain' end, array_agg(item_id), array_agg(lot),
             case when not is_missing then array_agg(position_id) end, array_agg(coalesce(version, 0)), array_agg(on_hand),
             array_agg(quarantined), array_agg(damaged), array_agg(event_number)
      from (
        select *, position_id is null as is_missing, coalesce(hashint8(position_id), hashtext(item_id || lot))::bigint + 2147483648 as place
        from compared
        where (is_named or ${isFull}::boolean) and (differs or is_moved or (position_id is null and (on_hand > 0 or not ${isFull}::boolean)))
          and not exists (select from ledger.count_case k
                          where k.position_id = compared.position_id and k.counted_at = ${snapshot.taken_at} and k.in_order = ${inOrder}
                            and k.state in ('rejected', 'superseded'))
      ) as to_take
      group by is_missing, is_moved, place % (select 1 + count(*) / ${slicePositions}::bigint from compared where is_moved or differs is not false)
      returning kind, cardinality(item_ids) as positions
    )
    select pg_current_xact_id()::text::bigint as comparison, pg_snapshot_xmin(pg_current_snapshot())::text as seen_to,
           (select coalesce(sum(positions) filter (where kind = 'missing'), 0)::bigint from sliced) as positions_missing,
           (select coalesce(sum(positions), 0)::bigint from sliced) as positions_to_take,
           (select coalesce(max(on_hand), 0) from compared) <= ${EXACT_MAX}::bigint
             and coalesce(sum(greatest(expected, 0)), 0) <= ${EXACT_MAX}::bigint
             and coalesce(sum(on_hand - expected) filter (where on_hand > expected), 0) <= ${EXACT_MAX}::bigint as is_exact,
           count(*) as positions_compared, count(*) filter (where on_hand <> expected) as positions_differing,
           least(coalesce(sum(greatest(expected, 0)), 0), ${EXACT_MAX}::bigint)::bigint as units_expected,
           least(coalesce(sum(on_hand - expected) filter (where on_hand > expected), 0), ${EXACT_MAX}::bigint)::bigint as units_found,
           least(coalesce(sum(expected - on_hand) filter (where on_hand < expected), 0), ${EXACT_MAX}::bigint)::bigint as units_missing,
           ${snapshot.rows_come}::bigint as rows_come,
           (select rows_come from ledger.snapshot
            where ${snapshot.scope === "full"}::boolean and source = ${snapshot.source} and location_id = ${snapshot.location_id}
              and scope = 'full' and state = 'applied' and taken_at < ${snapshot.taken_at}
            order by taken_at desc, snapshot_number desc limit 1) as rows_before
    from compared where is_named or (${snapshot.scope === "full"}::boolean and expected <> 0)`);
  if (compared === undefined) throw new Error(`snapshot ${snapshot.snapshot_number} could not be compared`);
  return compared;
}

/** Above so many positions all accounts of a location are read at once, instead of each by its name. */
const ACCOUNTS_WHOLESALE = 20_000;

/** Makes the accounts of count variance that positions lack which differ, and gives the slices their ids. */
export function noteAccounts(tx: Transaction, comparison: Comparison, account: string): void {
  const isWholesale = comparison.positions_to_take > ACCOUNTS_WHOLESALE;
  tx.send(script(`set local enable_nestloop = ${isWholesale ? "off" : "on"}`));
  tx.send(script(`set local enable_hashjoin = ${isWholesale ? "on" : "off"}`));
  findAccounts(tx, comparison, account);
  tx.send(sql`
    insert into ledger.position (item_id, location_id, lot)
    select r.item_id, ${account}::text, r.lot from ledger.slice_position r
    where r.comparison = ${comparison.comparison} and r.kind = 'plain' and r.account_id is null
    order by r.item_id, r.lot
    on conflict do nothing`);
  findAccounts(tx, comparison, account);
}

function findAccounts(tx: Transaction, { comparison }: Comparison, account: string): void {
  tx.send(sql`
    update ledger.snapshot_slice s set account_ids = found.account_ids
    from (
      select k.slice_number, array_agg(p.position_id order by r.place) as account_ids
      from ledger.snapshot_slice k cross join lateral unnest(k.item_ids, k.lots) with ordinality as r (item_id, lot, place)
      left join ledger.position p on p.item_id = r.item_id and p.location_id = ${account} and p.lot = r.lot
      where k.comparison = ${comparison} and k.kind = 'plain' and (k.account_ids is null or array_position(k.account_ids, null) is not null)
      group by k.slice_number
    ) as found
    where s.slice_number = found.slice_number`);
}

/** The positions that a comparison found to differ or to have changed, those with an open case of the snapshot among them. */
export function selectFoundPositions(
  tx: Transaction,
  { comparison }: Comparison,
  snapshotNumber: number,
): Promise<PositionToTake[]> {
  return tx.query<PositionToTake>(sql`
    select position_id, item_id, lot, on_hand, quarantined, damaged, event_number from ledger.slice_position
    where snapshot_number = ${snapshotNumber} and comparison = ${comparison} and kind <> 'missing' order by position_id`);
}

/** Has positions with an open case of the snapshot looked at one by one, with those that share their slices: they are not to be taken. */
export function leaveOut(tx: Transaction, { comparison }: Comparison, of: SnapshotCount): void {
  tx.send(sql`
    update ledger.snapshot_slice s set kind = 'moved'
    where s.snapshot_number = ${of.snapshotNumber} and s.comparison = ${comparison} and s.kind = 'plain'
      and s.position_ids && (select coalesce(array_agg(k.position_id), '{}') from ledger.count_case k
                             where k.location_id = ${of.locationId} and k.counted_at = ${of.takenAt} and k.in_order = ${of.inOrder}
                               and k.state = 'open')`);
}

/** Makes the positions that a comparison missed, and gives its slices their ids. */
export function insertMissingOfSlices(
  tx: Transaction,
  { comparison }: Comparison,
  { snapshot_number: snapshotNumber, location_id: locationId }: SnapshotRecord,
): void {
  tx.send(sql`
    insert into ledger.position (item_id, location_id, lot)
    select r.item_id, ${locationId}::text, r.lot
    from ledger.snapshot_slice s cross join lateral unnest(s.item_ids, s.lots) as r (item_id, lot)
    where s.snapshot_number = ${snapshotNumber} and s.comparison = ${comparison} and s.kind = 'missing'
    order by r.item_id, r.lot
    on conflict do nothing`);
  tx.send(sql`
    update ledger.snapshot_slice s
    set kind = 'plain',
        position_ids = (select array_agg(p.position_id order by r.place)
                        from unnest(s.item_ids, s.lots) with ordinality as r (item_id, lot, place)
                        join ledger.position p on p.item_id = r.item_id and p.location_id = ${locationId} and p.lot = r.lot)
    where s.snapshot_number = ${snapshotNumber} and s.comparison = ${comparison} and s.kind = 'missing'`);
}

export type Slice = {
  readonly slice_number: number;
  readonly kind: "plain" | "moved";
  readonly positions: number;
};

/** The slices of a comparison. */
export function selectSlices(
  database: Queryable,
  { comparison }: Comparison,
  snapshotNumber: number,
): Promise<readonly Slice[]> {
  return database.query<Slice>(sql`
    select slice_number, kind, cardinality(item_ids) as positions from ledger.snapshot_slice
    where snapshot_number = ${snapshotNumber} and comparison = ${comparison} order by slice_number`);
}

/**
 * The positions that a comparison found changed after the snapshot, and those that have changed since the comparison looked: their rows
 * were written by a transaction that it may not have seen. Looking at the age of every row of a location takes a tenth of comparing again.
 */
export function selectMovedPositions(
  tx: Transaction,
  { comparison, seen_to: seenTo }: Comparison,
  { snapshot, isFull, inOrder }: Pick<ToCompare, "snapshot" | "isFull" | "inOrder">,
): Promise<PositionToTake[]> {
  return tx.query<PositionToTake>(sql`
    with changed as materialized (
      select position_id, item_id, lot from ledger.position
      where location_id = ${snapshot.location_id} and version > 0 and age(xmin) <= age(${seenTo}::xid8::xid)
    ), counted as (
      select r.item_id, r.lot, sum(r.counted)::bigint as on_hand,
             coalesce(sum(r.counted) filter (where r.status = 'quarantined'), 0)::bigint as quarantined,
             coalesce(sum(r.counted) filter (where r.status = 'damaged'), 0)::bigint as damaged, min(r.event_number) as event_number
      from ledger.snapshot_row r join changed using (item_id, lot)
      where r.snapshot_number = ${snapshot.snapshot_number} and (select count(*) from changed) > 0
      group by r.item_id, r.lot
    ), left_out as (
      select position_id from ledger.count_case
      where location_id = ${snapshot.location_id} and counted_at = ${snapshot.taken_at} and in_order = ${inOrder} and state <> 'accepted'
    ), found as (
      select position_id, item_id, lot, on_hand, quarantined, damaged, event_number from ledger.slice_position
      where snapshot_number = ${snapshot.snapshot_number} and comparison = ${comparison} and kind = 'moved'
    )
    select * from found where position_id not in (select position_id from left_out)
    union
    select p.position_id, p.item_id, p.lot, coalesce(c.on_hand, 0), coalesce(c.quarantined, 0), coalesce(c.damaged, 0),
           coalesce(c.event_number, ${snapshot.event_number})
    from changed p left join counted c using (item_id, lot)
    where (c.item_id is not null or ${isFull}::boolean) and p.position_id not in (select position_id from left_out)
    order by position_id`);
}

/** Forgets what comparisons of a snapshot found. */
export function deleteSlices(tx: Transaction, snapshotNumber: number): void {
  tx.send(sql`delete from ledger.snapshot_slice where snapshot_number = ${snapshotNumber}`);
}
