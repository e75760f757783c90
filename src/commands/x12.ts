import { createReadStream } from "node:fs";
import { type FileCheck, FileChecker } from "@crossdock/connector-x12";

/** Faults shown to people per file; `--json` gives all that are kept. */
const SHOWN_MAX = 20;

async function checkOne(path: string): Promise<FileCheck> {
  const checker = new FileChecker();
  for await (const chunk of createReadStream(path)) checker.push(toBytes(chunk));
  return checker.end();
}

function toBytes(chunk: unknown): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
}

function forPeople(file: string, check: FileCheck): string {
  const { verdict, interchanges, transactions, errors, errorsOmitted, roundTrip } = check;
  const counts = `${interchanges} interchange(s), ${transactions} transaction set(s)`;
  const lines = errors.slice(0, SHOWN_MAX).map(({ segment, position, element, code, message }) => {
    const where = [
      segment,
      position === null ? null : `at ${position}`,
      element === null ? null : `element ${element}`,
    ];
    return `  ${where.filter((part) => part !== null).join(" ")} [${code}] ${message}`;
  });
  const more = errors.length + errorsOmitted - lines.length;
  const rest = more > 0 ? [`  … and ${more} more`] : [];
  const bytes = roundTrip ? [] : ["  the parsed file does not give its bytes back"];
  return [`${file}: ${verdict} (${counts})`, ...lines, ...rest, ...bytes].join("\n");
}

/**
 * `crossdock x12 check FILE… [--json]`: what a partner would be told of each file, one line a file with `--json`. The exit code is
 * 0 when every file can be used, 1 when one is rejected, 2 when one cannot be read.
 */
export async function checkX12Files(
  files: readonly string[],
  options: { readonly json: boolean },
): Promise<number> {
  let exitCode = 0;
  for (const file of files) {
    try {
      const check = await checkOne(file);
      const { errorsOmitted, ...line } = check;
      const omitted = errorsOmitted > 0 ? { errorsOmitted } : {};
      console.log(options.json ? JSON.stringify({ file, ...line, ...omitted }) : forPeople(file, check));
      if (check.verdict === "rejected") exitCode = Math.max(exitCode, 1);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      console.error(`${file}: cannot be read: ${message}`);
      exitCode = 2;
    }
  }
  return exitCode;
}
