import { accountId, accountSource, itemId, locationId, quantity } from "@crossdock/canonical";
import { createApiKeys } from "../../src/gateway/index.ts";
import {
  type Database,
  migrate,
  openDatabase,
  readMigrations,
  systemClock,
} from "../../src/platform/index.ts";
import { openParts, type ProductParts } from "../product-parts.ts";
import { CHANNEL, LOCATION } from "./request.ts";

/** The product's parts over a database, for putting stock there before its server is asked. */
export type ProductData = {
  readonly database: Database;
  /** Makes an API key that may reserve, and gives its text. */
  issueKey(): Promise<string>;
  /** Receives units of a new item. They can be promised when this resolves. */
  receive(item: string, units: number): Promise<void>;
  close(): Promise<void>;
};

/** Migrates an empty database and sets a channel with one warehouse up. */
export async function openProductData(url: string): Promise<ProductData> {
  const database = await openDatabase(url, { applicationName: "bench", poolMax: 4 });
  await migrate(database, await readMigrations());
  const parts = openParts(database);
  await parts.governance.saveLocations([
    { locationId: LOCATION, code: LOCATION, name: LOCATION, type: "warehouse", timeZone: "UTC" },
  ]);
  await parts.availability.saveChannels([{ channelId: CHANNEL, name: CHANNEL, locationIds: [LOCATION] }]);
  return {
    database,
    async issueKey() {
      const keys = createApiKeys({ database, clock: systemClock });
      const { text } = await keys.issue({ clientId: "bench", name: "bench", scopes: ["reservations:write"] });
      return text;
    },
    receive: (item, units) => receive(parts, item, units),
    close: () => database.close(),
  };
}

async function receive(parts: ProductParts, item: string, units: number): Promise<void> {
  const { database, factLog, governance, ledger } = parts;
  await governance.saveItems([
    {
      itemId: item,
      sku: item,
      description: item,
      baseUnit: "EA",
      tracking: "none",
      units: [],
      components: [],
    },
  ]);
  const [number = 0] = await factLog.takeNumbers(1);
  const fact = {
    type: "StockReceived",
    data: { item: itemId(item), location: locationId(LOCATION), quantity: quantity(units) },
    number,
    id: `received-${item}`,
    source: accountSource(accountId("bench")),
    effectiveAt: new Date().toISOString(),
    correlationId: `bench-${item}`,
  } as const;
  await database.transaction((tx) => factLog.appendFromOutside(tx, [fact]));
  await ledger.subscriber.drain();
}
