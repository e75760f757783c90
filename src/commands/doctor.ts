import { access, constants, mkdir, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { selectDeadLetters, subscriberLags } from "../backbone/index.ts";
import {
  type Config,
  type Database,
  describeConfig,
  Retryable,
  selectServerTime,
  Terminal,
} from "../platform/index.ts";
import { commandLog, openSession, readSettings } from "./session.ts";

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

async function lookAtDataFolder(config: Config): Promise<Finding> {
  try {
    await mkdir(config.dataDir, { recursive: true });
    await access(config.dataDir, constants.W_OK);
    const disk = await statfs(config.dataDir);
    const free = disk.bavail * disk.bsize;
    const seen = `${config.dataDir}, ${(free / 1024 ** 3).toFixed(1)} GiB free`;
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
    probe.once("error", (error) =>
      resolve(ill("port", `${where}: ${error.message}`, "stop what uses it, or set PORT")),
    );
    probe.listen(config.port, config.host, () => probe.close(() => resolve(ok("port", `${where} is free`))));
  });
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
  const letters = await selectDeadLetters(database, { limit: LETTERS_MAX });
  if (letters.length === 0) return late;
  const [first] = letters;
  const seen = `${letters.length}, the first of ${first?.subscriber}: ${first?.reason}`;
  return [
    ...late,
    ill("dead letters", seen, `mend the cause, then: crossdock replay ${first?.subscriber} --dead-letters`),
  ];
}

async function lookAtDatabase(): Promise<readonly Finding[]> {
  try {
    const session = await openSession({ applicationName: "crossdock doctor", log: commandLog() });
    try {
      const where = session.embedded
        ? "embedded (evaluation and single-node use; set DATABASE_URL in production)"
        : "DATABASE_URL";
      const found = ok("database", `${where}, schema current`);
      return [found, await lookAtClock(session.database), ...(await lookAtReaders(session.database))];
    } finally {
      await session.close();
    }
  } catch (error) {
    const action =
      error instanceof Terminal || error instanceof Retryable ? error.action : "read the message";
    return [ill("database", textOf(error), action)];
  }
}

/** `crossdock doctor`: looks at everything that the program needs, and says what is wrong and how to mend it. */
export async function doctor(): Promise<number> {
  const config = readSettings();
  const findings = [
    lookAtNode(),
    await lookAtDataFolder(config),
    await lookAtPort(config),
    ...(await lookAtDatabase()),
  ];
  for (const finding of findings) {
    console.log(`${finding.ok ? "ok  " : "ILL "} ${finding.name}: ${finding.seen}`);
    if (finding.mend !== undefined) console.log(`     to mend it: ${finding.mend}`);
  }
  const settings = Object.entries(describeConfig(config)).map(([name, value]) => `${name}=${value}`);
  console.log(`settings: ${settings.join(" ")}`);
  return findings.every((finding) => finding.ok) ? 0 : 1;
}
