import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { Gap } from "./stream.ts";
import type { StreamSpan } from "./stream-store.ts";

/** A gap whose source may be asked for it. */
export type GapToAsk = {
  readonly account_id: string;
  readonly connector: string;
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  readonly asks: number;
};

/** Gaps that are older than the grace period and due to be asked for, those that have waited longest first. */
export function selectGapsToAsk(
  database: Queryable,
  filter: {
    readonly connectors: readonly string[];
    readonly seenBefore: Date;
    readonly now: Date;
    readonly limit: number;
  },
): Promise<GapToAsk[]> {
  return database.query<GapToAsk>(sql`
    select g.account_id, a.connector, g.stream, g.first, g.last, g.asks
    from integration.gap g join integration.account a using (account_id)
    where a.enabled and a.connector = any (${filter.connectors}::text[])
      and g.seen_at <= ${filter.seenBefore} and coalesce(g.next_ask_at, g.seen_at) <= ${filter.now}
    order by coalesce(g.next_ask_at, g.seen_at), g.account_id, g.stream, g.first limit ${filter.limit}`);
}

type GapKey = Pick<GapToAsk, "account_id" | "stream" | "first">;

/** Notes that a gap is being asked for, before anything leaves: whoever is killed meanwhile has asked. */
export function noteAsked(
  database: Queryable,
  gap: GapKey & { readonly at: Date; readonly nextAskAt: Date },
): Promise<number> {
  return database.execute(sql`
    update integration.gap set asks = asks + 1, asked_at = ${gap.at}, next_ask_at = ${gap.nextAskAt}
    where account_id = ${gap.account_id} and stream = ${gap.stream} and first = ${gap.first}`);
}

/** Notes what a source answered. What the answer has closed is gone, and has no answer any more. */
export function noteAnswer(
  database: Queryable,
  gap: GapKey & { readonly answer: string; readonly nextAskAt: Date | null },
): Promise<number> {
  return database.execute(sql`
    update integration.gap
    set answer = ${gap.answer}, next_ask_at = coalesce(${gap.nextAskAt}::timestamptz, next_ask_at)
    where account_id = ${gap.account_id} and stream = ${gap.stream} and first = ${gap.first}`);
}

/** A person who says something, and the journey of it. */
export type ToldBy = { readonly clientId: string; readonly correlationId: string };

/** Keeps that numbers were never used. Told again, the first reason stands. `by` absent: their source says so. */
export function insertVoid(
  tx: Transaction,
  told: Gap & {
    readonly accountId: string;
    readonly stream: string;
    readonly because: string;
    readonly by: ToldBy | undefined;
    readonly at: Date;
  },
): Promise<number> {
  return tx.execute(sql`
    insert into integration.void_number (account_id, stream, first, last, because, told_at, told_by, correlation_id)
    values (${told.accountId}, ${told.stream}, ${told.first}, ${told.last}, ${told.because}, ${told.at},
            ${told.by?.clientId ?? null}, ${told.by?.correlationId ?? null})
    on conflict (account_id, stream, first) do nothing`);
}

/** The void numbers that a number of the batch may lie among. There are few, so this costs a look-up for each stream. */
export function selectTouchedVoids(
  tx: Transaction,
  spans: readonly StreamSpan[],
): Promise<{ account_id: string; stream: string; first: number; last: number }[]> {
  return tx.query(sql`
    select v.account_id, v.stream, v.first, v.last
    from unnest(${spans.map((s) => s.accountId)}::text[], ${spans.map((s) => s.stream)}::text[],
                ${spans.map((s) => s.least)}::bigint[], ${spans.map((s) => s.greatest)}::bigint[])
      as s (account_id, stream, least, greatest)
    join integration.void_number v
      on v.account_id = s.account_id and v.stream = s.stream and v.first <= s.greatest and v.last >= s.least`);
}

/** Writes down numbers that came although they were said never to have been used. One that came before stays as it came first. */
export function insertArrivedVoids(
  tx: Transaction,
  numbers: readonly { readonly accountId: string; readonly stream: string; readonly number: number }[],
  at: Date,
): Promise<number> {
  return tx.execute(sql`
    insert into integration.void_number_arrived (account_id, stream, number, arrived_at)
    select n.account_id, n.stream, n.number, ${at}::timestamptz
    from unnest(${numbers.map((n) => n.accountId)}::text[], ${numbers.map((n) => n.stream)}::text[],
                ${numbers.map((n) => n.number)}::bigint[]) as n (account_id, stream, number)
    order by 1, 2, 3
    on conflict do nothing`);
}

/** Numbers that were never used, as their source said or a person; `arrived`: those that came after all. */
export type VoidRow = {
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  readonly because: string;
  readonly told_at: Date;
  readonly told_by: string | null;
  readonly arrived: readonly number[];
};

/** Where a list of void numbers goes on. */
export type VoidPlace = { readonly stream: string; readonly first: number };

/** The numbers of an account that were never used, by stream and number. */
export function selectVoids(
  database: Queryable,
  page: { readonly accountId: string; readonly after: VoidPlace | undefined; readonly limit: number },
): Promise<VoidRow[]> {
  const { accountId, after, limit } = page;
  return database.query<VoidRow>(sql`
    select v.stream, v.first, v.last, v.because, v.told_at, v.told_by,
           array(select a.number from integration.void_number_arrived a
                 where a.account_id = v.account_id and a.stream = v.stream and a.number between v.first and v.last
                 order by a.number) as arrived
    from integration.void_number v
    where v.account_id = ${accountId}
      and (${after === undefined}::boolean or (v.stream, v.first) > (${after?.stream ?? ""}::text, ${after?.first ?? 0}::bigint))
    order by v.stream, v.first limit ${limit}`);
}

/** Whether every number of a range was said never to have been used. */
export async function isVoid(
  tx: Transaction,
  accountId: string,
  { stream, first, last }: Gap & { stream: string },
): Promise<boolean> {
  const [row] = await tx.query<{ is_void: boolean }>(sql`
    select coalesce(range_agg(int8range(v.first, v.last, '[]')) @> int8range(${first}, ${last}, '[]'), false) as is_void
    from integration.void_number v
    where v.account_id = ${accountId} and v.stream = ${stream} and v.first <= ${last} and v.last >= ${first}`);
  return row?.is_void ?? false;
}
