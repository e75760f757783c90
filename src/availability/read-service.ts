import type { Availability, ChannelId } from "@crossdock/canonical";
import { type AtpDeps, availabilityOf } from "./atp-service.ts";
import { createBatcher } from "./batcher-service.ts";
import type { RuleBook } from "./rules/book.ts";

/** Questions that are answered from one snapshot at most. */
const READ_BATCH_MAX = 128;
/** Snapshots of one process in the database at once, at most; each has a connection. */
const READ_PARALLEL_MAX = 2;
/** How long one snapshot is left alone before another may be taken beside it. */
const READ_PATIENCE_MS = 5;
/** Questions that may wait before callers are told to come back. */
const READ_WAITING_MAX = 20_000;
/** A question about more items than this is a batch by itself, and those about a few need not wait for it. */
const READ_TOGETHER_ITEMS_MAX = 20;

type Question = { readonly channelId: ChannelId; readonly itemIds: readonly string[] };
type Figures = readonly Availability[] | undefined;

/**
 * Makes the door of questions what may be promised. Those that wait at the same moment are answered from one snapshot, which is taken
 * after the last of them was asked: a transaction costs more than the few rows of a question.
 */
export function createReads(
  atp: AtpDeps,
  book: () => Promise<RuleBook>,
): (channelId: ChannelId, itemIds: readonly string[]) => Promise<Figures> {
  const batcher = createBatcher<Question, Figures>({
    what: "questions",
    batchMax: READ_BATCH_MAX,
    parallel: READ_PARALLEL_MAX,
    patienceMs: READ_PATIENCE_MS,
    waitingMax: READ_WAITING_MAX,
    run: async (questions) => answerTogether(atp, await book(), questions),
  });
  return async (channelId, itemIds) => {
    if (itemIds.length > READ_TOGETHER_ITEMS_MAX)
      return availabilityOf(atp, await book(), channelId, itemIds);
    return batcher.submit({ channelId, itemIds });
  };
}

/** One snapshot a channel; what several ask about is valued once. */
async function answerTogether(
  atp: AtpDeps,
  book: RuleBook,
  questions: readonly Question[],
): Promise<readonly PromiseSettledResult<Figures>[]> {
  const byChannel = new Map<ChannelId, ReadonlyMap<string, Availability> | undefined>();
  for (const [channelId, asked] of Map.groupBy(questions, (question) => question.channelId)) {
    const ids = [...new Set(asked.flatMap(({ itemIds }) => itemIds))];
    const figures = await availabilityOf(atp, book, channelId, ids);
    byChannel.set(channelId, figures && new Map(figures.map((figure) => [figure.itemId, figure])));
  }
  return questions.map(({ channelId, itemIds }) => {
    const figures = byChannel.get(channelId);
    return { status: "fulfilled", value: figures && itemIds.flatMap((id) => figures.get(id) ?? []) };
  });
}
