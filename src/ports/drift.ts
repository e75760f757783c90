import { accountSource, itemId, locationId } from "@crossdock/canonical";
import type { DriftPort } from "../gateway/index.ts";
import type { Integration } from "../integration/index.ts";
import type { Ledger } from "../ledger/index.ts";
import { driftCauses } from "./drift-causes.ts";

const units = (row: { readonly units_found: number; readonly units_missing: number }) => ({
  found: row.units_found,
  missing: row.units_missing,
});

/** How right the books were, as the gateway asks for it. */
export function driftPort({
  ledger,
  integration,
}: {
  readonly ledger: Pick<Ledger, "driftSummary">;
  readonly integration: Pick<Integration, "intake">;
}): DriftPort {
  return {
    async summary({ accountIds, ...asked }) {
      const sources = accountIds?.map(accountSource);
      const { days, places, items } = await ledger.driftSummary({ ...asked, sources });
      return {
        days: days.map((row) => ({ day: row.day, source: row.source, units: units(row) })),
        places: places.map((row) => ({
          ...{ source: row.source, locationId: locationId(row.location_id), positions: row.positions },
          units: units(row),
          ...(row.currency === null
            ? {}
            : {
                money: {
                  currency: row.currency,
                  found: row.value_found ?? "0",
                  missing: row.value_missing ?? "0",
                },
              }),
        })),
        items: items.map((row) => ({
          ...{ source: row.source, locationId: locationId(row.location_id), itemId: itemId(row.item_id) },
          ...{ positionId: String(row.position_id), lot: row.lot, counts: row.counts, units: units(row) },
        })),
      };
    },
    causes: (source) => driftCauses(integration, { source, rows_unresolved: 0 }),
  };
}
