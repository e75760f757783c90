import { itemId, quantity } from "@crossdock/canonical";
import type { ShownItem, StorefrontPort } from "../../src/gateway/index.ts";
import { channel } from "./ports.ts";

const shown: readonly ShownItem[] = [
  { itemId: itemId("itm-1"), sku: "FULL", state: "in-stock", availableToPromise: quantity(80) },
  { itemId: itemId("itm-2"), sku: "FEW", state: "low", availableToPromise: quantity(3) },
  {
    itemId: itemId("itm-3"),
    sku: "SOON",
    state: "by-date",
    availableFrom: "2026-03-09T00:00:00.000Z",
    availableToPromise: quantity(0),
  },
  { itemId: itemId("itm-4"), sku: "NEVER", state: "out", availableToPromise: quantity(0) },
];

/** Four items, of which each is shown otherwise. The real part meets the gateway in test/scenarios. */
export function memoryStorefront(): StorefrontPort {
  return {
    async show({ channelId, items }) {
      if (channelId !== channel) return { is: "unknown-channel" };
      const found = items.map(({ value }) =>
        shown.find(({ sku, itemId: id }) => sku === value || id === value),
      );
      return {
        is: "answered",
        items: found.flatMap((each) => each ?? []),
        unknown: items.filter((_, at) => found[at] === undefined),
      };
    },
  };
}
