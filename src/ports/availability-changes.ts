import { referenceText } from "@crossdock/canonical";
import type { Availabilities } from "../availability/index.ts";
import type { AvailabilityChangesPort } from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";

/** Changes of availability, as the gateway asks for them. */
export function availabilityChangesPort(
  availability: Availabilities,
  governance: Governance,
): AvailabilityChangesPort {
  return {
    async watch({ channelId, items, after }) {
      // Asked for none it says whether there is such a channel.
      const [known, none] = await Promise.all([
        governance.resolveItems(items),
        availability.availability(channelId, []),
      ]);
      if (none === undefined) return { is: "unknown-channel" };
      const named = items.map((name) => ({ name, itemId: known.get(referenceText(name))?.itemId }));
      const itemIds = [...new Set(named.flatMap(({ itemId }) => itemId ?? []))];
      return {
        is: "watching",
        watch: await availability.watching.open({ channelId, itemIds, after }),
        itemIds,
        unknown: named.flatMap(({ name, itemId }) => (itemId === undefined ? [name] : [])),
      };
    },
  };
}
