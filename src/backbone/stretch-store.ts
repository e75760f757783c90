import { type Queryable, script, sql, type Transaction } from "../platform/index.ts";
import type { LogPosition } from "./position.ts";
import { selectRunningElsewhere } from "./store.ts";

/** `open` takes facts; `closed` takes none any more and is all there; of `archived` only what it came to is here. */
export type StretchState = "open" | "closed" | "archived";

/** A range of fact numbers whose facts, transfers and outcomes lie together: from the first, up to and without the end. */
export type Stretch = {
  readonly first_number: number;
  readonly end_number: number;
  readonly state: StretchState;
  readonly state_since: Date;
  /** The folder in which an archived stretch was put. */
  readonly archive: string | null;
};

/** All stretches, the oldest first. */
export function selectStretches(database: Queryable): Promise<Stretch[]> {
  return database.query<Stretch>(sql`
    select first_number, end_number, state, state_since, archive from backbone.stretch order by first_number`);
}

/** Takes a stretch for this transaction, so that its state is changed by one at a time. */
export async function lockStretch(tx: Transaction, first: number): Promise<Stretch | undefined> {
  const [row] = await tx.query<Stretch>(sql`
    select first_number, end_number, state, state_since, archive from backbone.stretch where first_number = ${first} for update`);
  return row;
}

/** What holds a stretch here, as far as the log itself knows. */
export type StretchHolds = {
  readonly facts: number;
  readonly recorded_from: Date | null;
  readonly recorded_to: Date | null;
  /** The last of its facts in log order; null where it has none. */
  readonly transaction: number | null;
  readonly number: number | null;
  readonly horizon: number;
  readonly sealed: boolean;
  /** When the fact with the next number behind it was recorded: by then all of its numbers had been handed out. */
  readonly passed_at: Date | null;
  readonly readers_behind: string[];
  readonly letters_open: number;
  /** Facts from outside that the memory of what was told lacks. */
  readonly forgotten: number;
};

type Bounds = Pick<Stretch, "first_number" | "end_number">;

/** Looks at everything that may still need the facts of a stretch. It reads the whole of it. */
export async function selectHolds(
  database: Queryable,
  { first_number: first, end_number: end }: Bounds,
): Promise<StretchHolds> {
  const elsewhere = await selectRunningElsewhere(database);
  const [row] = await database.query<StretchHolds>(sql`
    with own as materialized (
      select count(*) as facts, min(recorded_at) as recorded_from, max(recorded_at) as recorded_to
      from backbone.event where number >= ${first} and number < ${end}
    ), last as materialized (
      select transaction, number from backbone.event where number >= ${first} and number < ${end}
      order by transaction desc, number desc limit 1
    )
    select own.facts, own.recorded_from, own.recorded_to, last.transaction, last.number, backbone.horizon(${elsewhere}::xid8[]) as horizon,
           coalesce((select (s.transaction, s.number) >= (last.transaction, last.number) from backbone.seal s), true) as sealed,
           (select recorded_at from backbone.event where number >= ${end} order by number limit 1) as passed_at,
           array(select name from backbone.subscriber s
                 where (s.transaction, s.number) < (last.transaction, last.number) order by name) as readers_behind,
           (select count(*) from backbone.dead_letter where number >= ${first} and number < ${end}
              and resolved_at is null and dismissed_at is null) as letters_open,
           (select count(*) from backbone.event e
            where e.number >= ${first} and e.number < ${end} and e.source <> '/crossdock'
              and not exists (select from backbone.told t where t.source = e.source and t.id = e.id)) as forgotten
    from own left join last on true`);
  if (row === undefined) throw new Error(`the stretch from ${first} could not be looked at`);
  return row;
}

/**
 * How long a change of the log's tables waits for those who use them. Three of them are taken, one after the other; all of that is less
 * than the second after which the server looks for deadlocks, so that whoever posts meanwhile is never the one that is given up.
 */
const WAIT_MS = 250;

/** Has this transaction give up soon where others use what it wants. */
export function waitBriefly(tx: Transaction): void {
  tx.send(script(`set local lock_timeout = ${WAIT_MS}`));
}

/** Lets a transaction read or load a whole stretch. */
export function takeTime(tx: Transaction): void {
  tx.send(script("set local statement_timeout = '30min'; set local work_mem = '64MB'"));
}

export async function closeStretch(tx: Transaction, first: number, at: Date): Promise<void> {
  await tx.query(sql`select backbone.close_stretch(${first})`);
  await tx.execute(
    sql`update backbone.stretch set state = 'closed', state_since = ${at} where first_number = ${first}`,
  );
}

/** Notes which reservations and orders the facts of a stretch speak of, and which of their sources' numbers they bear. */
export async function keepSubjects(
  tx: Transaction,
  { first_number: first, end_number: end }: Bounds,
): Promise<void> {
  await forgetSubjects(tx, first);
  await tx.execute(sql`
    insert into backbone.archived_subject (kind, id, first_number)
    select distinct named.kind, subject.id #>> '{}', ${first}::bigint
    from (values ('order', '$.**.orderId'::jsonpath), ('reservation', '$.**.reservationId')) as named (kind, path)
    cross join backbone.event e
    cross join lateral jsonb_path_query(e.data, named.path) as subject (id)
    where e.number >= ${first} and e.number < ${end} and jsonb_typeof(subject.id) = 'string'`);
  await tx.execute(sql`
    insert into backbone.archived_sequence (first_number, source, stream, numbers)
    select ${first}, source, stream, range_agg(int8range(sequence_number, sequence_number, '[]'))
    from backbone.event
    where number >= ${first} and number < ${end} and stream is not null and sequence_number is not null
    group by source, stream`);
}

export async function forgetSubjects(tx: Transaction, first: number): Promise<void> {
  await tx.execute(sql`delete from backbone.archived_subject where first_number = ${first}`);
  await tx.execute(sql`delete from backbone.archived_sequence where first_number = ${first}`);
}

/** Detaches and drops the partitions of a stretch, and notes where its facts lie from now on. */
export async function dropStretch(
  tx: Transaction,
  first: number,
  left: {
    readonly at: Date;
    readonly archive: string;
    readonly recordedTo: Date;
    readonly lastTransfer: number;
  },
): Promise<void> {
  await tx.query(sql`select backbone.drop_stretch(${first})`);
  await tx.execute(sql`
    update backbone.stretch
    set state = 'archived', state_since = ${left.at}, archive = ${left.archive}, recorded_to = ${left.recordedTo},
        last_transfer = ${left.lastTransfer}
    where first_number = ${first}`);
}

/** Makes empty tables for a stretch that comes back. */
export async function makeParts(database: Queryable, first: number): Promise<void> {
  await database.query(sql`select backbone.make_parts(${first})`);
}

/** Loads rows, each a line of JSON, into the part of a table; gives how many. */
export async function loadPart(
  database: Queryable,
  table: { readonly schema: string; readonly table: string; readonly first: number },
  lines: readonly string[],
): Promise<number> {
  const [row] = await database.query<{ loaded: number }>(sql`
    select backbone.load_part(${table.schema}, ${table.table}, ${table.first}, ${lines}::text[]) as loaded`);
  return row?.loaded ?? 0;
}

/** Loads facts, each a line of an audit export, into the part of the log. */
export async function loadFacts(
  database: Queryable,
  first: number,
  { lines, typePrefix }: { readonly lines: readonly string[]; readonly typePrefix: string },
): Promise<number> {
  const [row] = await database.query<{ loaded: number }>(sql`
    select backbone.load_part('backbone', 'event', ${first},
             array(select backbone.row_of_line(line, ${typePrefix})::text from unnest(${lines}::text[]) as line)) as loaded`);
  return row?.loaded ?? 0;
}

/** Puts a stretch back that was loaded: closed, as it was when it left. */
export async function attachParts(
  tx: Transaction,
  { first_number: first, end_number: end }: Bounds,
  at: Date,
): Promise<void> {
  await tx.query(sql`select backbone.attach_parts(${first}, ${end - first})`);
  await tx.execute(sql`
    update backbone.stretch
    set state = 'closed', state_since = ${at}, archive = null, recorded_to = null, last_transfer = null
    where first_number = ${first}`);
}

/** Of facts from outside, how many the memory of what was told does not know by this number. */
export async function countForgotten(
  database: Queryable,
  facts: readonly { readonly source: string; readonly id: string; readonly number: number }[],
): Promise<number> {
  const [row] = await database.query<{ count: number }>(sql`
    select count(*) as count
    from unnest(${facts.map((f) => f.source)}::text[], ${facts.map((f) => f.id)}::text[], ${facts.map((f) => f.number)}::bigint[])
      as f (source, id, number)
    where not exists (select from backbone.told t where t.source = f.source and t.id = f.id and t.number = f.number)`);
  return row?.count ?? 0;
}

/** The ends of a stretch in log order; undefined where it has no fact. */
export async function selectSpan(
  database: Queryable,
  { first_number: first, end_number: end }: Bounds,
): Promise<{ readonly first: LogPosition; readonly last: LogPosition } | undefined> {
  const rows = await database.query<LogPosition>(sql`
    (select transaction, number from backbone.event where number >= ${first} and number < ${end}
     order by transaction, number limit 1)
    union all
    (select transaction, number from backbone.event where number >= ${first} and number < ${end}
     order by transaction desc, number desc limit 1)`);
  const [from, to] = rows;
  return from === undefined || to === undefined ? undefined : { first: from, last: to };
}
