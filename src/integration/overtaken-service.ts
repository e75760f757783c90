import { messageId } from "@crossdock/canonical";
import type { Clock, Transaction } from "../platform/index.ts";
import type { RecordOutcome } from "./outcome.ts";
import { dropped } from "./parked.ts";
import { type ParkedRow, settleParked } from "./parked-store.ts";
import { lockProposals } from "./proposal-store.ts";
import type { RecordToApply } from "./record.ts";

/** A word of an account about something that it does not own, among the outcomes of records. */
type Word = { readonly record: RecordToApply; readonly about: string; readonly place: number };

function wordsIn(records: readonly RecordToApply[], outcomes: readonly RecordOutcome[]): readonly Word[] {
  return records.flatMap((record, place) => {
    const outcome = outcomes[place];
    const about = outcome?.is === "parked" ? outcome.obstacle.about : undefined;
    return about === undefined ? [] : [{ record, about, place }];
  });
}

const OVERTAKEN = "A newer word of the same source about the same has taken its place.";

/**
 * Of the words of one account about one thing only the last stays open: earlier ones of the same outcomes count as ignored, and open ones
 * are dropped. Costs nothing where there is no proposal.
 */
export async function withoutOvertaken(
  deps: { readonly clock: Clock },
  tx: Transaction,
  {
    records,
    outcomes,
  }: { readonly records: readonly RecordToApply[]; readonly outcomes: readonly RecordOutcome[] },
): Promise<readonly RecordOutcome[]> {
  const words = wordsIn(records, outcomes);
  if (words.length === 0) return outcomes;
  const last = new Map(words.map((word) => [JSON.stringify([word.record.accountId, word.about]), word]));
  const newest = [...last.values()];
  await dropOpen(deps, tx, newest);
  const overtaken = new Set(words.filter((word) => !newest.includes(word)).map(({ place }) => place));
  return outcomes.map((outcome, place) =>
    overtaken.has(place) ? { is: "ignored", reason: OVERTAKEN } : outcome,
  );
}

async function dropOpen(
  { clock }: { readonly clock: Clock },
  tx: Transaction,
  newer: readonly Word[],
): Promise<void> {
  const rows = await lockProposals(tx, {
    accountIds: newer.map(({ record }) => record.accountId),
    texts: newer.map(({ about }) => about),
  });
  const isItself = (row: ParkedRow) =>
    newer.some(
      ({ record }) => record.messageId === messageId(row.message_id) && record.record === row.record,
    );
  const old = rows.filter((row) => !isItself(row));
  await settleParked(
    tx,
    old.map((row) => dropped(row, OVERTAKEN)),
    clock.now(),
  );
}
