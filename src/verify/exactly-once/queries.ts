import { type Queryable, sql } from "../../platform/index.ts";
import { type Found, OFFENCES_MAX } from "../check.ts";
import { saidMovements as says } from "../said-movements.ts";

export type RepeatedFactRow = {
  readonly source: string;
  readonly id: string;
  readonly copies: number;
  readonly numbers: string;
};

/** Ids that stand on the log more than once for one source. Facts decided here have ids of their own and count too. */
export function repeatedFacts(snapshot: Queryable): Promise<Found<RepeatedFactRow>[]> {
  return snapshot.query<Found<RepeatedFactRow>>(sql`
    select source, id, count(*) as copies, left(string_agg(number::text, ' ' order by number), 400) as numbers,
           count(*) over () as total
    from backbone.event group by source, id having count(*) > 1
    order by source, id limit ${OFFENCES_MAX}`);
}

export type ForgottenFactRow = { readonly number: number; readonly source: string; readonly id: string };

/** Facts from outside that the memory of what was told does not know: told again, they would count again. */
export function forgottenFacts(snapshot: Queryable): Promise<Found<ForgottenFactRow>[]> {
  return snapshot.query<Found<ForgottenFactRow>>(sql`
    select e.number, e.source, e.id, count(*) over () as total
    from backbone.event e
    where e.source <> '/crossdock'
      and not exists (select from backbone.told t where t.source = e.source and t.id = e.id)
    order by e.number limit ${OFFENCES_MAX}`);
}

export type OutcomeRow = {
  readonly event_number: number;
  readonly type: string | null;
  readonly outcomes: number;
  readonly words: string;
};

/** Facts with more than one outcome, and outcomes of what is no stock fact from outside. */
export function unruledOutcomes(snapshot: Queryable): Promise<Found<OutcomeRow>[]> {
  return snapshot.query<Found<OutcomeRow>>(sql`
    with ruled as (
      select event_number, count(*) as outcomes, string_agg(outcome, ' ' order by outcome) as words
      from ledger.fact_outcome group by event_number
    )
    select r.event_number, e.type, r.outcomes, r.words, count(*) over () as total
    from ruled r left join backbone.event e on e.number = r.event_number
    where r.outcomes > 1 or e.source = '/crossdock'
       or coalesce(e.type, '') not in ('StockReceived', 'StockPicked', 'StockPickedShort', 'PickCancelled', 'StockPacked', 'ShipmentDispatched', 'StockCounted',
            'StockAdjusted', 'TransferDispatched', 'TransferReceived', 'TransferLost', 'StockReturned', 'StockStatusChanged',
            'LotChanged', 'StockConverted', 'StockSnapshotPage')
    order by r.event_number limit ${OFFENCES_MAX}`);
}

export type UnappliedTransferRow = {
  readonly event_number: number;
  readonly type: string;
  readonly outcome: string | null;
  readonly transfers: number;
};

/** Facts from outside that moved stock without having been applied: as a claim, or before anybody took them. */
export function transfersOfUnappliedFacts(snapshot: Queryable): Promise<Found<UnappliedTransferRow>[]> {
  return snapshot.query<Found<UnappliedTransferRow>>(sql`
    with moved as (
      select event_number, count(*) as transfers from ledger.transfer group by event_number
    )
    select m.event_number, e.type, o.outcome, m.transfers, count(*) over () as total
    from moved m
    join backbone.event e on e.number = m.event_number and e.source <> '/crossdock'
    left join ledger.fact_outcome o on o.event_number = m.event_number
    where not exists (select from ledger.fact_outcome a where a.event_number = m.event_number and a.outcome = 'applied')
    order by m.event_number limit ${OFFENCES_MAX}`);
}

export type EffectRow = {
  readonly event_number: number;
  readonly type: string | null;
  readonly item_id: string;
  readonly lot: string;
  readonly path: string;
  readonly said: number;
  readonly moved: number;
};

/**
 * Applied facts whose transfers are not what the fact says, place by place: the expected movements are read out of the fact's data
 * here, by the judge's own table of them. Units of an order line may come out of any status of their place ('*'), since that
 * depends on what was promised; and a pick of an order line may move less than it says, when its shipment was ahead of it, and a put-back when it was
 * ahead of its pick (`shelves-empty-once` accounts for the rest). Corrections with count variance are judged by the counts.
 */
export function misappliedFacts(snapshot: Queryable): Promise<Found<EffectRow>[]> {
  return snapshot.query<Found<EffectRow>>(sql`
    with fact as materialized (
      select e.number, e.type, e.data,
             e.type in ('StockPicked', 'StockPickedShort', 'PickCancelled', 'ShipmentDispatched')
               and (e.data ? 'orderLine' or jsonb_path_exists(e.data, '$.cartons[*].lines[*].orderLine')) as for_order
      from backbone.event e join ledger.fact_outcome o on o.event_number = e.number
      where o.outcome = 'applied' and e.source <> '/crossdock'
    ), named as (
      select number, for_order, jsonb_build_object(
               '@here', data ->> 'location', '@status', coalesce(data ->> 'status', 'available'), '@from', data ->> 'from', '@to', data ->> 'to',
               '@lane', case when length(name) <= 64 then name
                             else 'transit.' || left(encode(sha256(convert_to(name, 'UTF8')), 'hex'), 40) end,
               '@shelf', case when for_order then '*' else 'available' end, '@picked', case when for_order then '*' else 'picked' end) as names
      from fact, concat('transit.', data ->> 'from', '.', data ->> 'to') as name
    ), amount (number, part, said) as (
      select number, type, data from fact where data ? 'quantity' and type <> 'LotChanged'
      union all select number, type, jsonb_path_query(data, '$.cartons[*].lines[*]') from fact where data ? 'cartons'
      union all select number, case when (data ->> 'delta')::bigint < 0 then 'scrapped' else 'found' end,
             data || jsonb_build_object('quantity', abs((data ->> 'delta')::bigint))
      from fact where type = 'StockAdjusted' and (data ->> 'delta')::bigint <> 0
      union all select number, type || ' ' || side,
             case type when 'LotChanged' then data || jsonb_build_object('lot', data -> (side || 'Lot')) else data -> side end
      from fact, unnest('{from,to}'::text[]) as side
      where type = 'StockConverted' or (type = 'LotChanged' and data ->> 'fromLot' <> data ->> 'toLot')
    ), rule as (
      select * from unnest(${says.part}::text[], ${says.fromPlace}::text[], ${says.fromStatus}::text[], ${says.toPlace}::text[],
                           ${says.toStatus}::text[], ${says.reason}::text[])
        as r (part, from_place, from_status, to_place, to_status, reason)
    ), movement as (
      select number, said ->> 'item' as item, coalesce(said ->> 'lot', '') as lot,
             coalesce(names ->> r.from_place, r.from_place) as from_place, coalesce(names ->> r.from_status, r.from_status) as from_status,
             coalesce(names ->> r.to_place, r.to_place) as to_place, coalesce(names ->> r.to_status, r.to_status) as to_status, r.reason, (said ->> 'quantity')::bigint as units
      from amount join rule r using (part) join named using (number)
    ), said as (
      select number, item, lot, from_place, from_status, to_place, to_status, reason, sum(units) as units
      from movement where from_place <> to_place or from_status <> to_status
      group by number, item, lot, from_place, from_status, to_place, to_status, reason
    ), moved as (
      select t.event_number as number, s.item_id as item, s.lot, s.location_id as from_place,
             case when f.for_order then '*' else t.from_status::text end as from_status,
             d.location_id as to_place, t.to_status::text as to_status, t.reason, sum(t.quantity) as units
      from ledger.transfer t
      join fact f on f.number = t.event_number
      join ledger.position s on s.position_id = t.from_position_id
      join ledger.position d on d.position_id = t.to_position_id
      where t.reason not in ('count', 'count-correction')
      group by 1, 2, 3, 4, 5, 6, 7, 8
    ), compared as (
      select number as event_number, item as item_id, lot,
             format('%s from %s %s to %s %s', reason, from_place, from_status, to_place, to_status) as path,
             coalesce(said.units, 0) as said, coalesce(moved.units, 0) as moved,
             from_status = '*' and reason in ('pick', 'put-back') as may_be_less
      from said full join moved using (number, item, lot, from_place, from_status, to_place, to_status, reason)
    )
    select c.event_number, f.type, c.item_id, c.lot, c.path, c.said, c.moved, count(*) over () as total
    from compared c left join fact f on f.number = c.event_number
    where c.moved > c.said or (c.moved < c.said and not c.may_be_less)
    order by c.event_number, c.path limit ${OFFENCES_MAX}`);
}

export type ClaimRow = {
  readonly event_number: number;
  readonly problem: string;
  readonly source: string | null;
  readonly owner: string | null;
};

/** Outcomes and claims that do not match: a claim is kept with its source and the owner that it is not. */
export function mismatchedClaims(snapshot: Queryable): Promise<Found<ClaimRow>[]> {
  return snapshot.query<Found<ClaimRow>>(sql`
    with ruled as (select distinct event_number from ledger.fact_outcome where outcome = 'claim')
    select event_number,
           case when c.source is null then 'the outcome says claim, and no claim was kept'
                when r.event_number is null then 'a claim was kept, and the outcome says otherwise'
                when c.source = c.owner then 'the owner''s own statement was kept as a claim'
                else 'the claim names another source than its fact' end as problem,
           c.source, c.owner, count(*) over () as total
    from ruled r full join ledger.claim c using (event_number)
    left join backbone.event e on e.number = event_number
    where (c.source is null or r.event_number is null or c.source = c.owner or c.source <> e.source)
      and not verify.is_archived(event_number)
    order by event_number limit ${OFFENCES_MAX}`);
}

export type StrayFingerprintRow = {
  readonly account_id: string;
  readonly kind: string;
  readonly fact_id: string;
  readonly message_id: string;
};

/** Business keys that are remembered for a fact that never counted: what comes later would be held against nothing. */
export function strayFingerprints(snapshot: Queryable): Promise<Found<StrayFingerprintRow>[]> {
  return snapshot.query<Found<StrayFingerprintRow>>(sql`
    select f.account_id, f.kind, f.fact_id, f.message_id, count(*) over () as total
    from integration.fingerprint f
    left join backbone.told t on t.source = '/accounts/' || f.account_id and t.id = f.fact_id
    left join integration.message m on m.message_id = f.message_id and m.account_id = f.account_id
    where t.id is null or m.message_id is null
    order by f.account_id, f.fact_id limit ${OFFENCES_MAX}`);
}
