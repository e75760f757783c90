import type { Reference } from "@crossdock/canonical";
import type { NamesPort } from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Database } from "../platform/index.ts";

/** The names by which people look for an item; what is on a box goes before what only programs know. */
const ITEM_SCHEMES = ["sku", "gtin", "id"];
const LOCATION_SCHEMES = ["code", "gln", "id"];

const named = (schemes: readonly string[], value: string): readonly Reference[] =>
  schemes.map((scheme) => ({ scheme, value }));

/** What people call items and places, as the gateway's pages ask for it. */
export function namesPort(governance: Governance, database: Database): NamesPort {
  return {
    async itemNamed(text) {
      const items = named(ITEM_SCHEMES, text);
      const found = await governance.resolve(database, { items, locations: [] });
      return found.items.values().next().value?.itemId;
    },
    async locationNamed(text) {
      const locations = named(LOCATION_SCHEMES, text);
      const found = await governance.resolve(database, { items: [], locations });
      return found.locations.values().next().value;
    },
    async items(itemIds) {
      const items = await governance.items(database, itemIds);
      return new Map([...items].map(([id, { sku, description }]) => [id, { sku, description }]));
    },
  };
}
