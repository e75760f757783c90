import { type Queryable, sql, type Transaction } from "../platform/index.ts";

/** The numbers of one stream that a batch brings: the least and the greatest of them. */
export type StreamSpan = {
  readonly accountId: string;
  readonly stream: string;
  readonly least: number;
  readonly greatest: number;
};

/** Makes streams that are not there yet, and gives these. They begin with a number that the batch has seen. */
export function insertMissingStreams(
  tx: Transaction,
  spans: readonly StreamSpan[],
): Promise<{ account_id: string; stream: string }[]> {
  return tx.query(sql`
    insert into integration.stream (account_id, stream, lowest, highest)
    select s.account_id, s.stream, s.least, s.least
    from unnest(${spans.map((s) => s.accountId)}::text[], ${spans.map((s) => s.stream)}::text[],
                ${spans.map((s) => s.least)}::bigint[]) as s (account_id, stream, least)
    order by s.account_id, s.stream
    on conflict (account_id, stream) do nothing
    returning account_id, stream`);
}

export type StreamRow = {
  readonly account_id: string;
  readonly stream: string;
  readonly lowest: number;
  readonly highest: number;
};

/** Locks streams in the order of account and name. */
export function lockStreams(tx: Transaction, spans: readonly StreamSpan[]): Promise<StreamRow[]> {
  return tx.query<StreamRow>(sql`
    select account_id, stream, lowest, highest from integration.stream
    where (account_id, stream) in (
      select * from unnest(${spans.map((s) => s.accountId)}::text[], ${spans.map((s) => s.stream)}::text[]))
    order by account_id, stream
    for update`);
}

export type GapRow = {
  readonly account_id: string;
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  readonly seen_at: Date;
};

/** The gaps that a number of the batch may lie in, ascending. The streams must be locked. */
export function selectTouchedGaps(tx: Transaction, spans: readonly StreamSpan[]): Promise<GapRow[]> {
  return tx.query<GapRow>(sql`
    select g.account_id, g.stream, g.first, g.last, g.seen_at
    from unnest(${spans.map((s) => s.accountId)}::text[], ${spans.map((s) => s.stream)}::text[],
                ${spans.map((s) => s.least)}::bigint[], ${spans.map((s) => s.greatest)}::bigint[])
      as s (account_id, stream, least, greatest)
    join integration.gap g
      on g.account_id = s.account_id and g.stream = s.stream and g.first <= s.greatest and g.last >= s.least
    order by g.account_id, g.stream, g.first`);
}

export function updateStreams(tx: Transaction, streams: readonly StreamRow[]): Promise<number> {
  return tx.execute(sql`
    update integration.stream s set lowest = c.lowest, highest = c.highest
    from unnest(${streams.map((s) => s.account_id)}::text[], ${streams.map((s) => s.stream)}::text[],
                ${streams.map((s) => s.lowest)}::bigint[], ${streams.map((s) => s.highest)}::bigint[])
      as c (account_id, stream, lowest, highest)
    where s.account_id = c.account_id and s.stream = c.stream`);
}

export function deleteGaps(tx: Transaction, gaps: readonly Omit<GapRow, "seen_at">[]): Promise<number> {
  return tx.execute(sql`
    delete from integration.gap g
    using unnest(${gaps.map((g) => g.account_id)}::text[], ${gaps.map((g) => g.stream)}::text[],
                 ${gaps.map((g) => g.first)}::bigint[]) as c (account_id, stream, first)
    where g.account_id = c.account_id and g.stream = c.stream and g.first = c.first`);
}

export function insertGaps(tx: Transaction, gaps: readonly GapRow[]): Promise<number> {
  return tx.execute(sql`
    insert into integration.gap (account_id, stream, first, last, seen_at)
    select * from unnest(${gaps.map((g) => g.account_id)}::text[], ${gaps.map((g) => g.stream)}::text[],
                         ${gaps.map((g) => g.first)}::bigint[], ${gaps.map((g) => g.last)}::bigint[],
                         ${gaps.map((g) => g.seen_at)}::timestamptz[])`);
}

/** Numbers that came and that nothing carries, first and last included. */
export type SpentRow = Omit<GapRow, "seen_at">;

/** Notes numbers that came with what no fact and no parked record carries. They are new to their streams, so they are noted once. */
export function insertSpent(tx: Transaction, spent: readonly SpentRow[]): Promise<number> {
  return tx.execute(sql`
    insert into integration.spent_number (account_id, stream, first, last)
    select * from unnest(${spent.map((s) => s.account_id)}::text[], ${spent.map((s) => s.stream)}::text[],
                         ${spent.map((s) => s.first)}::bigint[], ${spent.map((s) => s.last)}::bigint[])`);
}

/** A gap with what was done about it. */
export type AskedGapRow = GapRow & {
  readonly asks: number;
  readonly asked_at: Date | null;
  readonly next_ask_at: Date | null;
  readonly answer: string | null;
};

/** Open gaps, the oldest first. */
export function selectGaps(
  database: Queryable,
  filter: { readonly accountId?: string | undefined; readonly limit: number },
): Promise<AskedGapRow[]> {
  return database.query<AskedGapRow>(sql`
    select account_id, stream, first, last, seen_at, asks, asked_at, next_ask_at, answer from integration.gap
    where ${filter.accountId ?? null}::text is null or account_id = ${filter.accountId ?? null}
    order by seen_at, account_id, stream, first limit ${filter.limit}`);
}
