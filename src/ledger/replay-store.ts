import type { Status } from "@crossdock/canonical";
import { type Queryable, script, sql, type Transaction } from "../platform/index.ts";
import type { TransferReason } from "./movement.ts";

/** What was recorded from an instant on, up to another. */
export type RecordedWindow = { readonly from: Date; readonly to: Date };

/** A transfer as it was posted. The order of their ids is the order in which the transfers of any one position were posted. */
export type PastTransfer = {
  readonly transfer_id: number;
  readonly from_position_id: number;
  readonly from_status: Status;
  readonly to_position_id: number;
  readonly to_status: Status;
  readonly quantity: number;
  readonly reason: TransferReason;
  readonly effective_at: Date;
  readonly recorded_at: Date;
  readonly event_number: number;
  readonly reservation_id: string | null;
};

/**
 * Lets a long look at the past wait for nobody and take little: one processor, and memory that a server of any size has. The statements
 * of it may take as long as they need.
 */
export function lookBack(tx: Transaction): void {
  tx.send(
    script(
      "set local statement_timeout = '30min'; set local idle_in_transaction_session_timeout = '10min'; set local work_mem = '64MB'; set local max_parallel_workers_per_gather = 0",
    ),
  );
}

/** Begins to read the transfers of a window, in the order of their ids. */
export async function openPastTransfers(tx: Transaction, { from, to }: RecordedWindow): Promise<void> {
  await tx.execute(sql`
    declare past_transfer no scroll cursor for
    select transfer_id, from_position_id, from_status, to_position_id, to_status, quantity, reason, effective_at, recorded_at,
           event_number, reservation_id
    from ledger.transfer where recorded_at >= ${from}::timestamptz and recorded_at < ${to}::timestamptz order by transfer_id`);
}

/** Transfers that are read at a time. */
export const PAST_TRANSFERS_PAGE = 2_000;

/** The next of them; none at the end. */
export function nextPastTransfers(tx: Transaction): Promise<PastTransfer[]> {
  return tx.query<PastTransfer>(script(`fetch forward ${PAST_TRANSFERS_PAGE} from past_transfer`));
}

/** How many transfers a window has. */
export async function countPastTransfers(
  queryable: Queryable,
  { from, to }: RecordedWindow,
): Promise<number> {
  const [row] = await queryable.query<{ transfers: number }>(sql`
    select count(*)::bigint as transfers from ledger.transfer
    where recorded_at >= ${from}::timestamptz and recorded_at < ${to}::timestamptz`);
  return row?.transfers ?? 0;
}

/** What was available at a position, and set aside for channels there. */
export type PastPosition = {
  readonly position_id: number;
  readonly item_id: string;
  readonly location_id: string;
  readonly lot: string;
  readonly available: number;
  readonly channel_reserved: number;
};

/**
 * What was there at an instant of all items that moved from then on, and of those that are named: what is there now, less what was posted
 * since. So it does not matter whether the past before it lies in an archive.
 */
export function selectPositionsAt(
  queryable: Queryable,
  { from, itemIds }: { readonly from: Date; readonly itemIds: readonly string[] },
): Promise<PastPosition[]> {
  return queryable.query<PastPosition>(sql`
    with moved as materialized (
      select position_id, sum(available)::bigint as available, sum(channel_reserved)::bigint as channel_reserved
      from (
        select to_position_id as position_id, case to_status when 'available' then quantity else 0 end as available,
               case to_status when 'channel-reserved' then quantity else 0 end as channel_reserved
        from ledger.transfer where recorded_at >= ${from}::timestamptz
        union all
        select from_position_id, case from_status when 'available' then -quantity else 0 end,
               case from_status when 'channel-reserved' then -quantity else 0 end
        from ledger.transfer where recorded_at >= ${from}::timestamptz
      ) as side group by position_id
    ), item as (
      select p.item_id from moved join ledger.position p using (position_id)
      union
      select unnest(${itemIds}::text[])
    )
    select p.position_id, p.item_id, p.location_id, p.lot, p.available - coalesce(m.available, 0) as available,
           p.channel_reserved - coalesce(m.channel_reserved, 0) as channel_reserved
    from ledger.position p left join moved m using (position_id)
    where p.item_id in (select item_id from item)
    order by p.position_id`);
}
