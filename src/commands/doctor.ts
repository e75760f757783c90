import { access, constants, mkdir, rmdir, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { selectDeadLetters, subscriberLags } from "../backbone/index.ts";
import {
  type Config,
  type Database,
  describeConfig,
  pendingMigrations,
  Retryable,
  readMigrations,
  selectServerTime,
  Terminal,
} from "../platform/index.ts";
import { neighbourAt, reachable } from "./address.ts";
import { commandLog, openSession, readSettings, type Session } from "./session.ts";

/** One thing that was looked at: whether it is well, what was seen, and how to mend it. */
export type Finding = {
  readonly name: string;
  readonly ok: boolean;
  readonly seen: string;
  readonly mend?: string;
};

const NODE_MAJOR_MIN = 24;
const DISK_FREE_MIN_BYTES = 1024 ** 3;
const CLOCK_SKEW_MAX_MS = 1_000;
const LAG_SECONDS_MAX = 60;

const ok = (name: string, seen: string): Finding => ({ name, ok: true, seen });
const ill = (name: string, seen: string, mend: string): Finding => ({ name, ok: false, seen, mend });

function lookAtNode(): Finding {
  const major = Number(process.versions.node.split(".")[0]);
  return major >= NODE_MAJOR_MIN
    ? ok("node", process.versions.node)
    : ill(
        "node",
        process.versions.node,
        `start it with npm, which brings Node ${NODE_MAJOR_MIN}, or install Node ${NODE_MAJOR_MIN}`,
      );
}

/** Whether the folder can be used. It is not made for being looked at. */
async function lookAtDataFolder({ dataDir }: Config): Promise<Finding> {
  try {
    const isNew = (await mkdir(dataDir, { recursive: true })) !== undefined;
    await access(dataDir, constants.W_OK);
    const disk = await statfs(dataDir);
    if (isNew) await rmdir(dataDir);
    const free = disk.bavail * disk.bsize;
    const seen = `${dataDir}${isNew ? ", not there yet" : ""}, ${(free / 1024 ** 3).toFixed(1)} GiB free`;
    return free >= DISK_FREE_MIN_BYTES
      ? ok("data folder", seen)
      : ill("data folder", seen, "free disk space, or set CROSSDOCK_DATA_DIR");
  } catch (error) {
    return ill("data folder", textOf(error), "make the folder writable, or set CROSSDOCK_DATA_DIR");
  }
}

function lookAtPort(config: Config): Promise<Finding> {
  const where = `${config.host}:${config.port}`;
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error) => resolve(lookAtNeighbour(config, textOf(error))));
    probe.listen(config.port, config.host, () => probe.close(() => resolve(ok("port", `${where} is free`))));
  });
}

/** A port that is taken is as it should be when it is our own server that has it. */
async function lookAtNeighbour({ host, port }: Config, refusal: string): Promise<Finding> {
  const where = `${host}:${port}`;
  const neighbour = await neighbourAt(reachable(`http://${host.includes(":") ? `[${host}]` : host}:${port}`));
  if (neighbour === undefined) return ill("port", `${where}: ${refusal}`, "stop what uses it, or set PORT");
  const { version, isReady, complaint } = neighbour;
  return isReady
    ? ok("port", `Crossdock ${version} answers at ${where}, and is ready`)
    : ill(
        "port",
        `Crossdock ${version} answers at ${where}, and is not ready: ${complaint}`,
        "see its log, and what is found below",
      );
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether times of this machine and of the database can be compared: expiries depend on it. */
async function lookAtClock(database: Database): Promise<Finding> {
  const before = Date.now();
  const serverTime = await selectServerTime(database);
  const skewMs = Math.round(serverTime.getTime() - (before + Date.now()) / 2);
  const seen = `${skewMs} ms from the database's`;
  return Math.abs(skewMs) <= CLOCK_SKEW_MAX_MS
    ? ok("clock", seen)
    : ill("clock", seen, "synchronise both machines' clocks (NTP)");
}

async function lookAtReaders(database: Database): Promise<readonly Finding[]> {
  const lags = await subscriberLags(database);
  const late = lags.map(({ name, facts, seconds }) =>
    seconds < LAG_SECONDS_MAX
      ? ok(`reader ${name}`, `${facts} fact(s) behind`)
      : ill(
          `reader ${name}`,
          `${facts} fact(s) behind for ${Math.round(seconds)} s`,
          "start the workers: crossdock serve, or crossdock work",
        ),
  );
  const LETTERS_MAX = 100;
  const letters = await selectDeadLetters(database, { state: "open", limit: LETTERS_MAX });
  if (letters.length === 0) return late;
  const [first] = letters;
  const seen = `${letters.length}, the first of ${first?.subscriber}: ${first?.reason}`;
  return [
    ...late,
    ill(
      "dead letters",
      seen,
      `mend the cause, then: crossdock dead-letters retry ${first?.subscriber}; or dismiss them`,
    ),
  ];
}

async function lookAtDatabase(config: Config): Promise<readonly Finding[]> {
  // An embedded database would be made for being looked at.
  if (config.databaseUrl === undefined && !(await isThere(config.dataDir)))
    return [ok("database", "none yet; the first start makes an embedded one in the data folder")];
  try {
    const session = await openSession({
      applicationName: "crossdock doctor",
      pending: "ignore",
      log: commandLog(),
    });
    try {
      return await lookInside(session);
    } finally {
      await session.close();
    }
  } catch (error) {
    const action =
      error instanceof Terminal || error instanceof Retryable ? error.action : "read the message";
    return [ill("database", textOf(error), action)];
  }
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function lookInside({ database, embedded, config }: Session): Promise<readonly Finding[]> {
  const where = embedded
    ? "embedded (evaluation and single-node use; set DATABASE_URL in production)"
    : "the one of DATABASE_URL";
  const found = [ok("database", where), await lookAtClock(database)];
  const pending = await pendingMigrations(database, await readMigrations());
  if (pending.length === 0) return [...found, ok("schema", "current"), ...(await lookAtReaders(database))];
  const seen = `${pending.length} migration(s) are pending`;
  return config.migrateOnStart
    ? [...found, ok("schema", `${seen}; the next start applies them (MIGRATE_ON_START)`)]
    : [...found, ill("schema", seen, "crossdock migrate")];
}

/** `crossdock doctor`: looks at everything that the program needs, and says what is wrong and how to mend it. */
export async function doctor(): Promise<number> {
  const config = readSettings();
  const findings = [
    lookAtNode(),
    await lookAtDataFolder(config),
    await lookAtPort(config),
    ...(await lookAtDatabase(config)),
  ];
  for (const finding of findings) {
    console.log(`${finding.ok ? "ok  " : "ILL "} ${finding.name}: ${finding.seen}`);
    if (finding.mend !== undefined) console.log(`     to mend it: ${finding.mend}`);
  }
  console.log("\nsettings (`crossdock config` explains them)");
  for (const [name, value] of Object.entries(describeConfig(config))) console.log(`     ${name}=${value}`);
  return findings.every((finding) => finding.ok) ? 0 : 1;
}
