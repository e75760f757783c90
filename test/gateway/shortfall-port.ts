import { channelId, lineId, orderId, quantity, reservationId } from "@crossdock/canonical";
import type { Shortfall, ShortfallPolicy, ShortfallsPort } from "../../src/gateway/index.ts";
import { berlin, bolt, channel, NOW, pageOf } from "./ports.ts";

const shortfall: Shortfall = {
  positionId: "17",
  itemId: bolt,
  locationId: berlin,
  lot: "",
  version: 5,
  promised: quantity(9),
  missing: quantity(3),
  beyondPromises: quantity(0),
  hits: [
    {
      reservationId: reservationId("r-2"),
      channelId: channelId("web"),
      orderId: orderId("order-2"),
      orderNumber: "<4712>",
      lineId: lineId("1"),
      state: "allocated",
      promised: quantity(4),
      units: quantity(3),
      promisedAt: NOW,
    },
  ],
};

/** Three bolts of nine promised are missing, and one channel of which something can be said. */
export function memoryShortfalls(): ShortfallsPort {
  const said: ShortfallPolicy[] = [];
  return {
    page: async (asked) => pageOf([shortfall], asked),
    find: async (positionId) => (positionId === 17 ? shortfall : undefined),
    policies: async () => said.slice(-1),
    policyHistory: async (asked) => pageOf(said.toReversed(), asked),
    async setPolicy(channelId, policy, { clientId: saidBy }) {
      if (channelId !== channel) return "unknown-channel";
      said.push({ channelId, ...policy, saidBy, saidAt: NOW });
      return "set";
    },
  };
}
