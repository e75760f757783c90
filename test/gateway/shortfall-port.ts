import {
  channelId,
  lineId,
  locationId,
  orderId,
  quantity,
  quantityDelta,
  reservationId,
} from "@crossdock/canonical";
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

const hamburg = locationId("hamburg");
const unknown = { reason: "unknown-reservation", message: "There is none." } as const;

/** Three bolts of nine promised are missing, and one channel of which something can be said. */
export function memoryShortfalls(): ShortfallsPort {
  const said: ShortfallPolicy[] = [];
  return {
    page: async (asked) => pageOf([shortfall], asked),
    find: async (positionId) => (positionId === 17 ? shortfall : undefined),
    async proposals(reservationId, units = 4) {
      if (reservationId !== "r-2") return { is: "refused", refusal: unknown };
      const [lot] = [{ positionId: 18, lot: "", units: quantity(units), leaves: quantityDelta(1) }];
      return {
        reservationId,
        units: quantity(units),
        offers: [{ locationId: hamburg, units: quantity(units), lots: [lot], channelsHit: [] }],
        notChosen: [],
        versions: [{ positionId: 18, version: 2 }],
      };
    },
    async reallocate({ reservationId, versions, locationId, units }) {
      if (reservationId !== "r-2") return { is: "refused", refusal: unknown };
      if (versions.some(({ version }) => version !== 2))
        return { is: "refused", refusal: { reason: "not-possible", message: "position 18 has changed" } };
      const reservation = {
        reservationId,
        channelId: channelId("web"),
        lineId: lineId("1"),
        itemId: bolt,
        locationId: berlin,
        lot: "",
        quantity: quantity(4),
        state: "released" as const,
      };
      const made = { ...reservation, locationId, quantity: units, state: "allocated" as const };
      return { is: "done", reservation, already: false, made: [made] };
    },
    policies: async () => said.slice(-1),
    policyHistory: async (asked) => pageOf(said.toReversed(), asked),
    async setPolicy(channelId, policy, { clientId: saidBy }) {
      if (channelId !== channel) return "unknown-channel";
      said.push({ channelId, ...policy, saidBy, saidAt: NOW });
      return "set";
    },
  };
}
