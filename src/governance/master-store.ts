import { type Queryable, script, sql, type Transaction } from "../platform/index.ts";

type Texts = readonly string[];

/** What else a change of items has to look at: the kits that hold them. */
export function selectKitsHolding(
  tx: Transaction,
  itemIds: Texts,
): Promise<{ component_item_id: string; kit_item_id: string }[]> {
  return tx.query(sql`
    select component_item_id, kit_item_id from governance.kit_component
    where component_item_id = any (${itemIds}::text[])`);
}

/** Those of the items that a cost is or was known of. */
export function selectItemsWithCosts(tx: Transaction, itemIds: Texts): Promise<{ item_id: string }[]> {
  return tx.query(sql`
    select i.item_id from unnest(${itemIds}::text[]) as i (item_id)
    where exists (select from governance.item_cost c where c.item_id = i.item_id)`);
}

export type LotRow = {
  readonly item_id: string;
  readonly lot: string;
  readonly expires_on: string | null;
  readonly made_on: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  /** No master data states the day: receipts do. */
  readonly expiry_from_receipts: boolean;
};

/** Lots by item and number. */
export function selectLots(
  database: Queryable,
  lots: { readonly itemIds: Texts; readonly lots: Texts },
): Promise<LotRow[]> {
  return database.query<LotRow>(sql`
    select l.item_id, l.lot, l.expires_on, l.made_on, l.attributes, l.expiry_from_receipts
    from unnest(${lots.itemIds}::text[], ${lots.lots}::text[]) as n (item_id, lot)
    join governance.lot l using (item_id, lot)`);
}

/** The lots of an item, those that expire first before the others. */
export function selectLotsOf(
  database: Queryable,
  itemId: string,
  page: { readonly after: string; readonly limit: number },
): Promise<LotRow[]> {
  return database.query<LotRow>(sql`
    select item_id, lot, expires_on, made_on, attributes, expiry_from_receipts from governance.lot
    where item_id = ${itemId} and lot > ${page.after} order by lot limit ${page.limit}`);
}

export type LocationRow = {
  readonly location_id: string;
  readonly code: string;
  readonly name: string;
  readonly type: string;
  readonly time_zone: string;
};

/** Locations with everything that is known of them. */
export function selectLocationRows(database: Queryable, locationIds: Texts): Promise<LocationRow[]> {
  return database.query<LocationRow>(sql`
    select location_id, code, name, type, time_zone from governance.location
    where location_id = any (${locationIds}::text[])`);
}

/** A page of locations by code. */
export function selectLocationPage(
  database: Queryable,
  page: { readonly after: string; readonly limit: number },
): Promise<LocationRow[]> {
  return database.query<LocationRow>(sql`
    select location_id, code, name, type, time_zone from governance.location
    where code > ${page.after} order by code limit ${page.limit}`);
}

/** Items are put as they are to be. */
export function putItems(
  tx: Transaction,
  items: {
    readonly ids: Texts;
    readonly skus: Texts;
    readonly descriptions: Texts;
    readonly baseUnits: Texts;
    readonly tracking: Texts;
    readonly classes: readonly (string | null)[];
    readonly mergedInto: readonly (string | null)[];
  },
  at: Date,
): Promise<number> {
  return tx.execute(sql`
    insert into governance.item (item_id, sku, description, base_unit, tracking, item_class, merged_into, created_at)
    select i.*, ${at}
    from unnest(${items.ids}::text[], ${items.skus}::text[], ${items.descriptions}::text[], ${items.baseUnits}::text[],
                ${items.tracking}::text[], ${items.classes}::text[], ${items.mergedInto}::text[]) as i
    on conflict (item_id) do update
    set sku = excluded.sku, description = excluded.description, base_unit = excluded.base_unit,
        tracking = excluded.tracking, item_class = excluded.item_class, merged_into = excluded.merged_into`);
}

/** Locations are put as they are to be. */
export function putLocations(
  tx: Transaction,
  locations: {
    readonly ids: Texts;
    readonly codes: Texts;
    readonly names: Texts;
    readonly types: Texts;
    readonly timeZones: Texts;
  },
  at: Date,
): Promise<number> {
  return tx.execute(sql`
    insert into governance.location (location_id, code, name, type, time_zone, created_at)
    select l.*, ${at}
    from unnest(${locations.ids}::text[], ${locations.codes}::text[], ${locations.names}::text[],
                ${locations.types}::text[], ${locations.timeZones}::text[]) as l
    on conflict (location_id) do update
    set code = excluded.code, name = excluded.name, type = excluded.type, time_zone = excluded.time_zone`);
}

/** Lots are put as they are to be. Attributes are JSON as text. */
export function putLots(
  tx: Transaction,
  lots: {
    readonly itemIds: Texts;
    readonly lots: Texts;
    readonly expiresOn: readonly (string | null)[];
    readonly madeOn: readonly (string | null)[];
    readonly attributes: Texts;
    readonly expiryFromReceipts: readonly boolean[];
  },
  at: Date,
): Promise<number> {
  return tx.execute(sql`
    insert into governance.lot (item_id, lot, expires_on, made_on, attributes, expiry_from_receipts, created_at)
    select l.*, ${at}
    from unnest(${lots.itemIds}::text[], ${lots.lots}::text[], ${lots.expiresOn}::date[], ${lots.madeOn}::date[],
                ${lots.attributes}::jsonb[], ${lots.expiryFromReceipts}::boolean[]) as l
    on conflict (item_id, lot) do update
    set expires_on = excluded.expires_on, made_on = excluded.made_on, attributes = excluded.attributes,
        expiry_from_receipts = excluded.expiry_from_receipts`);
}

/** Components are taken out of kits. */
export function deleteComponents(
  tx: Transaction,
  parts: { readonly kits: Texts; readonly components: Texts },
): Promise<number> {
  return tx.execute(sql`
    delete from governance.kit_component k
    using unnest(${parts.kits}::text[], ${parts.components}::text[]) as p (kit, component)
    where k.kit_item_id = p.kit and k.component_item_id = p.component`);
}

/** Waits for the turn to change master data, has it until the transaction ends, and says in whose name the changes are kept. */
export async function takeChangeTurn(
  tx: Transaction,
  changer: { readonly by: string; readonly correlationId?: string | undefined },
  at: Date,
): Promise<void> {
  await tx.query(sql`
    select set_config('crossdock.changed_by', ${changer.by}, true),
           set_config('crossdock.correlation_id', ${changer.correlationId ?? ""}, true),
           set_config('crossdock.changed_at', ${at.toISOString()}, true)
    from governance.change_turn for update`);
}

/**
 * The number of the last change of items, their names, units and parts, or of locations; 0 before the first. Numbers are given to whoever has
 * the turn, so this one stands for everything of these that was changed up to it. Lots and costs change without it: no name depends on them.
 */
export async function selectLastChange(database: Queryable): Promise<number> {
  const [row] = await database.query<{ last: number }>(sql`
    select coalesce(max(change_id), 0) as last from governance.change where what not in ('lot', 'item_cost')`);
  return row?.last ?? 0;
}

/** Lets statements of a large change run longer than requests may. Holds until the transaction ends. */
export function settleIn(tx: Transaction): void {
  tx.send(script("set local statement_timeout = '5min'"));
  tx.send(script("set local jit = off"));
}

/**
 * Counts master data anew, with what this transaction has written. Nobody else sees that: when the server counts by itself in the middle of
 * an import, it finds pages full of rows that do not count yet, takes the tables for empty, and every look-up reads them from end to end
 * (8,000 items: 0.9 s, or 9.8 s with a count in between). It cannot do so any more, because this keeps the tables' turn to be counted
 * until the transaction ends.
 */
export async function analyzeMaster(tx: Transaction): Promise<void> {
  await tx.execute(
    script(
      "analyze governance.item, governance.item_unit, governance.item_cost, governance.kit_component, governance.lot, governance.location, governance.alias",
    ),
  );
}

/** One change of master data, as it was kept. */
export type ChangeRow = {
  readonly change_id: number;
  readonly changed_at: Date;
  readonly changed_by: string;
  readonly correlation_id: string | null;
  readonly what: string;
  readonly item_id: string | null;
  readonly location_id: string | null;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
};

/** A page of changes, the newest first. */
export function selectChanges(
  database: Queryable,
  page: {
    readonly itemId?: string | undefined;
    readonly locationId?: string | undefined;
    readonly before?: number | undefined;
    readonly limit: number;
  },
): Promise<ChangeRow[]> {
  return database.query<ChangeRow>(sql`
    select change_id, changed_at, changed_by, correlation_id, what, item_id, location_id, before, after
    from governance.change
    where (${page.itemId ?? null}::text is null or item_id = ${page.itemId ?? null})
      and (${page.locationId ?? null}::text is null or location_id = ${page.locationId ?? null})
      and (${page.before ?? null}::bigint is null or change_id < ${page.before ?? null})
    order by change_id desc limit ${page.limit}`);
}
