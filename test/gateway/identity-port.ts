import { itemId, locationId } from "@crossdock/canonical";
import type { IdentitiesPort, IdentityOutcome } from "../../src/gateway/index.ts";

const held = { reason: "units-promised", detail: "At wh-1: 3 held." };

/** Items in memory: everything can be merged but the bolt, of which three are held. */
export function memoryIdentities(): IdentitiesPort {
  const answer = (request: { itemId: string; into: string; preview?: boolean }): IdentityOutcome => {
    const refusals = request.itemId === "item-bolt" ? [held] : [];
    const outcome = request.preview === true ? "previewed" : refusals.length > 0 ? "refused" : "done";
    return {
      ...{ outcome, itemId: itemId(request.itemId), into: itemId(request.into), refusals },
      ...{ validFrom: "2026-03-01T00:00:00.000Z", names: ["sku:OLD"] },
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
