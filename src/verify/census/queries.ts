import { type Queryable, script, sql, type Transaction } from "../../platform/index.ts";
import type { Noun } from "../check.ts";

/** What the judge asks of its session: no time limit that fits a page of rows, and memory to sum a year of transfers in one pass. */
export function settleIn(tx: Transaction): void {
  tx.send(script("set local statement_timeout = '15min'"));
  tx.send(script("set local work_mem = '64MB'"));
  tx.send(script("set local jit = off"));
}

export type CensusRow = { readonly noun: Noun; readonly count: number };

/** How many rows there are of everything that is examined. */
export function countRows(snapshot: Queryable): Promise<CensusRow[]> {
  return snapshot.query<CensusRow>(sql`
    select noun, count from (
      select 'positions' as noun, count(*) as count from ledger.position
      union all select 'transfers', count(*) from ledger.transfer
      union all select 'counts', count(*) from ledger.count
      union all select 'count cases', count(*) from ledger.count_case
      union all select 'item lots', count(*) from (select distinct item_id, lot from ledger.position) as distinct_lot
      union all select 'reservations', count(*) from availability.reservation
      union all select 'admissions', count(*) from availability.admission
      union all select 'facts', count(*) from backbone.event
      union all select 'stock facts', count(*) from backbone.event
        where type in ('StockReceived', 'StockPicked', 'StockPickedShort', 'PickCancelled', 'StockPacked', 'ShipmentDispatched', 'StockCounted', 'StockAdjusted',
                       'TransferDispatched', 'TransferReceived', 'TransferLost', 'StockReturned', 'StockStatusChanged',
                       'LotChanged', 'StockConverted', 'StockSnapshotPage')
      union all select 'claims', count(*) from ledger.claim
      union all select 'uses of order lines', count(*) from backbone.event
        where (type in ('StockPicked', 'StockPickedShort', 'PickCancelled') and data ? 'orderLine')
           or (type = 'ShipmentDispatched' and jsonb_path_exists(data, '$.cartons[*].lines[*].orderLine'))
      union all select 'facts about reservations', count(*) from backbone.event
        where type in ('StockReserved', 'ReservationAllocated', 'ReservationSettled', 'ReservationReplaced', 'ReservationRestored',
                       'ReservationReleased', 'ReservationReduced', 'ReservationExtended', 'ReservationExpired')
      union all select 'orders', count(*) from orchestration.customer_order
      union all select 'order lines', count(*) from orchestration.order_line
      union all select 'promised orders', count(*) from backbone.event where type = 'OrderPromised'
      union all select 'shipments', count(*) from backbone.event where type = 'ShipmentDispatched'
      union all select 'messages', count(*) from integration.message
      union all select 'parked records', count(*) from integration.parked
      union all select 'documents', count(*) from integration.document
      union all select 'numbered facts', count(*) from backbone.event where stream is not null
      union all select 'gaps', count(*) from integration.gap
      union all select 'subscribers', count(*) from backbone.subscriber
      union all select 'business keys', count(*) from integration.fingerprint
      union all select 'dead letters', count(*) from backbone.dead_letter
      union all select 'receipt lines', count(*) from ledger.receipt_line
      union all select 'receipts with a lot', count(*) from backbone.event where type = 'StockReceived' and data ->> 'lot' <> ''
      union all select 'statements about lots', count(*) from governance.lot_statement
      union all select 'transfers between locations', count(*) from ledger.lane_transfer
      union all select 'checkpoints', count(*) from ledger.checkpoint
      union all select 'sealed facts', size from backbone.seal
      union all select 'hashes of the seal', coalesce(sum(octet_length(hashes) / 32), 0)::bigint from backbone.seal_tile
    ) as counted`);
}

export type ReaderRow = { readonly name: string; readonly unread: number; readonly dead_letters: number };

/** How far each subscriber is behind: facts beyond its cursor, which are nobody's fault, and those it could not take. */
export function selectReaders(snapshot: Queryable): Promise<ReaderRow[]> {
  return snapshot.query<ReaderRow>(sql`
    select s.name,
           (select count(*) from backbone.event e where (e.transaction, e.number) > (s.transaction, s.number)) as unread,
           (select count(*) from backbone.dead_letter d where d.subscriber = s.name and d.resolved_at is null and d.dismissed_at is null) as dead_letters
    from backbone.subscriber s order by s.name`);
}

export type MessageTotals = {
  readonly received: number;
  readonly stored: number;
  readonly mapped: number;
  readonly suspect: number;
  readonly dead: number;
  readonly dismissed: number;
  readonly records: number;
  readonly applied: number;
  readonly duplicates: number;
  readonly ignored: number;
  readonly parked: number;
};

/** Law 6 in numbers: what became of the messages, and of the records in them. */
export async function sumMessages(snapshot: Queryable): Promise<MessageTotals | undefined> {
  const [totals] = await snapshot.query<MessageTotals>(sql`
    select count(*) as received, count(*) filter (where state = 'stored') as stored,
           count(*) filter (where state = 'mapped') as mapped, count(*) filter (where state = 'suspect') as suspect,
           count(*) filter (where state = 'dead') as dead, count(*) filter (where state = 'dismissed') as dismissed,
           coalesce(sum(records), 0) as records,
           coalesce(sum(applied), 0) as applied, coalesce(sum(duplicates), 0) as duplicates,
           coalesce(sum(ignored), 0) as ignored, coalesce(sum(parked), 0) as parked
    from integration.message`);
  return totals;
}

export type StockFactTotals = {
  readonly told: number;
  readonly applied: number;
  readonly claims: number;
  readonly dead: number;
  readonly unread: number;
};

/** Law 6 for stock facts: those on the log, and what the ledger made of them. */
export async function sumStockFacts(snapshot: Queryable): Promise<StockFactTotals | undefined> {
  const [totals] = await snapshot.query<StockFactTotals>(sql`
    select count(*) as told, count(*) filter (where o.outcome = 'applied') as applied,
           count(*) filter (where o.outcome = 'claim') as claims,
           count(*) filter (where o.outcome is null and d.number is not null) as dead,
           count(*) filter (where o.outcome is null and d.number is null
                              and (e.transaction, e.number) > (coalesce(s.transaction, 0), coalesce(s.number, 0))) as unread
    from backbone.event e
    left join ledger.fact_outcome o on o.event_number = e.number
    left join backbone.subscriber s on s.name = case e.type when 'StockSnapshotPage' then 'ledger-snapshots' else 'ledger' end
    left join backbone.dead_letter d on d.subscriber = s.name and d.number = e.number and d.resolved_at is null
    where e.type in ('StockReceived', 'StockPicked', 'StockPickedShort', 'PickCancelled', 'StockPacked', 'ShipmentDispatched', 'StockCounted', 'StockAdjusted',
                     'TransferDispatched', 'TransferReceived', 'TransferLost', 'StockReturned', 'StockStatusChanged',
                     'LotChanged', 'StockConverted', 'StockSnapshotPage')`);
  return totals;
}
