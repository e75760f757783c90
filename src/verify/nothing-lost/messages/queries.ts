import { type Queryable, sql } from "../../../platform/index.ts";
import { type Found, OFFENCES_MAX } from "../../check.ts";

export type CausedRow = {
  readonly message_id: string;
  readonly account_id: string | null;
  readonly state: string | null;
  readonly applied: number;
  readonly facts: number;
};

/**
 * Messages that count other than the facts they caused, what they said of master data aside, and facts whose cause is no message of their account. Facts that name no
 * cause were not made from a message.
 */
export function messagesWithoutTheirFacts(snapshot: Queryable): Promise<Found<CausedRow>[]> {
  return snapshot.query<Found<CausedRow>>(sql`
    with caused as (
      select causation_id as message_id, source, count(*) as facts
      from backbone.event where source <> '/crossdock' and causation_id is not null group by causation_id, source
    )
    select coalesce(m.message_id, c.message_id) as message_id, m.account_id, m.state,
           coalesce(m.applied - m.applied_master, 0) as applied,
           coalesce(c.facts, 0) as facts, count(*) over () as total
    from integration.message m
    full join caused c on c.message_id = m.message_id and c.source = '/accounts/' || m.account_id
    where coalesce(m.applied - m.applied_master, 0) <> coalesce(c.facts, 0)
      -- Of a message that came before the end of what has left, facts may have left with it.
      and (m.received_at is null
           or m.received_at > (select coalesce(max(recorded_to), '-infinity') from backbone.stretch where state = 'archived'))
    order by 1 limit ${OFFENCES_MAX}`);
}

export type ControlRow = {
  readonly account_id: string;
  readonly first: number;
  readonly last: number;
  readonly used: number;
  readonly missing: string;
  readonly kept: number | null;
};

/** Accounts whose documents do not bear every control number from their first to the last that was given out, each once. */
export function holesInControlNumbers(snapshot: Queryable): Promise<Found<ControlRow>[]> {
  return snapshot.query<Found<ControlRow>>(sql`
    with used as (
      select account_id, min(control_number) as first, max(control_number) as last, count(*) as used,
             range_agg(int8range(control_number, control_number, '[]')) as numbers
      from integration.document where control_number is not null group by account_id
    )
    select account_id, coalesce(u.first, 1) as first, coalesce(u.last, 0) as last, coalesce(u.used, 0) as used, n.last as kept,
           left((int8multirange(int8range(coalesce(u.first, 1), greatest(u.last, n.last), '[]'))
                 - coalesce(u.numbers, '{}'))::text, 400) as missing,
           count(*) over () as total
    from used u full join integration.control_number n using (account_id)
    where coalesce(u.last, 0) <> coalesce(n.last, 0) or u.used <> u.last - u.first + 1
    order by account_id limit ${OFFENCES_MAX}`);
}
