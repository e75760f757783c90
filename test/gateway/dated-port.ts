/** What may be promised by a date, in memory. */
import { channelId, type DatedAvailability, itemId, locationId, quantity } from "@crossdock/canonical";
import type { AvailabilityPort, SupplyDecisionAsked, SupplyPort } from "../../src/gateway/index.ts";

const NOW = "2026-03-02T09:00:00.000Z";
const channel = channelId("web");
const bolt = itemId("item-bolt");
const berlin = locationId("berlin");

/** The bolt by a date: nine more have been ordered, and four are planned to leave. */
const boltAhead = {
  channelId: channel,
  itemId: bolt,
  sku: "BOLT-M8",
  supply: [
    {
      kind: "purchase-order",
      source: "/accounts/erp",
      document: "PO-4711",
      line: "10",
      itemId: bolt,
      locationId: berlin,
      stated: quantity(12),
      basis: "ordered",
      arrived: quantity(3),
      open: quantity(9),
      expectedAt: NOW,
      dueAt: NOW,
      permille: 1_000,
      counted: quantity(9),
      asOf: NOW,
    },
  ],
  demand: [{ document: "T-1", line: "", itemId: bolt, locationId: berlin, units: quantity(4), at: NOW }],
  horizon: NOW,
  asOf: NOW,
} as const satisfies Partial<DatedAvailability>;

const ahead = {
  ...boltAhead,
  supply: [...boltAhead.supply],
  demand: [...boltAhead.demand],
};

export const memoryDated: Pick<AvailabilityPort, "askBy" | "series"> = {
  async askBy({ channelId: asked, by }) {
    if (asked !== channel) return { is: "unknown-channel" };
    const cutOffs = [{ locationId: berlin, at: NOW, is: "cut-off" as const }];
    const at = { by: "day" in by ? by.day : by.instant, cutOffs, availableToPromise: quantity(99) };
    return { is: "answered", figures: [{ ...ahead, ...at }], unknown: [] };
  },
  async series({ channelId: asked, nearHours }) {
    if (asked !== channel) return { is: "unknown-channel" };
    const points = Array.from({ length: nearHours ?? 48 }, () => ({
      at: NOW,
      availableToPromise: quantity(99),
    }));
    return { is: "answered", figures: [{ ...ahead, points }], unknown: [] };
  },
};

/** What was decided last, for tests that ask what arrived. */
export function memorySupply(decided: SupplyDecisionAsked[] = []): SupplyPort {
  return {
    list: async ({ after, itemId: item }) =>
      after === undefined && (item ?? bolt) === bolt
        ? { rows: ahead.supply.map((input) => ({ input, waits: true })), next: "item-bolt" }
        : { rows: [], next: undefined },
    async decide(asked) {
      if (asked.document !== "PO-4711") return { is: "unknown-line" };
      if (asked.decision !== "cancel" && asked.until === undefined) return { is: "until-missing" };
      decided.push(asked);
      return { is: "decided", already: decided.length > 1 };
    },
  };
}
