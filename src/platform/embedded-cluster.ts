import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, readlink, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { totalmem } from "node:os";
import { isAbsolute, join } from "node:path";
import { errorCode } from "./database-errors.ts";
import type { Binaries } from "./embedded-binaries.ts";
import { giveToDatabaseUser, type Home, isAlive } from "./embedded-home.ts";
import { platformErrors, Retryable, Terminal } from "./errors.ts";
import { writeWhole } from "./files.ts";

export const databaseOwner = "crossdock";

/** How much may be lost: nothing, or, for throw-away test servers only, everything at a power cut. */
export type Durability = "full" | "none";

const startTimeoutSeconds = 60;

/** Makes the cluster when there is none, and refuses one that another major version made. */
export async function ensureCluster(home: Home, binaries: Binaries, password: string): Promise<void> {
  const found = await readFile(join(home.cluster, "PG_VERSION"), "utf8").catch(() => undefined);
  if (found === undefined) return await makeCluster(home, binaries, password);
  const major = Number.parseInt(found, 10);
  if (major !== binaries.major) {
    throw new Terminal(
      platformErrors.embeddedOtherMajor,
      `${home.cluster} was made by PostgreSQL ${major}, and this version of Crossdock brings ${binaries.major}; export the data with the older version, or set DATABASE_URL`,
    );
  }
}

/** Made beside its place and moved there, so that a crash in the middle leaves no half cluster. */
async function makeCluster(home: Home, binaries: Binaries, password: string): Promise<void> {
  const making = `${home.cluster}.making`;
  const passwordFile = join(making, "..", "password.initdb");
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { mode: 0o700 });
  await giveToDatabaseUser(making, home.user);
  await writeFile(passwordFile, password, { mode: 0o600 });
  await giveToDatabaseUser(passwordFile, home.user);
  const options = ["-D", making, "-U", databaseOwner, "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
  const locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "-E", "UTF8"];
  try {
    await run(binaries.initdb, [...options, ...locale, "--data-checksums", "--no-instructions"], home);
  } catch (error) {
    throw error instanceof Terminal ? error : notMade(home, error);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(making, home.cluster);
}

function notMade(home: Home, cause: unknown): Retryable {
  const says = cause instanceof Error ? cause.message.split("\n").join("; ") : String(cause);
  const line = `no database could be made in ${home.folder}: ${says}`;
  return new Retryable(platformErrors.embeddedStartFailed, line, { cause });
}

/** Settings that we stand behind. An operator's own go into `postgresql.local.conf`, which is read after them. */
function settings(port: number, durability: Durability): string {
  const on = durability === "full" ? "on" : "off";
  const sharedBuffersMb = Math.max(32, Math.min(256, Math.floor(totalmem() / 8 / 2 ** 20)));
  return `# Written by Crossdock at every start. Put your own settings into postgresql.local.conf.
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = ''
max_connections = 200
password_encryption = 'scram-sha-256'

# What is acknowledged is on the disk.
fsync = ${on}
full_page_writes = ${on}
synchronous_commit = ${on}
data_sync_retry = off

# Throughput without giving that up: fewer, wider checkpoints.
shared_buffers = ${sharedBuffersMb}MB
wal_buffers = 16MB
max_wal_size = 2GB
min_wal_size = 128MB
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
random_page_cost = 1.1
jit = off
autovacuum_naptime = 10s
autovacuum_vacuum_scale_factor = 0.05
autovacuum_analyze_scale_factor = 0.05
autovacuum_vacuum_cost_limit = 2000

# Nobody holds locks and dead rows without working.
idle_in_transaction_session_timeout = 60s

timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'ISO, YMD'
lc_messages = 'C'

# One file a weekday, overwritten a week later; statements' values are never written.
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1d
log_rotation_size = 0
log_min_duration_statement = 1s
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_line_prefix = '%m [%p] %a '

include_if_exists = 'postgresql.local.conf'
`;
}

/** Starts the postmaster, which goes on when this process ends, and waits until it takes connections. */
export async function startPostmaster(
  home: Home,
  binaries: Binaries,
  options: { port: number; durability: Durability },
): Promise<void> {
  const configuration = join(home.cluster, "postgresql.conf");
  await writeWhole(configuration, settings(options.port, options.durability), 0o600);
  await giveToDatabaseUser(configuration, home.user);
  await removeForeignPidFile(home);
  const startLog = join(home.cluster, "start.log");
  await rm(startLog, { force: true });
  const args = ["-D", home.cluster, "-w", "-t", String(startTimeoutSeconds), "-s", "-l", startLog, "start"];
  try {
    await run(binaries.pgCtl, args, home);
  } catch (error) {
    const said = await readFile(startLog, "utf8").catch(() => "");
    throw startFailed(home, said, error);
  }
}

function startFailed(home: Home, said: string, cause: unknown): Retryable {
  const reason = said
    .split("\n")
    .filter((line) => /FATAL|PANIC|ERROR|LOG: {2}could not/.test(line))
    .map((line) => line.replace(/^.*?(FATAL|PANIC|ERROR|LOG): +/, ""))
    .join("; ");
  const log = join(home.cluster, "log");
  const says = reason === "" && cause instanceof Error ? cause.message.trim().split("\n").join("; ") : reason;
  return new Retryable(
    platformErrors.embeddedStartFailed,
    `the embedded PostgreSQL did not start: ${says}; its log is in ${log}`,
    { cause },
  );
}

/**
 * Ends sessions, writes everything out, and waits for it. A server that cannot write everything out (the disk is full) is ended
 * without: the log has what was acknowledged, and the next start recovers it. Does nothing when no server of this cluster runs.
 */
export async function stopPostmaster(home: Home, binaries: Binaries): Promise<void> {
  const found = await readPidFile(home);
  if (found === undefined || (await pidHolder(home, found.pid)) === "nobody") return;
  const stop = (mode: "fast" | "immediate") =>
    run(binaries.pgCtl, ["-D", home.cluster, "-m", mode, "-w", "-t", "60", "-s", "stop"], home);
  try {
    await stop("fast");
  } catch (error) {
    if ((await pidHolder(home, found.pid)) === "nobody") return;
    await stop("immediate").catch(() => {
      throw error;
    });
  }
}

export type PidFile = { readonly pid: number; readonly port: number };

/** What a running or crashed postmaster left in its pid file (lines 1 and 4 of postmaster.pid). */
export async function readPidFile(home: Home): Promise<PidFile | undefined> {
  const text = await readFile(join(home.cluster, "postmaster.pid"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split("\n");
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number.isInteger(port) ? port : 0 } : undefined;
}

/** Who has the number in the pid file: a postmaster of this cluster, somebody else, nobody, or we cannot tell. */
export type PidHolder = "ours" | "other" | "nobody" | "unknown";

export async function pidHolder(home: Home, pid: number): Promise<PidHolder> {
  if (!isAlive(pid)) return "nobody";
  // A postmaster works inside its data folder.
  const folder = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (folder !== undefined) return folder === home.cluster ? "ours" : "other";
  const command = await output("ps", ["-o", "command=", "-p", String(pid)]).catch(() => "");
  if (command === "") return "unknown";
  if (!command.includes("postgres")) return "other";
  return command.includes(home.cluster) ? "ours" : "unknown";
}

/**
 * After a reboot the old postmaster's number may belong to another process of the same user, and PostgreSQL would then
 * refuse to start. Removed only when that is certain: without this file, two servers could write to one cluster. A dead
 * number is left to PostgreSQL, which also looks for the old server's children.
 */
async function removeForeignPidFile(home: Home): Promise<void> {
  const found = await readPidFile(home);
  if (found === undefined || (await pidHolder(home, found.pid)) !== "other") return;
  await rm(join(home.cluster, "postmaster.pid"), { force: true });
}

/** The wanted port when it is free, otherwise one that the system chooses. */
export async function freePort(wanted: number | undefined): Promise<number> {
  if (wanted !== undefined && (await tryPort(wanted)) !== undefined) return wanted;
  const port = await tryPort(0);
  if (port === undefined)
    throw new Retryable(platformErrors.embeddedStartFailed, "no TCP port is free on 127.0.0.1");
  return port;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(undefined));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" ? address?.port : undefined));
    });
  });
}

/** Runs one of PostgreSQL's programs as the database user, with nothing of our own environment. */
async function run(program: string, args: readonly string[], home: Home): Promise<void> {
  await output(program, args, { cwd: home.folder, ...home.user });
}

function output(
  program: string,
  args: readonly string[],
  options: { cwd?: string; uid?: number; gid?: number } = {},
): Promise<string> {
  const environment = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
  return new Promise((done, fail) => {
    execFile(program, args, { ...options, env: environment, windowsHide: true }, (error, stdout, stderr) => {
      if (error === null) done(stdout);
      else fail(programError(program, stderr, error));
    });
  });
}

function programError(program: string, said: string, cause: Error): Error {
  // The program is there, and yet "no such file": the loader that it names is missing (musl instead of glibc).
  if (errorCode(cause) === "ENOENT" && isAbsolute(program) && existsSync(program)) {
    return new Terminal(
      platformErrors.embeddedUnavailable,
      "the embedded PostgreSQL needs glibc, which this machine lacks; set DATABASE_URL instead",
      { cause },
    );
  }
  return new Error(`${program} failed: ${said.trim() || cause.message}`, { cause });
}
