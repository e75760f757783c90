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

/**
 * What a command does about migrations that the database lacks: what the settings say, as a server does; apply them whatever the
 * settings say; refuse to go on, because whoever only looks must not change what a server of another version is running on; or
 * not care, because it will say so itself.
 */
export type Pending = "as-set" | "apply" | "refuse" | "ignore";

export type SessionOptions = {
  readonly applicationName: string;
  readonly pending: Pending;
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
  let database: Database | undefined;
  const close = async () => {
    await database?.close();
    await server?.stop();
  };
  try {
    database = await openDatabase(databaseUrl, {
      poolMax: config.databasePoolMax,
      applicationName: options.applicationName,
      statementTimeoutMs: config.databaseStatementTimeoutMs,
      lockTimeoutMs: config.databaseLockTimeoutMs,
      allowUnsafeDurability: process.env[TEST_UNSAFE_DATABASE] === "1",
    });
    const migrated = await bringUpToDate(database, pendingOf(options, config));
    return { config, log, database, databaseUrl, embedded: server !== undefined, migrated, close };
  } catch (error) {
    // Open connections would keep the program alive after it has said why it ends.
    await close();
    throw error;
  }
}

function pendingOf({ pending }: SessionOptions, { migrateOnStart }: Config): Exclude<Pending, "as-set"> {
  if (pending !== "as-set") return pending;
  return migrateOnStart ? "apply" : "refuse";
}

async function bringUpToDate(database: Database, pending: Exclude<Pending, "as-set">): Promise<number> {
  if (pending === "ignore") return 0;
  const migrations = await readMigrations();
  if (pending === "apply") return (await migrate(database, migrations)).length;
  await requireCurrentSchema(database, migrations);
  return 0;
}
