import { type Availability, type ChannelId, type Reference, referenceText } from "@crossdock/canonical";
import type { Availabilities } from "../availability/index.ts";
import type { AvailabilityPort } from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";

/** Availability, as the gateway asks for it: items by any name that we know. */
export function availabilityPort(availability: Availabilities, governance: Governance): AvailabilityPort {
  /** Asks for items by their ids, and gives the figures in the order of asking. */
  async function figuresOf<Figure extends Pick<Availability, "itemId">>(
    items: readonly Reference[],
    ask: (itemIds: readonly string[]) => Promise<readonly Figure[] | undefined>,
  ) {
    const known = await governance.resolveItems(items);
    const idOf = (reference: Reference) => known.get(referenceText(reference))?.itemId;
    const ids = items.flatMap((reference) => idOf(reference) ?? []);
    const figures = await ask(ids);
    if (figures === undefined) return { is: "unknown-channel" } as const;
    const byItem = new Map(figures.map((figure) => [figure.itemId, figure]));
    return {
      is: "answered",
      figures: ids.flatMap((id) => byItem.get(id) ?? []),
      unknown: items.filter((reference) => idOf(reference) === undefined),
    } as const;
  }

  const now = (channelId: ChannelId) => (ids: readonly string[]) => availability.availability(channelId, ids);
  return {
    async ask({ channelId, items }) {
      const answer = await figuresOf(items, now(channelId));
      if (answer.is === "unknown-channel") return answer;
      const { figures, unknown } = answer;
      return { is: "answered", availability: figures, unknown };
    },
    askBy: ({ items, ...question }) =>
      figuresOf(items, (itemIds) => availability.dated.by({ ...question, itemIds })),
    series: ({ items, ...question }) =>
      figuresOf(items, (itemIds) => availability.dated.series({ ...question, itemIds })),
  };
}
