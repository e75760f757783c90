import { accountSource, quantity, quantityDelta } from "@crossdock/canonical";
import type { DisagreementsPort, DisagreementView } from "../../src/gateway/index.ts";
import { berlin, bolt, NOW, pageOf, warehouse } from "./ports.ts";

/** One disagreement, about a lot whose name a spreadsheet would take for a formula. */
export function memoryDisagreements(): DisagreementsPort {
  const row: DisagreementView = {
    source: accountSource(warehouse),
    locationId: berlin,
    itemId: bolt,
    lot: '=HYPERLINK("x")',
    said: quantity(8),
    saidAt: NOW,
    ageSeconds: 60,
    factNumber: 7,
    oursThen: quantityDelta(10),
    oursNow: quantityDelta(9),
    difference: quantityDelta(-2),
    money: { currency: "EUR", amount: "-2.5" },
  };
  return {
    page: async ({ source, locationId: _, unitsMin, sortBy: __, ...page }) =>
      pageOf(
        [row].filter((each) => each.source === (source ?? each.source) && unitsMin <= 2),
        page,
      ),
  };
}
