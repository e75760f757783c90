import { accountId, channelId, itemId } from "@crossdock/canonical";
import { ALL_SCOPES, createApiKeys } from "../../src/gateway/index.ts";
import { createIntegration, directConnector } from "../../src/integration/index.ts";
import { createMetrics, createSecretBox, silentLog } from "../../src/platform/index.ts";
import { type Core, stock, tell } from "./core.ts";

/** Item `id` with a SKU made of it, counted in eaches and in cases of twelve. */
export const plainItem = (id: string) => ({
  itemId: id,
  sku: id.toUpperCase(),
  description: id,
  baseUnit: "EA",
  tracking: "none" as const,
  units: [{ unit: "XCS", numerator: 12, denominator: 1 }],
  components: [],
});

/** A warehouse and a channel that sells from it. */
export async function seedShop(core: Core): Promise<void> {
  await core.governance.saveLocations([
    { locationId: "wh-1", code: "WH1", name: "One", type: "warehouse", timeZone: "UTC" },
    { locationId: "wh-2", code: "WH2", name: "Two", type: "warehouse", timeZone: "UTC" },
  ]);
  await core.availability.saveChannels([{ channelId: "web", name: "Web", locationIds: ["wh-1", "wh-2"] }]);
}

/** An item with stock in warehouse one. */
export async function seedItem(core: Core, id: string, units: number): Promise<void> {
  await core.governance.saveItems([plainItem(id)]);
  await tell(core, [{ id: `seed-${id}`, minute: 1, fact: stock.received(units, itemId(id)) }]);
  await core.ledger.subscriber.drain();
}

/** A key that may do everything. */
export async function seedKey(core: Core, clientId = "test"): Promise<string> {
  const keys = createApiKeys({ database: core.database, clock: core.clock });
  return (await keys.issue({ clientId, name: "test", scopes: ALL_SCOPES })).text;
}

/** An account that speaks our own interface, and sells through a channel where one is given. */
export async function seedAccount(core: Core, id: string, channel?: string): Promise<void> {
  const accounts = createIntegration({
    ...core,
    log: silentLog,
    metrics: createMetrics(),
    secretBox: createSecretBox(Buffer.alloc(32, 7)),
    connectors: [directConnector],
  }).accounts;
  await accounts.create({
    accountId: accountId(id),
    connector: "direct",
    channelId: channel === undefined ? undefined : channelId(channel),
    settings: {},
    secrets: {},
  });
}
