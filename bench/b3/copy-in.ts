import type pg from "pg";

/** What the driver lets a statement of one's own do with the connection. It has no `COPY` of its own. */
type CopyConnection = {
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
};

/** Sends text through `COPY … FROM STDIN`. */
export function copyIn(client: pg.Client, text: string, lines: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let failure: Error | undefined;
  const statement = {
    submit: (connection: CopyConnection) => connection.query(text),
    handleCopyInResponse(connection: CopyConnection) {
      connection.sendCopyFromChunk(Buffer.from(lines));
      connection.endCopyFrom();
    },
    handleCommandComplete() {
      // Counted by the caller.
    },
    handleError(error: Error) {
      failure = error;
    },
    handleReadyForQuery() {
      if (failure === undefined) resolve();
      else reject(failure);
    },
  };
  client.query(statement as unknown as pg.Submittable);
  return promise;
}
