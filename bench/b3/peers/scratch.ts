import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** The peers that are packages, as they were when these figures were made. They are no dependencies of ours. */
const PACKAGES = [
  "@event-driven-io/emmett@0.42.0",
  "@event-driven-io/emmett-postgresql@0.42.0",
  "@event-driven-io/pongo@0.16.11",
  "@eventide/message-db@1.3.1",
  "graphile-worker@0.18.0",
];

/** Installs the packages into a folder below; gives it, or undefined with what npm said when they cannot be had. */
export async function installPeers(folder: string, say: (line: string) => void): Promise<string | undefined> {
  const scratch = join(folder, "peers");
  await mkdir(scratch, { recursive: true });
  await writeFile(join(scratch, "package.json"), JSON.stringify({ private: true }));
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...PACKAGES];
  const child = spawn("npm", args, { cwd: scratch, stdio: ["ignore", "ignore", "pipe"] });
  const words = text(child.stderr);
  const failed = once(child, "error").then(() => 1);
  const code = await Promise.race([once(child, "exit").then(([status]) => Number(status)), failed]);
  if (code === 0) return scratch;
  say(`the peers that are packages are left out: ${(await words).trim().slice(-300)}`);
  return undefined;
}

/** Loads a package from the scratch folder. The type is what its documentation says of the part that is used. */
export function loadPeer<Api>(scratch: string, name: string): Api {
  const loaded: unknown = createRequire(join(scratch, "package.json"))(name);
  return loaded as Api;
}
