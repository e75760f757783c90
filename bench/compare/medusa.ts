import { loadPeer } from "./peers.ts";
import { type Ask, type SalesChannel, STOCK_PLACES, type Stockroom, type Told } from "./stockroom.ts";

/** A number as Medusa gives it: it turns into a plain one. */
type BigNumber = { valueOf(): number };

/** The part of the inventory module's service that is used, as its documentation has it. */
type Inventory = {
  createInventoryItems(items: readonly { sku: string }[]): Promise<readonly { id: string }[]>;
  listInventoryItems(where: { sku: string }): Promise<readonly { id: string }[]>;
  createInventoryLevels(
    levels: readonly { inventory_item_id: string; location_id: string; stocked_quantity: number }[],
  ): Promise<unknown>;
  confirmInventory(id: string, places: readonly string[], units: number): Promise<boolean>;
  createReservationItems(
    items: readonly { inventory_item_id: string; location_id: string; quantity: number }[],
  ): Promise<readonly { id: string }[]>;
  listReservationItems(
    where: { inventory_item_id?: string; id?: readonly string[] },
    how: { take: number },
  ): Promise<readonly { id: string; inventory_item_id: string; location_id: string; quantity: BigNumber }[]>;
  deleteReservationItems(ids: readonly string[]): Promise<unknown>;
  adjustInventory(id: string, place: string, units: number): Promise<unknown>;
  retrieveAvailableQuantity(id: string, places: readonly string[]): Promise<BigNumber>;
  retrieveReservedQuantity(id: string, places: readonly string[]): Promise<BigNumber>;
  retrieveStockedQuantity(id: string, places: readonly string[]): Promise<BigNumber>;
};

/** Runs a job when nobody else in the reach of the lock has any of the keys. */
type Locking = { execute<Done>(keys: readonly string[], job: () => Promise<Done>): Promise<Done> };

type Framework = {
  MedusaApp(options: object): Promise<{
    runMigrations(): Promise<unknown>;
    onApplicationShutdown?(): Promise<unknown>;
    readonly modules: { readonly inventory: Inventory; readonly locking?: Locking };
  }>;
};

const placesOf = (channel: SalesChannel): readonly string[] =>
  channel === "second" ? ["wh-2"] : STOCK_PLACES;
const MANY = { take: 1_000 };
/** Its modules want to tell how they are loaded. */
const QUIET = { info: () => undefined, debug: () => undefined, warn: () => undefined, error: console.error };
const NO_LOCKS: Locking = { execute: (_keys, job) => job() };

/**
 * Medusa's inventory module, asked as its own checkout does: `confirmInventory` for each line over the channel's places, then
 * `createReservationItems` at the first of them. Its checkout does the second under a lock of its locking module, which by default is
 * one of the process; without locks the module's service itself is what is shown.
 */
export async function openMedusa(
  url: string,
  scratch: string,
  { isFirst, hasLocks }: { readonly isFirst: boolean; readonly hasLocks: boolean },
): Promise<Stockroom> {
  const { MedusaApp } = loadPeer<Framework>(scratch, "@medusajs/framework/modules-sdk");
  const { version } = loadPeer<{ version: string }>(scratch, "@medusajs/inventory/package.json");
  const options = { database: { clientUrl: url } };
  const app = await MedusaApp({
    modulesConfig: {
      inventory: { resolve: "@medusajs/inventory", options },
      ...(hasLocks ? { locking: { resolve: "@medusajs/locking" } } : {}),
    },
    sharedResourcesConfig: options,
    injectedDependencies: { logger: QUIET },
    cwd: scratch,
  });
  if (isFirst) await app.runMigrations();
  const { inventory, locking = NO_LOCKS } = app.modules;
  return {
    version: async () => `@medusajs/inventory ${version}`,
    async receive(item, place, units) {
      const [known] = await inventory.listInventoryItems({ sku: item });
      const [made] = known === undefined ? await inventory.createInventoryItems([{ sku: item }]) : [known];
      const level = { inventory_item_id: made?.id ?? "", location_id: place, stocked_quantity: units };
      await inventory.createInventoryLevels([level]);
    },
    ask: (asks) => Promise.all(asks.map((ask) => reserve(inventory, locking, ask))),
    close: (ids, how) =>
      Promise.all(ids.map((id) => close(inventory, id.split(" "), how).then(() => "done", wordsOf))),
    async books(item) {
      const id = await idOf(inventory, item);
      const held = await inventory.listReservationItems({ inventory_item_id: id }, MANY);
      return {
        onHand: Number(await inventory.retrieveStockedQuantity(id, STOCK_PLACES)),
        promised: Number(await inventory.retrieveReservedQuantity(id, STOCK_PLACES)),
        held: held.reduce((sum, { quantity }) => sum + Number(quantity), 0),
      };
    },
    async figure(channel, item) {
      return Number(
        await inventory.retrieveAvailableQuantity(await idOf(inventory, item), placesOf(channel)),
      );
    },
    async stop() {
      await app.onApplicationShutdown?.();
    },
  };
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function idOf(inventory: Inventory, sku: string): Promise<string> {
  return (await inventory.listInventoryItems({ sku }))[0]?.id ?? "";
}

async function reserve(inventory: Inventory, locking: Locking, { channel, lines }: Ask): Promise<Told> {
  const places = placesOf(channel);
  const wanted = await Promise.all(
    lines.map(async ({ item, units }) => {
      const id = await idOf(inventory, item);
      const isThere = await inventory.confirmInventory(id, places, units);
      return { isThere, line: { inventory_item_id: id, location_id: places[0] ?? "", quantity: units } };
    }),
  );
  if (wanted.some(({ isThere }) => !isThere)) return { units: 0, refused: "not enough" };
  try {
    const made = await locking.execute(
      wanted.map(({ line }) => line.inventory_item_id),
      () => inventory.createReservationItems(wanted.map(({ line }) => line)),
    );
    const units = lines.reduce((sum, line) => sum + line.units, 0);
    return { units, id: made.map(({ id }) => id).join(" ") };
  } catch (error) {
    return { units: 0, refused: wordsOf(error) };
  }
}

/** Shipping takes units off the shelf and deletes their reservation, as its fulfilment does. */
async function close(inventory: Inventory, ids: readonly string[], how: "release" | "ship"): Promise<void> {
  if (how === "ship") {
    for (const one of await inventory.listReservationItems({ id: ids }, MANY)) {
      await inventory.adjustInventory(one.inventory_item_id, one.location_id, -Number(one.quantity));
    }
  }
  await inventory.deleteReservationItems(ids);
}
