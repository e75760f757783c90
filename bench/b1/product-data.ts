import { accountId, accountSource, itemId, locationId, quantity } from "@crossdock/canonical";
import { type Availabilities, createAvailability } from "../../src/availability/index.ts";
import { createFactLog, type FactLog } from "../../src/backbone/index.ts";
import { createApiKeys } from "../../src/gateway/index.ts";
import { createGovernance, type Governance } from "../../src/governance/index.ts";
import { createLedger, type Ledger } from "../../src/ledger/index.ts";
import {
  createMetrics,
  type Database,
  localWakeup,
  migrate,
  openDatabase,
  openLeases,
  readMigrations,
  silentLog,
  systemClock,
  systemIds,
} from "../../src/platform/index.ts";
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

type Parts = {
  readonly database: Database;
  readonly factLog: FactLog;
  readonly governance: Governance;
  readonly ledger: Ledger;
  readonly availability: Availabilities;
};

function openParts(database: Database): Parts {
  const ids = systemIds();
  const shared = {
    database,
    clock: systemClock,
    ids,
    leases: openLeases({ database, ids, log: silentLog }),
    wakeup: localWakeup(),
    log: silentLog,
    metrics: createMetrics(),
  };
  const factLog = createFactLog(shared);
  const governance = createGovernance(shared);
  const availability: Availabilities = createAvailability({
    ...shared,
    factLog,
    governance,
    ledger: () => ledger,
    // Nothing is listed on an account, so nothing is published.
    sink: { rowsPerCall: async () => undefined, publish: async () => ({ outcomes: [] }) },
  });
  const ledger: Ledger = createLedger({ ...shared, factLog, governance, earmarks: availability.earmarks });
  return { database, factLog, governance, ledger, availability };
}

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

async function receive(parts: Parts, item: string, units: number): Promise<void> {
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
