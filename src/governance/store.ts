import { type Queryable, sql, type Transaction } from "../platform/index.ts";

type Texts = readonly string[];

/** Creates items, or changes what may change of them: ids and SKUs of those that are there stay. Gives all of them as they are then. */
export function upsertItems(
  database: Queryable,
  items: {
    readonly ids: Texts;
    readonly skus: Texts;
    readonly descriptions: Texts;
    readonly baseUnits: Texts;
    readonly tracking: Texts;
    /** Null: that of an item that is there stays. */
    readonly classes: readonly (string | null)[];
  },
  at: Date,
): Promise<{ item_id: string; sku: string }[]> {
  return database.query<{ item_id: string; sku: string }>(sql`
    insert into governance.item (item_id, sku, description, base_unit, tracking, item_class, created_at)
    select i.item_id, i.sku, i.description, i.base_unit, i.tracking, i.item_class, ${at}
    from unnest(${items.ids}::text[], ${items.skus}::text[], ${items.descriptions}::text[], ${items.baseUnits}::text[],
                ${items.tracking}::text[], ${items.classes}::text[])
      as i (item_id, sku, description, base_unit, tracking, item_class)
    on conflict (item_id) do update
    set description = excluded.description, item_class = coalesce(excluded.item_class, item.item_class)
    returning item_id, sku`);
}

/** The stored moments of units of items, by the place of the unit in the lists, from 1. Nulls as in `ItemRow`. */
export function selectUnitPoints(
  tx: Transaction,
  units: { readonly itemIds: Texts; readonly units: Texts },
): Promise<
  { place: number; from_ms: number | null; numerator: number | null; denominator: number | null }[]
> {
  return tx.query(sql`
    select n.place::int as place, u.numerator, u.denominator,
           case when isfinite(u.valid_from) then (extract(epoch from u.valid_from) * 1000)::bigint end as from_ms
    from unnest(${units.itemIds}::text[], ${units.units}::text[]) with ordinality as n (item_id, unit, place)
    join governance.item_unit u using (item_id, unit)
    order by n.place, u.valid_from`);
}

/** A moment of a unit is taken away. `from` null: the one that has been there always. */
export function deleteUnitPoints(
  tx: Transaction,
  points: { readonly itemIds: Texts; readonly units: Texts; readonly froms: readonly (Date | null)[] },
): Promise<number> {
  return tx.execute(sql`
    delete from governance.item_unit u
    using unnest(${points.itemIds}::text[], ${points.units}::text[], ${points.froms}::timestamptz[])
      as p (item_id, unit, valid_from)
    where (u.item_id, u.unit) = (p.item_id, p.unit) and u.valid_from = coalesce(p.valid_from, '-infinity')`);
}

/** Moments of units are put, in the place of those of the same time. */
export function upsertUnitPoints(
  tx: Transaction,
  points: {
    readonly itemIds: Texts;
    readonly units: Texts;
    readonly froms: readonly (Date | null)[];
    readonly numerators: readonly (bigint | null)[];
    readonly denominators: readonly (bigint | null)[];
  },
): Promise<number> {
  return tx.execute(sql`
    insert into governance.item_unit (item_id, unit, valid_from, numerator, denominator)
    select p.item_id, p.unit, coalesce(p.valid_from, '-infinity'), p.numerator, p.denominator
    from unnest(${points.itemIds}::text[], ${points.units}::text[], ${points.froms}::timestamptz[],
                ${points.numerators}::bigint[], ${points.denominators}::bigint[])
      as p (item_id, unit, valid_from, numerator, denominator)
    on conflict (item_id, unit, valid_from)
      do update set numerator = excluded.numerator, denominator = excluded.denominator`);
}

export function upsertKitComponents(
  database: Queryable,
  parts: { readonly kits: Texts; readonly components: Texts; readonly quantities: readonly number[] },
): Promise<number> {
  return database.execute(sql`
    insert into governance.kit_component (kit_item_id, component_item_id, quantity)
    select * from unnest(${parts.kits}::text[], ${parts.components}::text[], ${parts.quantities}::bigint[])
    on conflict (kit_item_id, component_item_id) do update set quantity = excluded.quantity`);
}

/** Creates locations, or changes what may change of them: ids, codes and types stay. Gives all of them as they are then. */
export function upsertLocations(
  database: Queryable,
  locations: {
    readonly ids: Texts;
    readonly codes: Texts;
    readonly names: Texts;
    readonly types: Texts;
    readonly timeZones: Texts;
  },
  at: Date,
): Promise<{ location_id: string; code: string }[]> {
  return database.query<{ location_id: string; code: string }>(sql`
    insert into governance.location (location_id, code, name, type, time_zone, created_at)
    select l.id, l.code, l.name, l.type, l.time_zone, ${at}
    from unnest(${locations.ids}::text[], ${locations.codes}::text[], ${locations.names}::text[], ${locations.types}::text[],
                ${locations.timeZones}::text[]) as l (id, code, name, type, time_zone)
    on conflict (location_id) do update set name = excluded.name, time_zone = excluded.time_zone
    returning location_id, code`);
}

/** An item as it is stored. A unit's `fromMs` is null for "always", its fraction null for "no such unit from then on". */
export type ItemRow = {
  readonly item_id: string;
  readonly sku: string;
  readonly description: string;
  readonly base_unit: string;
  readonly tracking: "none" | "lot" | "serial";
  readonly item_class: string | null;
  readonly merged_into: string | null;
  readonly units: readonly {
    readonly unit: string;
    readonly fromMs: number | null;
    readonly numerator: number | null;
    readonly denominator: number | null;
  }[];
  readonly components: readonly { readonly itemId: string; readonly quantity: number }[];
};

/** Items with their units and, for kits, what is in them. */
export function selectItems(database: Queryable, itemIds: Texts): Promise<ItemRow[]> {
  return database.query<ItemRow>(sql`
    select i.item_id, i.sku, i.description, i.base_unit, i.tracking, i.item_class, i.merged_into,
           coalesce((select jsonb_agg(
                       jsonb_build_object('unit', u.unit, 'numerator', u.numerator, 'denominator', u.denominator, 'fromMs',
                         case when isfinite(u.valid_from) then (extract(epoch from u.valid_from) * 1000)::bigint end)
                       order by u.unit, u.valid_from)
                     from governance.item_unit u where u.item_id = i.item_id), '[]') as units,
           coalesce((select jsonb_agg(jsonb_build_object('itemId', k.component_item_id, 'quantity', k.quantity)
                                      order by k.component_item_id)
                     from governance.kit_component k where k.kit_item_id = i.item_id), '[]') as components
    from governance.item i where i.item_id = any (${itemIds}::text[])`);
}

/** Which of the locations exist. */
export function selectLocations(
  database: Queryable,
  locationIds: Texts,
): Promise<{ location_id: string; code: string; type: string; time_zone: string }[]> {
  return database.query<{ location_id: string; code: string; type: string; time_zone: string }>(sql`
    select location_id, code, type, time_zone from governance.location where location_id = any (${locationIds}::text[])`);
}

/** An item in a list. */
export type ItemListRow = {
  readonly item_id: string;
  readonly sku: string;
  readonly description: string;
  readonly base_unit: string;
  readonly item_class: string | null;
};

/** Where a list goes on. */
export type ItemListPage = { readonly afterSku: string; readonly limit: number };

/** A page of items by SKU, for lists. */
export function selectItemPage(database: Queryable, page: ItemListPage): Promise<ItemListRow[]> {
  return database.query<ItemListRow>(sql`
    select item_id, sku, description, base_unit, item_class from governance.item
    where sku > ${page.afterSku} order by sku limit ${page.limit}`);
}

/** A page of the items of a class by SKU. */
export function selectClassPage(
  database: Queryable,
  itemClass: string,
  page: ItemListPage,
): Promise<ItemListRow[]> {
  return database.query<ItemListRow>(sql`
    select item_id, sku, description, base_unit, item_class from governance.item
    where item_class = ${itemClass} and sku > ${page.afterSku} order by sku limit ${page.limit}`);
}

/** Kits that contain any of the items. */
export async function selectKitsWith(database: Queryable, itemIds: Texts): Promise<readonly string[]> {
  const rows = await database.query<{ kit_item_id: string }>(sql`
    select distinct kit_item_id from governance.kit_component where component_item_id = any (${itemIds}::text[])`);
  return rows.map((row) => row.kit_item_id);
}
