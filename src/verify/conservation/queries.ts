import { type Queryable, sql } from "../../platform/index.ts";
import { type Found, OFFENCES_MAX, type PositionCells } from "../check.ts";

export type BalanceRow = PositionCells & { readonly differs: string };

/** Positions of which a status is not the sum of the transfers into and out of it; `differs` lists balance and sum. */
export function unbalancedPositions(snapshot: Queryable): Promise<Found<BalanceRow>[]> {
  return snapshot.query<Found<BalanceRow>>(sql`
    with side as (
      select to_position_id as position_id, to_status as status, quantity from ledger.transfer
      union all
      select from_position_id, from_status, -quantity from ledger.transfer
      union all
      select position_id, status, units from ledger.archived
    ), status_sum as (
      select position_id, status, sum(quantity) as units from side group by position_id, status
    ), summed as (
      select position_id,
             coalesce(sum(units) filter (where status = 'available'), 0) as available,
             coalesce(sum(units) filter (where status = 'held'), 0) as held,
             coalesce(sum(units) filter (where status = 'allocated'), 0) as allocated,
             coalesce(sum(units) filter (where status = 'picked'), 0) as picked,
             coalesce(sum(units) filter (where status = 'channel-reserved'), 0) as channel_reserved,
             coalesce(sum(units) filter (where status = 'quarantined'), 0) as quarantined,
             coalesce(sum(units) filter (where status = 'damaged'), 0) as damaged,
             coalesce(sum(units) filter (where status = 'in-transit'), 0) as in_transit
      from status_sum group by position_id
    ), compared as (
      select position_id, p.item_id, p.location_id, p.lot,
             concat_ws(', ',
               case when coalesce(p.available, 0) <> coalesce(s.available, 0)
                    then format('available %s (transfers say %s)', p.available, coalesce(s.available, 0)) end,
               case when coalesce(p.held, 0) <> coalesce(s.held, 0)
                    then format('held %s (transfers say %s)', p.held, coalesce(s.held, 0)) end,
               case when coalesce(p.allocated, 0) <> coalesce(s.allocated, 0)
                    then format('allocated %s (transfers say %s)', p.allocated, coalesce(s.allocated, 0)) end,
               case when coalesce(p.picked, 0) <> coalesce(s.picked, 0)
                    then format('picked %s (transfers say %s)', p.picked, coalesce(s.picked, 0)) end,
               case when coalesce(p.channel_reserved, 0) <> coalesce(s.channel_reserved, 0)
                    then format('channel-reserved %s (transfers say %s)', p.channel_reserved,
                                coalesce(s.channel_reserved, 0)) end,
               case when coalesce(p.quarantined, 0) <> coalesce(s.quarantined, 0)
                    then format('quarantined %s (transfers say %s)', p.quarantined, coalesce(s.quarantined, 0)) end,
               case when coalesce(p.damaged, 0) <> coalesce(s.damaged, 0)
                    then format('damaged %s (transfers say %s)', p.damaged, coalesce(s.damaged, 0)) end,
               case when coalesce(p.in_transit, 0) <> coalesce(s.in_transit, 0)
                    then format('in-transit %s (transfers say %s)', p.in_transit, coalesce(s.in_transit, 0)) end
             ) as differs
      from ledger.position p full join summed s using (position_id)
    )
    select *, count(*) over () as total from compared where differs <> '' order by position_id limit ${OFFENCES_MAX}`);
}

export type VersionRow = PositionCells & { readonly version: number | null; readonly transfers: number };

/** Positions of which the version is not the number of transfers that touch them; one inside a position touches it once. */
export function miscountedVersions(snapshot: Queryable): Promise<Found<VersionRow>[]> {
  return snapshot.query<Found<VersionRow>>(sql`
    with touching as (
      select position_id, sum(touches) as transfers
      from (
        select to_position_id as position_id, 1 as touches from ledger.transfer
        union all
        select from_position_id, 1 from ledger.transfer where from_position_id <> to_position_id
        union all
        select position_id, transfers from ledger.archived
      ) as side
      group by position_id
    )
    select position_id, p.item_id, p.location_id, p.lot, p.version, coalesce(t.transfers, 0) as transfers,
           count(*) over () as total
    from ledger.position p full join touching t using (position_id)
    where coalesce(p.version, -1) <> coalesce(t.transfers, 0)
    order by position_id limit ${OFFENCES_MAX}`);
}

export type ItemSumRow = { readonly item_id: string; readonly lot: string; readonly sum: number };

/** Items, lot by lot, whose positions do not sum to zero over all locations, the virtual ones included. */
export function unconservedItems(snapshot: Queryable): Promise<Found<ItemSumRow>[]> {
  return snapshot.query<Found<ItemSumRow>>(sql`
    select item_id, lot,
           sum(available + held + allocated + picked + channel_reserved + quarantined + damaged + in_transit) as sum,
           count(*) over () as total
    from ledger.position
    group by item_id, lot
    having sum(available + held + allocated + picked + channel_reserved + quarantined + damaged + in_transit) <> 0
    order by item_id, lot limit ${OFFENCES_MAX}`);
}

export type SidesRow = {
  readonly transfer_id: number;
  readonly event_number: number;
  readonly quantity: number;
  readonly from_text: string;
  readonly to_text: string;
};

/** Transfers that turn one item or lot into another, lead nowhere, or move nothing. */
export function crookedTransfers(snapshot: Queryable): Promise<Found<SidesRow>[]> {
  return snapshot.query<Found<SidesRow>>(sql`
    select t.transfer_id, t.event_number, t.quantity,
           coalesce(format('%s %s at %s', f.item_id, f.lot, f.location_id), 'nowhere') as from_text,
           coalesce(format('%s %s at %s', o.item_id, o.lot, o.location_id), 'nowhere') as to_text,
           count(*) over () as total
    from ledger.transfer t
    left join ledger.position f on f.position_id = t.from_position_id
    left join ledger.position o on o.position_id = t.to_position_id
    where f.position_id is null or o.position_id is null or f.item_id <> o.item_id or f.lot <> o.lot or t.quantity <= 0
       or (t.from_position_id = t.to_position_id and t.from_status = t.to_status)
    order by t.transfer_id limit ${OFFENCES_MAX}`);
}

export type OrphanRow = {
  readonly transfer_id: number;
  readonly event_number: number;
  readonly reason: string;
  readonly quantity: number;
};

/** Transfers without a fact on the log behind them. */
export function transfersWithoutFacts(snapshot: Queryable): Promise<Found<OrphanRow>[]> {
  return snapshot.query<Found<OrphanRow>>(sql`
    select t.transfer_id, t.event_number, t.reason, t.quantity, count(*) over () as total
    from ledger.transfer t left join backbone.event e on e.number = t.event_number
    where e.number is null
    order by t.transfer_id limit ${OFFENCES_MAX}`);
}

export type TimeRow = OrphanRow & { readonly takes_effect: string; readonly happened: string };

/**
 * Transfers that take effect at another time than they should: with their fact, or, for the correction of what a count had seen
 * already, with a count of one of its two positions. The ledger keeps time in milliseconds.
 */
export function misdatedTransfers(snapshot: Queryable): Promise<Found<TimeRow>[]> {
  return snapshot.query<Found<TimeRow>>(sql`
    select t.transfer_id, t.event_number, t.reason, t.quantity, t.effective_at::text as takes_effect,
           e.effective_at::text as happened, count(*) over () as total
    from ledger.transfer t join backbone.event e on e.number = t.event_number
    where case t.reason
      when 'count-correction' then not exists (
        select from ledger.count c
        where c.position_id in (t.from_position_id, t.to_position_id) and c.counted_at = t.effective_at
        union all
        select from ledger.coverage c join ledger.position p using (location_id)
        where p.position_id in (t.from_position_id, t.to_position_id) and c.counted_at = t.effective_at)
      else date_trunc('milliseconds', t.effective_at) <> date_trunc('milliseconds', e.effective_at)
    end
    order by t.transfer_id limit ${OFFENCES_MAX}`);
}

export type CountRow = PositionCells & {
  readonly counted_at: string;
  readonly shelf: string;
  readonly counted: number;
  readonly on_hand: number;
  readonly event_number: number;
};

/**
 * Counts that no longer hold: what is there as of the instant of a count, everything that took effect up to then included, must be what
 * was counted, however late a movement came in. Where a watermark and a time disagree the watermark decides: `aside` is what took effect
 * by then without having been counted, less what was counted and took effect later. The walk is one pass: changes and counts of a
 * position side by side, by time. What a full snapshot counted is not kept a position at a time; `stock-follows-facts` reads it off the
 * log.
 */
export function brokenCounts(snapshot: Queryable): Promise<Found<CountRow>[]> {
  return snapshot.query<Found<CountRow>>(sql`
    with counted as (
      select distinct position_id from ledger.count
    ), moved as (
      select t.to_position_id as position_id, date_trunc('milliseconds', t.effective_at) as at, t.to_status as status, t.quantity as units
      from ledger.transfer t join counted c on c.position_id = t.to_position_id where t.to_status <> 'in-transit'
      union all
      select t.from_position_id, date_trunc('milliseconds', t.effective_at), t.from_status, -t.quantity
      from ledger.transfer t join counted c on c.position_id = t.from_position_id where t.from_status <> 'in-transit'
      union all
      -- What has left counts as there from the instant at which the last of it took effect; counts before that are not judged any more.
      select a.position_id, date_trunc('milliseconds', r.effective_to), a.status, a.units
      from ledger.archived a join counted c using (position_id) join verify.archived_position r using (position_id)
      where a.status <> 'in-transit'
    ), change as (
      select position_id, 'on-hand' as shelf, at, units from moved
      union all select position_id, status::text, at, units from moved where status in ('quarantined', 'damaged')
    ), disagreed as (
      select c.position_id, c.shelf, c.counted_at,
             sum(case when e.sequence_number > c.watermark_number then side.units else -side.units end) as aside
      from ledger.count c
      join ledger.transfer t on c.position_id in (t.from_position_id, t.to_position_id) and t.reason not in ('count', 'count-correction')
      join backbone.event e on e.number = t.event_number and e.source = c.watermark_source and e.stream = c.watermark_stream
        and (e.sequence_number > c.watermark_number) = (date_trunc('milliseconds', e.effective_at) <= c.counted_at)
      cross join lateral (values (t.from_position_id, t.from_status, -t.quantity), (t.to_position_id, t.to_status, t.quantity))
        as side (position_id, status, units)
      where side.position_id = c.position_id
        and case c.shelf when 'on-hand' then side.status <> 'in-transit' else side.status::text = c.shelf end
      group by c.position_id, c.shelf, c.counted_at
    ), step as (
      select position_id, shelf, at, sum(units) as units, null::bigint as counted, null::bigint as event_number
      from change group by position_id, shelf, at
      union all
      select c.position_id, c.shelf, c.counted_at, 0, c.counted, c.event_number
      from ledger.count c join ledger.position p using (position_id)
      where not exists (
        select from ledger.coverage f
        where (f.location_id, f.counted_at, f.shelf) = (p.location_id, c.counted_at, c.shelf)
          and f.in_order collate "C" > c.in_order collate "C"
          and not exists (select from ledger.count_case k where k.position_id = c.position_id and k.counted_at = f.counted_at
                            and k.in_order = f.in_order and k.state <> 'accepted'))
    ), walked as (
      select *, sum(units) over (partition by position_id, shelf order by at range unbounded preceding) as on_hand from step
    )
    select w.position_id, p.item_id, p.location_id, p.lot, w.at::text as counted_at, w.shelf, w.counted,
           w.on_hand - coalesce(d.aside, 0) as on_hand, w.event_number, count(*) over () as total
    from walked w left join ledger.position p using (position_id)
    left join disagreed d on (d.position_id, d.shelf, d.counted_at) = (w.position_id, w.shelf, w.at)
    where w.counted is not null and w.on_hand - coalesce(d.aside, 0) <> w.counted
      and not exists (select from verify.archived_position a where a.position_id = w.position_id
                      and (w.at < date_trunc('milliseconds', a.effective_to) or exists (select from ledger.count c where c.position_id = w.position_id
                             and c.counted_at = w.at and c.shelf = w.shelf and c.watermark_number is not null)))
      and not exists (select from ledger.snapshot s where s.location_id = p.location_id and s.state = 'ready')
    order by w.position_id, w.at, w.shelf limit ${OFFENCES_MAX}`);
}
