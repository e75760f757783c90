/** Changes of availability in memory: whoever watches is told the figures that there are once, and then what a test says. */
import type { Availability } from "@crossdock/canonical";
import type { AvailabilityChangesPort } from "../../src/gateway/index.ts";
import { memoryAvailability } from "./ports.ts";

export type ChangesBook = AvailabilityChangesPort & {
  /** Tells everybody who watches. */
  change(figures: readonly Availability[]): void;
  /** The cursors that watchers came with. */
  readonly resumed: (string | undefined)[];
  readonly watching: Set<() => void>;
};

/** A watch that gives rounds of a queue; its cursors are counted. */
export function memoryChanges(): ChangesBook {
  const availability = memoryAvailability();
  const resumed: (string | undefined)[] = [];
  const queues = new Set<{ rounds: (readonly Availability[])[]; wake: () => void }>();
  const watching = new Set<() => void>();
  return {
    resumed,
    watching,
    change(figures) {
      for (const queue of queues) {
        queue.rounds.push(figures);
        queue.wake();
      }
    },
    async watch({ channelId, items, after }) {
      resumed.push(after);
      const answer = await availability.ask({ channelId, items, fresh: true });
      if (answer.is === "unknown-channel") return answer;
      const queue: { rounds: (readonly Availability[])[]; wake: () => void } = {
        rounds: [answer.figures.map((figure) => ({ ...figure, asOf: answer.asOf }))],
        wake: () => undefined,
      };
      queues.add(queue);
      let [told, isClosed] = [0, false];
      const close = () => {
        isClosed = true;
        queues.delete(queue);
        watching.delete(close);
        queue.wake();
      };
      watching.add(close);
      return {
        is: "watching",
        itemIds: answer.figures.map((figure) => figure.itemId),
        unknown: answer.unknown,
        watch: {
          async next() {
            while (!isClosed) {
              const figures = queue.rounds.shift();
              if (figures !== undefined) {
                told += 1;
                return { cursor: `c${told}`, figures };
              }
              await new Promise<void>((wake) => {
                queue.wake = wake;
              });
            }
            return undefined;
          },
          cursor: () => (told === 0 ? undefined : `c${told}`),
          close,
        },
      };
    },
  };
}
