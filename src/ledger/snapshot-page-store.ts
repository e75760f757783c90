import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import { EXACT_MAX } from "./snapshot-hold.ts";

/** A page, or a row of one that came later. */
export type PageToKeep = {
  readonly snapshotNumber: number;
  readonly page: number;
  /** -1 for the page itself. */
  readonly row: number;
  readonly eventNumber: number;
  readonly rows: number;
  readonly unresolved: number;
  readonly pages: number | null;
  /** What its rows sum to, `EXACT_MAX` at most. */
  readonly units: number;
};

/** Keeps pages that have not come before. Gives the facts of those. */
export function insertPages(
  tx: Transaction,
  pages: readonly PageToKeep[],
): Promise<{ event_number: number }[]> {
  return tx.query(sql`
    insert into ledger.snapshot_page (snapshot_number, page, row_number, event_number, rows, unresolved)
    select * from unnest(${pages.map((p) => p.snapshotNumber)}::bigint[], ${pages.map((p) => p.page)}::bigint[],
                         ${pages.map((p) => p.row)}::bigint[], ${pages.map((p) => p.eventNumber)}::bigint[],
                         ${pages.map((p) => p.rows)}::bigint[], ${pages.map((p) => p.unresolved)}::bigint[])
    on conflict do nothing returning event_number`);
}

/** The columns of a page, or of a row of it that came later. */
export type PageColumns = Pick<PageToKeep, "snapshotNumber" | "eventNumber" | "rows"> & {
  readonly items: readonly string[];
  readonly counted: readonly number[];
  readonly lots: readonly string[] | undefined;
  readonly statuses: readonly string[] | undefined;
};

/** Gathers pages as they are. Texts travel as JSON, as they came. */
export function insertColumns(tx: Transaction, pages: readonly PageColumns[]): void {
  const json = (column: readonly string[] | undefined) =>
    column === undefined ? null : JSON.stringify(column);
  tx.send(sql`
    insert into ledger.snapshot_columns (snapshot_number, event_number, rows, items, counted, lots, statuses)
    select p.snapshot_number, p.event_number, p.rows, p.items, p.counted::bigint[], p.lots, p.statuses
    from unnest(${pages.map((p) => p.snapshotNumber)}::bigint[], ${pages.map((p) => p.eventNumber)}::bigint[],
                ${pages.map((p) => p.rows)}::bigint[], ${pages.map((p) => JSON.stringify(p.items))}::jsonb[],
                ${pages.map((p) => `{${p.counted.join(",")}}`)}::text[], ${pages.map((p) => json(p.lots))}::jsonb[],
                ${pages.map((p) => json(p.statuses))}::jsonb[])
      as p (snapshot_number, event_number, rows, items, counted, lots, statuses)`);
}

/** Adds new pages to their snapshots' totals; one that has all its pages is ready to be taken, again where it has been before. */
export function addPages(tx: Transaction, pages: readonly PageToKeep[]): void {
  tx.send(sql`
    with come as (
      select snapshot_number, count(*) filter (where row_number < 0) as pages_come, sum(rows) as rows_come,
             sum(unresolved) - count(*) filter (where row_number >= 0) as unresolved, max(pages) as pages, min(event_number) as event_number,
             sum(units) as units
      from unnest(${pages.map((p) => p.snapshotNumber)}::bigint[], ${pages.map((p) => p.row)}::bigint[],
                  ${pages.map((p) => p.eventNumber)}::bigint[], ${pages.map((p) => p.rows)}::bigint[],
                  ${pages.map((p) => p.unresolved)}::bigint[], ${pages.map((p) => p.pages)}::bigint[],
                  ${pages.map((p) => p.units)}::bigint[])
        as p (snapshot_number, row_number, event_number, rows, unresolved, pages, units)
      group by snapshot_number
    )
    update ledger.snapshot s
    set pages = greatest(s.pages, c.pages), pages_come = s.pages_come + c.pages_come, rows_come = s.rows_come + c.rows_come,
        rows_unresolved = s.rows_unresolved + c.unresolved, event_number = least(s.event_number, c.event_number),
        units_come = case when s.units_come is not null then least(s.units_come + c.units, ${EXACT_MAX}::bigint) end,
        revision = s.revision + 1,
        state = case when s.state in ('held', 'dismissed') then s.state
                     when s.pages_come + c.pages_come >= greatest(s.pages, c.pages) then 'ready' else 'gathering' end
    from come c where s.snapshot_number = c.snapshot_number`);
}

/** Whether every row that has come is gathered: a crash of the server empties the table. */
export async function isGathered(database: Queryable, snapshotNumber: number): Promise<boolean> {
  const [row] = await database.query<{ gathered: boolean }>(sql`
    select (select coalesce(sum(rows), 0) from ledger.snapshot_columns where snapshot_number = ${snapshotNumber})
         = (select coalesce(sum(rows), 0) from ledger.snapshot_page where snapshot_number = ${snapshotNumber}) as gathered`);
  return row?.gathered === true;
}

/** The facts of a snapshot's pages, beyond one of them, in order. */
export async function selectPageFacts(
  database: Queryable,
  snapshotNumber: number,
  page: { readonly after: number; readonly limit: number },
): Promise<readonly number[]> {
  const rows = await database.query<{ event_number: number }>(sql`
    select event_number from ledger.snapshot_page
    where snapshot_number = ${snapshotNumber} and event_number > ${page.after} order by event_number limit ${page.limit}`);
  return rows.map((row) => row.event_number);
}

export function deleteRows(tx: Transaction, snapshotNumber: number): void {
  tx.send(sql`delete from ledger.snapshot_columns where snapshot_number = ${snapshotNumber}`);
}
