import { createReadStream } from "node:fs";
import { type FileCheck, FileChecker, type FileError } from "@crossdock/connector-x12";

/** Faults, and lines of the answer, that are shown to people per file; `--json` gives all that are kept. */
const SHOWN_MAX = 20;

/** What is read of a file at a time. */
const CHUNK_BYTES = 1_048_576;

const EXIT_REJECTED = 1;
const EXIT_UNREADABLE = 2;

/** A line of `--json`. The code `unreadable` is in no list of the standard: there were no bytes to judge. */
type Line = Omit<FileCheck, "errorsOmitted"> & { readonly file: string; readonly errorsOmitted?: number };

async function checkOne(path: string): Promise<FileCheck> {
  const checker = new FileChecker();
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    checker.push(chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk)));
  }
  return checker.end();
}

function forPrograms(file: string, check: FileCheck): string {
  const { errorsOmitted, ...rest } = check;
  const line: Line = { file, ...rest, ...(errorsOmitted > 0 ? { errorsOmitted } : {}) };
  return JSON.stringify(line);
}

function unreadableForPrograms(file: string, message: string): string {
  const error = { segment: "", position: 0, element: null, code: "unreadable", message };
  const line: Line = {
    file,
    verdict: "rejected",
    interchanges: 0,
    transactions: 0,
    unchecked: [],
    errors: [{ ...error, list: null, offset: 0, rejecting: true }],
    ack: "",
    roundTrip: false,
  };
  return JSON.stringify(line);
}

function forPeople(file: string, check: FileCheck): string {
  const { interchanges, transactions, unchecked, errors, errorsOmitted, ack, roundTrip } = check;
  const counts = `${counted(interchanges, "interchange")}, ${counted(transactions, "transaction set")}`;
  const faults = shortened(errors.map(faultLine), errorsOmitted);
  const named = unchecked.join(", ");
  const answer = shortened(ack.trimEnd().split("\n"), 0);
  return [
    `${file}: ${check.verdict.replaceAll("-", " ")} (${counts})`,
    ...faults,
    ...(unchecked.length === 0 ? [] : [`  only the frames were checked, for want of a definition: ${named}`]),
    ...(roundTrip ? [] : ["  the parsed file does not give its bytes back"]),
    ...(ack === ""
      ? ["  no answer is due"]
      : ["  the answer:", ...answer.map((line) => `    ${line.trim()}`)]),
  ].join("\n");
}

/** `  SE, segment 12, element 1: SE01: expected … (AK502 4, rejects)`; a fault outside every interchange has its byte. */
function faultLine({
  segment,
  position,
  element,
  code,
  list,
  message,
  offset,
  rejecting,
}: FileError): string {
  const where = segment === "" ? [`byte ${offset}`] : [segment, `segment ${position}`];
  if (element !== null) where.push(`element ${element}`);
  const told = [...(list === null ? [] : [`${list} ${code}`]), ...(rejecting ? ["rejects"] : [])];
  return `  ${where.join(", ")}: ${message}${told.length === 0 ? "" : ` (${told.join(", ")})`}`;
}

function shortened(lines: readonly string[], omitted: number): string[] {
  const more = Math.max(0, lines.length - SHOWN_MAX) + omitted;
  return [...lines.slice(0, SHOWN_MAX), ...(more === 0 ? [] : [`  … and ${more} more`])];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file";
    case "EISDIR":
      return "it is a folder; name the files in it";
    case "EACCES":
      return "this user may not read it";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** Resolves to false when nobody reads on, as behind `head`. */
function print(text: string): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdout.write(`${text}\n`, (error) => resolve(error === undefined || error === null));
  });
}

/**
 * `crossdock x12 check FILE… [--json]`: what a partner would be told of each file, one line a file with `--json`. A file that
 * cannot be read holds up none of the others. The exit code is 0 when every file can be used, 1 when one is rejected, 2 when
 * one cannot be read.
 */
export async function checkX12Files(
  files: readonly string[],
  options: { readonly json: boolean },
): Promise<number> {
  // Without a listener, a reader that closes its end would be an uncaught error; `print` tells of it.
  process.stdout.on("error", () => undefined);
  let exitCode = 0;
  for (const file of files) {
    const { text, code } = await judge(file, options);
    exitCode = Math.max(exitCode, code);
    if (text !== "" && !(await print(text))) break;
  }
  return exitCode;
}

async function judge(
  file: string,
  { json }: { readonly json: boolean },
): Promise<{ readonly text: string; readonly code: number }> {
  try {
    const check = await checkOne(file);
    const text = json ? forPrograms(file, check) : forPeople(file, check);
    return { text, code: check.verdict === "rejected" ? EXIT_REJECTED : 0 };
  } catch (error) {
    const message = `cannot be read: ${reasonOf(error)}`;
    console.error(`${file}: ${message}`);
    return { text: json ? unreadableForPrograms(file, message) : "", code: EXIT_UNREADABLE };
  }
}
