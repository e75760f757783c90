/**
 * platform: the machine room. Configuration, database, migrations, time, ids, chance, log, metrics, secrets, stopping.
 *
 * Terms. A *statement* is SQL text with its values, made by the `sql` template. A *transaction* keeps all of its
 * statements or none; its statements travel together when they are not awaited one by one. The *embedded server* is
 * PostgreSQL out of an npm package, used when no DATABASE_URL is given. A *wake-up* tells readers to look sooner than
 * their next poll would. A *lease* is something that one process has to itself for as long as it shows that it lives.
 *
 * Invariants.
 * - The environment is read by `main.ts` alone and handed to `readConfig`; every problem in it is reported at once.
 * - A transaction that resolves has been committed; one that throws has not, unless the error says that it is unknown.
 * - A 64-bit number from the database is exact, or an error.
 * - Migrations only go forward; a database that a newer version has migrated is refused.
 * - Nothing depends on a wake-up: it may be lost, and the next poll finds the same work.
 * - A lease has one holder at a time, and ends within seconds of its holder.
 *
 * It deliberately has no query builder and no object mapper, composes no SQL from fragments, retries nothing by itself
 * (the caller knows what may run twice), and knows nothing about stock, orders or connectors.
 */

export * from "./clock.ts";
export * from "./config.ts";
export { toCsvCell } from "./csv.ts";
export {
  type Database,
  type DatabaseOptions,
  describeDatabaseUrl,
  openDatabase,
} from "./database.ts";
export {
  isCheckViolation,
  isExclusionViolation,
  isForeignKeyViolation,
  isOutcomeUnknown,
  isRetryable,
  isRetryableDatabaseError,
  isUniqueViolation,
} from "./database-errors.ts";
export type {
  Isolation,
  KeepAnswer,
  Queryable,
  Transaction,
  TransactionOptions,
} from "./database-transaction.ts";
export {
  EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  type EmbeddedServer,
} from "./embedded-postgres.ts";
export * from "./errors.ts";
export { writeWhole } from "./files.ts";
export * from "./ids.ts";
export { type Lease, type Leases, type LeasesOptions, openLeases } from "./lease.ts";
export * from "./log.ts";
export * from "./metrics.ts";
export * from "./migrations.ts";
export * from "./random.ts";
export { describeSchema } from "./schema.ts";
export {
  createSecretBox,
  parseSecretKey,
  readOrMakeSecretKey,
  type SecretBox,
} from "./secrets.ts";
export { json, quoteIdentifier, type SqlValue, type Statement, script, sql } from "./sql.ts";
export * from "./stop.ts";
export { selectServerTime } from "./store.ts";
export { localWakeup, openWakeup, type Wakeup, type WakeupOptions } from "./wakeup.ts";
export { createWorker, type Worker } from "./worker.ts";
