import { type Database, sql } from "../../src/platform/index.ts";

/** What the product says became of the messages of a shift. */
export type MessageBooks = {
  readonly messages: number;
  readonly unmapped: number;
  readonly deliveries: number;
  readonly records: number;
  readonly applied: number;
  readonly duplicates: number;
  readonly ignored: number;
  readonly parked: number;
  /** Facts on the log. */
  readonly facts: number;
};

/** Reads what became of the messages whose delivery id begins with a shift's name. */
export async function readMessageBooks(database: Database, name: string): Promise<MessageBooks> {
  const [row] = await database.query<MessageBooks>(sql`
    select count(*)::int as messages, count(*) filter (where state <> 'mapped')::int as unmapped,
           coalesce(sum(delivery_count), 0)::int as deliveries, coalesce(sum(records), 0)::int as records,
           coalesce(sum(applied), 0)::int as applied, coalesce(sum(duplicates), 0)::int as duplicates,
           coalesce(sum(ignored), 0)::int as ignored, coalesce(sum(parked), 0)::int as parked,
           (select count(*) from backbone.event where id like ${`${name}-%`} and source <> '/crossdock')::int as facts
    from integration.message where key like ${`${name}-%`}`);
  if (row === undefined) throw new Error(`nothing is known of the messages of ${name}`);
  return row;
}

export type PositionBooks = {
  readonly item_id: string;
  readonly location_id: string;
  readonly available: number;
  readonly picked: number;
  readonly in_transit: number;
};

/** Positions that have moved since the opening stock. */
export function readMovedPositions(database: Database): Promise<PositionBooks[]> {
  return database.query<PositionBooks>(sql`
    select item_id, location_id, available, picked, in_transit from ledger.position
    where (location_id like 'wh-%' and version > 1) or (location_id like 'transit.%' and in_transit <> 0)`);
}

/** What is left to do: messages to map, or facts that a reader of the log has yet to take. */
export async function isSettled(database: Database): Promise<boolean> {
  const [row] = await database.query<{ settled: boolean }>(sql`
    select not exists (select from integration.message where state = 'stored')
       and not exists (
         select from backbone.subscriber s
         cross join lateral (
           select 1 from backbone.event e where (e.transaction, e.number) > (s.transaction, s.number)
           order by e.transaction, e.number limit 1
         ) as next
       ) as settled`);
  return row?.settled === true;
}

/** Where the ledger's reader stands. */
export type CursorRow = { readonly transaction: number; readonly number: number };

export async function readLedgerCursor(database: Database): Promise<CursorRow> {
  const [row] = await database.query<CursorRow>(
    sql`select transaction, number from backbone.subscriber where name = 'ledger'`,
  );
  if (row === undefined) throw new Error("the ledger has no cursor");
  return row;
}

/** The facts of a shift by the delivery that told them first. */
export function readShiftFacts(
  database: Database,
  name: string,
): Promise<{ delivery: string; transaction: number; number: number }[]> {
  return database.query<{ delivery: string; transaction: number; number: number }>(sql`
    select m.key as delivery, e.transaction, e.number
    from integration.message m join backbone.event e on e.causation_id = m.message_id
    where m.key like ${`${name}-%`} and e.source <> '/crossdock'
    order by e.transaction, e.number`);
}
