import { channelId, locationId } from "@crossdock/canonical";
import { openDatabase } from "../../src/platform/index.ts";
import { openProduct } from "../b4/product.ts";
import { itemName, locationName, ROUNDS, type Size } from "../b4/workload.ts";
import type { Cluster } from "../cluster.ts";
import { openParts } from "../product-parts.ts";

/** The channel that sells everything from everywhere. */
export const CHANNEL = channelId("bench-channel");
/** Items saved at once. */
const PAGE = 5_000;
/** The last round of the snapshot benchmark counts the most. */
const FULL = ROUNDS[2] ?? { name: "100 % changed", number: 3 };

/** Brings stock of every item to every location, by snapshots as warehouses send them, and says what the items are. Gives the database's address. */
export async function fillProduct(
  cluster: Cluster,
  size: Size,
  say: (line: string) => void,
): Promise<string> {
  say(`counting ${size.items * size.locations} positions`);
  const filled = await openProduct(cluster, size);
  await filled.import(FULL);
  const url = filled.reads?.url ?? "";
  await filled.close();
  const database = await openDatabase(url, { applicationName: "bench", poolMax: 4 });
  const { governance, availability } = openParts(database);
  const ids = Array.from({ length: size.items }, (_, item) => itemName(item));
  for (let start = 0; start < ids.length; start += PAGE) {
    await governance.saveItems(ids.slice(start, start + PAGE).map(plainItem));
  }
  const locationIds = Array.from({ length: size.locations }, (_, at) => locationId(locationName(at + 1)));
  await availability.saveChannels([{ channelId: CHANNEL, name: CHANNEL, locationIds }]);
  await database.close();
  return url;
}

function plainItem(id: string) {
  const nothing = { units: [], components: [] };
  return { itemId: id, sku: id, description: id, baseUnit: "EA", tracking: "none" as const, ...nothing };
}
