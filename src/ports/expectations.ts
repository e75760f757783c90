import { itemId, locationId, quantity, quantityDelta } from "@crossdock/canonical";
import type { ExpectationsPort, PageRequest } from "../gateway/index.ts";
import type { Ledger } from "../ledger/index.ts";
import { numberCursor } from "./cursor.ts";

/** What was expected and has not come, as the gateway asks for it. */
export function expectationsPort(ledger: Ledger): ExpectationsPort {
  return {
    receiptDifferences: (asked) =>
      pageOf(asked, ledger.receiptDifferences, (row) => ({
        locationId: locationId(row.location_id),
        purchaseOrder: row.purchase_order,
        receiptNumber: row.receipt_number,
        receiptLine: row.receipt_line,
        itemId: itemId(row.item_id),
        expected: quantity(row.expected),
        received: quantity(row.received),
        difference: quantityDelta(row.difference),
      })),
    openTransfers: (asked) =>
      pageOf(asked, ledger.openTransfers, (row) => ({
        fromLocationId: locationId(row.from_location_id),
        toLocationId: locationId(row.to_location_id),
        transferNumber: row.transfer_number,
        itemId: itemId(row.item_id),
        lot: row.lot,
        dispatched: quantity(row.dispatched),
        received: quantity(row.received),
        lost: quantity(row.lost),
        outstanding: quantityDelta(row.outstanding),
        ...(row.expected_at === null ? {} : { expectedAt: row.expected_at.toISOString() }),
        overdue: row.overdue,
      })),
  };
}

type Asked = PageRequest & { readonly locationId?: string | undefined };

/** The cursor of these lists is the number of the fact that a row was last told of by. */
async function pageOf<Row extends { readonly last_event_number: number }, View>(
  { after: cursor, limit, locationId: place }: Asked,
  select: (page: {
    readonly locationId?: string | undefined;
    readonly after: number;
    readonly limit: number;
  }) => Promise<readonly Row[]>,
  viewOf: (row: Row) => View,
) {
  const after = numberCursor(cursor) ?? 0;
  if (after === "bad-cursor") return after;
  const rows = await select({ locationId: place, after, limit });
  const last = rows.length < limit ? undefined : rows.at(-1)?.last_event_number;
  return { rows: rows.map(viewOf), next: last === undefined ? undefined : String(last) };
}
