import type {
  MasterStatement,
  OrderStatement,
  Reference,
  SnapshotStatement,
  StockStatement,
} from "@crossdock/canonical";
import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { DuplicateRules } from "./duplicates.ts";

export type WaitKind = "item" | "location" | "unit" | "lot";

/** What a record waits for: a name, or any of several of one item. */
export type AwaitedReference = Reference & { readonly or?: readonly Reference[] };

/** The columns of an obstacle. JSON is text. */
type ObstacleColumns = {
  readonly reason: string;
  readonly detail: string;
  readonly waitsForKind: WaitKind | null;
  readonly waitsFor: string | null;
  readonly waitsForReference: string | null;
  readonly waitsForUnit: string | null;
};

/** A record to park. */
export type ParkedToWrite = ObstacleColumns & {
  readonly messageId: string;
  readonly record: number;
  readonly at: string;
  readonly statement: string | null;
  readonly state: "waiting" | "parked";
};

/** Parks records of messages that are being mapped. */
export function insertParked(tx: Transaction, parked: readonly ParkedToWrite[], at: Date): Promise<number> {
  return tx.execute(sql`
    insert into integration.parked
      (message_id, record, at, reason, detail, waits_for_kind, waits_for, waits_for_reference, waits_for_unit, statement,
       state, parked_at)
    select p.*, ${at}
    from unnest(${parked.map((p) => p.messageId)}::text[], ${parked.map((p) => p.record)}::int[],
                ${parked.map((p) => p.at)}::text[], ${parked.map((p) => p.reason)}::text[],
                ${parked.map((p) => p.detail)}::text[], ${parked.map((p) => p.waitsForKind)}::text[],
                ${parked.map((p) => p.waitsFor)}::text[], ${parked.map((p) => p.waitsForReference)}::jsonb[],
                ${parked.map((p) => p.waitsForUnit)}::text[], ${parked.map((p) => p.statement)}::jsonb[],
                ${parked.map((p) => p.state)}::text[]) as p`);
}

/** A parked record with what its message and account say about it. */
export type ParkedRow = {
  readonly message_id: string;
  readonly record: number;
  readonly at: string;
  readonly reason: string;
  readonly detail: string;
  readonly waits_for_kind: WaitKind | null;
  readonly waits_for: string | null;
  readonly waits_for_reference: AwaitedReference | null;
  readonly waits_for_unit: string | null;
  readonly statement: StockStatement | SnapshotStatement | OrderStatement | MasterStatement | null;
  readonly state: "waiting" | "parked" | "applied" | "duplicate" | "dropped";
  readonly parked_at: Date;
  readonly settled_at: Date | null;
  readonly settled_because: string | null;
  readonly attempts: number;
  readonly account_id: string;
  readonly channel_id: string | null;
  readonly duplicates: DuplicateRules;
  readonly kind: string;
  readonly correlation_id: string;
  readonly received_at: Date;
};

/** Filters of the list of open records, and where it goes on. */
export type ParkedFilter = {
  readonly accountIds?: readonly string[] | undefined;
  readonly reason?: string | undefined;
  readonly state?: "waiting" | "parked" | undefined;
  readonly after?:
    | { readonly parkedAt: Date; readonly messageId: string; readonly record: number }
    | undefined;
  readonly limit: number;
};

/** A page of records that are still open, those that were parked first before the others. */
export function selectParkedPage(database: Queryable, filter: ParkedFilter): Promise<ParkedRow[]> {
  const { after } = filter;
  return database.query<ParkedRow>(sql`
    select p.message_id, p.record, p.at, p.reason, p.detail, p.waits_for_kind, p.waits_for, p.waits_for_reference,
           p.waits_for_unit, p.statement, p.state, p.parked_at, p.settled_at, p.settled_because, p.attempts,
           m.account_id, a.channel_id, a.duplicates, m.kind, m.correlation_id, m.received_at
    from integration.parked p
    join integration.message m using (message_id)
    join integration.account a using (account_id)
    where p.state in ('waiting', 'parked')
      and (${filter.accountIds ?? null}::text[] is null or m.account_id = any (${filter.accountIds ?? null}::text[]))
      and (${filter.reason ?? null}::text is null or p.reason = ${filter.reason ?? null})
      and (${filter.state ?? null}::text is null or p.state = ${filter.state ?? null})
      and (${after?.messageId ?? null}::text is null
           or (p.parked_at, p.message_id, p.record)
              > (${after?.parkedAt ?? null}::timestamptz, ${after?.messageId ?? null}::text, ${after?.record ?? null}::int))
    order by p.parked_at, p.message_id, p.record
    limit ${filter.limit}`);
}

/** Records that are no facts: those that are open, the oldest first, and after them those that a person dropped, the last first. */
export function selectUntaken(database: Queryable, limit: number): Promise<ParkedRow[]> {
  return database.query<ParkedRow>(sql`
    with untaken as (
      (select * from integration.parked where state in ('waiting', 'parked') order by parked_at, message_id, record limit ${limit})
      union all
      (select * from integration.parked where state = 'dropped' order by settled_at desc limit ${limit})
    )
    select p.message_id, p.record, p.at, p.reason, p.detail, p.waits_for_kind, p.waits_for, p.waits_for_reference,
           p.waits_for_unit, p.statement, p.state, p.parked_at, p.settled_at, p.settled_because, p.attempts,
           m.account_id, a.channel_id, a.duplicates, m.kind, m.correlation_id, m.received_at
    from untaken p
    join integration.message m using (message_id)
    join integration.account a using (account_id)
    order by p.state = 'dropped', p.parked_at, p.message_id, p.record limit ${limit}`);
}

/** The records of a message that were ever parked, in their order. */
export function selectParkedOf(database: Queryable, messageId: string, limit: number): Promise<ParkedRow[]> {
  return database.query<ParkedRow>(sql`
    select p.message_id, p.record, p.at, p.reason, p.detail, p.waits_for_kind, p.waits_for, p.waits_for_reference,
           p.waits_for_unit, p.statement, p.state, p.parked_at, p.settled_at, p.settled_because, p.attempts,
           m.account_id, a.channel_id, a.duplicates, m.kind, m.correlation_id, m.received_at
    from integration.parked p
    join integration.message m using (message_id)
    join integration.account a using (account_id)
    where p.message_id = ${messageId} order by p.record limit ${limit}`);
}

export async function selectParked(
  database: Queryable,
  messageId: string,
  record: number,
): Promise<ParkedRow | undefined> {
  const [row] = await database.query<ParkedRow>(sql`
    select p.message_id, p.record, p.at, p.reason, p.detail, p.waits_for_kind, p.waits_for, p.waits_for_reference,
           p.waits_for_unit, p.statement, p.state, p.parked_at, p.settled_at, p.settled_because, p.attempts,
           m.account_id, a.channel_id, a.duplicates, m.kind, m.correlation_id, m.received_at
    from integration.parked p
    join integration.message m using (message_id)
    join integration.account a using (account_id)
    where p.message_id = ${messageId} and p.record = ${record}`);
  return row;
}

/** Locks one record for as long as somebody decides about it. */
export async function lockParked(
  tx: Transaction,
  messageId: string,
  record: number,
): Promise<ParkedRow | undefined> {
  const [row] = await tx.query<ParkedRow>(sql`
    select p.message_id, p.record, p.at, p.reason, p.detail, p.waits_for_kind, p.waits_for, p.waits_for_reference,
           p.waits_for_unit, p.statement, p.state, p.parked_at, p.settled_at, p.settled_because, p.attempts,
           m.account_id, a.channel_id, a.duplicates, m.kind, m.correlation_id, m.received_at
    from integration.parked p
    join integration.message m using (message_id)
    join integration.account a using (account_id)
    where p.message_id = ${messageId} and p.record = ${record}
    for no key update of p`);
  return row;
}

/** What records wait for: one row for everything that waits for the same thing. */
export type WaitingGroup = {
  readonly waits_for_kind: WaitKind;
  readonly waits_for: string;
  readonly waits_for_reference: AwaitedReference;
  readonly waits_for_unit: string | null;
};

/** A page of what is waited for. */
export function selectWaitingGroups(
  database: Queryable,
  page: { readonly afterKind: string; readonly after: string; readonly limit: number },
): Promise<WaitingGroup[]> {
  return database.query<WaitingGroup>(sql`
    select distinct on (waits_for_kind, waits_for) waits_for_kind, waits_for, waits_for_reference, waits_for_unit
    from integration.parked
    where state = 'waiting' and (waits_for_kind, waits_for) > (${page.afterKind}, ${page.after})
    order by waits_for_kind, waits_for
    limit ${page.limit}`);
}

/** What is waited for, and a period in which it is known; milliseconds, infinite at either end. */
export type WaitingPeriod = {
  /** The one account for which it is known; absent: for all of them. */
  readonly accountId?: string | undefined;
  readonly kind: WaitKind;
  readonly waitsFor: string;
  readonly from: number;
  readonly to: number;
};

const earliest = ({ from }: WaitingPeriod) => (from === Number.NEGATIVE_INFINITY ? null : new Date(from));
const latest = ({ to }: WaitingPeriod) => (to === Number.POSITIVE_INFINITY ? null : new Date(to));

/**
 * Takes records that wait for any of the given things and state something of the period in which it is known, for this transaction.
 * Those that another process tries are passed over.
 */
export function claimWaiting(
  tx: Transaction,
  claim: {
    readonly periods: readonly WaitingPeriod[];
    readonly afterMessageId: string;
    readonly afterRecord: number;
    readonly limit: number;
  },
): Promise<ParkedRow[]> {
  return tx.query<ParkedRow>(sql`
    select p.message_id, p.record, p.at, p.reason, p.detail, p.waits_for_kind, p.waits_for, p.waits_for_reference,
           p.waits_for_unit, p.statement, p.state, p.parked_at, p.settled_at, p.settled_because, p.attempts,
           m.account_id, a.channel_id, a.duplicates, m.kind, m.correlation_id, m.received_at
    from integration.parked p
    join integration.message m using (message_id)
    join integration.account a using (account_id)
    join unnest(${claim.periods.map((period) => period.kind)}::text[], ${claim.periods.map((period) => period.waitsFor)}::text[],
                ${claim.periods.map(earliest)}::timestamptz[], ${claim.periods.map(latest)}::timestamptz[],
                ${claim.periods.map((period) => period.accountId ?? null)}::text[])
      as known (waits_for_kind, waits_for, since, until, for_account) using (waits_for_kind, waits_for)
    where p.state = 'waiting' and (known.for_account is null or known.for_account = m.account_id)
      and (p.statement ->> 'effectiveAt')::timestamptz >= coalesce(known.since, '-infinity')
      and (p.statement ->> 'effectiveAt')::timestamptz < coalesce(known.until, 'infinity')
      and (p.message_id, p.record) > (${claim.afterMessageId}, ${claim.afterRecord}::int)
    order by p.message_id, p.record
    limit ${claim.limit}
    for no key update of p skip locked`);
}

/** How a record stands after it was tried again, or dropped. */
export type Settlement = ObstacleColumns & {
  readonly messageId: string;
  readonly record: number;
  readonly state: ParkedRow["state"];
  readonly settledBecause?: string | null;
  /** Whether it was applied to master data, where it is no fact. */
  readonly isMaster?: boolean;
};

/** Writes how records stand, and moves them between the counts of their messages. The records must be locked. */
export async function settleParked(tx: Transaction, settled: readonly Settlement[], at: Date): Promise<void> {
  await Promise.all([updateParked(tx, settled, at), moveCounts(tx, settled)]);
}

function updateParked(tx: Transaction, settled: readonly Settlement[], at: Date): Promise<number> {
  return tx.execute(sql`
    update integration.parked p
    set state = s.state, reason = s.reason, detail = s.detail, waits_for_kind = s.waits_for_kind, waits_for = s.waits_for,
        waits_for_reference = s.waits_for_reference, waits_for_unit = s.waits_for_unit,
        settled_because = s.settled_because,
        settled_at = case when s.state in ('waiting', 'parked') then null else ${at}::timestamptz end,
        attempts = p.attempts + 1
    from unnest(${settled.map((s) => s.messageId)}::text[], ${settled.map((s) => s.record)}::int[],
                ${settled.map((s) => s.state)}::text[], ${settled.map((s) => s.reason)}::text[],
                ${settled.map((s) => s.detail)}::text[], ${settled.map((s) => s.waitsForKind)}::text[],
                ${settled.map((s) => s.waitsFor)}::text[], ${settled.map((s) => s.waitsForReference)}::jsonb[],
                ${settled.map((s) => s.waitsForUnit)}::text[], ${settled.map((s) => s.settledBecause ?? null)}::text[])
      as s (message_id, record, state, reason, detail, waits_for_kind, waits_for, waits_for_reference, waits_for_unit,
            settled_because)
    where p.message_id = s.message_id and p.record = s.record`);
}

/** A dropped record counts as ignored: somebody has decided that nothing is to be made of it. */
function moveCounts(tx: Transaction, settled: readonly Settlement[]): Promise<number> {
  const ended = settled.filter(({ state }) => state !== "waiting" && state !== "parked");
  return tx.execute(sql`
    with locked as (
      select m.message_id from integration.message m
      where m.message_id = any (${ended.map((s) => s.messageId)}::text[])
      order by m.message_id for no key update
    ), moved as (
      select s.message_id, count(*) as parked, count(*) filter (where s.state = 'applied') as applied,
             count(*) filter (where s.is_master) as master,
             count(*) filter (where s.state = 'duplicate') as duplicates,
             count(*) filter (where s.state = 'dropped') as ignored
      from unnest(${ended.map((s) => s.messageId)}::text[], ${ended.map((s) => s.state)}::text[],
                  ${ended.map((s) => s.isMaster === true)}::boolean[])
        as s (message_id, state, is_master)
      join locked using (message_id)
      group by s.message_id
    )
    update integration.message m
    set parked = m.parked - c.parked, applied = m.applied + c.applied, duplicates = m.duplicates + c.duplicates,
        ignored = m.ignored + c.ignored, applied_master = m.applied_master + c.master
    from moved c where m.message_id = c.message_id`);
}

/** Records that are open, for the gauge. */
export async function countOpenParked(database: Queryable): Promise<number> {
  const [row] = await database.query<{ open: number }>(sql`
    select count(*) as open from integration.parked where state in ('waiting', 'parked')`);
  return row?.open ?? 0;
}
