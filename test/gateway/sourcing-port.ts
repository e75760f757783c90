import { channelId, itemId, lineId, locationId } from "@crossdock/canonical";
import type { SourcingPort } from "../../src/gateway/index.ts";

const sum = { units: 24, wholeRequests: 1, parcels: 1, worth: [970] };
const plan = [
  [{ lineId: lineId("1"), itemId: itemId("item-0042"), locationId: locationId("hamburg"), units: 24 }],
];

/** A network in which everything comes from one place, until its position is seen at another version than the first. */
export function memorySourcing(): SourcingPort {
  return {
    propose: async ({ requests }) =>
      requests[0]?.channelId === channelId("web")
        ? {
            ...{ chosen: "rules", criteria: ["cost"], rules: sum, solver: undefined, solverStatus: "failed" },
            ...{ because: "another batch is being solved", plan, planByRules: plan, bookVersion: 14 },
            versions: [{ positionId: 7, version: 1 }],
          }
        : undefined,
    async take({ requests, versions }) {
      if (requests[0]?.channelId !== channelId("web")) return { is: "unknown-channel" };
      if (versions.some(({ version }) => version !== 1))
        return { is: "refused", message: "Position 7 has changed." };
      return { is: "taken", reservations: requests.map(() => []) };
    },
  };
}
