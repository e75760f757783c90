import { type Quantity, quantity } from "@crossdock/canonical";
import type { RingFence, RingFencesPort } from "../../src/gateway/services.ts";
import { bolt, channel } from "./ports.ts";

const BOLTS_MAX = 9;

/** Nine bolts, of which one channel may have some to itself. */
export function memoryRingFences(): RingFencesPort & { readonly units: () => number } {
  let units = 0;
  let place: RingFence | undefined;
  const refused = (reason: "unknown-channel" | "unresolvable" | "insufficient-stock") =>
    ({ is: "refused", reason, message: "It cannot be." }) as const;
  async function move(request: Parameters<RingFencesPort["setAside"]>[0], sign: 1 | -1) {
    if (request.channelId !== channel) return refused("unknown-channel");
    if (request.item.value !== "BOLT-M8") return refused("unresolvable");
    const after = units + sign * Number(request.quantity.value);
    if (after < 0 || after > BOLTS_MAX) return refused("insufficient-stock");
    units = after;
    const { channelId, locationId, lot = "" } = request;
    const now: Quantity = quantity(units);
    place = { channelId, itemId: bolt, locationId, lot, quantity: now };
    return { is: "done", ringFence: place } as const;
  }
  return {
    units: () => units,
    setAside: (request) => move(request, 1),
    giveBack: (request) => move(request, -1),
    list: async ({ after }) => {
      if (after === "soon") return "bad-cursor";
      return { rows: place === undefined ? [] : [place] };
    },
  };
}
