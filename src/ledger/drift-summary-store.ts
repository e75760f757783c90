import { type Queryable, sql } from "../platform/index.ts";

/** Of which counts the drift is asked: those of a period, which excludes its end. */
export type SummaryAsked = {
  readonly from: Date;
  readonly to: Date;
  /** Sources whose counts may be seen; undefined: all. */
  readonly sources: readonly string[] | undefined;
  readonly source?: string | undefined;
  readonly locationId?: string | undefined;
};

type Units = { readonly units_found: number; readonly units_missing: number };

/** What counts of one source found on one day of UTC. */
export type SummaryDay = Units & { readonly day: string; readonly source: string };

/** Drift day by day, the oldest first. */
export function selectSummaryDays(
  database: Queryable,
  asked: SummaryAsked,
  limit: number,
): Promise<SummaryDay[]> {
  return database.query<SummaryDay>(sql`
    select (effective_at at time zone 'UTC')::date::text as day, source,
           coalesce(sum(units) filter (where units > 0), 0)::bigint as units_found,
           coalesce(-sum(units) filter (where units < 0), 0)::bigint as units_missing
    from ledger.count_difference
    where effective_at >= ${asked.from} and effective_at < ${asked.to}
      and (${asked.sources ?? null}::text[] is null or source = any (${asked.sources ?? null}::text[]))
      and (${asked.source ?? null}::text is null or source = ${asked.source ?? null})
      and (${asked.locationId ?? null}::text is null or location_id = ${asked.locationId ?? null})
    group by 1, 2 order by 1, 2 limit ${limit}`);
}

/** What counts of one source found at one location, in all, and worth by what items cost now, of those with a cost in that currency. */
export type SummaryPlace = Units & {
  readonly source: string;
  readonly location_id: string;
  readonly positions: number;
  readonly currency: string | null;
  /** Exact decimals. */
  readonly value_found: string | null;
  readonly value_missing: string | null;
};

/** Drift by source and location, the largest first. Of an item's costs the first currency by name counts, as everywhere. */
export function selectSummaryPlaces(
  database: Queryable,
  asked: SummaryAsked,
  limit: number,
): Promise<SummaryPlace[]> {
  return database.query<SummaryPlace>(sql`
    with found as materialized (
      select source, location_id, position_id, item_id, coalesce(sum(units) filter (where units > 0), 0) as more,
             coalesce(-sum(units) filter (where units < 0), 0) as less
      from ledger.count_difference
      where effective_at >= ${asked.from} and effective_at < ${asked.to}
        and (${asked.sources ?? null}::text[] is null or source = any (${asked.sources ?? null}::text[]))
        and (${asked.source ?? null}::text is null or source = ${asked.source ?? null})
        and (${asked.locationId ?? null}::text is null or location_id = ${asked.locationId ?? null})
      group by source, location_id, position_id, item_id
    ), cost as (
      select distinct on (item_id) item_id, currency, per_unit from (
        select distinct on (i.item_id, i.currency) i.item_id, i.currency, i.per_unit
        from governance.item_cost i join (select distinct item_id from found) as f using (item_id)
        where i.valid_from <= ${asked.to} order by i.item_id, i.currency, i.valid_from desc
      ) as latest where per_unit is not null order by item_id, currency
    ), worth as (
      select source, location_id, currency, count(*) as positions, sum(more)::bigint as units_found, sum(less)::bigint as units_missing,
             sum(more * per_unit) as value_found, sum(less * per_unit) as value_missing
      from found left join cost using (item_id) group by source, location_id, currency
    )
    select source, location_id, currency, positions, units_found, units_missing, trim_scale(value_found)::text as value_found,
           trim_scale(value_missing)::text as value_missing
    from worth order by units_found + units_missing desc, source, location_id, currency limit ${limit}`);
}

/** An item that counts of one source found otherwise at a location. */
export type SummaryItem = Units & {
  readonly source: string;
  readonly location_id: string;
  readonly position_id: number;
  readonly item_id: string;
  readonly lot: string;
  readonly counts: number;
};

/** The positions that differed most over all counts of a period. */
export function selectSummaryItems(
  database: Queryable,
  asked: SummaryAsked,
  limit: number,
): Promise<SummaryItem[]> {
  return database.query<SummaryItem>(sql`
    select source, location_id, position_id, item_id, lot, count(*) as counts,
           coalesce(sum(units) filter (where units > 0), 0)::bigint as units_found,
           coalesce(-sum(units) filter (where units < 0), 0)::bigint as units_missing
    from ledger.count_difference
    where effective_at >= ${asked.from} and effective_at < ${asked.to}
      and (${asked.sources ?? null}::text[] is null or source = any (${asked.sources ?? null}::text[]))
      and (${asked.source ?? null}::text is null or source = ${asked.source ?? null})
      and (${asked.locationId ?? null}::text is null or location_id = ${asked.locationId ?? null})
    group by source, location_id, position_id, item_id, lot
    order by sum(abs(units)) desc, location_id, item_id, lot, source limit ${limit}`);
}
