import { type Queryable, sql } from "../../platform/index.ts";
import { type Found, OFFENCES_MAX } from "../check.ts";

export type PairRow = { readonly reservation_id: string; readonly problem: string };

/** Reservations without exactly one `StockReserved` that says the same, but for the item that theirs was merged into, and such facts without their reservation. */
export function unpairedReservations(snapshot: Queryable): Promise<Found<PairRow>[]> {
  return snapshot.query<Found<PairRow>>(sql`
    with said as (
      select data ->> 'reservationId' as reservation_id, data,
             count(*) over (partition by data ->> 'reservationId') as facts
      from backbone.event where type = 'StockReserved' and source = '/crossdock'
    ), later as (
      -- What was changed since: a later end, the order that it was confirmed for.
      select data ->> 'reservationId' as reservation_id,
             max((data ->> 'expiresAt')::timestamptz) filter (where type = 'ReservationExtended') as extended,
             max(data ->> 'orderId') filter (where type = 'ReservationAllocated') as confirmed
      from backbone.event
      where source = '/crossdock' and type in ('ReservationExtended', 'ReservationAllocated')
      group by 1
    ), judged as (
      select reservation_id,
             case when r.quantity is null then 'is on the log and not in the table'
                  when s.data is null then 'is in the table and not on the log'
                  when s.facts > 1 then 'is on the log ' || s.facts || ' times'
                  when (r.channel_id, r.order_id, r.line_id, r.item_id, r.location_id, r.lot, r.came_from,
                        r.quantity + coalesce(d.units, 0)) is distinct from
                       (s.data ->> 'channelId', coalesce(s.data ->> 'orderId', l.confirmed), s.data ->> 'lineId',
                        coalesce(c.item_id, s.data ->> 'itemId'), s.data ->> 'locationId', s.data ->> 'lot', s.data ->> 'cameFrom',
                        coalesce(c.quantity, (s.data ->> 'quantity')::bigint))
                    then 'says something else on the log than in the table'
                  -- One that is firm or over needs no expiry any more; one that is held ends when its fact says.
                  when r.state = 'held' and r.expires_at is distinct from coalesce(l.extended, (s.data ->> 'expiresAt')::timestamptz)
                    then 'expires at another time than the log says' end as problem
      from availability.reservation r full join said s using (reservation_id)
      left join verify.converted_reservation c using (reservation_id)
      left join later l using (reservation_id)
      -- What it gave back before its item was merged is in what was said of it then.
      left join (select reservation_id as reduced_id, item_id as reduced_item, units from verify.reduced_reservation) as d
        on reduced_id = r.reservation_id and reduced_item = r.item_id
    )
    select reservation_id, problem, count(*) over () as total
    from judged
    where problem is not null and reservation_id not in (select reservation_id from verify.archived_reservation)
    group by reservation_id, problem
    order by reservation_id limit ${OFFENCES_MAX}`);
}

export type LifeRow = { readonly reservation_id: string; readonly state: string; readonly facts: string };

/**
 * Reservations whose state is not the one that their facts lead to. What the warehouse does to a firm one (picked, shipped, all of it
 * replaced) is not told by facts of ours that end it, so those states count as allocated.
 */
export function livesUnlikeTheirFacts(snapshot: Queryable): Promise<Found<LifeRow>[]> {
  return snapshot.query<Found<LifeRow>>(sql`
    with told as (
      select data ->> 'reservationId' as reservation_id,
             max(data ->> 'state') filter (where type = 'StockReserved') as began,
             count(*) filter (where type = 'ReservationAllocated') as allocated,
             count(*) filter (where type = 'ReservationSettled') as settled,
             count(*) filter (where type = 'ReservationReplaced') as replaced,
             count(*) filter (where type = 'ReservationRestored') as restored,
             count(*) filter (where type = 'ReservationReleased') as released,
             count(*) filter (where type = 'ReservationExpired') as expired,
             string_agg(type, ' ' order by transaction, number) as facts
      from backbone.event
      where source = '/crossdock'
        and type in ('StockReserved', 'ReservationAllocated', 'ReservationSettled', 'ReservationReplaced',
                     'ReservationRestored', 'ReservationReleased', 'ReservationReduced', 'ReservationExtended', 'ReservationExpired')
      group by 1
    ), led as (
      select *, allocated > 1 or settled > 1 or released > 1 or expired > 1 or (released > 0 and expired > 0)
                  or (replaced > 0 and restored = 0 and (released > 0 or expired > 0)) or (allocated > 0 and (began = 'allocated' or expired > 0)) or (began = 'allocated' and expired > 0) as impossible,
             case when expired > 0 then 'expired' when released > 0 then 'released'
                  when allocated > 0 then 'allocated' else began end as state
      from told
    )
    select l.reservation_id, coalesce(r.state::text, 'not in the table') as state, l.facts, count(*) over () as total
    from led l left join availability.reservation r using (reservation_id)
    where (l.impossible
           or (r.state is null and l.began is null)
           or case when r.state in ('picked', 'shipped', 'short') or (r.replaced > 0 and r.state = 'released') then 'allocated'
                   else r.state::text end <> l.state
           or (r.replaced > 0 and l.replaced = 0))
      and l.reservation_id not in (select reservation_id from verify.archived_reservation)
    order by l.reservation_id limit ${OFFENCES_MAX}`);
}

export type EarlyRow = {
  readonly reservation_id: string;
  readonly expires_at: string;
  readonly ended_at: string;
};

/** Holds that were ended as expired before they had run out. */
export function holdsEndedEarly(snapshot: Queryable): Promise<Found<EarlyRow>[]> {
  return snapshot.query<Found<EarlyRow>>(sql`
    select r.reservation_id, r.expires_at::text as expires_at, e.effective_at::text as ended_at, count(*) over () as total
    from backbone.event e join availability.reservation r on r.reservation_id = e.data ->> 'reservationId'
    where e.type = 'ReservationExpired' and e.effective_at < r.expires_at
    order by r.reservation_id limit ${OFFENCES_MAX}`);
}

export type StepRow = {
  readonly event_number: number;
  readonly type: string | null;
  readonly reservation_id: string | null;
  readonly transfers: number;
  readonly says: string;
};

/** Facts about reservations that did not move exactly what they say, and transfers decided here without such a fact. */
export function stepsWithoutTheirTransfer(snapshot: Queryable): Promise<Found<StepRow>[]> {
  return snapshot.query<Found<StepRow>>(sql`
    with kind (type, from_status, to_status, reason) as (
      values ('StockReserved', 'available', null, null), ('ReservationAllocated', 'held', 'allocated', 'allocate'),
             ('ReservationReleased', null, 'available', 'release'), ('ReservationExpired', 'held', 'available', 'expire'),
             ('ReservationReduced', null, 'available', 'reduce'), ('ReservationSettled', 'allocated', 'available', 'settle'),
             ('ReservationReplaced', 'allocated', 'available', 'replace'),
             ('ReservationRestored', 'available', 'allocated', 'restore'),
             ('StockRingFenced', 'available', 'channel-reserved', 'ring-fence'),
             ('RingFenceGivenBack', 'channel-reserved', 'available', 'give-back')
    ), step as materialized (
      select number, type, data ->> 'reservationId' as reservation_id, data ->> 'itemId' as item_id,
             data ->> 'locationId' as location_id, data ->> 'lot' as lot, (data ->> 'quantity')::bigint as quantity,
             data ->> 'state' as state,
             case when type in ('StockRingFenced', 'RingFenceGivenBack') then (data ->> 'quantity')::bigint
                  else coalesce((data ->> 'ringFenced')::bigint, 0) end as fenced
      from backbone.event where source = '/crossdock' and type in (select type from kind)
    ), firm as (
      select distinct reservation_id from step
      where type = 'ReservationAllocated' or (type = 'StockReserved' and state = 'allocated')
    ), decided as (
      select s.*, coalesce(k.from_status, case when s.type = 'ReservationReduced' then s.state when f.reservation_id is null then 'held' else 'allocated' end) as from_status,
             coalesce(k.to_status, s.state) as to_status,
             coalesce(k.reason, case s.state when 'held' then 'reserve' else 'allocate' end) as reason
      from step s join kind k using (type) left join firm f using (reservation_id)
    ), wanted as (
      -- What comes out of a ring-fence, or goes back into it, is a transfer of its own.
      select number, type, reservation_id, item_id, location_id, lot, reason, part.is_fenced, part.quantity,
             case when part.is_fenced and reservation_id is not null and from_status = 'available'
                  then 'channel-reserved' else from_status end as from_status,
             case when part.is_fenced and reservation_id is not null and to_status = 'available'
                  then 'channel-reserved' else to_status end as to_status
      from decided cross join lateral (values (false, decided.quantity - fenced), (true, fenced)) as part (is_fenced, quantity)
      where part.quantity > 0
    ), moved as (
      select t.event_number as number, t.transfer_id, t.reservation_id, t.quantity, t.from_status::text as from_status,
             t.to_status::text as to_status, t.reason, t.from_position_id = t.to_position_id as in_place,
             'channel-reserved' in (t.from_status, t.to_status) as is_fenced,
             p.item_id, p.location_id, p.lot
      from ledger.transfer t left join ledger.position p on p.position_id = t.from_position_id
      left join backbone.event e on e.number = t.event_number
      where e.source = '/crossdock' or (t.reason in (select reason from kind union values ('reserve'))
                                          and e.number is not null)
    ), paired as (
      select number, w.type, coalesce(w.reservation_id, m.reservation_id) as reservation_id,
             count(m.transfer_id) as transfers,
             coalesce(bool_and(m.in_place and (m.reservation_id, m.quantity, m.from_status, m.to_status, m.reason, m.item_id,
                                               m.location_id, m.lot) is not distinct from
                               (w.reservation_id, w.quantity, w.from_status, w.to_status, w.reason, w.item_id, w.location_id,
                                w.lot)), false) as alike,
             coalesce(min(format('%s of %s from %s to %s', w.reason, w.quantity, w.from_status, w.to_status)),
                      'nothing about a reservation') as says
      from wanted w full join moved m using (number, is_fenced)
      group by number, is_fenced, w.type, coalesce(w.reservation_id, m.reservation_id)
    )
    select number as event_number, type, reservation_id, transfers, says, count(*) over () as total
    from paired where (transfers <> 1 or not alike)
      and coalesce(reservation_id, '') not in (select reservation_id from verify.archived_reservation)
    order by number limit ${OFFENCES_MAX}`);
}

export type ChangeRow = {
  readonly event_number: number;
  readonly item_id: string | null;
  readonly location_id: string | null;
  readonly lot: string | null;
  readonly version: number | null;
  readonly problem: string;
};

/**
 * Position changes on the log that are of no position, of a version that it has not reached, or told twice. A rebuild tells positions
 * again that it has repaired, whatever had been told of them.
 */
export function changesOfNoPosition(snapshot: Queryable): Promise<Found<ChangeRow>[]> {
  return snapshot.query<Found<ChangeRow>>(sql`
    with told as (
      select e.number, c.item_id, c.location_id, c.lot, c.version,
             row_number() over (partition by c.item_id, c.location_id, c.lot, c.version order by e.number) as place,
             e.correlation_id = 'rebuild' as is_repair
      from backbone.event e,
           jsonb_to_recordset(e.data -> 'positions') as told("itemId" text, "locationId" text, lot text, version bigint),
           lateral (select told."itemId" as item_id, told."locationId" as location_id, told.lot, told.version) as c
      where e.type = 'PositionsChanged' and e.source = '/crossdock'
    ), judged as (
      select t.number as event_number, t.item_id, t.location_id, t.lot, t.version,
             case when p.position_id is null then 'there is no such position'
                  when t.version > p.version and not t.is_repair then 'the position has only reached ' || p.version
                  when t.place > 1 and not t.is_repair then 'this version was told before' end as problem
      from told t left join ledger.position p using (item_id, location_id, lot)
    )
    select *, count(*) over () as total from judged where problem is not null order by event_number limit ${OFFENCES_MAX}`);
}
