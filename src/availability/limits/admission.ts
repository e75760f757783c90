import { decide } from "../admission.ts";
import type { AdmissionRequest, Decision } from "../admission-request.ts";
import type { RuleBook } from "../rules/book.ts";
import { agedPositions, leftAt, networkPositions, type Shelf } from "../shelf.ts";
import { count, type HoldLimit, limitReached, limitRejections, type Usage } from "./limit.ts";

type Asked = {
  readonly shelf: Shelf;
  readonly book: RuleBook;
  readonly request: AdmissionRequest;
  /** What the subjects hold, this batch's earlier requests included. */
  readonly usage: Usage;
  readonly holdMs: number;
};

/**
 * Decides a request under limits: as without them, and where that would pass one, the whole request is refused and the shelf is as it was.
 * What is promised counts, so a partial promise may be had where all of it would be too much.
 */
export function decideWithin(limits: readonly HoldLimit[], asked: Asked): Decision {
  const { shelf, book, request, usage, holdMs } = asked;
  const before = remember(shelf);
  const decision = decide(shelf, book, request);
  const channel = book.channels.get(request.channelId);
  const reached = limitReached(limits, usage, {
    decision,
    holdSeconds: Math.ceil(holdMs / 1_000),
    availableBefore: (item) => {
      const line = request.lines
        .flatMap(({ components }) => components)
        .find(({ itemId }) => itemId === item);
      if (channel === undefined || line === undefined) return 0;
      const network = networkPositions(shelf, channel, line.itemId);
      const fences = before.fences.get(request.channelId);
      const aged = new Set(agedPositions(shelf, book, channel));
      const usable = network.filter((position) => !aged.has(position));
      return usable.reduce(
        (sum, position) =>
          sum +
          Math.max(0, leftAt({ ...shelf, left: before.left }, position)) +
          (fences?.get(position.positionId) ?? 0),
        0,
      );
    },
  });
  if (reached === undefined) {
    count(limits, usage, decision);
    return decision;
  }
  restore(shelf, before);
  return { promised: [], rejections: limitRejections(request.lines, reached) };
}

type Remembered = Pick<Shelf, "left"> & { readonly fences: ReadonlyMap<string, ReadonlyMap<number, number>> };

function remember({ left, fences }: Shelf): Remembered {
  return {
    left: new Map(left),
    fences: new Map([...fences].map(([channel, own]) => [channel, new Map(own)])),
  };
}

function restore(shelf: Shelf, before: Remembered): void {
  for (const [positionId, units] of before.left) shelf.left.set(positionId, units);
  for (const [channel, own] of shelf.fences)
    for (const [positionId, units] of before.fences.get(channel) ?? []) own.set(positionId, units);
}
