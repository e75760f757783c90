import {
  type Backorder,
  backorderId,
  channelId,
  itemId,
  lineId,
  orderId,
  quantity,
} from "@crossdock/canonical";
import type { BackordersPort } from "../../src/gateway/backorder-port.ts";

/** A backorder to look at. */
export const waitingBackorder: Backorder = {
  backorderId: backorderId("bko-1"),
  channelId: channelId("web"),
  orderId: orderId("ord-1"),
  lineId: lineId("1"),
  itemId: itemId("itm-1"),
  orderedUnit: quantity(12),
  quantity: quantity(36),
  served: quantity(12),
  state: "waiting",
  queuedAt: "2026-03-02T08:00:00.000Z",
  promisedAt: "2026-03-09T08:00:00.000Z",
};

/** One backorder that waits, and changes that are answered and kept by nobody. */
export function memoryBackorders(): BackordersPort {
  let standing = waitingBackorder;
  return {
    async page({ after }) {
      return after === "bad" ? "bad-cursor" : { rows: [standing] };
    },
    find: async (id) => (id === standing.backorderId ? standing : undefined),
    async change({ backorderId: id, change }, _keep) {
      if (id !== standing.backorderId)
        return { is: "refused", reason: "unknown-backorder", message: `There is no backorder ${id}.` };
      const already = standing.state !== "waiting";
      if (change.kind === "cancel") standing = { ...standing, state: "cancelled" };
      return { is: "done", already, backorder: standing };
    },
  };
}
