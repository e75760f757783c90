import pg from "pg";
import { type ErrorEntry, platformErrors, Retryable, Terminal } from "./errors.ts";

/** What the pool says when no connection became free in time. */
export const NONE_BECAME_FREE = "timeout exceeded when trying to connect";

const { DatabaseError } = pg;

/** SQLSTATE codes that we act upon (PostgreSQL manual, appendix A). */
const sqlState = {
  uniqueViolation: "23505",
  exclusionViolation: "23P01",
  foreignKeyViolation: "23503",
  checkViolation: "23514",
  serializationFailure: "40001",
  deadlockDetected: "40P01",
  lockNotAvailable: "55P03",
  queryCanceled: "57014",
  tooManyConnections: "53300",
  diskFull: "53100",
  readOnly: "25006",
  invalidPassword: "28P01",
  invalidAuthorization: "28000",
  unknownDatabase: "3D000",
  insufficientPrivilege: "42501",
} as const;

const retryableStates: ReadonlySet<string> = new Set([
  sqlState.serializationFailure,
  sqlState.deadlockDetected,
  sqlState.lockNotAvailable,
  sqlState.tooManyConnections,
  sqlState.diskFull,
  sqlState.readOnly,
]);

const brokenSocketCodes: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENETDOWN",
  "ECONNABORTED",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END",
]);

/** What the driver says, in its own words, when the socket has gone. */
const brokenConnectionMessage =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|This socket has been ended|timeout expired)/;

function stateOf(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

function violates(error: unknown, state: string, constraint: string | undefined): boolean {
  if (!(error instanceof DatabaseError) || error.code !== state) return false;
  return constraint === undefined || error.constraint === constraint;
}

/** Is this a duplicate key, of the named constraint or index when one is given? */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return violates(error, sqlState.uniqueViolation, constraint);
}

/** Did a check constraint refuse the row? */
export function isCheckViolation(error: unknown, constraint?: string): boolean {
  return violates(error, sqlState.checkViolation, constraint);
}

/** Does a row refer to something that is not there, or is something still referred to? */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return violates(error, sqlState.foreignKeyViolation, constraint);
}

/** Did an exclusion constraint refuse an overlap? */
export function isExclusionViolation(error: unknown, constraint?: string): boolean {
  return violates(error, sqlState.exclusionViolation, constraint);
}

/**
 * May the same transaction simply be run again? True for a serialization failure, a deadlock, a lock timeout, a lost
 * connection, a full disk. False when the outcome of a commit is unknown: there, look first (`isOutcomeUnknown`).
 */
export function isRetryableDatabaseError(error: unknown): boolean {
  if (error instanceof Retryable) {
    return error.code.startsWith("platform.") && error.code !== platformErrors.commitOutcomeUnknown.code;
  }
  const state = stateOf(error);
  return state !== undefined && (retryableStates.has(state) || isFatal(error));
}

/**
 * May work that can safely run twice be run again? Every `Retryable`, whoever threw it, and what the database says may be
 * tried again. Work that must not run twice asks `isOutcomeUnknown` first.
 */
export function isRetryable(error: unknown): boolean {
  return error instanceof Retryable || isRetryableDatabaseError(error);
}

/** Did the connection break while the commit was on its way? The work may be stored: look it up before repeating it. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof Retryable && error.code === platformErrors.commitOutcomeUnknown.code;
}

/** The server ended the session with this error: shutdown, termination, a timeout while idle in a transaction. */
function isFatal(error: unknown): boolean {
  return error instanceof DatabaseError && (error.severity === "FATAL" || error.severity === "PANIC");
}

/** Has the connection gone, rather than the statement failed? */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof DatabaseError) return isFatal(error) || (error.code ?? "").startsWith("08");
  if (error instanceof Retryable) return error.code === platformErrors.databaseConnectionLost.code;
  if (!(error instanceof Error)) return false;
  return brokenSocketCodes.has(errorCode(error)) || brokenConnectionMessage.test(error.message);
}

/** The `code` of a system error, or of the first error inside an AggregateError (a host with several addresses). */
export function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return "";
}

/** Gives an error that a query met the form in which callers meet it; SQL errors stay as PostgreSQL sent them. */
export function translateQueryError(error: unknown): unknown {
  if (stateOf(error) === sqlState.diskFull) {
    return new Retryable(platformErrors.databaseFull, `the database's disk is full: ${message(error)}`, {
      cause: error,
      delayMs: 5_000,
    });
  }
  if (stateOf(error) === sqlState.readOnly) {
    return new Retryable(platformErrors.databaseReadOnly, `the database refuses writes: ${message(error)}`, {
      cause: error,
      delayMs: 1_000,
    });
  }
  if (isConnectionLoss(error) && !(error instanceof Retryable)) {
    return new Retryable(
      platformErrors.databaseConnectionLost,
      `the database connection was lost: ${message(error)}`,
      {
        cause: error,
      },
    );
  }
  return error;
}

type ConnectFailure = { readonly entry: ErrorEntry; readonly says: string };

const connectStates: ReadonlyMap<string, ErrorEntry> = new Map<string, ErrorEntry>([
  [sqlState.invalidPassword, platformErrors.databaseRefusedLogin],
  [sqlState.invalidAuthorization, platformErrors.databaseRefusedLogin],
  [sqlState.insufficientPrivilege, platformErrors.databaseRefusedLogin],
  [sqlState.unknownDatabase, platformErrors.databaseMissing],
  [sqlState.tooManyConnections, platformErrors.databaseBusy],
]);

function classifyConnectFailure(error: unknown): ConnectFailure {
  const known = connectStates.get(stateOf(error) ?? "");
  if (known !== undefined) return { entry: known, says: message(error) };
  if (error instanceof Error && error.message.startsWith(NONE_BECAME_FREE)) {
    return { entry: platformErrors.databaseBusy, says: "no connection became free in time" };
  }
  const code = errorCode(error);
  if (code === "ECONNREFUSED")
    return { entry: platformErrors.databaseUnreachable, says: "connection refused" };
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return { entry: platformErrors.databaseUnreachable, says: "the host name is not known" };
  }
  return { entry: platformErrors.databaseUnreachable, says: message(error) };
}

/** One line for a connection that could not be made. `where` is the address without its password. */
export function connectError(error: unknown, where: string): Retryable | Terminal {
  const { entry, says } = classifyConnectFailure(error);
  const line = `cannot connect to ${where}: ${says}`;
  return entry.retry
    ? new Retryable(entry, line, { cause: error })
    : new Terminal(entry, line, { cause: error });
}

function message(error: unknown): string {
  if (error instanceof AggregateError && error.message === "" && error.errors.length > 0) {
    return message(error.errors[0]);
  }
  return error instanceof Error ? error.message : String(error);
}
