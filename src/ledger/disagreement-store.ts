import { type Queryable, sql } from "../platform/index.ts";

/** Where another system's number is not ours. `ours_then`: as of the time that it speaks of. Money is null where no cost is known. */
export type DisagreementRow = {
  readonly source: string;
  readonly location_id: string;
  readonly item_id: string;
  readonly lot: string;
  readonly said: number;
  readonly said_at: Date;
  readonly event_number: number;
  readonly ours_then: number;
  readonly ours_now: number;
  /** What it says less what we had then. */
  readonly difference: number;
  readonly currency: string | null;
  /** Exact decimal. */
  readonly amount: string | null;
};

/** Which disagreements are listed. */
export type DisagreementList = {
  readonly source?: string | undefined;
  readonly locationId?: string | undefined;
  /** The least number of units, in either direction. */
  readonly unitsMin: number;
  readonly sortBy: "units" | "money";
  readonly after: DisagreementPlace | undefined;
  readonly limit: number;
};

/** A place in the list: how large, and which. */
export type DisagreementPlace = {
  readonly size: string;
  readonly locationId: string;
  readonly itemId: string;
  readonly lot: string;
  readonly source: string;
};

/**
 * The largest disagreements first. A source's word about a position is the later of what it said of it and of its last full snapshot,
 * which says zero of what it did not list. What we had at that time is what we have, less what took effect since: a few transfers a
 * position, found by its own index, since claims are of last night and not of last year.
 */
export function selectDisagreements(
  database: Queryable,
  list: DisagreementList,
): Promise<(DisagreementRow & { readonly size: string })[]> {
  const { after } = list;
  return database.query(sql`
    with word as (
      select q.source, q.location_id, q.item_id, q.lot, q.on_hand as said, q.said_at, q.event_number
      from ledger.claimed_quantity q left join ledger.claimed_location c using (location_id, source)
      where c.source is null or (q.said_at, q.in_order collate "C") >= (c.said_at, c.in_order collate "C")
      union all
      select c.source, p.location_id, p.item_id, p.lot, 0, c.said_at, c.event_number
      from ledger.claimed_location c join ledger.position p using (location_id)
      left join ledger.claimed_quantity q
        on (q.location_id, q.item_id, q.lot, q.source) = (p.location_id, p.item_id, p.lot, c.source)
      where q.source is null or (q.said_at, q.in_order collate "C") < (c.said_at, c.in_order collate "C")
    ), held as (
      select w.*, coalesce(p.available + p.held + p.allocated + p.picked + p.channel_reserved + p.quarantined + p.damaged, 0) as ours_now,
             coalesce(since.units, 0) as units_since
      from word w left join ledger.position p using (location_id, item_id, lot)
      left join lateral (
        select sum(units) as units from (
          select t.quantity as units from ledger.transfer t
          where t.to_position_id = p.position_id and t.effective_at > w.said_at and t.to_status <> 'in-transit'
          union all
          select -t.quantity from ledger.transfer t
          where t.from_position_id = p.position_id and t.effective_at > w.said_at and t.from_status <> 'in-transit'
        ) as side
      ) as since on true
      where (${list.source ?? null}::text is null or w.source = ${list.source ?? null})
        and (${list.locationId ?? null}::text is null or w.location_id = ${list.locationId ?? null})
    ), compared as (
      select source, location_id, item_id, lot, said, said_at, event_number, (ours_now - units_since)::bigint as ours_then, ours_now,
             (said - (ours_now - units_since))::bigint as difference
      from held
    ), priced as (
      select c.*, cost.currency, cost.per_unit * c.difference as amount,
             case when ${list.sortBy === "units"}::boolean then abs(c.difference)
                  else coalesce(abs(cost.per_unit * c.difference), -1) end as size
      from compared c
      left join lateral (
        select latest.currency, latest.per_unit from (
          select distinct on (i.currency) i.currency, i.per_unit
          from governance.item_cost i where i.item_id = c.item_id and i.valid_from <= c.said_at
          order by i.currency, i.valid_from desc
        ) as latest where latest.per_unit is not null order by latest.currency limit 1
      ) as cost on true
      where c.difference <> 0 and abs(c.difference) >= ${list.unitsMin}
    )
    select source, location_id, item_id, lot, said, said_at, event_number, ours_then, ours_now, difference, currency,
           trim_scale(amount)::text as amount, size::text as size
    from priced
    where ${after === undefined}::boolean or size < ${after?.size ?? "0"}::numeric
      or (size = ${after?.size ?? "0"}::numeric
          and (location_id, item_id, lot, source)
            > (${after?.locationId ?? ""}::text, ${after?.itemId ?? ""}::text, ${after?.lot ?? ""}::text, ${after?.source ?? ""}::text))
    order by priced.size desc, location_id, item_id, lot, source limit ${list.limit}`);
}
