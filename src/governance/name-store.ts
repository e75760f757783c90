import { type Queryable, sql, type Transaction } from "../platform/index.ts";

type Texts = readonly string[];

/** References as the columns of a query. */
export type ReferenceColumns = { readonly schemes: Texts; readonly scopes: Texts; readonly values: Texts };

/**
 * One moment in the course of what a reference means. `place` is the reference's place in the lists, from 1. Of the layers that
 * mean something at a moment the lowest counts: 1 is a name in the asker's own scope, 2 one that everybody shares, 3 our own id.
 * `from_ms` is null for "always"; `target` null for "nothing any more".
 */
export type MeaningRow = {
  readonly place: number;
  readonly layer: number;
  readonly from_ms: number | null;
  readonly target: string | null;
};

/** All that references ever meant as names of items. */
export function selectItemMeanings(database: Queryable, references: ReferenceColumns): Promise<MeaningRow[]> {
  return database.query<MeaningRow>(sql`
    select r.place::int as place, found.layer, found.from_ms, found.target
    from unnest(${references.schemes}::text[], ${references.scopes}::text[], ${references.values}::text[])
      with ordinality as r (scheme, scope, value, place)
    cross join lateral (
      select case when a.scope = '' then 2 else 1 end as layer,
             case when isfinite(a.valid_from) then (extract(epoch from a.valid_from) * 1000)::bigint end as from_ms,
             a.target
      from governance.alias a
      where a.kind = 'item' and a.scheme = r.scheme and a.value = r.value and a.scope in (r.scope, '')
      union all
      select 3, null, i.item_id from governance.item i where r.scheme = 'id' and i.item_id = r.value
    ) as found
    order by r.place, found.layer, found.from_ms nulls first`);
}

/** All that references ever meant as names of locations. */
export function selectLocationMeanings(
  database: Queryable,
  references: ReferenceColumns,
): Promise<MeaningRow[]> {
  return database.query<MeaningRow>(sql`
    select r.place::int as place, found.layer, found.from_ms, found.target
    from unnest(${references.schemes}::text[], ${references.scopes}::text[], ${references.values}::text[])
      with ordinality as r (scheme, scope, value, place)
    cross join lateral (
      select case when a.scope = '' then 2 else 1 end as layer,
             case when isfinite(a.valid_from) then (extract(epoch from a.valid_from) * 1000)::bigint end as from_ms,
             a.target
      from governance.alias a
      where a.kind = 'location' and a.scheme = r.scheme and a.value = r.value and a.scope in (r.scope, '')
      union all
      select 3, null, l.location_id from governance.location l where r.scheme = 'id' and l.location_id = r.value
    ) as found
    order by r.place, found.layer, found.from_ms nulls first`);
}

/** Names as the columns of a query. */
export type NameColumns = ReferenceColumns & { readonly kinds: Texts };

/** The stored moments of names, by the place of the name in the lists, from 1. */
export function selectNamePoints(
  tx: Transaction,
  names: NameColumns,
): Promise<{ place: number; from_ms: number | null; target: string | null }[]> {
  return tx.query(sql`
    select n.place::int as place, a.target,
           case when isfinite(a.valid_from) then (extract(epoch from a.valid_from) * 1000)::bigint end as from_ms
    from unnest(${names.kinds}::text[], ${names.schemes}::text[], ${names.scopes}::text[], ${names.values}::text[])
      with ordinality as n (kind, scheme, scope, value, place)
    join governance.alias a using (kind, scheme, scope, value)
    order by n.place, a.valid_from`);
}

/** All moments of the names that lead or led to an item, name by name in order. */
export function selectNamePointsOf(
  database: Queryable,
  itemId: string,
): Promise<
  { scheme: string; scope: string; value: string; from_ms: number | null; target: string | null }[]
> {
  return database.query(sql`
    select a.scheme, a.scope, a.value, a.target,
           case when isfinite(a.valid_from) then (extract(epoch from a.valid_from) * 1000)::bigint end as from_ms
    from governance.alias a
    where a.kind = 'item' and (a.scheme, a.scope, a.value) in (
      select led.scheme, led.scope, led.value from governance.alias led where led.kind = 'item' and led.target = ${itemId})
    order by a.scheme, a.scope, a.value, a.valid_from`);
}

/** A moment of a name is taken away. `from` null: the one that has been there always. */
export function deleteNamePoints(
  tx: Transaction,
  points: NameColumns & { readonly froms: readonly (Date | null)[] },
): Promise<number> {
  return tx.execute(sql`
    delete from governance.alias a
    using unnest(${points.kinds}::text[], ${points.schemes}::text[], ${points.scopes}::text[], ${points.values}::text[],
                 ${points.froms}::timestamptz[]) as p (kind, scheme, scope, value, valid_from)
    where (a.kind, a.scheme, a.scope, a.value) = (p.kind, p.scheme, p.scope, p.value)
      and a.valid_from = coalesce(p.valid_from, '-infinity')`);
}

/** Moments of names are put, in the place of those of the same time. */
export function upsertNamePoints(
  tx: Transaction,
  points: NameColumns & {
    readonly froms: readonly (Date | null)[];
    readonly targets: readonly (string | null)[];
  },
  at: Date,
): Promise<number> {
  return tx.execute(sql`
    insert into governance.alias (kind, scheme, scope, value, valid_from, target, created_at)
    select p.kind, p.scheme, p.scope, p.value, coalesce(p.valid_from, '-infinity'), p.target, ${at}
    from unnest(${points.kinds}::text[], ${points.schemes}::text[], ${points.scopes}::text[], ${points.values}::text[],
                ${points.froms}::timestamptz[], ${points.targets}::text[])
      as p (kind, scheme, scope, value, valid_from, target)
    on conflict (kind, scheme, scope, value, valid_from) do update set target = excluded.target`);
}

/** All names of items that mean something to an account: those that everybody shares, and its own. */
export type ItemNames = {
  readonly item_id: string;
  readonly scheme: string;
  readonly scope: string;
  readonly value: string;
};

/** The names that lead to items at a moment. Our own SKUs are not among them: of those an item goes by one, and may have had others. */
export function selectItemNames(
  database: Queryable,
  itemIds: Texts,
  { scope, at }: { readonly scope: string; readonly at: Date },
): Promise<ItemNames[]> {
  return database.query<ItemNames>(sql`
    select a.target as item_id, a.scheme, a.scope, a.value from governance.alias a
    where a.kind = 'item' and a.target = any (${itemIds}::text[]) and a.scope in ('', ${scope})
      and a.scheme <> 'id' and not (a.scheme = 'sku' and a.scope = '') and a.valid_from <= ${at}
      and not exists (
        select from governance.alias later
        where (later.kind, later.scheme, later.scope, later.value) = (a.kind, a.scheme, a.scope, a.value)
          and later.valid_from > a.valid_from and later.valid_from <= ${at})
    order by a.target, a.scheme, a.scope, a.value`);
}
