import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StringDecoder } from "node:string_decoder";
import { createGunzip, createGzip } from "node:zlib";
import type { ArchiveFile } from "./manifest.ts";

/** Lines handed on together. */
const PAGE_LINES = 2_000;

/** Passes bytes on, and keeps their number and their hash. */
function measure() {
  const hash = createHash("sha256");
  let bytes = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { through, bytes: () => bytes, sha256: () => hash.digest("hex") };
}

/** Writes lines into a compressed file, a page at a time, and waits until the disk has it. */
export async function writeLines(
  folder: string,
  name: string,
  lines: AsyncIterable<string>,
): Promise<ArchiveFile> {
  let count = 0;
  async function* text(): AsyncGenerator<string> {
    let page: string[] = [];
    for await (const line of lines) {
      count += 1;
      page.push(line);
      if (page.length < PAGE_LINES) continue;
      yield `${page.join("\n")}\n`;
      page = [];
    }
    if (page.length > 0) yield `${page.join("\n")}\n`;
  }
  const measured = measure();
  const file = await open(join(folder, name), "w");
  await pipeline(
    Readable.from(text()),
    createGzip(),
    measured.through,
    file.createWriteStream({ flush: true }),
  );
  return { name, lines: count, bytes: measured.bytes(), sha256: measured.sha256() };
}

/** Reads a compressed file's lines, a page at a time. Only a line feed ends one: texts may have other separators in them. */
export async function* readLines(folder: string, name: string): AsyncGenerator<readonly string[]> {
  const decoder = new StringDecoder("utf8");
  let page: string[] = [];
  let rest = "";
  const gunzip = createGunzip();
  const source = createReadStream(join(folder, name)).on("error", (error) => gunzip.destroy(error));
  for await (const chunk of source.pipe(gunzip)) {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    page.push(...lines);
    for (; page.length >= PAGE_LINES; page = page.slice(PAGE_LINES)) yield page.slice(0, PAGE_LINES);
  }
  if (page.length > 0) yield page;
}

/** What is wrong with a file, read again from the disk; undefined when it is as the manifest says. */
export async function faultOf(folder: string, said: ArchiveFile): Promise<string | undefined> {
  const measured = measure();
  try {
    await pipeline(createReadStream(join(folder, said.name)), measured.through, async (source) => {
      for await (const _ of source);
    });
  } catch (error) {
    return `${said.name} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (measured.bytes() !== said.bytes)
    return `${said.name} has ${measured.bytes()} bytes, and should have ${said.bytes}`;
  return measured.sha256() === said.sha256
    ? undefined
    : `${said.name} is not the file that was written: its hash differs`;
}

/** Waits until a folder's own entries are on the disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
