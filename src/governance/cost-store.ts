import { type Queryable, sql, type Transaction } from "../platform/index.ts";

type Texts = readonly string[];

/** What one base unit of an item costs in one currency, as an exact decimal. */
export type CostRow = { readonly item_id: string; readonly currency: string; readonly per_unit: string };

/** What items cost at a moment, one row a currency in which that is known. */
export function selectCosts(database: Queryable, itemIds: Texts, at: Date): Promise<CostRow[]> {
  return database.query<CostRow>(sql`
    select item_id, currency, per_unit from (
      select distinct on (item_id, currency) item_id, currency, trim_scale(per_unit)::text as per_unit
      from governance.item_cost
      where item_id = any (${itemIds}::text[]) and valid_from <= ${at}
      order by item_id, currency, valid_from desc
    ) as latest
    where per_unit is not null
    order by item_id, currency`);
}

/** The stored moments of costs, by their place in the lists, from 1. */
export function selectCostPoints(
  tx: Transaction,
  costs: { readonly itemIds: Texts; readonly currencies: Texts },
): Promise<{ place: number; from_ms: number | null; per_unit: string | null }[]> {
  return tx.query(sql`
    select n.place::int as place, trim_scale(c.per_unit)::text as per_unit,
           case when isfinite(c.valid_from) then (extract(epoch from c.valid_from) * 1000)::bigint end as from_ms
    from unnest(${costs.itemIds}::text[], ${costs.currencies}::text[]) with ordinality as n (item_id, currency, place)
    join governance.item_cost c using (item_id, currency)
    order by n.place, c.valid_from`);
}

/** A moment of a cost is taken away. `from` null: the one that has been there always. */
export function deleteCostPoints(
  tx: Transaction,
  points: { readonly itemIds: Texts; readonly currencies: Texts; readonly froms: readonly (Date | null)[] },
): Promise<number> {
  return tx.execute(sql`
    delete from governance.item_cost c
    using unnest(${points.itemIds}::text[], ${points.currencies}::text[], ${points.froms}::timestamptz[])
      as p (item_id, currency, valid_from)
    where (c.item_id, c.currency) = (p.item_id, p.currency)
      and c.valid_from = coalesce(p.valid_from, '-infinity')`);
}

/** Moments of costs are put, in the place of those of the same time. */
export function upsertCostPoints(
  tx: Transaction,
  points: {
    readonly itemIds: Texts;
    readonly currencies: Texts;
    readonly froms: readonly (Date | null)[];
    readonly perUnits: readonly (string | null)[];
  },
): Promise<number> {
  return tx.execute(sql`
    insert into governance.item_cost (item_id, currency, valid_from, per_unit)
    select p.item_id, p.currency, coalesce(p.valid_from, '-infinity'), p.per_unit
    from unnest(${points.itemIds}::text[], ${points.currencies}::text[], ${points.froms}::timestamptz[],
                ${points.perUnits}::numeric[]) as p (item_id, currency, valid_from, per_unit)
    on conflict (item_id, currency, valid_from) do update set per_unit = excluded.per_unit`);
}
