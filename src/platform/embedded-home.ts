import { createHash, randomBytes } from "node:crypto";
import {
  chmod,
  chown,
  link,
  mkdir,
  mkdtemp,
  open,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { errorCode } from "./database-errors.ts";
import { platformErrors, Terminal } from "./errors.ts";
import { writeWhole } from "./files.ts";

/** Whom PostgreSQL runs as. Absent: as ourselves. */
export type DatabaseUser = { readonly uid: number; readonly gid: number };

/** The folder of one embedded server: its data, its password, and what it was last started with. */
export type Home = {
  readonly folder: string;
  readonly cluster: string;
  readonly user: DatabaseUser | undefined;
};

/** PostgreSQL refuses to run as root, so as root we lend it the uid of `postgres`, or else of `nobody`. */
export async function databaseUser(): Promise<DatabaseUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const name of ["postgres", "nobody"]) {
    const account = accounts.find((fields) => fields[0] === name);
    const [uid, gid] = [Number(account?.[2]), Number(account?.[3])];
    if (Number.isInteger(uid) && Number.isInteger(gid) && uid > 0) return { uid, gid };
  }
  throw new Terminal(
    platformErrors.embeddedUnavailable,
    "PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody; set DATABASE_URL instead",
  );
}

/**
 * Finds or chooses the server's folder: inside the data folder, unless the database user cannot get there (a data
 * folder under root's own home). Then it lies elsewhere, and `postgres-home.json` in the data folder says where.
 */
export async function findHome(dataDir: string): Promise<Home> {
  await mkdir(dataDir, { recursive: true });
  // One spelling of the path, whatever links lead to it: it tells our own server from others.
  const root = await realpath(dataDir);
  const user = await databaseUser();
  const folder = (await recordedFolder(root)) ?? (await chooseFolder(root, user));
  await mkdir(folder, { recursive: true, mode: 0o755 });
  return { folder, cluster: join(folder, "cluster"), user };
}

const recordName = "postgres-home.json";

async function recordedFolder(root: string): Promise<string | undefined> {
  const record = await readJson(join(root, recordName));
  const folder = record?.folder;
  if (typeof folder !== "string") return undefined;
  if (await isFolder(folder)) return folder;
  throw new Terminal(
    platformErrors.embeddedStartFailed,
    `${join(root, recordName)} says that the database lies in ${folder}, which is gone; restore it, or remove that file to begin with an empty database`,
  );
}

async function chooseFolder(root: string, user: DatabaseUser | undefined): Promise<string> {
  if (user === undefined || (await canReach(root, user))) return join(root, "postgres");
  const folder = await makeFolderElsewhere(root);
  await writeJson(join(root, recordName), { folder });
  return folder;
}

async function makeFolderElsewhere(root: string): Promise<string> {
  const key = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const folder = join("/var/lib/crossdock", key);
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    return folder;
  } catch {
    // A name that nobody can guess and take first: this is a folder that everybody may write to.
    return await mkdtemp(join(tmpdir(), `crossdock-${key}-`)).then(opened);
  }
}

async function opened(folder: string): Promise<string> {
  await chmod(folder, 0o755);
  return folder;
}

/** May this user pass through every folder down to this one? */
async function canReach(folder: string, user: DatabaseUser): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    const found = await stat(at);
    const pass = found.uid === user.uid ? 0o100 : found.gid === user.gid ? 0o010 : 0o001;
    if ((found.mode & pass) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

/** The database password, made once, before the cluster that knows it, and readable only by us. */
export async function readOrMakePassword(home: Home): Promise<string> {
  const path = join(home.folder, "password");
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    const missing = errorCode(error) === "ENOENT";
    if (!missing || (await isFolder(home.cluster))) throw passwordError(path, missing, error);
  }
  const made = randomBytes(24).toString("base64url");
  await writeWhole(path, `${made}\n`, 0o600);
  return made;
}

function passwordError(path: string, missing: boolean, cause: unknown): Terminal {
  const says = missing ? "is gone; restore it from a backup" : "may not be read by this user";
  const line = `the database's password file ${path} ${says}`;
  return new Terminal(platformErrors.embeddedStartFailed, line, { cause });
}

export type ServerRecord = { readonly port: number };

/** The port that the server was last started with. */
export async function readServerRecord(home: Home): Promise<ServerRecord | undefined> {
  const record = await readJson(join(home.folder, "server.json"));
  const port = record?.port;
  return typeof port === "number" ? { port } : undefined;
}

export async function writeServerRecord(home: Home, record: ServerRecord): Promise<void> {
  await writeJson(join(home.folder, "server.json"), record);
}

export async function giveToDatabaseUser(path: string, user: DatabaseUser | undefined): Promise<void> {
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`, 0o644);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

// A start takes seconds; a lock that is older than this was left by a process that died and whose number is in use again.
const startLockAgeMsMax = 180_000;

/** Takes the right to start or stop the server; two processes at once would spoil each other's work. */
export async function takeStartLock(home: Home, waitMsMax: number): Promise<() => Promise<void>> {
  const path = join(home.folder, "start.lock");
  const until = Date.now() + waitMsMax;
  while (true) {
    try {
      await writeNew(path, `${process.pid}\n`);
      return () => rm(path, { force: true });
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
    }
    if (await isAbandoned(path)) await removeAbandoned(path);
    else if (Date.now() > until) {
      throw new Terminal(
        platformErrors.embeddedStartFailed,
        `another process has been starting the database for too long; if none is, remove ${path}`,
      );
    } else await pause(50);
  }
}

/** Writes a file that is not there yet. What could not be written leaves no empty file, which nobody could tell from a held lock. */
async function writeNew(path: string, text: string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(text);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    const holder = Number(await readFile(path, "utf8"));
    const age = Date.now() - (await stat(path)).mtimeMs;
    return age > startLockAgeMsMax || (holder > 0 && !isAlive(holder));
  } catch {
    // Gone between our two looks: the next attempt to take it tells.
    return false;
  }
}

/** Moved aside first: between our look and our hand, another process may have put its own lock there. */
async function removeAbandoned(path: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString("hex")}.abandoned`;
  try {
    await rename(path, aside);
    if (!(await isAbandoned(aside))) await link(aside, path);
    await rm(aside);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" && errorCode(error) !== "EEXIST") throw error;
  }
}

/** Does a process of this number exist, ours or anybody's? */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}
