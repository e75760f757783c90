/**
 * The two kinds of error that a caller is expected to handle, and this part's own entries.
 * Anything else that is thrown is a bug: it ends the run that met it, not the process.
 */

/** One way in which work can fail: what it means, whether a retry helps, and what a person should do. */
export type ErrorEntry = {
  /** `part.reason`, in kebab case; stable, because operators search for it. */
  readonly code: string;
  readonly retry: boolean;
  readonly meaning: string;
  readonly action: string;
};

export type ErrorDetails = {
  readonly cause?: unknown;
  /** How long to wait before the next attempt. Absent: the caller's own policy decides. */
  readonly delayMs?: number;
  /** Ids that say which work failed; they go to the log as fields. */
  readonly fields?: Readonly<Record<string, unknown>>;
};

/** The same work may succeed later without anybody doing anything. */
export class Retryable extends Error {
  readonly code: string;
  readonly action: string;
  readonly delayMs: number | undefined;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(entry: ErrorEntry, message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = "Retryable";
    this.code = entry.code;
    this.action = entry.action;
    this.delayMs = details.delayMs;
    this.fields = details.fields ?? {};
  }
}

/** The same work will fail again until somebody changes something. */
export class Terminal extends Error {
  readonly code: string;
  readonly action: string;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(entry: ErrorEntry, message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = "Terminal";
    this.code = entry.code;
    this.action = entry.action;
    this.fields = details.fields ?? {};
  }
}

function entry(code: string, retry: boolean, meaning: string, action: string): ErrorEntry {
  return Object.freeze({ code: `platform.${code}`, retry, meaning, action });
}

/** Every error that this part throws on purpose. The reference pages are generated from this table. */
export const platformErrors = Object.freeze({
  configurationInvalid: entry(
    "configuration-invalid",
    false,
    "One or more settings are missing or wrong.",
    "Correct the settings that the message lists; all of them are listed at once.",
  ),
  databaseUrlInvalid: entry(
    "database-url-invalid",
    false,
    "DATABASE_URL is not a PostgreSQL address.",
    "Use postgres://user:password@host:5432/database.",
  ),
  databaseUnreachable: entry(
    "database-unreachable",
    true,
    "Nothing answers at the database's address.",
    "Check that PostgreSQL runs, and that host, port and firewall let this machine in.",
  ),
  databaseRefusedLogin: entry(
    "database-refused-login",
    false,
    "PostgreSQL refused the user or the password.",
    "Correct user and password in DATABASE_URL, or the server's pg_hba.conf.",
  ),
  databaseMissing: entry(
    "database-missing",
    false,
    "The server runs, but has no database of that name.",
    "Create the database, or correct its name in DATABASE_URL.",
  ),
  databaseTooOld: entry(
    "database-too-old",
    false,
    "The PostgreSQL server is older than version 15.",
    "Upgrade the server to PostgreSQL 15 or later.",
  ),
  databaseReadOnly: entry(
    "database-read-only",
    true,
    "The server accepts no writes: a standby, or a database set to read only.",
    "Point DATABASE_URL at the primary server.",
  ),
  databaseNotDurable: entry(
    "database-not-durable",
    false,
    "The server may lose what it has acknowledged.",
    "Turn fsync, full_page_writes and synchronous_commit on.",
  ),
  databaseEncodingWrong: entry(
    "database-encoding-wrong",
    false,
    "The database does not store text as UTF-8.",
    "Create the database again with encoding UTF8.",
  ),
  databaseFull: entry(
    "database-full",
    true,
    "The database server has no disk space left.",
    "Free or add disk space on the database server; work resumes by itself.",
  ),
  databaseBusy: entry(
    "database-busy",
    true,
    "No database connection became free in time.",
    "If this lasts, raise DATABASE_POOL_MAX or look for a long transaction in pg_stat_activity.",
  ),
  databaseConnectionLost: entry(
    "database-connection-lost",
    true,
    "The connection broke before the work was committed; nothing of it was kept.",
    "Nothing, unless it lasts: then check the database server and the network.",
  ),
  commitOutcomeUnknown: entry(
    "commit-outcome-unknown",
    true,
    "The connection broke while a commit was on its way; it may or may not have happened.",
    "Nothing by hand: the caller looks the work up by its idempotency key before doing it again.",
  ),
  valueUnreadable: entry(
    "value-unreadable",
    false,
    "The database returned a number that cannot be held exactly.",
    "Report it with the message: the statement must cast the value to text or keep it in range.",
  ),
  migrationEdited: entry(
    "migration-edited",
    false,
    "A migration that this database has already applied was changed afterwards.",
    "Restore the migration file as it was, and put the change into a new migration.",
  ),
  migrationFilesInvalid: entry(
    "migration-files-invalid",
    false,
    "A migration file has no number, or two have the same.",
    "Rename the files that the message lists.",
  ),
  schemaTooNew: entry(
    "schema-too-new",
    false,
    "The database was migrated by a newer version of Crossdock.",
    "Start the newer version, or restore the backup made before the upgrade.",
  ),
  schemaBehind: entry(
    "schema-behind",
    false,
    "The database lacks migrations that this version needs.",
    "Run `crossdock migrate`.",
  ),
  migrationFailed: entry(
    "migration-failed",
    false,
    "A migration could not be applied; the database is as it was before that migration.",
    "Read the cause in the message, correct it, and run `crossdock migrate` again.",
  ),
  embeddedUnavailable: entry(
    "embedded-postgres-unavailable",
    false,
    "There is no embedded PostgreSQL for this machine.",
    "Set DATABASE_URL to a PostgreSQL server, version 15 or later.",
  ),
  embeddedOtherMajor: entry(
    "embedded-postgres-other-major",
    false,
    "The data folder was made by another major version of PostgreSQL.",
    "Start the version of Crossdock that made it and export the data, or set DATABASE_URL.",
  ),
  embeddedStartFailed: entry(
    "embedded-postgres-start-failed",
    true,
    "The embedded PostgreSQL did not start.",
    "Read the server's log, which the message names.",
  ),
  secretUnreadable: entry(
    "secret-unreadable",
    false,
    "A stored secret cannot be decrypted with the present key.",
    "Restore the SECRET_KEY that was used when it was stored, or enter the secret again.",
  ),
});
