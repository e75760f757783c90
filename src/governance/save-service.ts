import type { Clock, Database } from "../platform/index.ts";
import { writeCosts, writeNames, writeUnits } from "./change-service.ts";
import type { AliasToSave, CostToSave, ItemToSave, LocationToSave } from "./master.ts";
import { takeChangeTurn } from "./master-store.ts";
import { upsertItems, upsertKitComponents, upsertLocations } from "./store.ts";

/** Master data that the caller knows to be right, written as it is. */
export type Saving = {
  /** Ids, SKUs and base units of items that are there stay. */
  saveItems(items: readonly ItemToSave[]): Promise<void>;
  /** Ids, codes and types of locations that are there stay. */
  saveLocations(locations: readonly LocationToSave[]): Promise<void>;
  /** Lets names lead somewhere in a period, whatever they meant in it before. */
  saveAliases(aliases: readonly AliasToSave[]): Promise<void>;
  /** Lets items cost something in a period, whatever they cost in it before. */
  saveCosts(costs: readonly CostToSave[]): Promise<void>;
};

/** In whose name these changes are kept. */
const SEED = { by: "system" };

/** Opens the writing of master data. `saved` is called after each change of what names or units mean. */
export function saving(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly saved: () => void;
}): Saving {
  const { database, clock, saved } = options;
  return {
    async saveItems(items) {
      await saveItems(database, items, clock.now());
      saved();
    },
    async saveLocations(locations) {
      await saveLocations(database, locations, clock.now());
      saved();
    },
    async saveAliases(aliases) {
      await database.transaction(async (tx) => {
        await takeChangeTurn(tx, SEED, clock.now());
        await writeNames(tx, aliases, clock.now());
      });
      saved();
    },
    async saveCosts(costs) {
      await database.transaction(async (tx) => {
        await takeChangeTurn(tx, SEED, clock.now());
        await writeCosts(tx, costs);
      });
    },
  };
}

async function saveItems(database: Database, items: readonly ItemToSave[], at: Date): Promise<void> {
  const parts = items.flatMap((item) => item.components.map((part) => ({ kit: item.itemId, ...part })));
  await database.transaction(async (tx) => {
    await takeChangeTurn(tx, SEED, at);
    const created = await upsertItems(
      tx,
      {
        ids: items.map((item) => item.itemId),
        skus: items.map((item) => item.sku),
        descriptions: items.map((item) => item.description),
        baseUnits: items.map((item) => item.baseUnit),
        tracking: items.map((item) => item.tracking),
        classes: items.map((item) => item.itemClass ?? null),
      },
      at,
    );
    await writeNames(tx, created.map(skuName), at);
    await writeUnits(tx, items);
    await upsertKitComponents(tx, {
      kits: parts.map((part) => part.kit),
      components: parts.map((part) => part.itemId),
      quantities: parts.map((part) => part.quantity),
    });
  });
}

const skuName = ({ item_id, sku }: { readonly item_id: string; readonly sku: string }): AliasToSave => ({
  kind: "item",
  scheme: "sku",
  scope: "",
  value: sku,
  target: item_id,
});

async function saveLocations(
  database: Database,
  locations: readonly LocationToSave[],
  at: Date,
): Promise<void> {
  await database.transaction(async (tx) => {
    await takeChangeTurn(tx, SEED, at);
    const created = await upsertLocations(
      tx,
      {
        ids: locations.map((location) => location.locationId),
        codes: locations.map((location) => location.code),
        names: locations.map((location) => location.name),
        types: locations.map((location) => location.type),
        timeZones: locations.map((location) => location.timeZone),
      },
      at,
    );
    const codes = created.map(({ location_id, code }): AliasToSave => {
      return { kind: "location", scheme: "code", scope: "", value: code, target: location_id };
    });
    await writeNames(tx, codes, at);
  });
}
