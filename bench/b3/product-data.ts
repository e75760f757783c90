import { randomBytes } from "node:crypto";
import { accountId, accountSource, channelId, itemId, locationId, quantity } from "@crossdock/canonical";
import { shopify } from "@crossdock/connector-shopify";
import { SIGNING_SECRET, wmsConnector } from "@crossdock/connector-wms";
import type { NumberedFact } from "../../src/backbone/index.ts";
import { createIntegration, type Integration } from "../../src/integration/index.ts";
import {
  createSecretBox,
  migrate,
  openDatabase,
  readMigrations,
  readOrMakeSecretKey,
} from "../../src/platform/index.ts";
import { openParts, type ProductParts } from "../product-parts.ts";
import {
  type FirehoseSize,
  itemIdOf,
  OPENING_UNITS,
  skuOf,
  warehouseAccount,
  warehouseCode,
  warehouseId,
} from "./world.ts";

/** The shop that sells everything: its listings are what stock movements mark. It is switched off, so nothing is published. */
const SHOP = accountId("bench-shop");
const CHANNEL = channelId("bench-channel");
/** Before the first shift, and lately enough that nothing is late. */
const OPENED_MS_AGO = 50 * 60 * 1_000;
/** Items saved and facts appended at once. */
const PAGE = 5_000;

/**
 * Migrates an empty database, and sets the company up through the product's own doors: master data, accounts, opening stock.
 * Gives what each warehouse signs with. Nobody is connected to the database afterwards.
 */
export async function setUpProduct(
  url: string,
  { size, dataDir }: { readonly size: FirehoseSize; readonly dataDir: string },
): Promise<readonly string[]> {
  const database = await openDatabase(url, { applicationName: "bench", poolMax: 4 });
  try {
    await migrate(database, await readMigrations());
    const secretBox = createSecretBox(await readOrMakeSecretKey({ secretKey: undefined, dataDir }));
    const parts = openParts(database);
    const connectors = [wmsConnector, shopify];
    const integration = createIntegration({ ...parts, secretBox, connectors });
    await saveMasterData(parts, size);
    const secrets = await createWarehouses(integration, size);
    await createShop(integration);
    await listEverything(parts, size);
    await receiveOpeningStock(parts, size);
    return secrets;
  } finally {
    await database.close();
  }
}

const indexes = (count: number) => Array.from({ length: count }, (_, index) => index);

function pagesOf(count: number): readonly (readonly number[])[] {
  const all = indexes(count);
  return indexes(Math.ceil(count / PAGE)).map((page) => all.slice(page * PAGE, (page + 1) * PAGE));
}

async function saveMasterData({ governance, availability }: ProductParts, size: FirehoseSize): Promise<void> {
  for (const page of pagesOf(size.items)) {
    await governance.saveItems(
      page.map((item) => ({
        itemId: itemIdOf(item),
        sku: skuOf(item),
        description: skuOf(item),
        baseUnit: "EA",
        tracking: "none",
        units: [{ unit: "CS", numerator: 12, denominator: 1 }],
        components: [],
      })),
    );
  }
  const warehouses = indexes(size.warehouses);
  await governance.saveLocations(
    warehouses.map((warehouse) => ({
      locationId: warehouseId(warehouse),
      code: warehouseCode(warehouse),
      name: warehouseCode(warehouse),
      type: "warehouse",
      timeZone: "UTC",
    })),
  );
  await governance.saveOwnership(
    warehouses.map((warehouse) => ({
      measure: "physical-stock",
      locationId: warehouseId(warehouse),
      source: accountSource(accountId(warehouseAccount(warehouse))),
    })),
  );
  const locationIds = warehouses.map((warehouse) => locationId(warehouseId(warehouse)));
  await availability.saveChannels([{ channelId: CHANNEL, name: CHANNEL, locationIds }]);
}

async function createWarehouses(integration: Integration, size: FirehoseSize): Promise<readonly string[]> {
  const secrets = indexes(size.warehouses).map(() => randomBytes(24).toString("base64url"));
  for (const [warehouse, secret] of secrets.entries()) {
    await integration.accounts.create({
      accountId: accountId(warehouseAccount(warehouse)),
      connector: "wms",
      settings: {},
      secrets: { [SIGNING_SECRET]: secret },
    });
  }
  return secrets;
}

async function createShop(integration: Integration): Promise<void> {
  await integration.accounts.create({
    accountId: SHOP,
    connector: "shopify",
    channelId: CHANNEL,
    settings: { shopDomain: "bench.myshopify.com", locationId: "gid://shopify/Location/1" },
    secrets: {},
    enabled: false,
  });
}

async function listEverything({ availability }: ProductParts, size: FirehoseSize): Promise<void> {
  for (const page of pagesOf(size.items)) {
    await availability.listOnAccount(SHOP, CHANNEL, page.map(itemIdOf).map(itemId));
  }
}

/** One receipt for each position. */
async function receiveOpeningStock(parts: ProductParts, size: FirehoseSize): Promise<void> {
  const { database, factLog, ledger, availability } = parts;
  const effectiveAt = new Date(Date.now() - OPENED_MS_AGO).toISOString();
  for (const warehouse of indexes(size.warehouses)) {
    const source = accountSource(accountId(warehouseAccount(warehouse)));
    for (const page of pagesOf(size.items)) {
      const numbers = await factLog.takeNumbers(page.length);
      const facts = page.map(
        (item, index): NumberedFact => ({
          type: "StockReceived",
          data: {
            item: itemId(itemIdOf(item)),
            location: locationId(warehouseId(warehouse)),
            quantity: quantity(OPENING_UNITS),
          },
          number: numbers[index] ?? 0,
          id: `opening-${item}`,
          source,
          effectiveAt,
          correlationId: `opening-${warehouse}`,
        }),
      );
      await database.transaction((tx) => factLog.appendFromOutside(tx, facts));
    }
    await ledger.subscriber.drain();
  }
  await availability.dirtyMarker.drain();
}
