import type { Sequence } from "@crossdock/canonical";
import type { Transaction } from "../platform/index.ts";
import { foldNumbers, gapChanges } from "./stream.ts";
import {
  deleteGaps,
  type GapRow,
  insertGaps,
  insertMissingStreams,
  lockStreams,
  type StreamRow,
  type StreamSpan,
  selectTouchedGaps,
  updateStreams,
} from "./stream-store.ts";

/** A number that an account's stream has brought. */
export type SeenNumber = { readonly accountId: string; readonly sequence: Sequence };

/**
 * Notes which numbers of numbered streams have arrived, whatever became of the records that carried them.
 *
 * Facts are applied without waiting for the gaps before them: movements commute and a count is valued at its own time, so
 * any order ends in the same balance. What a gap stands for may be missing from that balance, so it is kept with its age.
 */
export async function noteNumbers(tx: Transaction, seen: readonly SeenNumber[], now: Date): Promise<void> {
  if (seen.length === 0) return;
  const streams = Map.groupBy(seen, ({ accountId, sequence }) => streamText(accountId, sequence.stream));
  const spans = [...streams.values()].flatMap(spanOf);
  // One flight: the second and third statement see what the one before has made and locked.
  const [, rows, gaps] = await Promise.all([
    insertMissingStreams(tx, spans),
    lockStreams(tx, spans),
    selectTouchedGaps(tx, spans),
  ]);
  const gapsOf = Map.groupBy(gaps, (gap) => streamText(gap.account_id, gap.stream));
  const changes = rows.flatMap((row) => {
    const text = streamText(row.account_id, row.stream);
    const numbers = streams.get(text)?.map(({ sequence }) => sequence.number) ?? [];
    return changeOf(row, gapsOf.get(text) ?? [], { numbers, now });
  });
  const moved = changes.map((change) => change.row);
  const closed = changes.flatMap((change) => change.closed);
  const opened = changes.flatMap((change) => change.opened);
  await Promise.all([
    updateStreams(tx, moved),
    closed.length === 0 ? 0 : deleteGaps(tx, closed),
    opened.length === 0 ? 0 : insertGaps(tx, opened),
  ]);
}

const streamText = (accountId: string, stream: string) => JSON.stringify([accountId, stream]);

function spanOf(seen: readonly SeenNumber[]): StreamSpan[] {
  const [first] = seen;
  if (first === undefined) return [];
  const numbers = seen.map(({ sequence }) => sequence.number);
  const least = numbers.reduce((a, b) => Math.min(a, b));
  const greatest = numbers.reduce((a, b) => Math.max(a, b));
  return [{ accountId: first.accountId, stream: first.sequence.stream, least, greatest }];
}

type StreamChange = {
  readonly row: StreamRow;
  readonly closed: readonly Omit<GapRow, "seen_at">[];
  readonly opened: readonly GapRow[];
};

function changeOf(
  row: StreamRow,
  gaps: readonly GapRow[],
  { numbers, now }: { readonly numbers: readonly number[]; readonly now: Date },
): StreamChange[] {
  const { account_id, stream } = row;
  const before = gaps.map((gap) => ({ first: gap.first, last: gap.last, seenAt: gap.seen_at }));
  const state = foldNumbers({ lowest: row.lowest, highest: row.highest, gaps: before }, numbers);
  if (state === undefined) return [];
  const { closed, opened } = gapChanges(before, state.gaps, now);
  return [
    {
      row: { account_id, stream, lowest: state.lowest, highest: state.highest },
      closed: closed.map(({ first, last }) => ({ account_id, stream, first, last })),
      opened: opened.map(({ first, last, seenAt }) => ({ account_id, stream, first, last, seen_at: seenAt })),
    },
  ];
}
