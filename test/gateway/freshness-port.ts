import type { FreshnessPort } from "../../src/gateway/index.ts";
import { berlin, channel, NOW } from "./ports.ts";

type Known = Awaited<ReturnType<FreshnessPort["of"]>>;

/** A warehouse that was heard of a minute ago, and, where a test says so, another source that is older, or that nobody has named. */
export type MemoryFreshness = FreshnessPort & { readonly sources: Known["sources"]; exact: number };

export function memoryFreshness(): MemoryFreshness {
  const memory: MemoryFreshness = {
    sources: [{ source: "/accounts/wms-berlin", locationIds: [berlin], heardAt: NOW, lagSeconds: 60 }],
    exact: 0,
    async of(asked, exact) {
      if (exact) memory.exact += 1;
      if (asked !== channel) return { sources: [], shipping: [] };
      return { sources: memory.sources, shipping: [{ locationId: berlin, next: NOW }] };
    },
  };
  return memory;
}
