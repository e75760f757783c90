import { type LocationId, locationId, type Reference } from "@crossdock/canonical";
import type { Clock, Database, Queryable } from "../platform/index.ts";
import { createItemMemory } from "./item-memory-service.ts";
import {
  distinctReferences,
  type Resolution,
  type ResolvedItem,
  referenceColumns,
  resolveReferences,
  toItem,
} from "./resolve.ts";
import {
  type AliasToSave,
  type OwnershipToSave,
  selectItemNames,
  selectItemPage,
  selectItems,
  selectItemsByReference,
  selectKitsWith,
  selectLocations,
  selectLocationsByReference,
  selectOwners,
  upsertAliases,
  upsertItems,
  upsertItemUnits,
  upsertKitComponents,
  upsertLocations,
  upsertOwnership,
} from "./store.ts";

/** An item to create. Units are base units per unit, as fractions; kits list their components. */
export type ItemToSave = {
  readonly itemId: string;
  readonly sku: string;
  readonly description: string;
  readonly baseUnit: string;
  readonly tracking: "none" | "lot" | "serial";
  readonly units: readonly {
    readonly unit: string;
    readonly numerator: number;
    readonly denominator: number;
  }[];
  readonly components: readonly { readonly itemId: string; readonly quantity: number }[];
};

export type LocationToSave = {
  readonly locationId: string;
  readonly code: string;
  readonly name: string;
  readonly type: "warehouse" | "store" | "3pl" | "vendor";
  readonly timeZone: string;
};

/** Master data and authority, read and written. Reading takes a `Queryable`, so that it can share a transaction. */
export type Governance = {
  /** What references mean, in two set-based queries whatever their number. */
  resolve(
    queryable: Queryable,
    wanted: { items: readonly Reference[]; locations: readonly Reference[] },
  ): Promise<Resolution>;
  /**
   * What item references mean, from memory where it was asked lately. Ids and SKUs never change their meaning; aliases and units may
   * be up to `ITEM_MEMORY_MS` old in other processes, and never in this one.
   */
  resolveItems(references: readonly Reference[]): Promise<ReadonlyMap<string, ResolvedItem>>;
  /** The same when all of it is remembered, without waiting; undefined otherwise. */
  recallItems(references: readonly Reference[]): ReadonlyMap<string, ResolvedItem> | undefined;
  items(queryable: Queryable, itemIds: readonly string[]): Promise<ReadonlyMap<string, ResolvedItem>>;
  /** Kits that contain any of the items: what changes for the items changes for them. */
  kitsWith(queryable: Queryable, itemIds: readonly string[]): Promise<readonly string[]>;
  /** Which of the locations exist, with their codes. */
  locations(
    queryable: Queryable,
    locationIds: readonly string[],
  ): Promise<ReadonlyMap<string, { code: string; type: string }>>;
  /** The names of items that an account understands: `sku` always, then the aliases that are shared or its own. */
  namesFor(
    queryable: Queryable,
    itemIds: readonly string[],
    accountId: string,
  ): Promise<ReadonlyMap<string, readonly Reference[]>>;
  /** The only source that may move stock, by location; a location that is absent has no owner. */
  stockOwners(queryable: Queryable, locationIds: readonly string[]): Promise<ReadonlyMap<LocationId, string>>;
  itemPage(page: {
    afterSku: string;
    limit: number;
  }): Promise<readonly { item_id: string; sku: string; description: string }[]>;
  saveItems(items: readonly ItemToSave[]): Promise<void>;
  saveLocations(locations: readonly LocationToSave[]): Promise<void>;
  saveAliases(aliases: readonly AliasToSave[]): Promise<void>;
  saveOwnership(owners: readonly OwnershipToSave[]): Promise<void>;
  /** Told after aliases, items or units were saved: what was parked for want of them may go on. */
  onSaved(listener: () => void): void;
};

/** Opens master data over a database. */
export function createGovernance(options: {
  readonly database: Database;
  readonly clock: Clock;
}): Governance {
  const { database, clock } = options;
  const listeners: (() => void)[] = [];
  const memory = createItemMemory({
    clock,
    ask: async (references) => (await resolve(database, { items: references, locations: [] })).items,
  });
  const saved = () => {
    memory.forget();
    for (const listener of listeners) listener();
  };

  return {
    resolve: (queryable, wanted) => resolve(queryable, wanted),
    resolveItems: memory.resolve,
    recallItems: memory.recall,
    items: itemsById,
    kitsWith: selectKitsWith,
    async locations(queryable, locationIds) {
      const rows = await selectLocations(queryable, locationIds);
      return new Map(rows.map((row) => [row.location_id, { code: row.code, type: row.type }]));
    },
    namesFor,
    async stockOwners(queryable, locationIds) {
      const rows = await selectOwners(queryable, "physical-stock", locationIds);
      return new Map(rows.map((row) => [locationId(row.location_id), row.source]));
    },
    itemPage: (page) => selectItemPage(database, page),
    async saveItems(items) {
      await saveItems(database, items, clock.now());
      saved();
    },
    async saveLocations(locations) {
      const columns = {
        ids: locations.map((location) => location.locationId),
        codes: locations.map((location) => location.code),
        names: locations.map((location) => location.name),
        types: locations.map((location) => location.type),
        timeZones: locations.map((location) => location.timeZone),
      };
      await upsertLocations(database, columns, clock.now());
      saved();
    },
    async saveAliases(aliases) {
      await upsertAliases(database, aliases, clock.now());
      saved();
    },
    async saveOwnership(owners) {
      await upsertOwnership(database, owners);
    },
    onSaved(listener) {
      listeners.push(listener);
    },
  };
}

async function itemsById(
  queryable: Queryable,
  itemIds: readonly string[],
): Promise<ReadonlyMap<string, ResolvedItem>> {
  const rows = await selectItems(queryable, [...new Set(itemIds)]);
  return new Map(rows.map((row) => [row.item_id, toItem(row)]));
}

async function resolve(
  queryable: Queryable,
  wanted: { readonly items: readonly Reference[]; readonly locations: readonly Reference[] },
): Promise<Resolution> {
  const itemReferences = distinctReferences(wanted.items);
  const locationReferences = distinctReferences(wanted.locations);
  const [itemPlaces, locationPlaces] = await Promise.all([
    itemReferences.length === 0 ? [] : selectItemsByReference(queryable, referenceColumns(itemReferences)),
    locationReferences.length === 0
      ? []
      : selectLocationsByReference(queryable, referenceColumns(locationReferences)),
  ]);
  const items = await itemsById(
    queryable,
    itemPlaces.map((place) => place.item_id),
  );
  return resolveReferences({ itemReferences, itemPlaces, items, locationReferences, locationPlaces });
}

async function namesFor(
  queryable: Queryable,
  itemIds: readonly string[],
  accountId: string,
): Promise<ReadonlyMap<string, readonly Reference[]>> {
  const wanted = [...new Set(itemIds)];
  const [items, aliases] = await Promise.all([
    itemsById(queryable, wanted),
    selectItemNames(queryable, wanted, accountId),
  ]);
  const names = new Map<string, Reference[]>();
  for (const item of items.values()) names.set(item.itemId, [{ scheme: "sku", value: item.sku }]);
  for (const alias of aliases) {
    const { scheme, value, scope } = alias;
    names.get(alias.item_id)?.push(scope === "" ? { scheme, value } : { scheme, value, scope });
  }
  return names;
}

async function saveItems(database: Database, items: readonly ItemToSave[], at: Date): Promise<void> {
  const units = items.flatMap((item) => item.units.map((unit) => ({ itemId: item.itemId, ...unit })));
  const parts = items.flatMap((item) => item.components.map((part) => ({ kit: item.itemId, ...part })));
  await database.transaction(async (tx) => {
    await upsertItems(
      tx,
      {
        ids: items.map((item) => item.itemId),
        skus: items.map((item) => item.sku),
        descriptions: items.map((item) => item.description),
        baseUnits: items.map((item) => item.baseUnit),
        tracking: items.map((item) => item.tracking),
      },
      at,
    );
    await upsertItemUnits(tx, {
      itemIds: units.map((unit) => unit.itemId),
      units: units.map((unit) => unit.unit),
      numerators: units.map((unit) => unit.numerator),
      denominators: units.map((unit) => unit.denominator),
    });
    await upsertKitComponents(tx, {
      kits: parts.map((part) => part.kit),
      components: parts.map((part) => part.itemId),
      quantities: parts.map((part) => part.quantity),
    });
  });
}
