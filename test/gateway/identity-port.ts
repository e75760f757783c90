import { itemId, locationId } from "@crossdock/canonical";
import type { IdentitiesPort, IdentityOutcome } from "../../src/gateway/index.ts";

const differs = { reason: "tracking-differs", detail: "Item item-bolt is tracked by lot." };

/** Items in memory: everything can be merged but the bolt, which is tracked otherwise. */
export function memoryIdentities(): IdentitiesPort {
  const answer = (request: { itemId: string; into: string; preview?: boolean }): IdentityOutcome => {
    const refusals = request.itemId === "item-bolt" ? [differs] : [];
    const outcome = request.preview === true ? "previewed" : refusals.length > 0 ? "refused" : "done";
    return {
      ...{ outcome, itemId: itemId(request.itemId), into: itemId(request.into), refusals },
      ...{ validFrom: "2026-03-01T00:00:00.000Z", names: ["sku:OLD"] },
      ...{ promises: 2, orderLines: 1, stayingPromises: 0, staying: [] },
      moves: [
        {
          ...{ locationId: locationId("wh-1"), lot: "", status: "available" },
          ...{ quantity: 5, becomes: 5 },
        },
      ],
    };
  };
  return {
    merge: async (request) => answer(request),
    split: async (request) =>
      answer({ ...request, into: "itemId" in request.into ? request.into.itemId : "item-made" }),
  };
}
