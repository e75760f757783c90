import pg from "pg";
import { connectError, isConnectionLoss, NONE_BECAME_FREE, translateQueryError } from "./database-errors.ts";
import {
  type Queryable,
  rowsOf,
  runTransaction,
  type Transaction,
  type TransactionOptions,
  toQuery,
} from "./database-transaction.ts";
import { databaseTypes } from "./database-values.ts";
import { platformErrors, Retryable, Terminal } from "./errors.ts";
import { type Statement, sql } from "./sql.ts";
import { createTurns } from "./turns.ts";

export type Database = Queryable & {
  readonly kind: "database";
  /**
   * Runs `work` in a transaction and commits. Statements that `work` sent and did not await share the commit's flight.
   * Throws what `work` threw, after rolling back; `platform.database-connection-lost` when nothing was kept;
   * `platform.commit-outcome-unknown` when the connection broke with the commit on its way.
   */
  transaction<Value>(work: (tx: Transaction) => Promise<Value>, options?: TransactionOptions): Promise<Value>;
  /** Connections in use, idle, and callers waiting for one. */
  poolSize(): { readonly total: number; readonly idle: number; readonly waiting: number };
  /** Waits for running work, then disconnects. */
  close(): Promise<void>;
};

export type DatabaseOptions = {
  /** Connections at most. */
  readonly poolMax?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  /** A statement that takes longer is cancelled. */
  readonly statementTimeoutMs?: number;
  /** A statement that waits longer for a lock fails, and may be retried. */
  readonly lockTimeoutMs?: number;
  /** How long a caller waits for a free connection. */
  readonly connectTimeoutMs?: number;
  /** Accept a server that may lose acknowledged work. Only for throw-away test servers. */
  readonly allowUnsafeDurability?: boolean;
  /** Told about connections that break while nobody uses them; the pool replaces them by itself. */
  readonly onIdleError?: (error: Error) => void;
};

const defaults = {
  poolMax: 10,
  applicationName: "crossdock",
  // Longer than any statement of ours should take, shorter than a person waits.
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 10_000,
  connectTimeoutMs: 10_000,
  // A transaction that nobody drives blocks vacuum and holds locks.
  idleInTransactionTimeoutMs: 60_000,
} as const;

const oldestServerVersion = 150_000;

/** Checks an address without connecting. Gives the address without its password, for messages. */
export function describeDatabaseUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^postgres(ql)?:$/.test(parsed.protocol) || parsed.pathname.length < 2) {
    throw new Terminal(
      platformErrors.databaseUrlInvalid,
      "the database address is not of the form postgres://user:password@host:5432/database",
    );
  }
  const user = parsed.username === "" ? "" : `${parsed.username}@`;
  return `postgres://${user}${parsed.host}${parsed.pathname}`;
}

/** How one connection is made; shared by the pool and by the connections that stand outside it. */
export function connectionConfig(url: string, options: DatabaseOptions = {}): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: options.applicationName ?? defaults.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs ?? defaults.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs ?? defaults.statementTimeoutMs,
    lock_timeout: options.lockTimeoutMs ?? defaults.lockTimeoutMs,
    idle_in_transaction_session_timeout: defaults.idleInTransactionTimeoutMs,
    keepAlive: true,
    types: databaseTypes,
  };
}

/**
 * Connects, checks that the server is fit to be trusted (version 15 or later, writable, UTF-8, durable), and gives the
 * database. Throws one clear line otherwise.
 */
export async function openDatabase(url: string, options: DatabaseOptions = {}): Promise<Database> {
  const where = describeDatabaseUrl(url);
  const pool = new pg.Pool({
    ...connectionConfig(url, options),
    max: options.poolMax ?? defaults.poolMax,
    pipeline: true,
    idleTimeoutMillis: 60_000,
  });
  // Without a listener, a broken connection would end the process. Whoever uses it is told through its query.
  pool.on("connect", (client) => client.on("error", () => undefined));
  pool.on("error", (error) => options.onIdleError?.(error));
  const database = overPool(pool, where, options);
  try {
    await refuseUnfitServer(database, where, options.allowUnsafeDurability ?? false);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return database;
}

/**
 * One connection is never a transaction's: many ask for something outside themselves (a block of numbers, the rules that hold), and when
 * every connection had one of them, all would wait for one another. Their turn comes as soon as one of them has ended.
 */
function overPool(pool: pg.Pool, where: string, options: DatabaseOptions): Database {
  let closing: Promise<void> | undefined;
  const places = Math.max(1, (options.poolMax ?? defaults.poolMax) - 1);
  const tooLate = () => connectError(new Error(NONE_BECAME_FREE), where);
  const turns = createTurns(places, options.connectTimeoutMs ?? defaults.connectTimeoutMs, tooLate);

  async function acquire(): Promise<pg.PoolClient> {
    try {
      return await pool.connect();
    } catch (error) {
      throw connectError(error, where);
    }
  }

  async function once(statement: Statement): Promise<pg.QueryResult> {
    const client = await acquire();
    try {
      const result = await client.query(toQuery(statement));
      client.release();
      return result;
    } catch (error) {
      client.release(isConnectionLoss(error));
      throw translateQueryError(error);
    }
  }

  return {
    kind: "database",
    query: async <Row>(statement: Statement) => rowsOf<Row>(await once(statement)),
    execute: async (statement) => (await once(statement)).rowCount ?? 0,
    async transaction(work, how) {
      await turns.take();
      try {
        return await runTransaction(await acquire(), work, how ?? {});
      } finally {
        turns.give();
      }
    },
    poolSize: () => ({
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount + turns.waiting(),
    }),
    close() {
      closing ??= pool.end();
      return closing;
    },
  };
}

type ServerFitness = {
  version: number;
  version_text: string;
  fsync: string;
  full_page_writes: string;
  synchronous_commit: string;
  read_only: string;
  encoding: string;
};

async function refuseUnfitServer(database: Database, where: string, allowUnsafe: boolean): Promise<void> {
  const [server] = await database.query<ServerFitness>(sql`
    select current_setting('server_version_num')::int as version, current_setting('server_version') as version_text,
           current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes,
           current_setting('synchronous_commit') as synchronous_commit,
           current_setting('transaction_read_only') as read_only, current_setting('server_encoding') as encoding`);
  if (server === undefined) throw new Error("the server did not describe itself");
  if (server.version < oldestServerVersion) {
    throw new Terminal(
      platformErrors.databaseTooOld,
      `${where} is PostgreSQL ${server.version_text}; 15 or later is needed`,
    );
  }
  if (server.encoding !== "UTF8") {
    throw new Terminal(
      platformErrors.databaseEncodingWrong,
      `${where} is encoded ${server.encoding}; UTF8 is needed`,
    );
  }
  if (server.read_only === "on") {
    throw new Retryable(platformErrors.databaseReadOnly, `${where} is read only`);
  }
  const unsafe = [
    server.fsync === "off" ? "fsync" : "",
    server.full_page_writes === "off" ? "full_page_writes" : "",
    server.synchronous_commit === "off" ? "synchronous_commit" : "",
  ].filter((name) => name !== "");
  if (unsafe.length > 0 && !allowUnsafe) {
    throw new Terminal(
      platformErrors.databaseNotDurable,
      `${where} runs with ${unsafe.join(", ")} off and may lose acknowledged work`,
    );
  }
}
