import type { ErrorEntry } from "../platform/index.ts";

function entry(code: string, meaning: string, action: string): ErrorEntry {
  return Object.freeze({ code: `demo.${code}`, retry: false, meaning, action });
}

/** Every error that the demonstration throws on purpose. */
export const demoErrors = Object.freeze({
  seedDiffers: entry(
    "seed-differs",
    "The data folder holds the company of another seed.",
    "Give the seed that the message names, or set CROSSDOCK_DATA_DIR to an empty folder.",
  ),
  alreadyRunning: entry(
    "already-running",
    "A program that was started before runs on this company.",
    "Use that one or stop it, or set CROSSDOCK_DATA_DIR to another folder for a second company.",
  ),
  dataFolderRefused: entry(
    "data-folder-refused",
    "The data folder cannot be written to.",
    "Make the folder writable or free space on its disk, or set CROSSDOCK_DATA_DIR to another folder.",
  ),
  accountRefused: entry(
    "account-refused",
    "An account of the demonstration could not be configured.",
    "Report it with the message: the demonstration and its connectors are of different versions.",
  ),
});
