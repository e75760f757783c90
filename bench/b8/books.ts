import { type Database, script, sql } from "../../src/platform/index.ts";

/** How much there is to rebuild. */
export type BookSize = { readonly positions: number; readonly transfers: number };

export const WHOLE_BOOKS: BookSize = { positions: 1_200_000, transfers: 10_000_000 };
export const SMALL_BOOKS: BookSize = { positions: 24_000, transfers: 200_000 };

/** Books of so many positions, as busy as the whole ones. */
export const booksOf = (positions: number): BookSize => ({
  positions,
  transfers: Math.round((positions * WHOLE_BOOKS.transfers) / WHOLE_BOOKS.positions),
});

/** Half of all transfers are of these positions: fast sellers, whose past is the longest. */
export const BUSY_POSITIONS = 1_000;
/** The time that the books cover, and its end. */
export const BOOKS_BEGIN = Date.parse("2024-11-25T00:00:00Z");
export const BOOKS_END = Date.parse("2026-11-25T00:00:00Z");

/**
 * Fills a migrated database with a ledger of two years: receipts from the supplier's positions to those of warehouses and statuses
 * changed in place, half of them at a thousand busy positions, one in fifty recorded a day late. Written set-based, past triggers and
 * indexes, which are made afterwards as they were: loading is not what is measured.
 */
export async function fillBooks(database: Database, size: BookSize): Promise<void> {
  await withoutIndexes(database, async () => {
    await database.execute(sql`
      insert into ledger.position (item_id, location_id)
      select 'item-' || n / 12, 'wh-' || n % 12 from generate_series(0, ${size.positions - 1}) as n`);
    const spanMs = BOOKS_END - BOOKS_BEGIN;
    await unhurried(
      database,
      sql`
      insert into ledger.transfer_from_1 (transfer_id, from_position_id, from_status, to_position_id, to_status, quantity, reason,
                                          effective_at, recorded_at, event_number)
      select n, case when n % 5 = 0 then place else 1 + (place + 6) % ${size.positions}::bigint end, 'available', place,
             case when n % 5 = 0 then 'damaged' else 'available' end::ledger.status, 1 + n % 9,
             case when n % 5 = 0 then 'status-change' else 'receipt' end, effective_at,
             effective_at + case when n % 50 = 0 then interval '1 day' else interval '5 seconds' end, n
      from generate_series(1, ${size.transfers}::bigint) as n
      cross join lateral (
        select 1 + case when n % 2 = 0 then (n / 2) * 7919 % ${BUSY_POSITIONS}::bigint
                        else (n * 104729) % ${size.positions}::bigint end as place,
               ${new Date(BOOKS_BEGIN)}::timestamptz + (n * (${spanMs}::float8 / ${size.transfers}::float8)) * interval '1 millisecond'
                 as effective_at
      ) as drawn`,
    );
  });
  await unhurried(database, balanceAll);
  await database.execute(script("select setval('backbone.event_number_block', 1000)"));
  await unhurried(database, script("vacuum analyze ledger.position"), { alone: true });
  await unhurried(database, script("vacuum analyze ledger.transfer"), { alone: true });
}

/** Balances by a way of their own, so that they audit what is measured. */
const balanceAll = sql`
  update ledger.position p
  set available = s.available, damaged = s.damaged, uncovered = greatest(0, -s.available), version = s.version
  from (
    select position_id, sum(available) as available, sum(damaged) as damaged, sum(touched) as version
    from (
      select to_position_id as position_id, case to_status when 'available' then quantity else 0 end as available,
             case to_status when 'damaged' then quantity else 0 end as damaged,
             case when from_position_id = to_position_id then 0 else 1 end as touched
      from ledger.transfer
      union all
      select from_position_id, -quantity, 0, 1 from ledger.transfer
    ) as side
    group by position_id
  ) as s
  where s.position_id = p.position_id`;

async function withoutIndexes(database: Database, fill: () => Promise<void>): Promise<void> {
  await database.execute(
    script(`
    alter table ledger.transfer drop constraint transfer_pkey;
    drop index ledger.transfer_from, ledger.transfer_to`),
  );
  await fill();
  await unhurried(
    database,
    script(`
    set local maintenance_work_mem = '256MB';
    alter table ledger.transfer add constraint transfer_pkey primary key (event_number, transfer_id);
    create index transfer_from on ledger.transfer (from_position_id, effective_at);
    create index transfer_to on ledger.transfer (to_position_id, effective_at)`),
  );
}

async function unhurried(
  database: Database,
  statement: Parameters<Database["execute"]>[0],
  { alone = false } = {},
): Promise<void> {
  if (alone) {
    await database.execute(statement);
    return;
  }
  await database.transaction(async (tx) => {
    tx.send(script("set local statement_timeout = 0; set local work_mem = '256MB'"));
    await tx.execute(statement);
  });
}
