import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

/** What a number was measured on. */
export type Machine = {
  readonly cores: number;
  readonly processor: string;
  /** Bytes. */
  readonly memory: number;
  readonly node: string;
  readonly postgres: string;
};

/** Describes this machine. */
export function machineWith(postgres: string): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    processor: processors[0]?.model.trim() ?? "",
    memory: totalmem(),
    node: process.versions.node,
    postgres,
  };
}

/** The size of a write-ahead log page: what a lone commit writes. */
const PAGE = Buffer.alloc(8_192, 1);
/** Pages that are written over and over, as a recycled log segment is. */
const PAGES = 256;

/** How many times a second a page can be written to this folder's disk and flushed, one after the other. */
export function flushesPerSecond(folder: string, ms: number): number {
  const path = join(folder, "flush-test");
  const file = openSync(path, "w");
  try {
    for (let page = 0; page < PAGES; page += 1) writeSync(file, PAGE, 0, PAGE.length, page * PAGE.length);
    fdatasyncSync(file);
    const startedAt = performance.now();
    let flushes = 0;
    while (performance.now() - startedAt < ms) {
      writeSync(file, PAGE, 0, PAGE.length, (flushes % PAGES) * PAGE.length);
      fdatasyncSync(file);
      flushes += 1;
    }
    return (flushes * 1_000) / (performance.now() - startedAt);
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
