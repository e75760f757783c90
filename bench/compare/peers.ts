import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { ROOT } from "../server-process.ts";

/** Where the peers are kept between runs. */
const FOLDER = join(ROOT, ".crossdock", "compare");

/** Installs what `peers/package.json` names; gives the folder, or undefined with npm's words when it cannot be had. */
export async function installCompared(say: (line: string) => void): Promise<string | undefined> {
  await mkdir(FOLDER, { recursive: true });
  await copyFile(fileURLToPath(new URL("peers/package.json", import.meta.url)), join(FOLDER, "package.json"));
  say(`installing the peers into ${FOLDER}`);
  const args = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
  const child = spawn("npm", args, { cwd: FOLDER, stdio: ["ignore", "ignore", "pipe"] });
  const words = text(child.stderr);
  const failed = once(child, "error").then(() => 1);
  const code = await Promise.race([once(child, "exit").then(([status]) => Number(status)), failed]);
  if (code === 0) return FOLDER;
  say(`the peers are left out: ${(await words).trim().slice(-300)}`);
  return undefined;
}

/** Loads a package from that folder. The type is what its documentation says of the part that is used. */
export function loadPeer<Api>(folder: string, name: string): Api {
  const loaded: unknown = createRequire(join(folder, "package.json"))(name);
  return loaded as Api;
}
