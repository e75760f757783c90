import { itemId } from "@crossdock/canonical";
import type { LotConclusion, LotDisagreement, LotsPort } from "../../src/gateway/index.ts";
import { NOW, pageOf, warehouse } from "./ports.ts";

const bolt: LotDisagreement = {
  ...{
    disagreementNumber: "7",
    itemId: itemId("item-bolt"),
    sku: "BOLT-M8",
    lot: "L<7>",
    measure: "expires-on",
  },
  kept: { expiresOn: "2027-06-30", source: "/accounts/erp", factNumber: "11" },
  stated: {
    ...{ expiresOn: "2027-07-31", source: `/accounts/${warehouse}`, factId: "receipt-2", factNumber: "12" },
    ...{ effectiveAt: NOW, recordedAt: NOW },
  },
  ...{ since: NOW, state: "open" },
};

/** One lot of which two days are said; and what was decided about it. */
export function memoryLots(): LotsPort & { readonly concluded: LotConclusion[] } {
  const concluded: LotConclusion[] = [];
  return {
    concluded,
    async disagreements({ accountIds, state, ...page }) {
      const isSeen = accountIds?.includes(warehouse) !== false && state === "open";
      return pageOf(isSeen ? [bolt] : [], page);
    },
    async conclude(disagreementNumber, { take, because, accountIds }) {
      if (disagreementNumber !== "7" || accountIds?.includes(warehouse) === false) return undefined;
      concluded.push({ take, because });
      if (because === "wrong") return { outcome: "refused", detail: "It cannot be.", disagreement: bolt };
      return { outcome: "settled", disagreement: bolt };
    },
  };
}
