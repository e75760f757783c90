import type pg from "pg";
import { isConnectionLoss, translateQueryError } from "./database-errors.ts";
import { platformErrors, Retryable } from "./errors.ts";
import { type Statement, script } from "./sql.ts";

/** Where statements can be sent: the database, or one transaction. */
export type Queryable = {
  /** Sends one statement and gives its rows. The row type is the statement's own promise; write it beside it. */
  query<Row>(statement: Statement): Promise<Row[]>;
  /** Sends one statement and gives the number of rows that it touched. */
  execute(statement: Statement): Promise<number>;
};

/**
 * One transaction. Statements are sent the moment they are issued and answered in order; issue several before awaiting
 * the first and they travel in one flight: `await Promise.all([tx.query(a), tx.query(b)])`. Once a statement has failed,
 * the transaction can only roll back, even when the caller swallows the error.
 */
export type Transaction = Queryable & {
  readonly kind: "transaction";
  /** Sends a statement whose answer nobody needs; when it fails, the transaction fails with its error. */
  send(statement: Statement): void;
  /** Runs after a commit that is known to have happened, and never otherwise. It must not throw and must not wait. */
  afterCommit(run: () => void): void;
};

/**
 * Keeps the answer to a change in the transaction of the change, as its last statement: committed are both or neither. Rejects, and so
 * undoes the change, when the answer may not be kept any more.
 */
export type KeepAnswer<Answer> = (tx: Transaction, answer: Answer) => Promise<void>;

export type Isolation = "read committed" | "repeatable read" | "serializable";

export type TransactionOptions = { readonly isolation?: Isolation; readonly readOnly?: boolean };

export function toQuery(statement: Statement): pg.QueryConfig {
  const values = [...statement.values];
  return statement.name === undefined
    ? { text: statement.text, values }
    : { text: statement.text, values, name: statement.name };
}

/** The one place where rows take the type that the statement's author gave them. */
export function rowsOf<Row>(result: pg.QueryResult): Row[] {
  const rows: unknown[] = result.rows;
  return rows as Row[];
}

/** The statements of one transaction on one connection, and the first thing that went wrong among them. */
type Flight = {
  readonly tx: Transaction;
  readonly committed: () => void;
  /** Sends the statement that ends the transaction, together with what was issued in the same turn. */
  readonly sendLast: (text: string) => Promise<pg.QueryResult>;
  /** Resolves when every statement issued so far has its answer; never rejects. */
  readonly landed: () => Promise<void>;
  readonly firstError: () => unknown;
  readonly end: () => void;
};

function openFlight(client: pg.PoolClient, begin: string): Flight {
  const gather = gathererOf(client);
  const inFlight: Promise<void>[] = [];
  const hooks: (() => void)[] = [];
  let failed: { readonly error: unknown } | undefined;
  let ended = false;

  function issue(statement: Statement): Promise<pg.QueryResult> {
    if (ended)
      throw new Error("a statement was issued after its transaction had ended; await it inside the work");
    gather();
    const answer = client.query(toQuery(statement));
    inFlight.push(
      answer.then(seenElsewhere, (error: unknown) => {
        failed ??= { error: translateQueryError(error) };
      }),
    );
    return answer;
  }

  // BEGIN is not awaited: it travels with the first statement. It can only fail together with the connection.
  issue(script(begin)).catch(seenElsewhere);

  // A statement that fails because an earlier one did says only "current transaction is aborted": give the first.
  async function answered(statement: Statement): Promise<pg.QueryResult> {
    try {
      return await issue(statement);
    } catch (error) {
      throw failed?.error ?? translateQueryError(error);
    }
  }

  const tx: Transaction = {
    kind: "transaction",
    send(statement) {
      issue(statement).catch(seenElsewhere);
    },
    query: <Row>(statement: Statement) => quiet(answered(statement).then((result) => rowsOf<Row>(result))),
    execute: (statement) => quiet(answered(statement).then((result) => result.rowCount ?? 0)),
    afterCommit(run) {
      hooks.push(run);
    },
  };
  return {
    tx,
    committed() {
      for (const run of hooks) run();
    },
    sendLast(text) {
      gather();
      return client.query(text);
    },
    landed: () => Promise.all(inFlight).then(seenElsewhere),
    firstError: () => failed?.error,
    end: () => {
      ended = true;
    },
  };
}

/**
 * Holds back what is written to a connection until this turn has ended, so that the statements that were issued in it leave
 * in one system call and wake the server once. The driver would send each by itself: with ten statements a transaction that was
 * 12 % of a busy server's time.
 */
function gathererOf(client: pg.PoolClient): () => void {
  const { stream } = client.connection;
  let held = false;
  return () => {
    if (held) return;
    held = true;
    stream.cork();
    // Runs after the promise jobs of this turn, and so after all statements that follow from one answer.
    process.nextTick(() => {
      held = false;
      stream.uncork();
    });
  };
}

/** A statement may be issued and never awaited: its failure then reaches the caller through the transaction. */
function seenElsewhere(): void {
  // Kept by `issue`, thrown by `runTransaction`.
}

function quiet<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(seenElsewhere);
  return promise;
}

/** Runs `work` between BEGIN and COMMIT on this connection, and gives the connection back. */
export async function runTransaction<Value>(
  client: pg.PoolClient,
  work: (tx: Transaction) => Promise<Value>,
  options: TransactionOptions,
): Promise<Value> {
  const flight = openFlight(client, beginText(options));
  let value: Value;
  try {
    value = await work(flight.tx);
    if (flight.firstError() !== undefined) throw flight.firstError();
  } catch (error) {
    flight.end();
    await rollBack(client);
    throw error;
  }
  flight.end();
  await commit(client, flight);
  flight.committed();
  return value;
}

function beginText(options: TransactionOptions): string {
  const isolation = options.isolation === undefined ? "" : ` isolation level ${options.isolation}`;
  return `begin${isolation}${options.readOnly === true ? " read only" : ""}`;
}

async function rollBack(client: pg.PoolClient): Promise<void> {
  try {
    await client.query("rollback");
    client.release();
  } catch {
    // The server rolls back by itself when the connection goes; the caller is given the error that brought us here.
    client.release(true);
  }
}

/**
 * Statements that were not awaited may still be on their way; COMMIT joins them. If one of them fails, the server
 * answers our COMMIT with ROLLBACK, which is why the answer's tag is looked at.
 */
async function commit(client: pg.PoolClient, flight: Flight): Promise<void> {
  let tag: string;
  try {
    tag = (await flight.sendLast("commit")).command;
    await flight.landed();
  } catch (error) {
    await flight.landed();
    client.release(isConnectionLoss(error));
    throw commitError(error, flight.firstError());
  }
  client.release();
  if (tag !== "COMMIT") {
    throw flight.firstError() ?? new Error(`the server answered a commit with ${tag}; nothing was kept`);
  }
  // The commit happened, yet an answer could not be read: a defect in a statement, which must not pass for success.
  if (flight.firstError() !== undefined) throw flight.firstError();
}

function commitError(error: unknown, earlier: unknown): unknown {
  if (!isConnectionLoss(error)) return earlier ?? translateQueryError(error);
  // A statement that the server refused has settled the matter: the transaction cannot have been committed.
  if (earlier !== undefined && !isConnectionLoss(earlier)) return earlier;
  return new Retryable(
    platformErrors.commitOutcomeUnknown,
    "the database connection was lost during a commit; its outcome is unknown",
    { cause: error },
  );
}
