import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { Gap } from "./stream.ts";

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

/** Keeps that numbers were never used. Told again, the first reason stands. */
export function insertVoid(
  tx: Transaction,
  told: Gap & {
    readonly accountId: string;
    readonly stream: string;
    readonly because: string;
    readonly at: Date;
  },
): Promise<number> {
  return tx.execute(sql`
    insert into integration.void_number (account_id, stream, first, last, because, told_at)
    values (${told.accountId}, ${told.stream}, ${told.first}, ${told.last}, ${told.because}, ${told.at})
    on conflict (account_id, stream, first) do nothing`);
}

/** Numbers that were never used, as their source said. */
export type VoidRow = {
  readonly account_id: string;
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  readonly because: string;
  readonly told_at: Date;
};

export function selectVoids(database: Queryable, accountId: string, limit: number): Promise<VoidRow[]> {
  return database.query<VoidRow>(sql`
    select account_id, stream, first, last, because, told_at from integration.void_number
    where account_id = ${accountId} order by told_at desc, stream, first limit ${limit}`);
}
