import { OWN_SOURCE } from "@crossdock/canonical";
import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import { NUMBER_BLOCK_SIZE, STRETCH_NUMBERS } from "./numbers.ts";
import type { LogPosition } from "./position.ts";

/** A block of fact numbers for this process, and the number from which on no stretch of the log has been opened yet. */
export type TakenBlock = { readonly first: number; readonly openedTo: number };

/** Takes a block of fact numbers for this process: `first` and the `NUMBER_BLOCK_SIZE - 1` after it. */
export async function takeNumberBlock(database: Queryable): Promise<TakenBlock> {
  const [row] = await database.query<{ block: number; opened_to: number }>(sql`
    select nextval('backbone.event_number_block') as block, (select max(end_number) from backbone.stretch) as opened_to`);
  if (row === undefined) throw new Error("the sequence backbone.event_number_block gave no block");
  return { first: (row.block - 1) * NUMBER_BLOCK_SIZE + 1, openedTo: row.opened_to };
}

/** Opens the stretch of the log that begins at `first`, unless somebody has opened it meanwhile. */
export async function openStretch(database: Queryable, first: number): Promise<void> {
  await database.query(sql`select backbone.open_stretch(${first}, ${STRETCH_NUMBERS})`);
}

/** A fact as a row, before it has a place in the order. Timestamps are RFC 3339 texts. */
export type EventToInsert = {
  readonly number: number;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly effectiveAt: string;
  readonly correlationId: string;
  readonly causationId: string | null;
  readonly stream: string | null;
  readonly sequenceNumber: number | null;
  /** JSON text. */
  readonly data: string;
};

const column = <Key extends keyof EventToInsert>(events: readonly EventToInsert[], key: Key) =>
  events.map((event) => event[key]);

/**
 * Facts from outside in one statement; gives the numbers of those that were not on the log already. Which have been told is a table of
 * its own, because a stretch of the log may leave and what was told in it must still be recognised.
 */
export function insertEventsFromOutside(
  tx: Transaction,
  events: readonly EventToInsert[],
  recordedAt: Date,
): Promise<{ number: number }[]> {
  return tx.query<{ number: number }>(sql`
    with told as (
      insert into backbone.told (source, id, number)
      select t.source, t.id, t.number
      from unnest(${column(events, "source")}::text[], ${column(events, "id")}::text[], ${column(events, "number")}::bigint[])
        as t (source, id, number)
      on conflict (source, id) do nothing
      returning number
    )
    insert into backbone.event
      (number, transaction, source, id, type, effective_at, recorded_at, correlation_id, causation_id,
       stream, sequence_number, data)
    select e.number, (select backbone.current_log_transaction()), e.source, e.id, e.type, e.effective_at, ${recordedAt},
           e.correlation_id, e.causation_id, e.stream, e.sequence_number, e.data
    from unnest(
      ${column(events, "number")}::bigint[], ${column(events, "source")}::text[], ${column(events, "id")}::text[],
      ${column(events, "type")}::text[], ${column(events, "effectiveAt")}::timestamptz[],
      ${column(events, "correlationId")}::text[], ${column(events, "causationId")}::text[],
      ${column(events, "stream")}::text[], ${column(events, "sequenceNumber")}::bigint[], ${column(events, "data")}::jsonb[]
    ) as e (number, source, id, type, effective_at, correlation_id, causation_id, stream, sequence_number, data)
    join told using (number)
    returning number`);
}

/** What stands on the log, and the number of the fact that says something else under the same source and id. */
export function selectContradictions(
  tx: Transaction,
  events: readonly EventToInsert[],
): Promise<(EventRow & { readonly asked: number })[]> {
  return tx.query<EventRow & { readonly asked: number }>(sql`
    select e.number as asked, told.number, told.transaction, told.source, told.id, told.type, told.effective_at,
           told.recorded_at, told.correlation_id, told.causation_id, told.stream, told.sequence_number, told.data
    from unnest(
      ${column(events, "number")}::bigint[], ${column(events, "source")}::text[], ${column(events, "id")}::text[],
      ${column(events, "type")}::text[], ${column(events, "effectiveAt")}::timestamptz[], ${column(events, "data")}::jsonb[]
    ) as e (number, source, id, type, effective_at, data)
    join backbone.told before on before.source = e.source and before.id = e.id
    join backbone.event told on told.number = before.number
    where (told.type, told.effective_at, told.data) is distinct from (e.type, e.effective_at, e.data)`);
}

/** The numbers of facts whose source has used their ids before, however long ago. */
export function selectTold(
  tx: Transaction,
  events: readonly Pick<EventToInsert, "number" | "source" | "id">[],
): Promise<{ number: number }[]> {
  return tx.query<{ number: number }>(sql`
    select e.number
    from unnest(${events.map((e) => e.number)}::bigint[], ${events.map((e) => e.source)}::text[],
                ${events.map((e) => e.id)}::text[]) as e (number, source, id)
    join backbone.told told on told.source = e.source and told.id = e.id`);
}

/** Of facts from outside, those whose first telling has left for an archive, with its name. */
export function selectArchivedTellings(
  tx: Transaction,
  events: readonly Pick<EventToInsert, "number" | "source" | "id">[],
): Promise<{ number: number; archive: string }[]> {
  return tx.query<{ number: number; archive: string }>(sql`
    select e.number, s.archive
    from unnest(${events.map((e) => e.number)}::bigint[], ${events.map((e) => e.source)}::text[],
                ${events.map((e) => e.id)}::text[]) as e (number, source, id)
    join backbone.told told on told.source = e.source and told.id = e.id
    join backbone.stretch s on s.state = 'archived' and told.number >= s.first_number and told.number < s.end_number`);
}

/** A fact that was decided here: its source is ours, and it is of no stream. */
export type OwnEventToInsert = Omit<EventToInsert, "source" | "stream" | "sequenceNumber">;

/** Facts that were decided here, written without waiting: the statement travels with the transaction's next. */
export function sendOwnEvents(tx: Transaction, events: readonly OwnEventToInsert[], recordedAt: Date): void {
  tx.send(sql`
    insert into backbone.event
      (number, transaction, source, id, type, effective_at, recorded_at, correlation_id, causation_id, data)
    select e.number, (select backbone.current_log_transaction()), ${OWN_SOURCE}, e.id, e.type, e.effective_at, ${recordedAt},
           e.correlation_id, e.causation_id, e.data
    from unnest(
      ${events.map((e) => e.number)}::bigint[], ${events.map((e) => e.id)}::text[], ${events.map((e) => e.type)}::text[],
      ${events.map((e) => e.effectiveAt)}::timestamptz[], ${events.map((e) => e.correlationId)}::text[],
      ${events.map((e) => e.causationId)}::text[], ${events.map((e) => e.data)}::jsonb[]
    ) as e (number, id, type, effective_at, correlation_id, causation_id, data)`);
}

/** A fact as it stands on the log. `data` is null where the reader did not ask for its type. */
export type EventRow = {
  readonly number: number;
  readonly transaction: number;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly effective_at: Date;
  readonly recorded_at: Date;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly stream: string | null;
  readonly sequence_number: number | null;
  readonly data: unknown;
};

/** A row of a page; how many facts the page holds, wanted or not; and how many of the wanted types there are up to this one. */
export type PageRow = EventRow & { readonly page_size: number; readonly wanted: number };

/**
 * The next facts after a position, in log order, all of them settled: none can appear before them any more. Of facts of other types
 * only the page's last is given, as its end: most readers want few of the types, and a rush writes thousands of the others. Of wanted
 * ones beyond `wantedMax` none is given; `data` is not read for what is not given. Transactions that were seen `elsewhere` in an earlier
 * statement hold nothing back.
 */
export function selectPageAfter(
  database: Queryable,
  options: {
    readonly after: LogPosition;
    readonly limit: number;
    readonly types: readonly string[];
    readonly wantedMax: number;
    readonly elsewhere: readonly string[];
  },
): Promise<PageRow[]> {
  const { after, limit, types, wantedMax, elsewhere } = options;
  return database.query<PageRow>(sql`
    select number, transaction, source, id, type, effective_at, recorded_at, correlation_id, causation_id,
           stream, sequence_number, case when is_wanted and wanted <= ${wantedMax} then data end as data, page_size, wanted
    from (
      select e.*, count(*) over () as page_size, row_number() over in_order as place,
             count(*) filter (where is_wanted) over in_order as wanted
      from (
        select *, type = any (${types}::text[]) as is_wanted from backbone.event
        where (transaction, number) > (${after.transaction}::bigint, ${after.number}::bigint)
          and transaction < (select backbone.horizon(${elsewhere}::xid8[]))
        order by transaction, number
        limit ${limit}
      ) as e
      window in_order as (order by e.transaction, e.number rows unbounded preceding)
    ) as page
    where (is_wanted and wanted <= ${wantedMax}) or place = page_size
    order by transaction, number`);
}

/**
 * Whether anything stands after a position, settled or not. Asked for in order, though any would do: without it the planner, which
 * takes a third of the log to stand after a position that it does not know, scans the table and finds nothing at its end. In a rush
 * that was two thirds of what the database did.
 */
export async function existsEventAfter(database: Queryable, after: LogPosition): Promise<boolean> {
  const rows = await database.query<{ one: number }>(sql`
    select 1 as one from backbone.event
    where (transaction, number) > (${after.transaction}::bigint, ${after.number}::bigint)
    order by transaction, number limit 1`);
  return rows.length > 0;
}

/** Facts by their numbers, in log order. */
export function selectEventsByNumber(database: Queryable, numbers: readonly number[]): Promise<EventRow[]> {
  return database.query<EventRow>(sql`
    select number, transaction, source, id, type, effective_at, recorded_at, correlation_id, causation_id,
           stream, sequence_number, data
    from backbone.event where number = any (${numbers}::bigint[]) order by transaction, number`);
}

/** A fact from outside by its source and its id there. */
export async function selectEventOfSource(
  database: Queryable,
  source: string,
  id: string,
): Promise<EventRow | undefined> {
  const [row] = await database.query<EventRow>(sql`
    select number, transaction, source, id, type, effective_at, recorded_at, correlation_id, causation_id,
           stream, sequence_number, data
    from backbone.event
    where number = (select t.number from backbone.told t where t.source = ${source} and t.id = ${id})`);
  return row;
}

/** Running transactions of other databases: nothing of theirs will stand on the log. What runs there is not asked in a hot path. */
export async function selectRunningElsewhere(database: Queryable): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    sql`select id::text as id from unnest(platform.running_elsewhere()) as id`,
  );
  return rows.map((row) => row.id);
}

/** The position just before the first fact that was recorded at or after an instant; undefined when there is none. */
export async function selectPositionBefore(
  database: Queryable,
  recordedAt: Date,
): Promise<LogPosition | undefined> {
  const [row] = await database.query<{ transaction: number; number: number }>(sql`
    select transaction, number from backbone.event where recorded_at >= ${recordedAt}
    order by transaction, number limit 1`);
  return row === undefined ? undefined : { transaction: row.transaction, number: row.number - 1 };
}

/** The position of the newest settled fact, where transactions `elsewhere` are not waited for. */
export async function selectEnd(
  database: Queryable,
  elsewhere: readonly string[],
): Promise<LogPosition | undefined> {
  const [row] = await database.query<{ transaction: number; number: number }>(sql`
    select transaction, number from backbone.event where transaction < (select backbone.horizon(${elsewhere}::xid8[]))
    order by transaction desc, number desc limit 1`);
  return row;
}

export async function insertSubscriber(database: Queryable, name: string): Promise<void> {
  await database.execute(sql`insert into backbone.subscriber (name) values (${name}) on conflict do nothing`);
}

/** Takes a subscriber's cursor for this transaction; undefined while another process has it. */
export async function lockCursor(tx: Transaction, name: string): Promise<LogPosition | undefined> {
  const [row] = await tx.query<LogPosition>(sql`
    select transaction, number from backbone.subscriber where name = ${name} for update skip locked`);
  return row;
}

/** Where a subscriber stands; undefined when it has never read. */
export async function selectCursor(database: Queryable, name: string): Promise<LogPosition | undefined> {
  const [row] = await database.query<LogPosition>(sql`
    select transaction, number from backbone.subscriber where name = ${name}`);
  return row;
}

/** Waits for a subscriber's cursor, where being second is not the same as having nothing to do. */
export async function waitForCursor(tx: Transaction, name: string): Promise<LogPosition | undefined> {
  const [row] = await tx.query<LogPosition>(sql`
    select transaction, number from backbone.subscriber where name = ${name} for update`);
  return row;
}

export function updateCursor(tx: Transaction, name: string, to: LogPosition): void {
  tx.send(sql`
    update backbone.subscriber set transaction = ${to.transaction}, number = ${to.number}, moved_at = now()
    where name = ${name}`);
}

/** Lets this transaction's commit not wait for the disk: a crash may undo it. Only where doing it again is the same. */
export function commitLater(tx: Transaction): void {
  tx.send(sql`set local synchronous_commit = off`);
}

/** How far a subscriber is behind: facts it has yet to read, and the age of the first of them. */
export type SubscriberLag = {
  readonly name: string;
  readonly facts: number;
  readonly seconds: number;
  readonly dead_letters: number;
};

/** Counting stops here: beyond it the exact number helps nobody and costs a scan. */
const LAG_COUNT_MAX = 100_000;

/** The lag of every subscriber, by name. */
export function subscriberLags(database: Queryable): Promise<SubscriberLag[]> {
  return database.query<SubscriberLag>(sql`
    select s.name, waiting.facts::int as facts, coalesce(extract(epoch from now() - waiting.oldest), 0)::float8 as seconds,
           (select count(*) from backbone.dead_letter d where d.subscriber = s.name and d.resolved_at is null
              and d.dismissed_at is null)::int
             as dead_letters
    from backbone.subscriber s
    cross join lateral (
      select count(*) as facts, min(recorded_at) as oldest
      from (select recorded_at from backbone.event e
            where (e.transaction, e.number) > (s.transaction, s.number)
            order by e.transaction, e.number limit ${LAG_COUNT_MAX}) as behind
    ) as waiting
    order by s.name`);
}

/** When the first fact was recorded that a subscriber has yet to read; undefined: it has read all. */
export async function unreadSince(database: Queryable, subscriber: string): Promise<Date | undefined> {
  const [first] = await database.query<{ recorded_at: Date }>(sql`
    select e.recorded_at from backbone.subscriber s
    join lateral (
      select recorded_at from backbone.event
      where (transaction, number) > (s.transaction, s.number) order by transaction, number limit 1
    ) as e on true
    where s.name = ${subscriber}`);
  return first?.recorded_at;
}

/**
 * Keeps the log's order rising after the data was restored into a cluster whose transaction ids are lower: raises the offset
 * so that the next transaction comes after every fact. Gives the offset, and whether it was raised.
 */
export async function raiseEpoch(database: Queryable): Promise<{ readonly raised: boolean }> {
  const touched = await database.execute(sql`
    update backbone.epoch
    set transaction_offset = newest.transaction - pg_current_xact_id()::text::bigint + 1
    from (select max(transaction) as transaction from backbone.event) as newest
    where newest.transaction >= transaction_offset + pg_current_xact_id()::text::bigint`);
  return { raised: touched > 0 };
}
