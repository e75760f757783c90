import { type Reference, referenceText } from "@crossdock/canonical";
import type { Availabilities } from "../availability/index.ts";
import type { AvailabilityQueryPort } from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";
import type { Database } from "../platform/index.ts";

type Parts = {
  readonly database: Database;
  readonly availability: Availabilities;
  readonly governance: Governance;
};

/** The query of availability, as the gateway asks for it: items from memory, and locations in one look where they are named. */
export function availabilityQueryPort(parts: Parts): AvailabilityQueryPort {
  const { database, availability, governance } = parts;

  async function locationsNamed(locations: readonly Reference[] | undefined) {
    if (locations === undefined) return { ids: undefined, unknown: [] };
    const { now } = await governance.resolve(database, { items: [], locations });
    const idOf = (name: Reference) => now.locations.get(referenceText(name));
    return {
      ids: locations.flatMap((name) => idOf(name) ?? []),
      unknown: locations.filter((name) => idOf(name) === undefined),
    };
  }

  return {
    async query({ channelId, items, locations, fresh }) {
      const [known, places] = await Promise.all([governance.resolveItems(items), locationsNamed(locations)]);
      const idOf = (name: Reference) => known.get(referenceText(name))?.itemId;
      const itemIds = [...new Set(items.flatMap((name) => idOf(name) ?? []))];
      const answer = await availability.cells({ channelId, itemIds, locationIds: places.ids }, { fresh });
      if (answer === undefined) return { is: "unknown-channel" };
      const { figures, ...rest } = answer;
      const found = items.flatMap((item) => {
        const id = idOf(item);
        const whole = id === undefined ? undefined : figures.get(id);
        return whole === undefined ? [] : [{ item, found: whole }];
      });
      return {
        is: "answered",
        ...rest,
        items: found,
        unknownItems: items.filter((name) => idOf(name) === undefined),
        unknownLocations: places.unknown,
      };
    },
  };
}
