import { type Queryable, sql, type Transaction } from "../../platform/index.ts";
import type { ArrivalRow, LineKey, SupplyLineRow } from "./store.ts";

/** Items of which something came before a moment, in order; those after one. */
export async function selectItemsToSettle(
  database: Queryable,
  page: {
    readonly after: string;
    readonly before: Date;
    readonly limit: number;
    readonly without: readonly string[];
  },
): Promise<readonly string[]> {
  const rows = await database.query<{ item_id: string }>(sql`
    select distinct item_id from ledger.supply_arrival
    where arrived_at < ${page.before} and item_id > ${page.after} and item_id <> all (${page.without}::text[])
    order by item_id limit ${page.limit}`);
  return rows.map((row) => row.item_id);
}

/** A line as it is settled. 0 where it was cancelled. */
export type SettleLineRow = Omit<
  SupplyLineRow,
  "from_location_id" | "vendor" | "leaves_at" | "decision" | "until"
>;

/** All lines of items, locked in the order in which statements lock them. */
export function lockLinesOf(tx: Transaction, itemIds: readonly string[]): Promise<readonly SettleLineRow[]> {
  return tx.query<SettleLineRow>(sql`
    select source, kind, document, line, item_id, location_id, case when cancelled then 0 else quantity end as quantity, basis,
           expected_at, as_of, first_as_of, settled
    from ledger.supply_line where item_id = any (${itemIds}::text[])
    order by source, kind, document, line for update`);
}

/** What came of items before a moment. */
export function selectArrivalsBefore(
  tx: Transaction,
  itemIds: readonly string[],
  before: Date,
): Promise<readonly (ArrivalRow & { readonly event_number: number })[]> {
  return tx.query<ArrivalRow & { readonly event_number: number }>(sql`
    select event_number, kind, item_id, location_id, document, line, arrived_at, quantity from ledger.supply_arrival
    where item_id = any (${itemIds}::text[]) and arrived_at < ${before}`);
}

/** Keeps with lines how many units came of them. */
export function setSettled(tx: Transaction, lines: readonly (LineKey & { readonly units: number })[]): void {
  tx.send(sql`
    update ledger.supply_line l set settled = s.units
    from unnest(${lines.map((l) => l.source)}::text[], ${lines.map((l) => l.kind)}::text[], ${lines.map((l) => l.document)}::text[],
                ${lines.map((l) => l.line)}::text[], ${lines.map((l) => l.units)}::bigint[]) as s (source, kind, document, line, units)
    where (l.source, l.kind, l.document, l.line) = (s.source, s.kind, s.document, s.line)`);
}

/** Takes arrivals away of which nothing is left. */
export function deleteArrivals(tx: Transaction, eventNumbers: readonly number[]): void {
  tx.send(sql`delete from ledger.supply_arrival where event_number = any (${eventNumbers}::bigint[])`);
}

/** Leaves of arrivals what no line wanted. */
export function reduceArrivals(
  tx: Transaction,
  arrivals: readonly { readonly eventNumber: number; readonly left: number }[],
): void {
  tx.send(sql`
    update ledger.supply_arrival a set quantity = r.units
    from unnest(${arrivals.map((a) => a.eventNumber)}::bigint[], ${arrivals.map((a) => a.left)}::bigint[]) as r (event_number, units)
    where a.event_number = r.event_number`);
}

/** Says until when arrivals of items were settled. */
export function markSettled(tx: Transaction, itemIds: readonly string[], before: Date): void {
  tx.send(sql`
    insert into ledger.supply_settled (item_id, before) select item_id, ${before} from unnest(${itemIds}::text[]) as i (item_id)
    on conflict (item_id) do update set before = greatest(ledger.supply_settled.before, excluded.before)`);
}
