import { type Reference, referenceText } from "@crossdock/canonical";
import type { NamesPort } from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Database } from "../platform/index.ts";

/** The names by which people look for an item; what is on a box goes before what only programs know. */
const ITEM_SCHEMES = ["sku", "gtin", "id"];
const LOCATION_SCHEMES = ["code", "gln", "id"];

const named = (schemes: readonly string[], value: string): readonly Reference[] =>
  schemes.map((scheme) => ({ scheme, value }));

/** What the first of the names leads to that leads to anything. */
function firstOf<Found>(
  names: readonly Reference[],
  find: (name: string) => Found | undefined,
): Found | undefined {
  for (const name of names) {
    const found = find(referenceText(name));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What people call items and places, as the gateway's pages ask for it. */
export function namesPort(governance: Governance, database: Database): NamesPort {
  return {
    async itemNamed(text) {
      const items = named(ITEM_SCHEMES, text);
      const { now } = await governance.resolve(database, { items, locations: [] });
      return firstOf(items, (name) => now.items.get(name))?.itemId;
    },
    async locationNamed(text) {
      const locations = named(LOCATION_SCHEMES, text);
      const { now } = await governance.resolve(database, { items: [], locations });
      return firstOf(locations, (name) => now.locations.get(name));
    },
    async items(itemIds) {
      const items = await governance.items(database, itemIds);
      return new Map([...items].map(([id, { sku, description }]) => [id, { sku, description }]));
    },
  };
}
