import { CsvError, parse } from "csv-parse";
import type { SheetRow } from "./columns.ts";
import { FileRefused } from "./file-refused.ts";

/** Longest line, in characters. */
const LINE_LENGTH_MAX = 100_000;

/** A text out of bytes: UTF-8 where it is, else Windows-1252, in which every byte means something. */
function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** The separator that the first line uses most, outside of quotes. */
function separatorOf(text: string): string {
  const end = text.search(/\r|\n/);
  const bare = text
    .slice(0, end < 0 ? LINE_LENGTH_MAX : Math.min(end, LINE_LENGTH_MAX))
    .replace(/"[^"]*"/g, "");
  const counted = [",", ";", "\t"].map((separator) => ({ separator, count: bare.split(separator).length }));
  return counted.reduce((most, each) => (each.count > most.count ? each : most)).separator;
}

/**
 * The rows of a CSV file (RFC 4180; also with semicolons or tabs, a byte order mark, and any line ends), with the lines on which they
 * begin. Throws `FileRefused` where the file stops being one.
 */
export async function* readCsv(bytes: Uint8Array): AsyncGenerator<SheetRow> {
  const text = decoded(bytes);
  if (text.includes("\u0000")) {
    throw new FileRefused(
      "The file has NUL characters: it is no text, or is UTF-16. Save it as CSV in UTF-8.",
    );
  }
  const parser = parse({
    delimiter: separatorOf(text),
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: LINE_LENGTH_MAX,
    info: true,
  });
  parser.end(text);
  try {
    for await (const each of parser) {
      const { record, info } = toParsed(each);
      yield { line: info.lines, cells: record.map(unwrapped) };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new FileRefused(`${problemOf(error)} Correct the file there and try again.`, { cause: error });
  }
}

/** What the parser gives with `info`. */
function toParsed(value: unknown): { record: string[]; info: { lines: number } } {
  return value as { record: string[]; info: { lines: number } };
}

// What spreadsheets are told so that they keep leading zeros.
const unwrapped = (cell: string): string => /^="(.*)"$/.exec(cell)?.[1] ?? cell;

function problemOf(error: CsvError): string {
  const line = typeof error.lines === "number" ? ` at line ${error.lines}` : "";
  switch (error.code) {
    case "CSV_MAX_RECORD_SIZE":
      return `A line${line === "" ? "" : ` that ends or goes on${line}`} has more than ${LINE_LENGTH_MAX} characters; a quote may be missing before it.`;
    case "CSV_QUOTE_NOT_CLOSED":
      return `A quote is opened${line} and never closed.`;
    default:
      return `The file stops being CSV${line}: ${error.message.split("\n")[0]}.`;
  }
}
