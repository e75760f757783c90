import { type Queryable, sql } from "../platform/index.ts";
import type { CaseState } from "./count-case.ts";
import type { CaseRow } from "./count-case-store.ts";

/** Which cases are listed: those that match everything that is said, numbered below `before`. */
export type CaseList = {
  readonly before: number;
  readonly limit: number;
  /** Sources whose cases may be seen; undefined: all. */
  readonly sources: readonly string[] | undefined;
  readonly caseNumber?: number | undefined;
  readonly state?: CaseState | undefined;
  readonly source?: string | undefined;
  readonly locationId?: string | undefined;
  readonly itemId?: string | undefined;
};

/** A case with what it is about, and what the difference is worth by what the item cost when the case was opened. */
export type ListedCase = CaseRow & {
  readonly item_id: string;
  readonly lot: string;
  readonly snapshot_id: string | null;
  readonly currency: string | null;
  /** Exact decimal. */
  readonly amount: string | null;
};

/** Cases, the newest first. */
export function selectCasePage(database: Queryable, list: CaseList): Promise<ListedCase[]> {
  return database.query<ListedCase>(sql`
    select c.*, p.item_id, p.lot, s.snapshot_id, cost.currency,
           trim_scale(cost.per_unit * (c.counted - c.expected))::text as amount
    from ledger.count_case c join ledger.position p using (position_id) left join ledger.snapshot s using (snapshot_number)
    left join lateral (
      select latest.currency, latest.per_unit from (
        select distinct on (i.currency) i.currency, i.per_unit
        from governance.item_cost i where i.item_id = p.item_id and i.valid_from <= c.opened_at
        order by i.currency, i.valid_from desc
      ) as latest where latest.per_unit is not null order by latest.currency limit 1
    ) as cost on true
    where c.case_number < ${list.before}
      and (${list.caseNumber ?? null}::bigint is null or c.case_number = ${list.caseNumber ?? null})
      and (${list.sources ?? null}::text[] is null or c.source = any (${list.sources ?? null}::text[]))
      and (${list.state ?? null}::text is null or c.state = ${list.state ?? null})
      and (${list.source ?? null}::text is null or c.source = ${list.source ?? null})
      and (${list.locationId ?? null}::text is null or c.location_id = ${list.locationId ?? null})
      and (${list.itemId ?? null}::text is null or p.item_id = ${list.itemId ?? null})
    order by c.case_number desc limit ${list.limit}`);
}

/** What is open of one source at this moment. */
export type OpenOfSource = { readonly source: string; readonly cases: number; readonly oldest: Date };

/** Open cases by source, for whoever watches. */
export function selectOpenOfSources(database: Queryable): Promise<OpenOfSource[]> {
  return database.query<OpenOfSource>(sql`
    select source, count(*) as cases, min(opened_at) as oldest from ledger.count_case where state = 'open' group by source`);
}
