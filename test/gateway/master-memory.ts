import { itemId } from "@crossdock/canonical";
import type { MasterPort } from "../../src/gateway/index.ts";

const bolt = { itemId: itemId("item-bolt"), sku: "BOLT-M8", description: "Bolt M8" };

/** Master data in memory: there is one item, and every statement about a SKU creates it. */
export function memoryMaster(): MasterPort {
  return {
    state: async ({ records }) =>
      records.map((record) => ({ subject: record.kind, outcome: "created" as const, after: {} })),
    importFile: async ({ bytes }) =>
      bytes.length === 0
        ? { problem: "The file is empty." }
        : {
            ...{ is: "rehearsed", created: 1, changed: 0, unchanged: 0, refused: 0 },
            ...{ token: "t".repeat(43), results: [], more: 0 },
          },
    template: (kind) => ({ name: `${kind}.csv`, contentType: "text/csv", body: "sku\r\n" }),
    item: async (id) =>
      id === bolt.itemId
        ? { ...bolt, baseUnit: "EA", tracking: "none", names: [], units: [], components: [], costs: [] }
        : undefined,
    itemPage: async () => ({ rows: [bolt] }),
    locationPage: async () => ({ rows: [] }),
    calendar: async (locationId) =>
      locationId === "berlin"
        ? { locationId, timeZone: "Europe/Berlin", said: [{ about: "dock-to-stock", said: "4h" }] }
        : undefined,
    lots: async () => ({ rows: [] }),
    changes: async ({ after }) => (after === undefined ? { rows: [] } : "bad-cursor"),
  };
}
