import type { ChannelId, Reference } from "@crossdock/canonical";
import { type Availabilities, type Showing, shownState } from "../availability/index.ts";
import type { ShownItem, StorefrontPort } from "../gateway/index.ts";
import type { Governance } from "../governance/index.ts";
import { availabilityPort } from "./availability.ts";

/** What a shop shows, from what the channel may sell now and, of what it may not, from what is to come. */
export function storefrontPort(availability: Availabilities, governance: Governance): StorefrontPort {
  const asking = availabilityPort(availability, governance);
  return {
    async show({ channelId, items }) {
      const showing = await availability.showing(channelId);
      const answer = await asking.ask({ channelId, items, fresh: false });
      if (showing === undefined || answer.is === "unknown-channel") return { is: "unknown-channel" };
      const shown = answer.figures.map(
        ({ itemId, sku, availableToPromise }): ShownItem => ({
          ...{ itemId, sku, availableToPromise },
          state: shownState(showing, availableToPromise),
        }),
      );
      const gone = shown
        .filter(({ state }) => state === "out")
        .map(({ itemId }) => ({ scheme: "id", value: itemId }));
      const from = gone.length === 0 ? new Map<string, string>() : await datesOf(gone, channelId, showing);
      return {
        is: "answered",
        items: shown.map((item) => {
          const availableFrom = item.state === "out" ? from.get(item.itemId) : undefined;
          return availableFrom === undefined ? item : { ...item, state: "by-date", availableFrom };
        }),
        unknown: answer.unknown,
      };
    },
  };

  /** From when on there are some of items of which there are none now. */
  async function datesOf(
    items: readonly Reference[],
    channelId: ChannelId,
    showing: Showing,
  ): Promise<ReadonlyMap<string, string>> {
    const series = await asking.series({ channelId, items, timeZone: "UTC" });
    if (series.is === "unknown-channel") return new Map();
    return new Map(
      series.figures.flatMap(({ itemId, points }) => {
        const first = points.find(({ availableToPromise: units }) => shownState(showing, units) !== "out");
        return first === undefined ? [] : [[itemId, first.at]];
      }),
    );
  }
}
