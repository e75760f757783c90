/** The query of availability in memory: bolts and pairs of bolts, in Berlin. */
import type { AvailabilityQueryPort } from "../../src/gateway/index.ts";
import { berlin, memoryAvailability, NOW } from "./ports.ts";

/** Answers with the figures of the memory's availability; Berlin can promise all of them. */
export function memoryQuery(): AvailabilityQueryPort {
  const availability = memoryAvailability();
  return {
    async query({ channelId, items, locations = [] }) {
      const answer = await availability.ask({ channelId, items, fresh: false });
      if (answer.is === "unknown-channel") return answer;
      const known = items.filter((item) => !answer.unknown.includes(item));
      return {
        is: "answered",
        items: known.flatMap((item, at) => {
          const figure = answer.figures[at];
          if (figure === undefined) return [];
          const { availableToPromise } = figure;
          return [
            {
              item,
              found: {
                figure,
                cells: [{ locationId: berlin, availableToPromise }],
                atLocations: availableToPromise,
              },
            },
          ];
        }),
        unknownItems: answer.unknown,
        unknownLocations: locations.filter(({ value }) => value !== berlin),
        outsideNetwork: [],
        bookVersion: 1,
        asOf: NOW,
      };
    },
  };
}
