import {
  type Config,
  createLog,
  type Database,
  EmbeddedPostgres,
  type Log,
  migrate,
  openDatabase,
  platformErrors,
  readConfig,
  readMigrations,
  requireCurrentSchema,
  Terminal,
} from "../platform/index.ts";

/** Lets the test suite's throw-away server be used. Nothing else should set it: such a server may lose what was acknowledged. */
const TEST_UNSAFE_DATABASE = "CROSSDOCK_TEST_UNSAFE_DATABASE";

/** A command's hold on the database: connected, and of a schema that this version understands. */
export type Session = {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly databaseUrl: string;
  /** Whether the database is our own, in the data folder. */
  readonly embedded: boolean;
  /** Migrations that this start applied. */
  readonly migrated: number;
  close(): Promise<void>;
};

export type SessionOptions = {
  readonly applicationName: string;
  /** Apply pending migrations whatever the settings say; `crossdock migrate` does. */
  readonly migrate?: boolean;
  /** Where lines go; commands whose output is read by people write them to standard error. */
  readonly log?: Log;
};

/** The log of commands whose output is read by people or programs: what matters, and apart from it. */
export function commandLog(): Log {
  return createLog({ level: "warn", destination: process.stderr });
}

/** The settings, out of the environment. Throws one error that lists everything wrong with them. */
export function readSettings(): Config {
  const reading = readConfig(process.env);
  if ("ok" in reading) return reading.ok;
  throw new Terminal(platformErrors.configurationInvalid, reading.problems.join("\n"));
}

/** Starts or finds the database, brings its schema up to date where that is allowed, and connects. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const config = readSettings();
  const log = options.log ?? createLog({ level: config.logLevel });
  const server =
    config.databaseUrl === undefined
      ? await EmbeddedPostgres.start({ dataDir: config.dataDir, log })
      : undefined;
  const databaseUrl = config.databaseUrl ?? server?.url ?? "";
  try {
    const database = await openDatabase(databaseUrl, {
      poolMax: config.databasePoolMax,
      applicationName: options.applicationName,
      statementTimeoutMs: config.databaseStatementTimeoutMs,
      lockTimeoutMs: config.databaseLockTimeoutMs,
      allowUnsafeDurability: process.env[TEST_UNSAFE_DATABASE] === "1",
    });
    const migrated = await bringUpToDate(database, options.migrate ?? config.migrateOnStart);
    return {
      config,
      log,
      database,
      databaseUrl,
      embedded: server !== undefined,
      migrated,
      async close() {
        await database.close();
        await server?.stop();
      },
    };
  } catch (error) {
    await server?.stop();
    throw error;
  }
}

async function bringUpToDate(database: Database, allowed: boolean): Promise<number> {
  const migrations = await readMigrations();
  if (allowed) return (await migrate(database, migrations)).length;
  await requireCurrentSchema(database, migrations);
  return 0;
}
