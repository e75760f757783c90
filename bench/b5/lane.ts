import { type Connection, openConnection, type Target } from "../load/connection.ts";

/** A connection that is asked one question at a time. */
export type Lane = { ask(): Promise<void>; close(): void };

/** Opens one. A question that is not answered with 200 fails. */
export async function openLane(target: Target): Promise<Lane> {
  let answered: (() => void) | undefined;
  let failed: ((error: Error) => void) | undefined;
  const connection: Connection = await openConnection({
    target,
    keyLength: 1,
    answered({ status, body }) {
      if (status === 200) answered?.();
      else failed?.(new Error(`a question was answered ${status}: ${body.toString().slice(0, 200)}`));
    },
    failed: (error) => failed?.(error),
  });
  return {
    ask: () =>
      new Promise<void>((done, fail) => {
        answered = done;
        failed = fail;
        connection.ask("-");
      }),
    close: () => connection.close(),
  };
}
