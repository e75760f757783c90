import { type Reference, referenceText } from "@crossdock/canonical";
import type { Availabilities } from "../availability/index.ts";
import type { AvailabilityPort } from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";

/** Availability, as the gateway asks for it: items by any name that we know. */
export function availabilityPort(availability: Availabilities, governance: Governance): AvailabilityPort {
  return {
    async ask({ channelId, items }) {
      const known = await governance.resolveItems(items);
      const idOf = (reference: Reference) => known.get(referenceText(reference))?.itemId;
      const ids = items.flatMap((reference) => idOf(reference) ?? []);
      const figures = await availability.availability(channelId, ids);
      if (figures === undefined) return { is: "unknown-channel" };
      const byItem = new Map(figures.map((figure) => [figure.itemId, figure]));
      return {
        is: "answered",
        availability: ids.flatMap((id) => byItem.get(id) ?? []),
        unknown: items.filter((reference) => idOf(reference) === undefined),
      };
    },
  };
}
