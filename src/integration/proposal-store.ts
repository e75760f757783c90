import { type Queryable, sql, type Transaction } from "../platform/index.ts";
import type { ParkedRow } from "./parked-store.ts";

/** Open proposals of accounts about the same as newer ones, locked. */
export function lockProposals(
  tx: Transaction,
  about: { readonly accountIds: readonly string[]; readonly texts: readonly string[] },
): Promise<ParkedRow[]> {
  return tx.query<ParkedRow>(sql`
    select p.message_id, p.record, p.at, p.reason, p.detail, p.waits_for_kind, p.waits_for, p.waits_for_reference,
           p.waits_for_unit, p.statement, p.state, p.parked_at, p.settled_at, p.settled_because, p.attempts,
           m.account_id, a.channel_id, a.duplicates, m.kind, m.correlation_id, m.received_at
    from integration.parked p
    join integration.message m using (message_id)
    join integration.account a using (account_id)
    where p.state = 'parked' and p.reason = 'not-the-owner'
      and (m.account_id, p.waits_for) in (
        select * from unnest(${about.accountIds}::text[], ${about.texts}::text[]))
    order by p.message_id, p.record
    for no key update of p`);
}

/** How many proposals are open, by account. */
export function countProposals(
  database: Queryable,
): Promise<{ readonly account_id: string; readonly proposals: number }[]> {
  return database.query(sql`
    select m.account_id, count(*) as proposals
    from integration.parked p join integration.message m using (message_id)
    where p.state = 'parked' and p.reason = 'not-the-owner'
    group by m.account_id order by m.account_id`);
}
