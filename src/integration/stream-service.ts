import type { Sequence } from "@crossdock/canonical";
import type { Transaction } from "../platform/index.ts";
import { insertArrivedVoids, insertVoid, isVoid, selectTouchedVoids, type ToldBy } from "./backfill-store.ts";
import { storable } from "./inbox.ts";
import { foldNumbers, type Gap, gapChanges, newNumbers, withoutRange } from "./stream.ts";
import {
  deleteGaps,
  type GapRow,
  insertGaps,
  insertMissingStreams,
  insertSpent,
  lockStreams,
  type SpentRow,
  type StreamRow,
  type StreamSpan,
  selectTouchedGaps,
  updateStreams,
} from "./stream-store.ts";

/**
 * A number that an account's stream has brought. `isCarried`: a fact on the log or a parked record has it; otherwise nothing but the stream
 * knows of it.
 */
export type SeenNumber = {
  readonly accountId: string;
  readonly sequence: Sequence;
  readonly isCarried: boolean;
};

/**
 * Notes which numbers of numbered streams have arrived, whatever became of the records that carried them.
 *
 * Facts are applied without waiting for the gaps before them: movements commute and a count is valued at its own time, so
 * any order ends in the same balance. What a gap stands for may be missing from that balance, so it is kept with its age. A number
 * that is new to its stream and that nothing carries is kept as well: so each number is accounted for. What is told again under its
 * number is not new, and costs nothing.
 */
export async function noteNumbers(tx: Transaction, seen: readonly SeenNumber[], now: Date): Promise<void> {
  if (seen.length === 0) return;
  const streams = Map.groupBy(seen, ({ accountId, sequence }) => streamText(accountId, sequence.stream));
  const spans = [...streams.values()].flatMap(spanOf);
  // One flight: the second and third statement see what the one before has made and locked.
  const [made, rows, gaps, voids] = await Promise.all([
    insertMissingStreams(tx, spans),
    lockStreams(tx, spans),
    selectTouchedGaps(tx, spans),
    selectTouchedVoids(tx, spans),
  ]);
  const gapsOf = Map.groupBy(gaps, (gap) => streamText(gap.account_id, gap.stream));
  const isMade = new Set(made.map(({ account_id: id, stream }) => streamText(id, stream)));
  const changes = rows.flatMap((row) => {
    const text = streamText(row.account_id, row.stream);
    const brought = streams.get(text) ?? [];
    return changeOf(row, gapsOf.get(text) ?? [], { brought, isMade: isMade.has(text), now });
  });
  const moved = changes.map((change) => change.row);
  const closed = changes.flatMap((change) => change.closed);
  const opened = changes.flatMap((change) => change.opened);
  const spent = changes.flatMap((change) => change.spent);
  const arrived = voids.flatMap(({ account_id: accountId, stream, first, last }) =>
    (streams.get(streamText(accountId, stream)) ?? []).flatMap(({ sequence: { number } }) =>
      first <= number && number <= last ? [{ accountId, stream, number }] : [],
    ),
  );
  await Promise.all([
    updateStreams(tx, moved),
    arrived.length === 0 ? 0 : insertArrivedVoids(tx, arrived, now),
    closed.length === 0 ? 0 : deleteGaps(tx, closed),
    opened.length === 0 ? 0 : insertGaps(tx, opened),
    spent.length === 0 ? 0 : insertSpent(tx, spent),
  ]);
}

/** Numbers that were never used, by the word of their source, or of a person. */
export type NeverUsedNumbers = {
  readonly accountId: string;
  readonly stream: string;
  readonly ranges: readonly (Gap & { readonly because: string })[];
  readonly by?: ToldBy | undefined;
};

/** What came of voiding numbers. `not-missing`: one of them has come, or lies beyond what has. */
export type VoidOutcome = "voided" | "already" | "not-missing";

/** Takes missing numbers out of the gaps because a person says that they were never used: all of them, or none. */
export async function voidGap(
  tx: Transaction,
  told: NeverUsedNumbers & {
    readonly ranges: readonly [Gap & { readonly because: string }];
    readonly by: ToldBy;
  },
  now: Date,
): Promise<VoidOutcome> {
  const { accountId, stream } = told;
  const [{ first, last }] = told.ranges;
  const span = { accountId, stream, least: first, greatest: last };
  const [, gaps] = await Promise.all([lockStreams(tx, [span]), selectTouchedGaps(tx, [span])]);
  const missing = gaps.reduce(
    (sum, gap) => sum + Math.min(gap.last, last) - Math.max(gap.first, first) + 1,
    0,
  );
  if (missing < last - first + 1)
    return missing === 0 && (await isVoid(tx, accountId, { stream, first, last }))
      ? "already"
      : "not-missing";
  await voidNumbers(tx, told, now);
  return "voided";
}

/** Takes numbers that were never used out of the gaps, and keeps why. Those that are in no gap are seen, and stay so. */
export async function voidNumbers(tx: Transaction, told: NeverUsedNumbers, now: Date): Promise<void> {
  const { accountId, stream } = told;
  for (const { first, last, because } of told.ranges) {
    const span = { accountId, stream, least: first, greatest: last };
    const [, gaps] = await Promise.all([lockStreams(tx, [span]), selectTouchedGaps(tx, [span])]);
    if (gaps.length === 0) continue;
    const before = gaps.map((gap) => ({ first: gap.first, last: gap.last, seenAt: gap.seen_at }));
    const after = before.flatMap((gap) => withoutRange(gap, { first, last }));
    const { closed, opened } = gapChanges(before, after, now);
    await deleteGaps(
      tx,
      closed.map((gap) => ({ ...gap, account_id: accountId, stream })),
    );
    const pieces = opened.map((gap) => ({ ...gap, account_id: accountId, stream, seen_at: gap.seenAt }));
    if (pieces.length > 0) await insertGaps(tx, pieces);
    for (const gap of before) {
      const inside = { first: Math.max(gap.first, first), last: Math.min(gap.last, last) };
      await insertVoid(tx, {
        ...inside,
        accountId,
        stream,
        because: storable(because),
        by: told.by,
        at: now,
      });
    }
  }
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
  readonly spent: readonly SpentRow[];
};

function changeOf(
  row: StreamRow,
  gaps: readonly GapRow[],
  {
    brought,
    isMade,
    now,
  }: { readonly brought: readonly SeenNumber[]; readonly isMade: boolean; readonly now: Date },
): StreamChange[] {
  const { account_id, stream } = row;
  const before = gaps.map((gap) => ({ first: gap.first, last: gap.last, seenAt: gap.seen_at }));
  const known = { lowest: row.lowest, highest: row.highest, gaps: before };
  const numbers = brought.map(({ sequence }) => sequence.number);
  const state = foldNumbers(known, numbers);
  if (state === undefined) return [];
  const carried = new Set(brought.flatMap(({ sequence, isCarried }) => (isCarried ? [sequence.number] : [])));
  const loose = numbers.filter((number) => !carried.has(number));
  const { closed, opened } = gapChanges(before, state.gaps, now);
  return [
    {
      row: { account_id, stream, lowest: state.lowest, highest: state.highest },
      closed: closed.map(({ first, last }) => ({ account_id, stream, first, last })),
      opened: opened.map(({ first, last, seenAt }) => ({ account_id, stream, first, last, seen_at: seenAt })),
      // A stream that was made just now has seen nothing, although it has to begin with a number.
      spent: newNumbers(isMade ? undefined : known, loose).map((range) => ({ account_id, stream, ...range })),
    },
  ];
}
