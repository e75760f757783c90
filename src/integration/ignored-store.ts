import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { ParkedRow, WaitKind } from "./parked-store.ts";

/** A name of an account that nothing is made of, with who decided so. */
export type IgnoredRow = {
  readonly account_id: string;
  readonly kind: WaitKind;
  readonly waits_for: string;
  readonly because: string;
  readonly ignored_by: string;
  readonly ignored_at: Date;
};

/** Names as the columns of a query. */
export type NamedColumns = {
  readonly accountIds: readonly string[];
  readonly kinds: readonly string[];
  readonly texts: readonly string[];
};

/** Those of the names that are ignored. */
export function selectIgnored(database: Queryable, names: NamedColumns): Promise<IgnoredRow[]> {
  return database.query<IgnoredRow>(sql`
    select i.account_id, i.kind, i.waits_for, i.because, i.ignored_by, i.ignored_at
    from (
      select distinct account_id, kind, waits_for
      from unnest(${names.accountIds}::text[], ${names.kinds}::text[], ${names.texts}::text[]) as n (account_id, kind, waits_for)
    ) as named
    join integration.ignored_name i using (account_id, kind, waits_for)`);
}

/** Where the list of them goes on; the MD5 of a name stands for it. */
export type IgnoredPlace = {
  readonly at: Date;
  readonly accountId: string;
  readonly kind: string;
  readonly waitsForHash: string;
};

/** All names that are ignored, the last decided first. */
export function selectIgnoredPage(
  database: Queryable,
  page: {
    readonly accountIds?: readonly string[] | undefined;
    readonly after?: IgnoredPlace | undefined;
    readonly limit: number;
  },
): Promise<IgnoredRow[]> {
  const { after } = page;
  return database.query<IgnoredRow>(sql`
    select account_id, kind, waits_for, because, ignored_by, ignored_at from integration.ignored_name
    where (${page.accountIds ?? null}::text[] is null or account_id = any (${page.accountIds ?? null}::text[]))
      and (${after?.accountId ?? null}::text is null
           or ignored_at < ${after?.at ?? null}::timestamptz
           or (ignored_at = ${after?.at ?? null}::timestamptz
               and (account_id, kind, md5(waits_for))
                   > (${after?.accountId ?? null}::text, ${after?.kind ?? null}::text, ${after?.waitsForHash ?? null}::text)))
    order by ignored_at desc, account_id, kind, md5(waits_for)
    limit ${page.limit}`);
}

/** Decides that nothing is made of a name. Who decided so first is kept. Does nothing for an account that is not there. */
export function insertIgnored(tx: Transaction, row: IgnoredRow): Promise<number> {
  return tx.execute(sql`
    insert into integration.ignored_name (account_id, kind, waits_for, because, ignored_by, ignored_at)
    select account_id, ${row.kind}::text, ${row.waits_for}::text, ${row.because}::text, ${row.ignored_by}::text,
           ${row.ignored_at}::timestamptz
    from integration.account where account_id = ${row.account_id}
    on conflict do nothing`);
}

/** From now on the name is waited for again. Gives how many were taken away: 0 or 1. */
export function deleteIgnored(
  database: Pick<Transaction, "execute">,
  name: Pick<IgnoredRow, "account_id" | "kind" | "waits_for">,
): Promise<number> {
  return database.execute(sql`
    delete from integration.ignored_name
    where account_id = ${name.account_id} and kind = ${name.kind} and waits_for = ${name.waits_for}`);
}

/** Takes records of an account that wait for a name, for this transaction, in their order. Those that another process tries are passed over. */
export function claimWaitingFor(
  tx: Transaction,
  claim: Pick<IgnoredRow, "account_id" | "kind" | "waits_for"> & {
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
    where p.state = 'waiting' and p.waits_for_kind = ${claim.kind} and p.waits_for = ${claim.waits_for}
      and m.account_id = ${claim.account_id}
      and (p.message_id, p.record) > (${claim.afterMessageId}, ${claim.afterRecord}::int)
    order by p.message_id, p.record
    limit ${claim.limit}
    for no key update of p skip locked`);
}
