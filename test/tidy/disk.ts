/** Reads the repository from the disk: the only IO of the tidy test. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RepositoryFile } from "./source.ts";

/** Folders that are made and not written, as in `.gitignore`. */
const madeFolders = ["node_modules", ".git", ".crossdock", "coverage"];

/** A larger file is data; no rule has anything to say about it. */
const fileBytesMax = 1_000_000;

/** Every text file of the repository. Folders that do not exist yet are simply not there. */
export function readRepository(): RepositoryFile[] {
  return [...filesUnder("")];
}

const root = fileURLToPath(new URL("../../", import.meta.url));

function* filesUnder(folder: string): Generator<RepositoryFile> {
  for (const entry of readdirSync(root + folder, { withFileTypes: true })) {
    if (madeFolders.includes(entry.name)) continue;
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory()) yield* filesUnder(`${path}/`);
    if (!entry.isFile() || /\.(log|tgz)$/.test(entry.name)) continue;
    const bytes = readFileSync(root + path);
    // A zero byte is how a binary file is told from text.
    if (bytes.length <= fileBytesMax && !bytes.includes(0)) yield { path, text: bytes.toString("utf8") };
  }
}
