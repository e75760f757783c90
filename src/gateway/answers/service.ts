import { type Clock, type Database, type Ids, Retryable } from "../../platform/index.ts";
import { gatewayErrors } from "../errors.ts";
import { KEYED_ANSWER_KEPT_MS, KEYED_CLAIM_MS } from "../limits.ts";
import type { Claim, KeyedAnswersPort, RequestKey } from "../services.ts";
import {
  deleteClaim,
  deleteOldAnswers,
  type KeyedAnswerRow,
  selectKeyedAnswer,
  updateAnswer,
  upsertClaim,
} from "./store.ts";

/** Answers forgotten in one statement: short enough to be no one's obstacle. */
const FORGOTTEN_AT_ONCE_MAX = 5_000;

export type KeyedAnswers = KeyedAnswersPort & {
  /** Forgets answers older than `KEYED_ANSWER_KEPT_MS`. Gives how many. */
  forgetOld(): Promise<number>;
};

/**
 * Keeps the first answers to keyed requests in the database. An answer that is kept behind its effect may be lost with the process, so
 * what is not kept within its effect must by itself be harmless when it runs twice.
 */
export function createKeyedAnswers(options: {
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
}): KeyedAnswers {
  const { database, clock, ids } = options;

  async function claim(key: RequestKey, fingerprint: string): Promise<Claim> {
    const now = clock.now();
    const mark = ids.next();
    const lostBefore = new Date(now.getTime() - KEYED_CLAIM_MS);
    const forgottenBefore = new Date(now.getTime() - KEYED_ANSWER_KEPT_MS);
    const wanted = { ...key, fingerprint, claim: mark, now, lostBefore, forgottenBefore };
    if (await upsertClaim(database, wanted)) return { is: "claimed", claim: mark };
    const row = await selectKeyedAnswer(database, key);
    // Given back between the two statements: whoever asks again will get it.
    return row === undefined ? { is: "in-flight" } : claimOf(row, fingerprint);
  }

  return {
    claim,
    async keep(key, mark, answer) {
      await updateAnswer(database, key, { claim: mark, answer });
    },
    async keepWithin(tx, key, mark, answer) {
      if ((await updateAnswer(tx, key, { claim: mark, answer })) > 0) return;
      const text = `the key ${key.key} of client ${key.clientId} was taken over by a repetition of its request`;
      throw new Retryable(gatewayErrors.keyTakenOver, text);
    },
    async release(key, mark) {
      await deleteClaim(database, key, mark);
    },
    async forgetOld() {
      const before = new Date(clock.now().getTime() - KEYED_ANSWER_KEPT_MS);
      let forgotten = 0;
      while (true) {
        const some = await deleteOldAnswers(database, before, FORGOTTEN_AT_ONCE_MAX);
        forgotten += some;
        if (some < FORGOTTEN_AT_ONCE_MAX) return forgotten;
      }
    },
  };
}

function claimOf(row: KeyedAnswerRow, fingerprint: string): Claim {
  if (row.fingerprint !== fingerprint) return { is: "reused" };
  const { status, content_type: contentType, location, body } = row;
  if (status === null || contentType === null || body === null) return { is: "in-flight" };
  const answer = { status, contentType, body };
  return { is: "answered", answer: location === null ? answer : { ...answer, location } };
}
