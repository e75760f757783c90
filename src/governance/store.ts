import { type Queryable, sql } from "../platform/index.ts";

type Texts = readonly string[];

/** Creates items, or changes what may change of them. Ids and SKUs of existing items stay. */
export function upsertItems(
  database: Queryable,
  items: {
    readonly ids: Texts;
    readonly skus: Texts;
    readonly descriptions: Texts;
    readonly baseUnits: Texts;
    readonly tracking: Texts;
  },
  at: Date,
): Promise<number> {
  return database.execute(sql`
    insert into governance.item (item_id, sku, description, base_unit, tracking, created_at)
    select i.item_id, i.sku, i.description, i.base_unit, i.tracking, ${at}
    from unnest(${items.ids}::text[], ${items.skus}::text[], ${items.descriptions}::text[], ${items.baseUnits}::text[],
                ${items.tracking}::text[]) as i (item_id, sku, description, base_unit, tracking)
    on conflict (item_id) do update set description = excluded.description`);
}

export function upsertItemUnits(
  database: Queryable,
  units: {
    readonly itemIds: Texts;
    readonly units: Texts;
    readonly numerators: readonly number[];
    readonly denominators: readonly number[];
  },
): Promise<number> {
  return database.execute(sql`
    insert into governance.item_unit (item_id, unit, numerator, denominator)
    select * from unnest(${units.itemIds}::text[], ${units.units}::text[], ${units.numerators}::bigint[],
                         ${units.denominators}::bigint[])
    on conflict (item_id, unit) do update set numerator = excluded.numerator, denominator = excluded.denominator`);
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
): Promise<number> {
  return database.execute(sql`
    insert into governance.location (location_id, code, name, type, time_zone, created_at)
    select l.id, l.code, l.name, l.type, l.time_zone, ${at}
    from unnest(${locations.ids}::text[], ${locations.codes}::text[], ${locations.names}::text[], ${locations.types}::text[],
                ${locations.timeZones}::text[]) as l (id, code, name, type, time_zone)
    on conflict (location_id) do update set name = excluded.name, time_zone = excluded.time_zone`);
}

/** A system's name for an item or a location. `scope` is empty for names that everybody shares. */
export type AliasToSave = {
  readonly kind: "item" | "location";
  readonly scheme: string;
  readonly scope: string;
  readonly value: string;
  readonly target: string;
};

/** Saves aliases; a name that meant something else means this from now on. */
export function upsertAliases(
  database: Queryable,
  aliases: readonly AliasToSave[],
  at: Date,
): Promise<number> {
  return database.execute(sql`
    insert into governance.alias (kind, scheme, scope, value, target, created_at)
    select a.kind, a.scheme, a.scope, a.value, a.target, ${at}
    from unnest(${aliases.map((a) => a.kind)}::text[], ${aliases.map((a) => a.scheme)}::text[],
                ${aliases.map((a) => a.scope)}::text[], ${aliases.map((a) => a.value)}::text[],
                ${aliases.map((a) => a.target)}::text[]) as a (kind, scheme, scope, value, target)
    on conflict (kind, scheme, scope, value) do update set target = excluded.target`);
}

export type OwnershipToSave = {
  readonly measure: "physical-stock";
  readonly locationId: string;
  readonly source: string;
};

export function upsertOwnership(database: Queryable, owners: readonly OwnershipToSave[]): Promise<number> {
  return database.execute(sql`
    insert into governance.ownership (measure, location_id, source)
    select * from unnest(${owners.map((o) => o.measure)}::text[], ${owners.map((o) => o.locationId)}::text[],
                         ${owners.map((o) => o.source)}::text[])
    on conflict (measure, location_id) do update set source = excluded.source`);
}

/** The owners of a measure at locations; a location without an owner has no row. */
export function selectOwners(
  database: Queryable,
  measure: "physical-stock",
  locationIds: Texts,
): Promise<{ location_id: string; source: string }[]> {
  return database.query<{ location_id: string; source: string }>(sql`
    select location_id, source from governance.ownership
    where measure = ${measure} and location_id = any (${locationIds}::text[])`);
}

type ReferenceColumns = { readonly schemes: Texts; readonly scopes: Texts; readonly values: Texts };

/**
 * What references mean, one row per reference that means something, by its place in the lists. `id` and `sku` (or `code`)
 * are names that everything has; all others are aliases. A name in its own scope wins over one that everybody shares.
 */
export function selectItemsByReference(
  database: Queryable,
  references: ReferenceColumns,
): Promise<{ place: number; item_id: string }[]> {
  return database.query<{ place: number; item_id: string }>(sql`
    select distinct on (r.place) r.place::int as place, found.item_id
    from unnest(${references.schemes}::text[], ${references.scopes}::text[], ${references.values}::text[])
      with ordinality as r (scheme, scope, value, place)
    cross join lateral (
      select i.item_id, 0 as rank from governance.item i where r.scheme = 'id' and i.item_id = r.value
      union all
      select i.item_id, 1 from governance.item i where r.scheme = 'sku' and i.sku = r.value
      union all
      select a.target, case when a.scope = '' then 3 else 2 end from governance.alias a
      where a.kind = 'item' and a.scheme = r.scheme and a.value = r.value and a.scope in (r.scope, '')
    ) as found
    order by r.place, found.rank`);
}

export function selectLocationsByReference(
  database: Queryable,
  references: ReferenceColumns,
): Promise<{ place: number; location_id: string }[]> {
  return database.query<{ place: number; location_id: string }>(sql`
    select distinct on (r.place) r.place::int as place, found.location_id
    from unnest(${references.schemes}::text[], ${references.scopes}::text[], ${references.values}::text[])
      with ordinality as r (scheme, scope, value, place)
    cross join lateral (
      select l.location_id, 0 as rank from governance.location l where r.scheme = 'id' and l.location_id = r.value
      union all
      select l.location_id, 1 from governance.location l where r.scheme = 'code' and l.code = r.value
      union all
      select a.target, case when a.scope = '' then 3 else 2 end from governance.alias a
      where a.kind = 'location' and a.scheme = r.scheme and a.value = r.value and a.scope in (r.scope, '')
    ) as found
    order by r.place, found.rank`);
}

export type ItemRow = {
  readonly item_id: string;
  readonly sku: string;
  readonly description: string;
  readonly base_unit: string;
  readonly tracking: "none" | "lot" | "serial";
  readonly units: readonly {
    readonly unit: string;
    readonly numerator: number;
    readonly denominator: number;
  }[];
  readonly components: readonly { readonly itemId: string; readonly quantity: number }[];
};

/** Items with their units and, for kits, what is in them. */
export function selectItems(database: Queryable, itemIds: Texts): Promise<ItemRow[]> {
  return database.query<ItemRow>(sql`
    select i.item_id, i.sku, i.description, i.base_unit, i.tracking,
           coalesce((select jsonb_agg(jsonb_build_object('unit', u.unit, 'numerator', u.numerator, 'denominator', u.denominator))
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
): Promise<{ location_id: string; code: string; type: string }[]> {
  return database.query<{ location_id: string; code: string; type: string }>(sql`
    select location_id, code, type from governance.location where location_id = any (${locationIds}::text[])`);
}

/** All names of items that mean something to an account: those that everybody shares, and its own. */
export type ItemNames = {
  readonly item_id: string;
  readonly scheme: string;
  readonly scope: string;
  readonly value: string;
};

export function selectItemNames(database: Queryable, itemIds: Texts, scope: string): Promise<ItemNames[]> {
  return database.query<ItemNames>(sql`
    select target as item_id, scheme, scope, value from governance.alias
    where kind = 'item' and target = any (${itemIds}::text[]) and scope in ('', ${scope})
    order by target, scheme, scope, value`);
}

/** A page of items by SKU, for lists. */
export function selectItemPage(
  database: Queryable,
  page: { readonly afterSku: string; readonly limit: number },
): Promise<{ item_id: string; sku: string; description: string; base_unit: string }[]> {
  return database.query(sql`
    select item_id, sku, description, base_unit from governance.item where sku > ${page.afterSku} order by sku limit ${page.limit}`);
}

/** Kits that contain any of the items. */
export async function selectKitsWith(database: Queryable, itemIds: Texts): Promise<readonly string[]> {
  const rows = await database.query<{ kit_item_id: string }>(sql`
    select distinct kit_item_id from governance.kit_component where component_item_id = any (${itemIds}::text[])`);
  return rows.map((row) => row.kit_item_id);
}
