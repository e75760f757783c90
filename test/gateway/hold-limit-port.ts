import type { HoldLimitOf, HoldLimitsPort } from "../../src/gateway/hold-limit-port.ts";

/** Limits that are kept and hold for nothing. */
export function memoryHoldLimits(): HoldLimitsPort {
  const limits = new Map<string, HoldLimitOf>();
  return {
    async set({ limit }) {
      limits.set(limit.subject, limit);
      return limit;
    },
    list: async () => [...limits.values()],
  };
}
