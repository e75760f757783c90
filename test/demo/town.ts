import {
  createTraffic,
  type DemoParts,
  type PlacedOrder,
  type Simulation,
  startSimulation,
  type Traffic,
} from "../../src/demo/index.ts";
import { ALL_SCOPES } from "../../src/gateway/index.ts";
import { createSecretBox, localWakeup, silentLog } from "../../src/platform/index.ts";
import { openProduct, type Product } from "../../src/product.ts";
import { type ManualClock, manualClock } from "../support/clock.ts";
import { type Cleanup, type TestDatabase, testDatabase } from "../support/database.ts";

/** A small company, its simulated systems, and the product between them; nothing happens unless a test says so. */
export type Town = {
  readonly product: Product;
  readonly simulation: Simulation;
  readonly traffic: Traffic;
  readonly clock: ManualClock;
  /** Where the product answers, and a key that may do everything. */
  readonly url: string;
  readonly key: string;
  /**
   * So many orders, with a tick of the warehouses and everything that the product then does after every few. Gives those that
   * were placed: what is sold out is not bought.
   */
  trade(orders: number): Promise<readonly PlacedOrder[]>;
  /** Works until every order is shipped, everything has arrived, and nobody has anything left to say. */
  settle(): Promise<void>;
  /** Closes the simulated systems and the product, and leaves the data. */
  close(): Promise<void>;
};

/** The same company in every test: enough items for kits, cases and lots, enough stock that no order decides over another. */
const SIZE = { items: 60, warehouses: 3 };
const ORDERS_PER_TICK = 4;
/** Longer than any hold lives, than units count as sold and not heard of, and than the interval between two 846s. */
const LATER_MS = 16 * 60_000;
const TICKS_MAX = 100;

export type TownOptions = { readonly seed?: string; readonly run?: number; readonly isLively?: boolean };

/** Opens a product over a database, and the town around it with its opening stock reported. */
export async function openTown(
  { database, url: databaseUrl }: TestDatabase,
  clock: ManualClock,
  options: TownOptions = {},
): Promise<Town> {
  const { seed = "town", run: number = 1, isLively = true } = options;
  const secretBox = createSecretBox(Buffer.alloc(32, 7));
  const wakeup = localWakeup();
  const product = await openProduct({ database, databaseUrl, secretBox, log: silentLog, clock, wakeup });
  const { url } = await product.gateway.listen({ host: "127.0.0.1", port: 0 });
  const { text: key } = await product.apiKeys.issue({ clientId: "demo", name: "demo", scopes: ALL_SCOPES });
  const parts: DemoParts = product;
  const simulation = await startSimulation({
    parts,
    url,
    key,
    run: { seed, number, now: () => clock.now() },
    size: SIZE,
    isLively,
    digested: () => product.drain(),
  });
  await simulation.open();
  await product.drain();
  const traffic = createTraffic(simulation);
  return {
    product,
    simulation,
    traffic,
    clock,
    url,
    key,
    ...days({ product, simulation, traffic, clock }),
    async close() {
      await simulation.close();
      await product.close();
    },
  };
}

/** As `openTown`, over a database of the test's own. */
export async function newTown(t: Cleanup, options: TownOptions = {}): Promise<Town> {
  const town = await openTown(await testDatabase(t), manualClock(), options);
  t.after(() => town.close());
  return town;
}

function days({
  product,
  simulation,
  traffic,
  clock,
}: Pick<Town, "product" | "simulation" | "traffic" | "clock">) {
  async function tick(): Promise<void> {
    clock.advance(1_000);
    await traffic.work();
    await product.drain();
  }
  return {
    async trade(orders: number): Promise<readonly PlacedOrder[]> {
      const placed: PlacedOrder[] = [];
      for (let order = 1; order <= orders; order += 1) {
        placed.push(...[await traffic.order()].filter((one) => one !== undefined));
        if (order % ORDERS_PER_TICK === 0) await tick();
      }
      return placed;
    },
    async settle(): Promise<void> {
      await traffic.send();
      await product.drain();
      simulation.warehouses.arrive();
      for (let ticks = 0; simulation.warehouses.unfinished() > 0 && ticks < TICKS_MAX; ticks += 1)
        await tick();
      await simulation.warehouses.drain();
      await traffic.send();
      await product.drain();
      // Twice: what the shop is first told after a pause may find sales there that we seem not to have heard of.
      for (let times = 0; times < 2; times += 1) {
        clock.advance(LATER_MS);
        await product.availability.sweep();
        await product.drain();
        await traffic.send();
        await product.drain();
      }
    },
  };
}
