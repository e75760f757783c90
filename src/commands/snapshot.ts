import { randomUUID } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { accountId } from "@crossdock/canonical";
import {
  readColumns,
  type SnapshotFileAnswer,
  type SnapshotFileRequest,
  stockFileFaults,
} from "../gateway/index.ts";
import { snapshotFilesPort } from "../ports/snapshot-files.ts";
import { openServedProduct } from "./serve.ts";
import { commandLog, openSession } from "./session.ts";

export type SnapshotImportOptions = {
  readonly account: string;
  readonly id: string;
  readonly takenAt: Date;
  readonly partial: boolean;
  readonly location?: string;
  readonly locationScheme?: string;
  readonly itemScheme?: string;
  readonly unit: string;
  /** `field:heading,field:heading` */
  readonly columns?: string;
  /** `stream:number` */
  readonly watermark?: string;
  readonly dryRun: boolean;
  readonly json: boolean;
};

/** `crossdock snapshot import FILE`, over the database that the settings name. Exit code 1 when nothing was taken. */
export async function importSnapshotFile(path: string, options: SnapshotImportOptions): Promise<number> {
  const request = requestOf(options);
  if (typeof request === "string") return failed(path, request);
  // Opened once: whoever puts another file under this name meanwhile does not change what is read.
  const file = await opened(path);
  if (typeof file === "string") return failed(path, file);
  try {
    return await importOpened(path, file, request, options);
  } finally {
    await file.close();
  }
}

/** A file that is open, or why it is not. */
async function opened(path: string): Promise<FileHandle | string> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return "it is no file";
  } catch (error) {
    await file?.close();
    return error instanceof Error ? error.message : String(error);
  }
}

async function importOpened(
  path: string,
  handle: FileHandle,
  request: SnapshotFileRequest,
  options: SnapshotImportOptions,
): Promise<number> {
  const session = await openSession({
    ...{ applicationName: "crossdock snapshot", pending: "refuse", log: commandLog() },
  });
  const product = await openServedProduct(session);
  try {
    const file = { open: () => handle.createReadStream({ start: 0, autoClose: false }) };
    const outcome = await snapshotFilesPort(product).importFile(file, request);
    switch (outcome.is) {
      case "unknown-account":
        return failed(path, `there is no account ${options.account}, or it is switched off`);
      case "unreadable":
        return failed(path, outcome.problem);
      case "faulty":
        for (const { line, column, message } of outcome.faults)
          console.error(`line ${line}${column === undefined ? "" : `, column ${column}`}: ${message}`);
        return failed(path, `${outcome.faultCount} line(s) cannot be taken, so nothing was`);
      case "done":
        console.log(options.json ? JSON.stringify(outcome.answer) : textOf(outcome.answer));
        return 0;
      default:
        return outcome satisfies never;
    }
  } finally {
    await product.close();
    await session.close();
  }
}

function failed(path: string, why: string): number {
  console.error(`${path}: ${why}`);
  return 1;
}

/** Where a fault is, as whoever typed the command knows it. */
const OPTION_OF: Readonly<Record<string, string>> = {
  "/accountId": "--account",
  "/snapshotId": "--id",
  "/location": "--location",
  "/locationScheme": "--location-scheme",
  "/itemScheme": "--item-scheme",
  "/unit": "--unit",
};

/** What the options ask for, or what is wrong with them. */
function requestOf(options: SnapshotImportOptions): SnapshotFileRequest | string {
  const { id: snapshotId, takenAt, partial, location, locationScheme, itemScheme, unit } = options;
  const named = { accountId: options.account, snapshotId, location, locationScheme, itemScheme, unit };
  const [fault] = stockFileFaults(named) ?? [];
  if (fault !== undefined) return `${OPTION_OF[fault.pointer] ?? fault.pointer} ${fault.message}`;
  const columns = readColumns(options.columns ?? "");
  if (columns === undefined) return "--columns must be like item:Artikel,quantity:Menge";
  const watermark = /^(.{1,80}):(\d{1,15})$/.exec(options.watermark ?? "");
  if (options.watermark !== undefined && watermark === null) return "--watermark must be like events:4711";
  const [, stream, number] = watermark ?? [];
  return {
    ...{
      accountId: accountId(options.account),
      snapshotId,
      takenAt: takenAt.toISOString(),
      scope: partial ? "partial" : "full",
    },
    ...{ location, locationScheme, itemScheme, unit, columns },
    ...(stream === undefined ? {} : { watermark: { stream, number: Number(number) } }),
    isRehearsal: options.dryRun,
    caller: { clientId: "command line", correlationId: randomUUID() },
  };
}

function textOf({ is, lines, columns, ignored, snapshots }: SnapshotFileAnswer): string {
  const read = Object.entries(columns).map(([field, heading]) => `${field} = ${heading}`);
  const left = ignored.length === 0 ? "" : `; not read: ${ignored.join(", ")}`;
  const verdict =
    is === "rehearsed"
      ? "Nothing was taken."
      : "The file was taken. What differs is posted by `crossdock serve` or `crossdock work`; GET /system/v1/inventory/snapshots says how far it is.";
  return [`${lines} lines; columns: ${read.join(", ")}${left}`, ...snapshots.flatMap(linesOf), verdict].join(
    "\n",
  );
}

function linesOf({ location, lines, taken, would }: SnapshotFileAnswer["snapshots"][number]): string[] {
  const head = `${location}: ${lines} lines`;
  if (taken !== undefined) {
    const { pages, duplicates, parked, linesParked, why } = taken;
    const counts = `${pages} pages, ${duplicates} of them known, ${parked} parked, ${linesParked} lines parked`;
    return [`${head}, ${counts}${why === undefined ? "" : `: ${why}`}`];
  }
  if (would === undefined) return [head];
  const { positions, units, value, linesUnknown, unknown, wouldBeHeld, isClaim } = would;
  const money = value.map(({ currency, found, missing }) => `+${found} -${missing} ${currency}`).join(", ");
  return [
    `${head}, ${positions.differing} of ${positions.compared} positions differ: +${units.found} -${units.missing} units${money === "" ? "" : `, ${money}`}`,
    ...(linesUnknown === 0 ? [] : [`  ${linesUnknown} lines name something unknown: ${unknown.join(", ")}`]),
    ...(wouldBeHeld.length === 0 ? [] : [`  it would be held: ${wouldBeHeld.join(", ")}`]),
    ...(isClaim ? ["  another system owns the stock there: it would move nothing"] : []),
  ];
}
