import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { LaneTransfer, ReceiptLine } from "./expectation.ts";

/** Adds what came to receipt lines, and keeps the latest expectation. The rows are in the order of their keys. */
export function addReceiptLines(tx: Transaction, lines: readonly ReceiptLine[]): void {
  tx.send(sql`
    insert into ledger.receipt_line as l
      (location_id, purchase_order, receipt_number, receipt_line, item_id, expected, expected_as_of, received, last_event_number)
    select * from unnest(${lines.map((l) => l.locationId)}::text[], ${lines.map((l) => l.purchaseOrder)}::text[],
                         ${lines.map((l) => l.receiptNumber)}::text[], ${lines.map((l) => l.receiptLine)}::text[],
                         ${lines.map((l) => l.itemId)}::text[], ${lines.map((l) => l.expected)}::bigint[],
                         ${lines.map((l) => l.expectedAsOf)}::timestamptz[], ${lines.map((l) => l.received)}::bigint[],
                         ${lines.map((l) => l.lastEventNumber)}::bigint[])
    on conflict (location_id, purchase_order, receipt_number, receipt_line, item_id) do update
      set received = l.received + excluded.received,
          expected = case when (excluded.expected_as_of, excluded.expected) > (l.expected_as_of, l.expected)
                          then excluded.expected else l.expected end,
          expected_as_of = greatest(l.expected_as_of, excluded.expected_as_of),
          last_event_number = greatest(l.last_event_number, excluded.last_event_number)`);
}

/** Adds what left, arrived and was lost to transfers. The rows are in the order of their keys. */
export function addLaneTransfers(tx: Transaction, transfers: readonly LaneTransfer[]): void {
  tx.send(sql`
    insert into ledger.lane_transfer as t
      (from_location_id, to_location_id, transfer_number, item_id, lot, dispatched, received, lost, expected_at, last_event_number)
    select * from unnest(${transfers.map((t) => t.fromLocationId)}::text[], ${transfers.map((t) => t.toLocationId)}::text[],
                         ${transfers.map((t) => t.transferNumber)}::text[], ${transfers.map((t) => t.itemId)}::text[],
                         ${transfers.map((t) => t.lot)}::text[], ${transfers.map((t) => t.dispatched)}::bigint[],
                         ${transfers.map((t) => t.received)}::bigint[], ${transfers.map((t) => t.lost)}::bigint[],
                         ${transfers.map((t) => t.expectedAt ?? null)}::timestamptz[],
                         ${transfers.map((t) => t.lastEventNumber)}::bigint[])
    on conflict (from_location_id, to_location_id, transfer_number, item_id, lot) do update
      set dispatched = t.dispatched + excluded.dispatched, received = t.received + excluded.received,
          lost = t.lost + excluded.lost, expected_at = greatest(t.expected_at, excluded.expected_at),
          last_event_number = greatest(t.last_event_number, excluded.last_event_number)`);
}

/** Which rows of a list to give: those of a location, or of all, that were last told of after a fact. */
export type ExpectationPage = {
  readonly locationId?: string | undefined;
  readonly after: number;
  readonly limit: number;
};

/** A page without items that are one with others: they are summed first, see `merged-expectation-store.ts`. */
type PlainPage = ExpectationPage & { readonly without: readonly string[] };

/** A receipt line that brought more or less than was expected. */
export type ReceiptDifference = {
  readonly location_id: string;
  readonly purchase_order: string;
  readonly receipt_number: string;
  readonly receipt_line: string;
  readonly item_id: string;
  readonly expected: number;
  readonly received: number;
  /** Above zero where more came than was expected. */
  readonly difference: number;
  readonly last_event_number: number;
};

export function selectReceiptDifferences(
  database: Queryable,
  { locationId, after, limit, without }: PlainPage,
): Promise<ReceiptDifference[]> {
  return database.query<ReceiptDifference>(sql`
    select location_id, purchase_order, receipt_number, receipt_line, item_id, expected, received,
           received - expected as difference, last_event_number
    from ledger.receipt_line
    where received <> expected and last_event_number > ${after} and item_id <> all (${without}::text[])
      and (${locationId ?? null}::text is null or location_id = ${locationId ?? null})
    order by last_event_number limit ${limit}`);
}

/** What of a transfer is still on its way; below zero where more arrived or was lost than left. */
export type OpenTransfer = {
  readonly from_location_id: string;
  readonly to_location_id: string;
  readonly transfer_number: string;
  readonly item_id: string;
  readonly lot: string;
  readonly dispatched: number;
  readonly received: number;
  readonly lost: number;
  readonly outstanding: number;
  readonly expected_at: Date | null;
  readonly overdue: boolean;
  readonly last_event_number: number;
};

export function selectOpenTransfers(
  database: Queryable,
  { locationId, after, limit, without }: PlainPage,
  now: Date,
): Promise<OpenTransfer[]> {
  return database.query<OpenTransfer>(sql`
    select from_location_id, to_location_id, transfer_number, item_id, lot, dispatched, received, lost,
           dispatched - received - lost as outstanding, expected_at,
           coalesce(dispatched > received + lost and expected_at < ${now}, false) as overdue, last_event_number
    from ledger.lane_transfer
    where dispatched <> received + lost and last_event_number > ${after} and item_id <> all (${without}::text[])
      and (${locationId ?? null}::text is null or to_location_id = ${locationId ?? null})
    order by last_event_number limit ${limit}`);
}
