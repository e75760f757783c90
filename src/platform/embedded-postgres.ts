import pg from "pg";
import { type Binaries, prepareBinaries } from "./embedded-binaries.ts";
import {
  type Durability,
  databaseOwner,
  ensureCluster,
  freePort,
  pidHolder,
  readPidFile,
  startPostmaster,
  stopPostmaster,
} from "./embedded-cluster.ts";
import {
  findHome,
  type Home,
  pause,
  readOrMakePassword,
  readServerRecord,
  takeStartLock,
  writeServerRecord,
} from "./embedded-home.ts";
import { platformErrors, Retryable, Terminal } from "./errors.ts";
import { type Log, silentLog } from "./log.ts";
import { quoteIdentifier } from "./sql.ts";

export type EmbeddedPostgresOptions = {
  /** Crossdock's data folder; the server's own folder is made inside, or recorded there when it must lie elsewhere. */
  readonly dataDir: string;
  readonly log?: Log;
  /** `none` turns fsync off: for throw-away test servers only. */
  readonly durability?: Durability;
  readonly database?: string;
};

/** A running embedded server. Several processes may share one; the last that stops it, stops it. */
export type EmbeddedServer = {
  readonly url: string;
  /** Where it lies; its log is in `cluster/log` below. */
  readonly folder: string;
  /** Milliseconds that the start took, and whether a running server was found. */
  readonly started: { readonly elapsedMs: number; readonly adopted: boolean };
  stop(): Promise<void>;
};

// Long enough for crash recovery of a few gigabytes of WAL, and for children of a killed postmaster to go.
const startMsMax = 120_000;
const retryDelayMs = 200;
const restartDelayMsMax = 5_000;

// Every process that uses the server holds this lock shared; whoever then gets it alone is the last.
const sharersLock = "7011021";

/** Everything that the functions below need to know about one server. */
type Server = {
  readonly home: Home;
  readonly binaries: Binaries;
  readonly password: string;
  readonly durability: Durability;
  readonly database: string;
  readonly log: Log;
};

export const EmbeddedPostgres = Object.freeze({ start: startEmbeddedPostgres });

/**
 * Starts PostgreSQL out of the npm package, or joins the one that already runs on this data folder (left behind by a
 * killed process, or used by another one). The server restarts by itself, on the same port, when it dies.
 * Throws Terminal when this machine or this data cannot be served, Retryable when the server did not start.
 */
async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedServer> {
  const begun = performance.now();
  const home = await findHome(options.dataDir);
  const unlock = await takeStartLock(home, startMsMax);
  try {
    const server: Server = {
      home,
      binaries: await prepareBinaries(options.dataDir),
      password: await readOrMakePassword(home),
      durability: options.durability ?? "full",
      database: options.database ?? "crossdock",
      log: options.log ?? silentLog,
    };
    await ensureCluster(home, server.binaries, server.password);
    const running = await runningPort(server);
    const port = running ?? (await start(server));
    const keeper = await keep(server, port);
    await ensureDatabase(server, port);
    const elapsedMs = Math.round(performance.now() - begun);
    const adopted = running !== undefined;
    server.log.info({ event: "embedded-postgres.started", port, adopted, elapsedMs, folder: home.folder });
    return {
      url: addressOf(server, port, server.database),
      folder: home.folder,
      started: { elapsedMs, adopted },
      stop: keeper.stop,
    };
  } finally {
    await unlock();
  }
}

function addressOf(server: Server, port: number, database: string): string {
  return `postgres://${databaseOwner}:${server.password}@127.0.0.1:${port}/${database}`;
}

/**
 * The port of a server that already runs on this cluster, once it has shown that it is ours: it knows our password
 * (SCRAM proves that in both directions) and serves this very folder. Waits while one is starting or stopping.
 */
async function runningPort(server: Server): Promise<number | undefined> {
  const until = Date.now() + startMsMax;
  while (true) {
    const found = await readPidFile(server.home);
    const holder = found === undefined ? "nobody" : await pidHolder(server.home, found.pid);
    if (found === undefined || holder === "nobody" || holder === "other") return undefined;
    if (found.port > 0 && (await isOurs(server, found.port))) return found.port;
    if (Date.now() > until) {
      throw new Retryable(
        platformErrors.embeddedStartFailed,
        `a PostgreSQL process (${found.pid}) holds ${server.home.cluster} and does not answer; stop it and start again`,
      );
    }
    await pause(retryDelayMs);
  }
}

async function isOurs(server: Server, port: number): Promise<boolean> {
  try {
    const client = await connect(server, port);
    await client.end();
    return true;
  } catch {
    // Not ready yet, on its way down, or somebody else's: in each case not one to use now.
    return false;
  }
}

/** Connects, and takes the connection only when the server serves our folder. */
async function connect(server: Server, port: number): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: addressOf(server, port, "postgres"),
    application_name: "crossdock-keeper",
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  });
  // What breaks the connection is told by its end.
  client.on("error", () => undefined);
  await client.connect();
  const { rows } = await client.query<{ folder: string }>(
    "select current_setting('data_directory') as folder",
  );
  if (rows[0]?.folder === server.home.cluster.replaceAll("\\", "/")) return client;
  await client.end();
  throw new Error(`the server on port ${port} serves another folder`);
}

/**
 * Starts the postmaster, again after a short pause when it cannot yet: its port was taken, children of a killed one
 * linger, or one that a killed process was starting comes up first. A port that is given is kept whatever happens.
 */
async function start(server: Server, fixedPort?: number): Promise<number> {
  const until = Date.now() + startMsMax;
  for (let attempt = 1; ; attempt += 1) {
    const port = fixedPort ?? (await freePort((await readServerRecord(server.home))?.port));
    await writeServerRecord(server.home, { port });
    try {
      await startPostmaster(server.home, server.binaries, { port, durability: server.durability });
      return port;
    } catch (error) {
      if (Date.now() > until || !mayPass(error)) throw error;
      server.log.warn({ event: "embedded-postgres.start-retried", attempt, err: error });
    }
    await pause(retryDelayMs * Math.min(attempt, 10));
    const running = await runningPort(server);
    if (running !== undefined) return running;
  }
}

/** Troubles that end by themselves: a port taken in the meantime, children of a killed postmaster, a slow recovery. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /still in use|already in use|could not bind|could not create any TCP|lock file|timed out|did not start in time/i.test(
    error.message,
  );
}

async function ensureDatabase(server: Server, port: number): Promise<void> {
  const client = await connect(server, port);
  try {
    const found = await client.query("select 1 from pg_database where datname = $1", [server.database]);
    if (found.rowCount === 0) await client.query(`create database ${quoteIdentifier(server.database)}`);
  } finally {
    await client.end();
  }
}

/** Watches the server through one connection of its own, brings it back when it dies, and stops it. */
async function keep(server: Server, port: number): Promise<{ stop(): Promise<void> }> {
  let stopping: Promise<void> | undefined;
  let keeper = await hold(server, port);

  async function bringBack(): Promise<void> {
    for (let attempt = 1; stopping === undefined; attempt += 1) {
      try {
        // Under the lock we look again: stopping may have begun while we waited for it.
        keeper = await underStartLock(server, async () =>
          stopping === undefined ? await restart(server, port) : keeper,
        );
        if (stopping !== undefined) return;
        watch();
        server.log.warn({ event: "embedded-postgres.restarted", port, attempt });
        return;
      } catch (error) {
        server.log.error({ event: "embedded-postgres.restart-failed", port, attempt, err: error });
        await pause(Math.min(retryDelayMs * 2 ** Math.min(attempt, 10), restartDelayMsMax));
      }
    }
  }

  function watch(): void {
    // bringBack never rejects: it reports each attempt and goes on until it succeeds or we stop.
    keeper.once("end", () => {
      if (stopping === undefined) bringBack().catch(() => undefined);
    });
  }

  watch();
  return {
    stop() {
      stopping ??= stopKeeping(server, keeper, port);
      return stopping;
    },
  };
}

/**
 * Leaves the server under the start lock. On a full disk the lock cannot be had, by us or by anybody who would start something
 * meanwhile; the server is stopped all the same, because a database that was left running is what nobody expects.
 */
async function stopKeeping(server: Server, keeper: pg.Client, port: number): Promise<void> {
  let isLeft = false;
  const leaveOnce = async () => {
    isLeft = true;
    await leave(server, keeper, port);
  };
  try {
    await underStartLock(server, leaveOnce);
  } catch (error) {
    // Somebody else holds the lock for too long: what they are doing must not be disturbed.
    if (isLeft || error instanceof Terminal) throw error;
    server.log.warn({ event: "embedded-postgres.stopped-without-lock", err: error });
    await leaveOnce();
  }
}

async function underStartLock<Value>(server: Server, work: () => Promise<Value>): Promise<Value> {
  const unlock = await takeStartLock(server.home, startMsMax);
  try {
    return await work();
  } finally {
    await unlock();
  }
}

/** Counts us among the users of this server. */
async function hold(server: Server, port: number): Promise<pg.Client> {
  const client = await connect(server, port);
  await client.query(`select pg_advisory_lock_shared(${sharersLock})`);
  return client;
}

/** Our connection has gone: join the server if it still runs (only the session was ended), or start it on its port. */
async function restart(server: Server, port: number): Promise<pg.Client> {
  const running = await runningPort(server);
  return await hold(server, running ?? (await start(server, port)));
}

/** Stops the server unless another process uses it. */
async function leave(server: Server, keeper: pg.Client, port: number): Promise<void> {
  if (await isLast(server, keeper, port)) await stopPostmaster(server.home, server.binaries);
  await keeper.end();
}

async function isLast(server: Server, keeper: pg.Client, port: number): Promise<boolean> {
  const alone = `select pg_try_advisory_lock(${sharersLock}) as alone`;
  try {
    await keeper.query(`select pg_advisory_unlock_shared(${sharersLock})`);
    const { rows } = await keeper.query<{ alone: boolean }>(alone);
    return rows[0]?.alone === true;
  } catch {
    // Our connection broke: the server is down, or was brought back by another process.
  }
  const client = await connect(server, port).catch(() => undefined);
  if (client === undefined) return true;
  const { rows } = await client.query<{ alone: boolean }>(alone);
  await client.end();
  return rows[0]?.alone === true;
}
