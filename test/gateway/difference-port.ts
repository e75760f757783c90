import { accountSource, ON_HAND_STATUSES, quantity, quantityDelta } from "@crossdock/canonical";
import type { DifferencesPort, DifferenceView } from "../../src/gateway/index.ts";
import { berlin, bolt, NOW, warehouse } from "./ports.ts";

const fact = { factNumber: 9, source: accountSource(warehouse), effectiveAt: NOW, units: quantityDelta(-3) };

/** Why Berlin's own warehouse says 12 bolts, and we have 9. */
export const boltDifference: DifferenceView = {
  itemId: bolt,
  locationId: berlin,
  source: accountSource(warehouse),
  measure: "on-hand",
  ours: quantityDelta(9),
  oursThen: quantityDelta(12),
  theirs: {
    said: quantity(12),
    saidAt: NOW,
    ageSeconds: 7_300,
    takenAs: "claim",
    factNumbers: [7],
    counts: [...ON_HAND_STATUSES],
  },
  difference: quantityDelta(-3),
  parts: [
    {
      ...{ name: "moved-since", units: quantityDelta(-4), reason: "scrap", factsLeftOut: 0 },
      facts: [{ ...fact, type: "StockAdjusted", because: "<b>broken</b>" }],
    },
    { name: "unexplained", units: quantityDelta(1), facts: [], factsLeftOut: 0 },
  ],
  hints: [{ is: "status", status: "quarantined" }],
  unmeasured: [
    {
      ...{
        source: accountSource(warehouse),
        messageId: "msg-1",
        messageLink: "/system/v1/messages/msg-1",
        record: 2,
      },
      ...{ reason: "unknown-unit", detail: "sku:BOLT-M8 has no unit XPX." },
    },
  ],
  isWhole: true,
  open: [{ source: accountSource(warehouse), causes: [{ cause: "records-parked", count: 2 }] }],
};

export function memoryDifferences(): DifferencesPort {
  return {
    sources: async () => [accountSource(warehouse)],
    explain: async ({ source, counts }) =>
      source !== boltDifference.source
        ? "nothing-said"
        : {
            ...boltDifference,
            theirs: { ...boltDifference.theirs, counts: [...(counts ?? ON_HAND_STATUSES)] },
          },
  };
}
