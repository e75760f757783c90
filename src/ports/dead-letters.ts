import { accountSource } from "@crossdock/canonical";
import type { DeadLetter, DeadLetters, Subscriber } from "../backbone/index.ts";
import type { DeadLettersPort, DeadLetterView } from "../gateway/index.ts";

const CURSOR = /^(\d{1,15})~([a-z0-9-]{1,64})$/;

function toView(letter: DeadLetter): DeadLetterView {
  const {
    subscriber,
    number,
    reason,
    attempts,
    state,
    type,
    source,
    id,
    correlation_id: correlationId,
  } = letter;
  const { dismissed_at: at, dismissed_because: because } = letter;
  return {
    reader: subscriber,
    number,
    state,
    reason,
    attempts,
    firstFailedAt: letter.first_failed_at.toISOString(),
    ...(type === null || source === null || id === null ? {} : { fact: { type, source, id } }),
    ...(correlationId === null ? {} : { correlationId }),
    ...(at === null || because === null ? {} : { dismissed: { at: at.toISOString(), because } }),
  };
}

/** Facts that readers of the log could not take. Each reader takes its own again. */
export function deadLettersPort(letters: DeadLetters, readers: readonly Subscriber[]): DeadLettersPort {
  return {
    async page({ reader, state, accountIds, after, limit }) {
      const cursor = after === undefined ? undefined : CURSOR.exec(after);
      if (cursor === null) return "bad-cursor";
      const from =
        cursor?.[2] === undefined ? undefined : { number: Number(cursor[1]), subscriber: cursor[2] };
      const sources = accountIds?.map(accountSource);
      const rows = await letters.page({ subscriber: reader, state, sources, after: from, limit });
      const last = rows.length < limit ? undefined : rows.at(-1);
      return { rows: rows.map(toView), next: last && `${last.number}~${last.subscriber}` };
    },
    async find({ reader, number, accountIds }) {
      const sources = accountIds?.map(accountSource);
      const [letter] = await letters.page({ subscriber: reader, number, sources, limit: 1 });
      return letter === undefined ? undefined : toView(letter);
    },
    async retry({ reader, number }) {
      const taker = readers.find(({ name }) => name === reader);
      return taker === undefined ? { is: "no-reader" } : taker.retryDeadLetter(number);
    },
    async dismiss({ reader, number, because, caller }) {
      const told = `${because} (${caller.clientId})`;
      const fate = await letters.dismiss({ subscriber: reader, number, because: told });
      return fate?.already === false;
    },
  };
}
