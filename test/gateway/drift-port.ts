import { accountSource } from "@crossdock/canonical";
import type { DriftPort } from "../../src/gateway/index.ts";
import { berlin, bolt, warehouse } from "./ports.ts";

/** A week in which the warehouse found two bolts and missed five. */
export function memoryDrift(): DriftPort {
  const source = accountSource(warehouse);
  return {
    async summary({ accountIds, locationId, source: asked }) {
      const isSeen = accountIds?.includes(warehouse) ?? true;
      if (!isSeen || (locationId ?? berlin) !== berlin || (asked ?? source) !== source)
        return { days: [], places: [], items: [] };
      const units = { found: 2, missing: 5 };
      return {
        days: [
          { day: "2026-02-26", source, units: { found: 2, missing: 0 } },
          { day: "2026-03-01", source, units: { found: 0, missing: 5 } },
        ],
        places: [
          {
            ...{ source, locationId: berlin, positions: 1, units },
            money: { currency: "EUR", found: "2.5", missing: "6.25" },
          },
        ],
        items: [{ source, locationId: berlin, positionId: "17", itemId: bolt, lot: "<A>", counts: 2, units }],
      };
    },
    causes: async () => [{ cause: "records-parked", count: 3 }],
  };
}
