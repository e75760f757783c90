import { type Queryable, sql } from "../../platform/index.ts";
import { type Found, OFFENCES_MAX } from "../check.ts";

export type ForgottenFactRow = {
  readonly number: number;
  readonly type: string;
  readonly source: string;
  readonly id: string;
};

/**
 * Stock facts that the ledger has passed without a decision: neither applied, nor a claim, nor among its open dead letters. Pages of
 * snapshots have a reader of their own.
 */
export function forgottenStockFacts(snapshot: Queryable): Promise<Found<ForgottenFactRow>[]> {
  return snapshot.query<Found<ForgottenFactRow>>(sql`
    select e.number, e.type, e.source, e.id, count(*) over () as total
    from backbone.event e
    join backbone.subscriber s on s.name = case e.type when 'StockSnapshotPage' then 'ledger-snapshots' else 'ledger' end
    where e.type in ('StockReceived', 'StockPicked', 'StockPickedShort', 'PickCancelled', 'StockPacked', 'ShipmentDispatched', 'StockCounted', 'StockAdjusted',
                     'TransferDispatched', 'TransferReceived', 'TransferLost', 'StockReturned', 'StockStatusChanged',
                     'LotChanged', 'StockConverted', 'StockSnapshotPage')
      and (e.transaction, e.number) <= (s.transaction, s.number)
      and not exists (select from ledger.fact_outcome o where o.event_number = e.number)
      and not exists (select from backbone.dead_letter d
                      where d.subscriber = s.name and d.number = e.number and d.resolved_at is null)
    order by e.transaction, e.number limit ${OFFENCES_MAX}`);
}

export type DeadLetterRow = { readonly subscriber: string; readonly number: number; readonly reason: string };

/** Dead letters that do not say why, or that are of no fact or no subscriber. */
export function unexplainedDeadLetters(snapshot: Queryable): Promise<Found<DeadLetterRow>[]> {
  return snapshot.query<Found<DeadLetterRow>>(sql`
    select d.subscriber, d.number, d.reason, count(*) over () as total
    from backbone.dead_letter d
    left join backbone.event e on e.number = d.number
    left join backbone.subscriber s on s.name = d.subscriber
    where btrim(d.reason) = '' or (e.number is null and not verify.is_archived(d.number)) or s.name is null
    order by d.subscriber, d.number limit ${OFFENCES_MAX}`);
}

export type SumRow = {
  readonly message_id: string;
  readonly state: string;
  readonly records: number;
  readonly applied: number;
  readonly duplicates: number;
  readonly ignored: number;
  readonly parked: number;
};

/** Messages whose records are not all accounted for. */
export function messagesThatDoNotAddUp(snapshot: Queryable): Promise<Found<SumRow>[]> {
  return snapshot.query<Found<SumRow>>(sql`
    select message_id, state, records, applied, duplicates, ignored, parked, count(*) over () as total
    from integration.message
    where records <> applied + duplicates + ignored + parked or least(records, applied, duplicates, ignored, parked) < 0
    order by message_id limit ${OFFENCES_MAX}`);
}

export type MessageStateRow = {
  readonly message_id: string;
  readonly state: string;
  readonly problem: string;
};

/** Messages that are nowhere: in no known state, counted before they were mapped, or put aside without a reason. */
export function messagesInLimbo(snapshot: Queryable): Promise<Found<MessageStateRow>[]> {
  return snapshot.query<Found<MessageStateRow>>(sql`
    with judged as (
      select message_id, state,
             case when state not in ('stored', 'mapped', 'suspect', 'dead', 'dismissed') then 'is in no state that is looked after'
                  when state <> 'mapped' and records <> 0 then 'has records, and was not mapped'
                  when state = 'mapped' and mapped_at is null then 'was mapped at no time'
                  when state in ('suspect', 'dead', 'dismissed') and coalesce(btrim(problem), '') = ''
                    then 'does not say what is wrong with it'
                  when state = 'dismissed' and coalesce(btrim(dismissed_because), '') = '' then 'was dismissed for no reason'
                  end as problem
      from integration.message
    )
    select message_id, state, problem, count(*) over () as total
    from judged where problem is not null order by message_id limit ${OFFENCES_MAX}`);
}

export type BytesRow = {
  readonly message_id: string;
  readonly account_id: string;
  readonly kept_hash: string;
  readonly actual_hash: string;
};

/** Messages whose bytes are not the ones that were received: the hash was taken when they came in. */
export function alteredMessages(snapshot: Queryable): Promise<Found<BytesRow>[]> {
  return snapshot.query<Found<BytesRow>>(sql`
    select message_id, account_id, body_hash as kept_hash, encode(sha256(body), 'hex') as actual_hash, count(*) over () as total
    from integration.message where body_hash <> encode(sha256(body), 'hex')
    order by message_id limit ${OFFENCES_MAX}`);
}

export type ParkedRow = {
  readonly message_id: string;
  readonly record: number;
  readonly state: string;
  readonly problem: string;
};

/** Parked records without a reason, a message or an end: what cannot be explained cannot be mended, and not be tried again. */
export function unexplainedRecords(snapshot: Queryable): Promise<Found<ParkedRow>[]> {
  return snapshot.query<Found<ParkedRow>>(sql`
    with judged as (
      select p.message_id, p.record, p.state,
             case when m.message_id is null then 'has no message'
                  when p.record >= m.records then 'is not among the records of its message'
                  when btrim(p.reason) = '' or btrim(p.detail) = '' then 'does not say why it was parked'
                  when p.state not in ('waiting', 'parked', 'applied', 'duplicate', 'dropped')
                    then 'is in no state that is looked after'
                  when (p.state in ('waiting', 'parked')) <> (p.settled_at is null) then 'is open and settled at once'
                  when p.state = 'waiting' and (p.waits_for is null or p.statement is null) then 'waits for nothing'
                  when p.state = 'dropped' and coalesce(btrim(p.settled_because), '') = '' then 'was dropped for no reason'
                  end as problem
      from integration.parked p left join integration.message m using (message_id)
    )
    select message_id, record, state, problem, count(*) over () as total
    from judged where problem is not null order by message_id, record limit ${OFFENCES_MAX}`);
}

export type ParkedCountRow = {
  readonly message_id: string;
  readonly counted: string;
  readonly kept: string;
};

/** Messages that count other records as parked than are kept for them, or fewer as ended than ended after they were parked. */
export function miscountedRecords(snapshot: Queryable): Promise<Found<ParkedCountRow>[]> {
  return snapshot.query<Found<ParkedCountRow>>(sql`
    with kept as (
      select message_id, count(*) filter (where state in ('waiting', 'parked')) as open,
             count(*) filter (where state = 'applied') as applied, count(*) filter (where state = 'duplicate') as duplicates,
             count(*) filter (where state = 'dropped') as dropped
      from integration.parked group by message_id
    )
    select message_id,
           format('%s parked, %s applied, %s duplicate, %s ignored', m.parked, m.applied, m.duplicates, m.ignored) as counted,
           format('%s open, %s applied, %s duplicate, %s dropped', coalesce(k.open, 0), coalesce(k.applied, 0),
                  coalesce(k.duplicates, 0), coalesce(k.dropped, 0)) as kept,
           count(*) over () as total
    from integration.message m left join kept k using (message_id)
    where m.parked <> coalesce(k.open, 0) or m.applied < coalesce(k.applied, 0) or m.duplicates < coalesce(k.duplicates, 0)
       or m.ignored < coalesce(k.dropped, 0)
    order by message_id limit ${OFFENCES_MAX}`);
}
