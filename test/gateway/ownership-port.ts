import { accountOfSource } from "@crossdock/canonical";
import type { OwnershipChangeView, OwnershipPort, OwnerView } from "../../src/gateway/index.ts";
import { berlin, NOW, pageOf, warehouse } from "./ports.ts";

/** One owner of the stock in Berlin, which changes from now on and was judged by before. */
export function memoryOwnership(): OwnershipPort {
  const owner: OwnerView = {
    measure: "physical-stock",
    locationId: berlin,
    source: `/accounts/${warehouse}`,
  };
  const changes: OwnershipChangeView[] = [];
  return {
    page: async ({ measure, locationId, at: _, ...page }) =>
      pageOf(
        [owner].filter(
          (each) =>
            each.measure === (measure ?? each.measure) && each.locationId === (locationId ?? each.locationId),
        ),
        page,
      ),
    changes: async ({ measure: _, locationId: __, ...page }) => pageOf(changes.toReversed(), page),
    async setOwner({ caller, ...request }) {
      const account = accountOfSource(request.source ?? "");
      if (account !== undefined && account !== warehouse)
        return { is: "unknown-account", accountId: account };
      if (request.locationId !== undefined && request.locationId !== berlin)
        return { is: "unknown-location" };
      if (request.from === undefined) return { is: "judged-already", message: "It was judged." };
      if (request.source === owner.source) return { is: "set", answer: { already: true } };
      const change: OwnershipChangeView = {
        ...request,
        changeNumber: String(changes.length + 1),
        before: [{ from: null, source: owner.source }],
        after: [],
        changedBy: caller.clientId,
        changedAt: NOW,
        correlationId: caller.correlationId,
      };
      changes.push(change);
      return { is: "set", answer: { already: false, change } };
    },
  };
}
