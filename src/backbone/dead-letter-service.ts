import type { Clock, Database, Log, Queryable, Transaction } from "../platform/index.ts";
import { isRetryable } from "../platform/index.ts";
import {
  countDeadFacts,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterId,
  dismissDeadLetter,
  lockUntakenLetter,
  noteFailedRetry,
  resolveDeadLetter,
  selectDeadLetters,
} from "./dead-letter-store.ts";
import type { LoggedFact } from "./log.ts";
import { toRecordedFact } from "./recorded.ts";
import { selectEventsByNumber } from "./store.ts";

/** What a retry came to. `settled`: it had been taken before, or there is none. */
export type DeadLetterRetry =
  | { readonly is: "taken" }
  | { readonly is: "failed"; readonly reason: string }
  | { readonly is: "settled" };

/** How a letter stands after a decision. `already`: it stood like this before. */
export type DeadLetterFate = { readonly letter: DeadLetter; readonly already: boolean };

/** Facts that readers could not take. A retry is the reader's, because its handler takes the fact. */
export type DeadLetters = {
  page(filter: DeadLetterFilter): Promise<readonly DeadLetter[]>;
  find(id: DeadLetterId): Promise<DeadLetter | undefined>;
  /** Decides that an open letter is never taken; undefined when there is none. One that was taken stays taken. */
  dismiss(dismissal: DeadLetterId & { readonly because: string }): Promise<DeadLetterFate | undefined>;
  /** How many facts of a source some reader could not take; in a transaction where one is given. */
  countOf(
    source: string,
    queryable?: Queryable,
  ): Promise<{ readonly open: number; readonly dismissed: number }>;
};

/** Opens the dead letters of all readers. */
export function createDeadLetters({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): DeadLetters {
  const find = async (id: DeadLetterId) => (await selectDeadLetters(database, { ...id, limit: 1 }))[0];
  return {
    page: (filter) => selectDeadLetters(database, filter),
    find,
    async dismiss({ subscriber, number, because }) {
      const dismissed = await dismissDeadLetter(database, { subscriber, number, because, at: clock.now() });
      const letter = await find({ subscriber, number });
      return letter && { letter, already: dismissed === 0 };
    },
    countOf: (source, queryable = database) => countDeadFacts(queryable, source),
  };
}

/** What takes a letter again: the reader whose letter it is. */
type Taker = {
  readonly name: string;
  handle(tx: Transaction, facts: readonly LoggedFact[]): Promise<void>;
};

type Desk = { readonly database: Database; readonly clock: Clock; readonly log: Log };

/** Hands the oldest open letters of a reader to it again, each in a transaction of its own. */
export async function retryDeadLetters(
  taker: Taker,
  desk: Desk,
  limit: number,
): Promise<{ readonly taken: number; readonly failed: number }> {
  const letters = await selectDeadLetters(desk.database, { subscriber: taker.name, state: "open", limit });
  let [taken, failed] = [0, 0];
  for (const { number } of letters) {
    const retry = await retryDeadLetter(taker, desk, number);
    if (retry.is === "taken") taken += 1;
    if (retry.is === "failed") failed += 1;
  }
  return { taken, failed };
}

/** Hands one letter to its reader again. What fails for a reason that passes is thrown; any other failure is noted on the letter. */
export async function retryDeadLetter(
  taker: Taker,
  { database, clock, log }: Desk,
  number: number,
): Promise<DeadLetterRetry> {
  const id = { subscriber: taker.name, number };
  try {
    return await database.transaction(async (tx) => {
      if (!(await lockUntakenLetter(tx, id))) return { is: "settled" };
      const [row] = await selectEventsByNumber(tx, [number]);
      if (row === undefined) throw new Error(`the fact ${number} has left the log with its stretch`);
      await taker.handle(tx, [{ ...toRecordedFact(row), number: row.number }]);
      await resolveDeadLetter(tx, { ...id, at: clock.now() });
      return { is: "taken" };
    });
  } catch (error) {
    if (isRetryable(error)) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    log.warn({ event: "backbone.dead-letter-failed-again", ...id, err: error });
    await noteFailedRetry(database, { ...id, reason });
    return { is: "failed", reason };
  }
}
