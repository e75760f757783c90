import type { AskedGapRow } from "./stream-store.ts";

/**
 * How long a missing number is waited for before it is called missing and its source is asked: posts overtake each other by seconds,
 * and a source that retries does it within a minute.
 */
export const GRACE_MS = 60_000;
/** Numbers that are asked for at once: an answer is one message, and a gap of a year is filled piece by piece. */
export const BACKFILL_NUMBERS_MAX = 1_000;
/** Wait before the same gap is asked for again: doubled with every ask, up to a quarter of a day. */
const ASK_AGAIN_MS = 60_000;
const ASK_AGAIN_MS_MAX = 6 * 60 * 60 * 1_000;

/** Numbers that are missing from a source's stream, and what was done about it. Facts do not wait for them. */
export type MissingNumbers = {
  readonly accountId: string;
  readonly stream: string;
  readonly first: number;
  readonly last: number;
  readonly seenAt: Date;
  readonly ageSeconds: number;
  /** `waiting`: they may still be on their way. `missing`: the grace period is over. */
  readonly state: "waiting" | "missing";
  /** How often the source was asked, when it is asked next, and what it answered last. */
  readonly asks: number;
  readonly nextAskAt: Date | undefined;
  readonly answer: string | undefined;
};

/** A gap as it is shown. */
export function missingNumbers(row: AskedGapRow, now: Date): MissingNumbers {
  const ageMs = Math.max(0, now.getTime() - row.seen_at.getTime());
  return {
    accountId: row.account_id,
    stream: row.stream,
    first: row.first,
    last: row.last,
    seenAt: row.seen_at,
    ageSeconds: ageMs / 1_000,
    state: ageMs < GRACE_MS ? "waiting" : "missing",
    asks: row.asks,
    nextAskAt: row.next_ask_at ?? undefined,
    answer: row.answer ?? undefined,
  };
}

/** When a gap is asked for again that has been asked for so often. A source may ask for longer, and not for shorter. */
export function nextAsk(now: Date, asks: number, { afterMs = 0 }: { readonly afterMs?: number } = {}): Date {
  const waitMs = Math.min(ASK_AGAIN_MS * 2 ** Math.min(asks, 20), ASK_AGAIN_MS_MAX);
  return new Date(now.getTime() + Math.min(Math.max(waitMs, afterMs), ASK_AGAIN_MS_MAX));
}
