import { type Queryable, sql } from "../../platform/index.ts";
import { type Found, OFFENCES_MAX, type PositionCells } from "../check.ts";

export type CoverRow = PositionCells & {
  readonly available: number;
  readonly held: number;
  readonly allocated: number;
  readonly uncovered: number;
};

/** Positions whose balances say that more was promised than there is. */
export function uncoveredPromises(snapshot: Queryable): Promise<Found<CoverRow>[]> {
  return snapshot.query<Found<CoverRow>>(sql`
    select position_id, item_id, location_id, lot, available, held, allocated, uncovered, count(*) over () as total
    from ledger.position
    where available + uncovered < 0 or uncovered < 0 or held < 0 or allocated < 0
    order by position_id limit ${OFFENCES_MAX}`);
}

/**
 * Positions that are said to be further below zero than they are. Every write leaves `uncovered` at exactly the missing units: more
 * would let a later promise pass the constraint.
 */
export function excessUncovered(snapshot: Queryable): Promise<Found<CoverRow>[]> {
  return snapshot.query<Found<CoverRow>>(sql`
    select position_id, item_id, location_id, lot, available, held, allocated, uncovered, count(*) over () as total
    from ledger.position
    where uncovered > greatest(0, -available)
    order by position_id limit ${OFFENCES_MAX}`);
}

export type PromiseRow = PositionCells & { readonly balance: number; readonly promised: number };

/** Positions whose held units are not the sum of their open holds. Holds that have run out count until they are swept. */
export function heldWithoutHolds(snapshot: Queryable): Promise<Found<PromiseRow>[]> {
  return snapshot.query<Found<PromiseRow>>(sql`
    with hold as (
      select position_id, sum(quantity) as units from availability.reservation where state = 'held' group by position_id
    )
    select position_id, p.item_id, p.location_id, p.lot, coalesce(p.held, 0) as balance, coalesce(h.units, 0) as promised,
           count(*) over () as total
    from ledger.position p full join hold h using (position_id)
    where coalesce(p.held, 0) <> coalesce(h.units, 0)
    order by position_id limit ${OFFENCES_MAX}`);
}

/**
 * Positions whose allocated units are not what their firm reservations still wait for: the quantity less what was picked or shipped
 * there, less what was not found, and less what left from elsewhere in its place.
 */
export function allocatedWithoutReservations(snapshot: Queryable): Promise<Found<PromiseRow>[]> {
  return snapshot.query<Found<PromiseRow>>(sql`
    with firm as (
      select position_id, sum(greatest(0, quantity - replaced - not_found - greatest(picked - put_back, shipped))) as units
      from availability.reservation where state in ('allocated', 'picked', 'shipped') group by position_id
    )
    select position_id, p.item_id, p.location_id, p.lot, coalesce(p.allocated, 0) as balance, coalesce(f.units, 0) as promised,
           count(*) over () as total
    from ledger.position p full join firm f using (position_id)
    where coalesce(p.allocated, 0) <> coalesce(f.units, 0)
    order by position_id limit ${OFFENCES_MAX}`);
}

/** Positions whose channel-reserved units are not the sum of what is set aside there. */
export function fencesWithoutStock(snapshot: Queryable): Promise<Found<PromiseRow>[]> {
  return snapshot.query<Found<PromiseRow>>(sql`
    with fence as (
      select position_id, sum(quantity) as units from availability.ring_fence group by position_id
    )
    select position_id, p.item_id, p.location_id, p.lot, coalesce(p.channel_reserved, 0) as balance,
           coalesce(f.units, 0) as promised, count(*) over () as total
    from ledger.position p full join fence f using (position_id)
    where coalesce(p.channel_reserved, 0) <> coalesce(f.units, 0)
    order by position_id limit ${OFFENCES_MAX}`);
}

export type OversellRow = PositionCells & {
  readonly transfer_id: number;
  readonly event_number: number;
  readonly reservation_id: string | null;
  readonly before: number;
  readonly after: number;
};

/**
 * Replays every promise: walks the transfers of each position in the order in which they were posted (ids rise under the position's
 * lock) and takes what one transaction decided as one step, because only its sum was ever visible. Facts from outside may take
 * `available` below zero; a step that was decided here must leave it at zero or more, or no lower than it found it.
 */
export function oversellingSteps(snapshot: Queryable): Promise<Found<OversellRow>[]> {
  return snapshot.query<Found<OversellRow>>(sql`
    with moved as (
      select from_position_id as position_id, transfer_id, event_number, reservation_id, reason, -quantity as units
      from ledger.transfer where from_status = 'available'
      union all
      select to_position_id, transfer_id, event_number, reservation_id, reason, quantity
      from ledger.transfer where to_status = 'available'
      union all
      -- What has left comes before everything that is here.
      select position_id, 0, 0, null, 'archived', sum(units) from ledger.archived where status = 'available' group by position_id
    ), told as (
      -- What a put-back makes a promise keep again is as little decided here as the put-back.
      select m.*, case when m.reason <> 'restore'
                            and coalesce(e.source = '/crossdock', m.reason in ('reserve', 'allocate', 'release', 'expire'))
                       then coalesce(e.transaction, 0) end as decided_in
      from moved m left join backbone.event e on e.number = m.event_number
    ), walked as (
      select *, sum(units) over walk as after, lag(decided_in) over walk as decided_before
      from told window walk as (partition by position_id order by transfer_id)
    ), numbered as (
      select *, after - units as before,
             count(*) filter (where decided_in is null or decided_before is distinct from decided_in)
               over (partition by position_id order by transfer_id) as step
      from walked
    ), step as (
      select position_id, max(transfer_id) as transfer_id, max(event_number) as event_number,
             min(reservation_id) as reservation_id,
             (array_agg(before order by transfer_id))[1] as before, (array_agg(after order by transfer_id desc))[1] as after
      from numbered where decided_in is not null group by position_id, step
      having bool_or(after < 0)
    )
    select s.position_id, p.item_id, p.location_id, p.lot, s.transfer_id, s.event_number, s.reservation_id, s.before, s.after,
           count(*) over () as total
    from step s left join ledger.position p using (position_id)
    where s.after < least(0, s.before)
      and s.transfer_id > (select coalesce(max(last_transfer), 0) from backbone.stretch where state = 'archived')
    order by s.transfer_id limit ${OFFENCES_MAX}`);
}

export type OrderedRow = {
  readonly order_id: string;
  readonly line_id: string;
  readonly item_id: string;
  readonly ordered: number;
  readonly promised: number;
};

/** Order lines that say they were promised more than was ordered. */
export function linesPromisedBeyondOrder(snapshot: Queryable): Promise<Found<OrderedRow>[]> {
  return snapshot.query<Found<OrderedRow>>(sql`
    select order_id, line_id, item_id, ordered, promised, count(*) over () as total
    from orchestration.order_line
    where promised > ordered
    order by order_id, line_id limit ${OFFENCES_MAX}`);
}

export type ReservedLineRow = {
  readonly order_id: string;
  readonly line_id: string;
  readonly item_id: string;
  readonly wanted: number;
  readonly reserved: number;
  readonly reservation_ids: string;
};

/**
 * Order lines whose live reservations hold more than the line takes, at one position or at several: a line that was reserved twice.
 * A kit's line takes its parts; items are those that were promised, whatever they were merged into. Reservations for orders that we do not keep are the caller's own affair.
 */
export function linesReservedTwice(snapshot: Queryable): Promise<Found<ReservedLineRow>[]> {
  return snapshot.query<Found<ReservedLineRow>>(sql`
    with live as (
      select r.order_id, r.line_id, coalesce(c.first_item_id, r.item_id) as item_id,
             sum(coalesce(c.first_quantity, r.quantity)) as reserved,
             string_agg(reservation_id, ' ' order by reservation_id) as reservation_ids
      from availability.reservation r join orchestration.customer_order o using (order_id)
      left join verify.converted_reservation c using (reservation_id)
      where r.state in ('held', 'allocated', 'picked', 'shipped')
      group by 1, 2, 3
    ), part as (
      select order_id, line_id, coalesce(ordered_item_id, item_id) as item_id, coalesce(ordered_per_unit, per_unit) as per_unit
      from orchestration.order_line_part
    )
    select v.order_id, v.line_id, v.item_id, coalesce(l.ordered * p.per_unit, 0) as wanted, v.reserved,
           left(v.reservation_ids, 400) as reservation_ids, count(*) over () as total
    from live v
    left join orchestration.order_line l using (order_id, line_id)
    left join part p
      on p.order_id = v.order_id and p.line_id = v.line_id and p.item_id = v.item_id
    where v.reserved > coalesce(l.ordered * p.per_unit, 0)
    order by v.order_id, v.line_id limit ${OFFENCES_MAX}`);
}

export type MisplacedRow = PositionCells & {
  readonly reservation_id: string;
  readonly reserved_item_id: string;
  readonly reserved_location_id: string;
  readonly reserved_lot: string;
};

/** Reservations that name another item, location or lot than the position that they take from. */
export function misplacedReservations(snapshot: Queryable): Promise<Found<MisplacedRow>[]> {
  return snapshot.query<Found<MisplacedRow>>(sql`
    select r.reservation_id, r.position_id, p.item_id, p.location_id, p.lot, r.item_id as reserved_item_id,
           r.location_id as reserved_location_id, r.lot as reserved_lot, count(*) over () as total
    from availability.reservation r left join ledger.position p using (position_id)
    where (r.item_id, r.location_id, r.lot) is distinct from (p.item_id, p.location_id, p.lot)
    order by r.reservation_id limit ${OFFENCES_MAX}`);
}

export type ExpiredLotRow = {
  readonly reservation_id: string;
  readonly item_id: string;
  readonly location_id: string;
  readonly lot: string;
  readonly expires_on: string;
  readonly promised_on: string;
};

/**
 * Live promises of a lot that had expired where it lies when they were made. Units of an order that had left before it came are nobody's
 * choice, and what was split off a promise is as old as that. A lot whose day, or whose place's calendar, became another since then, or
 * a little before, is not judged: whoever promised may not have known it.
 */
export function promisesOfExpiredLots(snapshot: Queryable): Promise<Found<ExpiredLotRow>[]> {
  return snapshot.query<Found<ExpiredLotRow>>(sql`
    select r.reservation_id, r.item_id, r.location_id, r.lot, l.expires_on::text as expires_on, d.day::text as promised_on,
           count(*) over () as total
    from availability.reservation r
    join governance.lot l on (l.item_id, l.lot) = (r.item_id, r.lot)
    join governance.location p using (location_id)
    cross join lateral (select (r.created_at at time zone p.time_zone)::date as day) as d
    where r.state in ('held', 'allocated') and r.lot <> '' and l.expires_on < d.day
      and r.picked = 0 and r.shipped = 0 and r.not_found = 0 and r.replaced = 0 and r.came_from is null
      and not exists (
        select from governance.change c
        where c.changed_at >= r.created_at - interval '1 minute'
          and (c.what = 'lot' and c.item_id = r.item_id and coalesce(c.after, c.before) ->> 'lot' = r.lot
               or c.what = 'location' and c.location_id = r.location_id))
    order by r.reservation_id limit ${OFFENCES_MAX}`);
}
